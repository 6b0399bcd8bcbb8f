"""Deletion receipts are signed by the node that answers; the others are named as pending."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kiosk.core.fleet import FactKind
from kiosk.fleet.trust.deletion_answers import BEATS_APART, answers, receipt_genuine
from tests.helpers.fleet_nodes import MemoryNode, drawn_person, small_fleet

HONG = "1" * 32
LEASE = timedelta(hours=24)


def test_done_pending_and_revoked_nodes_are_told_apart() -> None:
    db, desk, (door, away, stolen) = small_fleet(("lab",), ("lab",), ("lab",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    for node in (door, away, stolen):
        node.rounds(5)
    desk.revoke(stolen)
    desk.write(FactKind.DELETION, HONG, None)
    door.rounds()
    late = MemoryNode(db, "late", ("lab",))
    desk.admit(late)
    line = db.newest()[FactKind.DELETION, HONG]
    ring = desk.trust.ring(desk.head)
    done, pending = answers(db.fleet, ring, line, db.receipts, db.beats.values(), LEASE)
    assert {receipt.node for receipt in done} == {desk.id, door.id}
    assert {(each.node, each.revoked) for each in pending} == {(away.id, False), (stolen.id, True)}
    (waits,) = [each for each in pending if not each.revoked]
    assert waits.name == away.name
    assert waits.ends_at == db.beats[away.id].at + LEASE + BEATS_APART


def test_a_forged_receipt_counts_for_nothing() -> None:
    db, desk, (door, other) = small_fleet(("lab",), ("lab",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    desk.write(FactKind.DELETION, HONG, None)
    line = db.newest()[FactKind.DELETION, HONG]
    ring = desk.trust.ring(desk.head)
    good = door.trust.receipt(HONG, line.number, line.at)
    assert receipt_genuine(db.fleet, ring, good)
    forged = [
        replace(good, node=other.id),
        replace(good, node="f" * 32),
        replace(good, subject="2" * 32),
        replace(good, number=line.number + 1),
        replace(good, at=line.at + timedelta(seconds=1)),
        replace(good, signature=b""),
    ]
    assert not any(receipt_genuine(db.fleet, ring, each) for each in forged)
    assert not receipt_genuine("0" * 64, ring, good)
    of_another = door.trust.receipt("2" * 32, line.number, line.at)
    done, _ = answers(db.fleet, ring, line, [*forged, of_another], [], LEASE)
    assert not done
