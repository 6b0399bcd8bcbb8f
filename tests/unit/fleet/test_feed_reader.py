"""Each rule of the feed, broken alone: the reading ends there, and what came before it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.fleet import EVERYBODY, Draft, Fact, FactKind, FeedHead
from kiosk.fleet.trust.feed_findings import FeedBroken, Finding
from kiosk.fleet.trust.feed_lines import PURPOSE, line_bytes, link_of, sign_lines
from kiosk.fleet.trust.feed_reader import FeedReader
from kiosk.fleet.trust.node_documents import fleet_id
from kiosk.fleet.trust.node_keys import NodeKeys
from tests.helpers.fleet_nodes import START, KeysInMemory, MemoryNode, drawn_person, small_fleet

HONG, KIM = "1" * 32, "2" * 32
RULES = "a" * 32


def draft(base: int = 0, body: bytes = b'{"text":"x","v":1}', subject: str = RULES) -> Draft:
    return Draft(FactKind.RULES, subject, base, (EVERYBODY,), body, START)


def two_lines(desk: MemoryNode) -> list[Fact]:
    """Return two lines that the desk signs after what everybody has read."""
    drafts = [draft(), draft(1)]
    return sign_lines(desk.db.fleet, desk.id, desk.keys.signer, desk.head, drafts)


def signed(desk: MemoryNode, line: Fact) -> Fact:
    """Return ``line`` with its changes signed by the desk."""
    message = line_bytes(desk.db.fleet, line)
    return replace(line, signature=desk.keys.signer.sign(PURPOSE, message))


def signed_as(thief: MemoryNode, line: Fact) -> Fact:
    """Return the thief's own document in place of ``line``, signed for the same fleet."""
    body = thief.db.lines[0].body or b""
    draft = Draft(line.kind, thief.id, 0, line.audience, body, START)
    fleet = "" if line.body is None else fleet_id(line.body)
    return sign_lines(fleet, thief.id, thief.keys.signer, FeedHead(), [draft])[0]


