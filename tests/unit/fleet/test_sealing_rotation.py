"""A node replaces its sealing key: what was sealed before opens, and an old backup does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.errors import CentreAway
from kiosk.core.fleet import FactKind
from kiosk.fleet.trust.node_keys import NodeKeys
from kiosk.fleet.trust.sealing_rotation import KEPT_AFTER
from kiosk.storage.crypto.aead import SealBroken
from tests.helpers.fleet_nodes import MemoryNode, drawn_person, small_fleet

EVERY = timedelta(days=30)
PEOPLE = [f"{number:032x}" for number in range(1, 6)]


def turn(node: MemoryNode, times: int = 1) -> None:
    """Let a node take steps of its rotation, reading before each."""
    for _ in range(times):
        node.rounds(2)
        while node.trust.renew_sealing(node.centre, EVERY, limit=2):
            node.rounds(1)


def test_the_loop_replaces_an_old_key() -> None:
    desk, door = old_fleet()
    before = door.trust.keys.sealing
    door.sealing_every = EVERY
    assert door.store.member is not None
    door.begin(door.store.member)
    door.rounds(5)
    desk.rounds()
    assert before != door.trust.keys.sealing
    assert desk.trust.ring(desk.head).nodes[door.id].document.sealing == door.trust.keys.sealing
    assert desk.person(PEOPLE[0]) and door.person(PEOPLE[0])


def old_fleet() -> tuple[MemoryNode, MemoryNode]:
    """Return a desk and a door, 31 days after the door was admitted."""
    _, desk, (door,) = small_fleet(("lab",))
    for subject in PEOPLE:
        desk.enrol(subject, drawn_person(f"2026-{subject[-4:]}", groups=("lab",)))
    turn(door)
    for node in (desk, door):
        node.time.advance(31 * 86400)
    return desk, door


def test_a_young_key_stays() -> None:
    _, _, (door,) = small_fleet(("lab",))
    before = door.keys.sealing
    turn(door, 3)
    assert door.trust.keys.sealing == before and not door.trust.keys.replaced


def test_all_keys_are_sealed_again_and_the_one_before_opens_nothing_of_a_backup() -> None:
    desk, door = old_fleet()
    before, backup = door.keys, dict(door.db.keys)
    turn(door)
    keys = door.trust.keys
    assert keys.sealing != before.sealing and keys.replaced
    assert desk.trust.fleet and desk.rounds() is None
    ring = desk.trust.ring(desk.head)
    assert ring.nodes[door.id].document.sealing == keys.sealing
    for subject in PEOPLE:
        assert keys.unwrap_replaced(desk.trust.fleet, door.db.keys[subject, door.id]) is None
    desk.enrol(PEOPLE[0], drawn_person("2026-0001", groups=("lab",), name="new"))
    turn(door)
    found = door.person(PEOPLE[0])
    assert found and found.name == "new"
    door.time.advance(KEPT_AFTER.total_seconds())
    turn(door)
    assert not door.trust.keys.replaced
    for subject in ("", *PEOPLE):
        door.trust.keys.unwrap(desk.trust.fleet, door.db.keys[subject, door.id])
        with pytest.raises(SealBroken):
            door.trust.keys.unwrap(desk.trust.fleet, backup[subject, door.id])


def test_a_door_that_crashes_after_each_step_goes_on() -> None:
    desk, door = old_fleet()
    store = door.keys._store
    for _ in range(12):
        door.rounds(1)
        door.trust.renew_sealing(door.centre, EVERY, limit=2)
        door.keys = NodeKeys.load(store, door.id)
        assert door.store.member is not None
        door.begin(door.store.member)
    desk.rounds()
    assert desk.trust.ring(desk.head).nodes[door.id].document.sealing == door.trust.keys.sealing
    door.time.advance(KEPT_AFTER.total_seconds())
    turn(door)
    assert not door.trust.keys.replaced
    for subject in PEOPLE:
        door.trust.keys.unwrap(desk.trust.fleet, door.db.keys[subject, door.id])


def test_a_key_that_could_not_be_announced_is_announced_later() -> None:
    desk, door = old_fleet()
    door.rounds()
    door.db.away.add(door.id)
    with pytest.raises(CentreAway):
        door.trust.renew_sealing(door.centre, EVERY, limit=2)
    made = door.trust.keys.sealing
    door.db.away.clear()
    turn(door)
    desk.rounds()
    assert desk.trust.ring(desk.head).nodes[door.id].document.sealing == made


def test_a_revoked_node_renews_nothing() -> None:
    desk, door = old_fleet()
    desk.revoke(door)
    door.rounds(1)
    assert not door.trust.renew_sealing(door.centre, EVERY, limit=2)
    line = desk.db.newest()[FactKind.NODE, door.id]
    assert line.writer == desk.id and replace(line) == line


def test_a_door_without_staff_keeps_its_key() -> None:
    db, desk, _ = small_fleet()
    door = MemoryNode(db, "door", ("lab",))
    desk.admit(door, staff=False)
    turn(door)
    before, number = door.trust.keys.sealing, door.db.head().number
    for node in (desk, door):
        node.time.advance(31 * 86400)
    turn(door)
    assert door.trust.keys.sealing == before and not door.trust.keys.replaced
    assert door.db.head().number == number