Break = Callable[[list[Fact]], list[Fact]]
WRONG: dict[str, tuple[Finding, int, Break]] = {
    "a line is missing": (Finding.MISSING, 0, lambda two: two[1:]),
    "a line comes twice": (Finding.REPEATED, 1, lambda two: [two[0], two[0]]),
    "the lines are turned round": (Finding.MISSING, 0, lambda two: two[::-1]),
    "another line before it": (
        Finding.UNLINKED,
        1,
        lambda two: [two[0], replace(two[1], previous=bytes(32))],
    ),
    "an altered line before it": (
        Finding.SIGNATURE,
        0,
        lambda two: [replace(two[0], account="x"), two[1]],
    ),
    "another body": (Finding.BODY, 0, lambda two: [replace(two[0], body=b"{}")]),
    "a writer that is not known": (
        Finding.STRANGER,
        0,
        lambda two: [replace(two[0], writer="f" * 32)],
    ),
    "a signature of zeros": (
        Finding.SIGNATURE,
        0,
        lambda two: [replace(two[0], signature=bytes(64))],
    ),
    "a short signature": (Finding.SHAPE, 0, lambda two: [replace(two[0], signature=b"")]),
    "a long account": (Finding.SHAPE, 0, lambda two: [replace(two[0], account="x" * 201)]),
    "a long audience": (Finding.SHAPE, 0, lambda two: [replace(two[0], audience=("x",) * 129)]),
    "a short subject": (Finding.SHAPE, 0, lambda two: [replace(two[0], subject="1")]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_line_that_breaks_a_rule_ends_the_reading(name: str) -> None:
    _, desk, (door,) = small_fleet(("lab",))
    finding, good, change = WRONG[name]
    head = door.head
    page = door.trust.read(head, change(two_lines(desk)), [])
    assert isinstance(page.refused, FeedBroken)
    assert (page.refused.finding, len(page.applied)) == (finding, good)
    assert page.head.number == head.number + good
    assert str(page.refused.number) in str(page.refused)


def test_a_writer_counts_only_from_the_line_after_its_admission_on() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    ring = desk.trust.ring(desk.head)
    lines = sign_lines(desk.db.fleet, door.id, door.keys.signer, FeedHead(1), [draft()])
    reading = FeedReader(desk.db.fleet, lambda subjects: {}).read(FeedHead(1), ring, lines)
    assert ring.nodes[door.id].admitted == 2
    assert reading.refused is not None and reading.refused.finding is Finding.STRANGER


@pytest.mark.parametrize("base", [0, 2, 5])
def test_a_version_that_is_not_the_next_ends_the_reading(base: int) -> None:
    _, desk, (door,) = small_fleet(("lab",))
    desk.write(FactKind.RULES, RULES, "[lab]\n")
    door.rounds()
    lines = sign_lines(desk.db.fleet, desk.id, desk.keys.signer, desk.head, [draft(base)])
    page = door.trust.read(door.head, lines, [])
    assert isinstance(page.refused, FeedBroken) and page.refused.finding is Finding.VERSION


def test_kinds_and_subjects_have_versions_of_their_own() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    drafts = [draft(), replace(draft(), kind=FactKind.ORDER), draft(subject=HONG), draft(1)]
    lines = sign_lines(desk.db.fleet, desk.id, desk.keys.signer, desk.head, drafts)
    assert door.trust.read(door.head, lines, []).refused is None


def test_nothing_is_written_of_a_person_after_the_deletion() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    desk.write(FactKind.DELETION, HONG, None)
    door.rounds()
    for kind, finding in (
        (FactKind.PERSON, Finding.DELETED),
        (FactKind.DELETION, Finding.VERSION),
    ):
        again = Draft(kind, HONG, 1 if kind is FactKind.PERSON else 0, ("lab",), b"{}", START)
        lines = sign_lines(desk.db.fleet, desk.id, desk.keys.signer, desk.head, [again])
        page = door.trust.read(door.head, lines, [])
        assert isinstance(page.refused, FeedBroken) and page.refused.finding is finding


def test_a_deletion_read_ahead_is_believed_of_staff_only() -> None:
    db, desk, _ = small_fleet()
    door = MemoryNode(db, "door")
    desk.admit(door, staff=False)
    desk.enrol(HONG, drawn_person())
    ahead = FeedHead(99, bytes(32))
    order = Draft(FactKind.DELETION, HONG, 0, (EVERYBODY,), b'{"gone":true,"v":1}', START)
    by = {
        writer: sign_lines(db.fleet, writer, keys.signer, ahead, [order])
        for writer, keys in (
            (desk.id, desk.keys),
            (door.id, door.keys),
            ("f" * 32, NodeKeys.create(KeysInMemory())),
        )
    }
    forged = [replace(by["f" * 32][0], writer=desk.id)]
    person = [signed(desk, replace(by[desk.id][0], kind=FactKind.PERSON))]
    assert len(desk.trust.deletions(by[desk.id])) == 1
    for lines in (by[door.id], by["f" * 32], forged, person):
        assert not desk.trust.deletions(lines)


def test_the_first_line_is_the_document_whose_digest_is_the_fleets_id() -> None:
    db, desk, _ = small_fleet()
    another = MemoryNode(type(db)(), "another")
    another.found()
    (first,) = another.db.lines
    good = db.lines[0]
    for wrong in (
        first,
        replace(good, body=None),
        replace(good, body=first.body, digest=first.digest),
        signed(desk, replace(good, kind=FactKind.RULES)),
        signed(desk, replace(good, version=2)),
        signed(desk, replace(good, subject=HONG)),
        signed(desk, replace(good, writer=HONG)),
        replace(good, signature=bytes(64)),
        signed(another, replace(good)),
        signed_as(another, good),
    ):
        page = desk.trust.read(FeedHead(), [wrong], [])
        assert isinstance(page.refused, FeedBroken)
        assert page.refused.finding is Finding.FOUNDER and page.head == FeedHead()


def test_a_body_that_the_centre_keeps_back_leaves_the_person_outside_until_it_comes() -> None:
    db, desk, (door,) = small_fleet(("lab",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    door.rounds()
    door.lie = lambda lines: [
        replace(line, body=None) if line.subject == HONG else line for line in lines
    ]
    desk.enrol(HONG, drawn_person(groups=("lab",), enabled=False))
    door.rounds()
    assert door.head == db.head() and door.person(HONG) is None
    waiting = (FactKind.PERSON, HONG)
    assert door.store.content[waiting] is None
    newest = db.newest()[waiting]
    keys = door.centre.wrapped_keys([HONG])
    with pytest.raises(Exception, match="not the one that was signed"):
        door.trust.open_waiting(replace(newest, body=b"{}"), keys)
    opened = door.trust.open_waiting(newest, keys)
    assert opened is not None and opened.content is not None
    assert door.trust.open_waiting(newest, []) is None
    assert door.trust.open_waiting(replace(newest, number=newest.number + 1), keys) is None


def test_a_body_is_opened_only_with_the_line_that_was_signed() -> None:
    """A line that another program believed, or that says something else now, opens nothing."""
    db, desk, (door, other) = small_fleet(("lab",), ("lab",))
    stolen = MemoryNode(db, "stolen")
    desk.admit(stolen, staff=False)
    other.enrol(HONG, drawn_person(groups=("lab",)))
    for node in (desk, door):
        node.rounds()
    line = db.newest()[FactKind.PERSON, HONG]
    keys = door.centre.wrapped_keys([HONG])
    for wrong in (
        replace(line, signature=bytes(64)),
        replace(line, at=line.at + timedelta(hours=1)),
        replace(line, account="another"),
        replace(line, audience=("lab", EVERYBODY)),
        replace(line, writer=desk.id),
        signed(stolen, replace(line, writer=stolen.id)),
        replace(line, version=line.version + 1),
        replace(line, signature=b""),
    ):
        with pytest.raises(FeedBroken):
            door.trust.open_waiting(wrong, keys)
    desk.revoke(other)
    door.rounds()
    opened = door.trust.open_waiting(line, keys)
    assert opened is not None and opened.content is not None


def test_what_cannot_be_opened_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    db, desk, (door,) = small_fleet(("lab",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    db.keys[HONG, door.id] = replace(db.keys[HONG, door.id], sealed=bytes(80))
    door.rounds(20)
    assert door.person(HONG) is None
    assert [record.message for record in caplog.records if "does not open" in record.message] == [
        f"the key of line {db.lines[-1].number} does not open: it was changed,"
        " or is not for this node"
    ]


def test_a_body_of_a_newer_program_waits_and_the_others_are_read() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    drafts = [draft(body=b'{"text":"x","v":2}'), draft(body=b'{"text":"x","v":1}', subject=KIM)]
    lines = sign_lines(desk.db.fleet, desk.id, desk.keys.signer, desk.head, drafts)
    page = door.trust.read(door.head, lines, [])
    assert [(one.content, one.waiting) for one in page.applied] == [(None, True), ("x", False)]
    assert page.head == FeedHead(lines[1].number, link_of(desk.db.fleet, lines[1]))


def test_forged_lines_without_a_body_are_found_by_their_signature_and_by_the_link() -> None:
    db, desk, (door,) = small_fleet(("lab",))
    for count in range(4):
        desk.enrol(HONG, drawn_person(groups=("lab",), name=f"{count}"))
    first = door.head.number
    good = door.centre.facts_after(first, 9)
    assert [line.body is None for line in good] == [True, True, True, False]
    forged = replace(good[1], signature=bytes(64))
    page = door.trust.read(door.head, [good[0], forged, *good[2:]], [])
    assert isinstance(page.refused, FeedBroken)
    assert (page.refused.finding, page.refused.number) == (Finding.SIGNATURE, first + 2)
    page = door.trust.read(door.head, [good[0], forged], [])
    assert page.refused is not None and page.head.number == first + 1
    again = replace(good[1], account="forged", signature=bytes(64))
    linked = replace(good[2], previous=link_of(db.fleet, again))
    page = door.trust.read(door.head, [good[0], again, linked, good[3]], [])
    assert page.refused is not None and page.head.number == first + 1
    assert door.trust.read(door.head, good, []).refused is None


def test_a_node_is_told_to_everybody() -> None:
    _, desk, (door, other) = small_fleet(("lab",), ("lab",))
    document = desk.trust.ring(desk.head).nodes[door.id].document
    body = replace(document, name="front door").body()
    for audience, finding in ((("lab",), Finding.NODE), ((EVERYBODY,), None)):
        change = Draft(FactKind.NODE, door.id, 1, audience, body, START)
        lines = sign_lines(desk.db.fleet, desk.id, desk.keys.signer, desk.head, [change])
        page = other.trust.read(desk.head, lines, [])
        assert (page.refused.finding if isinstance(page.refused, FeedBroken) else None) is finding


@pytest.mark.parametrize("kind", [FactKind.RULES, FactKind.DELETION])
def test_a_dishonest_node_with_staff_writes_under_its_own_name_only(kind: FactKind) -> None:
    db, desk, (door, other) = small_fleet(("lab",), ("lab",))
    door.rounds()
    first = replace(draft(), kind=kind)
    forged = sign_lines(db.fleet, desk.id, other.keys.signer, desk.head, [first])
    after = FeedHead(forged[0].number, link_of(db.fleet, forged[0]))
    own = sign_lines(db.fleet, other.id, other.keys.signer, after, [draft(subject=KIM)])
    page = door.trust.read(door.head, [*forged, *own], [])
    assert isinstance(page.refused, FeedBroken) and page.refused.finding is Finding.SIGNATURE
    assert not page.applied
