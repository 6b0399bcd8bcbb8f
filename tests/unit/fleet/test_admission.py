"""Founding, joining, admitting without staff, revoking, and the code that people compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk.core.errors import FleetError
from kiosk.core.fleet import EVERYBODY, Draft, FactKind, JoinRequest, NodeKind
from kiosk.core.fleet_trust import HeadMoved
from kiosk.fleet.trust.admission import Founding, admission
from kiosk.fleet.trust.comparison_code import ALPHABET, comparison_code
from kiosk.fleet.trust.feed_findings import FeedBroken, Finding
from kiosk.fleet.trust.feed_lines import sign_lines
from kiosk.fleet.trust.key_ring import RingNode
from kiosk.fleet.trust.node_documents import (
    NodeDocument,
    SecretsMark,
    check_request,
    fleet_id,
    node_id,
)
from kiosk.fleet.trust.node_keys import NodeKeys
from tests.helpers.fleet_nodes import START, KeysInMemory, MemoryNode, drawn_person, small_fleet

HONG = "1" * 32


def request(fleet: str = "f" * 64) -> JoinRequest:
    return NodeKeys.create(KeysInMemory()).request(fleet, "door", NodeKind.DOOR, START)


def test_the_code_has_sixty_bits_and_depends_on_fleet_and_both_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kiosk.fleet.trust.comparison_code._MEMORY_KIB", 64)
    asked = request()
    code = comparison_code("f" * 64, asked)
    assert [len(part) for part in code.split(" ")] == [4, 4, 4]
    assert set(code) <= set(ALPHABET + " ")
    assert comparison_code("f" * 64, replace(asked, name="other", signature=b"")) == code
    others = [
        comparison_code("e" * 64, asked),
        comparison_code("f" * 64, replace(asked, signing=bytes(32))),
        comparison_code("f" * 64, replace(asked, sealing=bytes(32))),
        comparison_code("f" * 64, replace(asked, node="0" * 32)),
    ]
    assert len({code, *others}) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"name": ""},
        {"name": "x" * 1000},
        {"kind": NodeKind.DESK},
        {"sealing": bytes(32)},
        {"sealing": b""},
        {"signing": bytes(32)},
        {"node": "0" * 32},
        {"signature": b""},
    ],
)
def test_a_changed_request_is_refused(change: dict[str, object]) -> None:
    asked = request()
    check_request("f" * 64, asked)
    with pytest.raises(FleetError):
        check_request("f" * 64, replace(asked, **change))  # type: ignore[arg-type]
    with pytest.raises(FleetError):
        check_request("e" * 64, asked)


def test_a_second_fleet_in_one_database_is_refused_and_nothing_written() -> None:
    db, _, _ = small_fleet()
    before = list(db.lines)
    founding = Founding(NodeKeys.create(KeysInMemory()), "x", NodeKind.DESK, {}, now=START)
    with pytest.raises(FleetError, match="holds a fleet already"):
        MemoryNode(db, "x").centre.append([founding.first.draft], founding.finish)
    assert db.lines == before


def test_a_node_is_admitted_once_and_under_a_name_of_its_own() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    ring, fleet = desk.trust.ring(desk.head), desk.trust.fleet
    assert desk.trust.secrets is not None

    def admit(asked: JoinRequest) -> object:
        assert desk.trust.secrets is not None
        return admission(
            fleet,
            ring,
            desk.trust.secrets,
            asked,
            staff=True,
            groups=("*",),
            now=START,
            account="kim",
        )

    with pytest.raises(FleetError, match="before"):
        admit(door.keys.request(fleet, "another", NodeKind.DOOR, START))
    asked = NodeKeys.create(KeysInMemory()).request(fleet, "new", NodeKind.DOOR, START)
    with pytest.raises(FleetError, match="not genuine"):
        admit(replace(asked, sealing=b"x" * 32))
    assert admit(asked)
    with pytest.raises(FleetError, match="another name"):
        admit(NodeKeys.create(KeysInMemory()).request(fleet, "desk", NodeKind.DOOR, START))


def refused(node: MemoryNode, writer: MemoryNode, draft: Draft) -> Finding | None:
    """Return why ``node`` does not believe a line that ``writer`` signs and commits."""
    head = node.db.head()
    lines = sign_lines(node.db.fleet, writer.id, writer.keys.signer, head, [draft])
    page = node.trust.read(head, lines, [])
    return page.refused.finding if isinstance(page.refused, FeedBroken) else None


def draft(kind: FactKind, subject: str, body: bytes = b"{}", base: int = 0) -> Draft:
    return Draft(kind, subject, base, (EVERYBODY,), body, START)


def test_a_door_without_staff_writes_nothing_not_even_of_itself() -> None:
    db, desk, _ = small_fleet()
    door = MemoryNode(db, "door")
    desk.admit(door, staff=False)
    for kind in FactKind:
        assert refused(desk, door, draft(kind, HONG)) is Finding.NO_RIGHT
    document = desk.trust.ring(desk.head).nodes[door.id].document
    own = replace(document, sealing=door.keys.replace_sealing().sealing)
    for wish in (document, own, replace(document, staff=True), replace(document, revoked=True)):
        line = draft(FactKind.NODE, door.id, wish.body(), 1)
        assert refused(desk, door, line) is Finding.NO_RIGHT


def test_a_node_with_staff_changes_nothing_of_itself_but_its_sealing_key() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    document = desk.trust.ring(desk.head).nodes[door.id].document
    own = replace(document, sealing=door.keys.replace_sealing().sealing)
    assert refused(desk, door, draft(FactKind.NODE, door.id, own.body(), 1)) is None
    for change in ({"staff": False}, {"groups": ("*",)}, {"name": "desk 2"}, {"revoked": True}):
        more = replace(document, **change)  # type: ignore[arg-type]
        assert refused(desk, door, draft(FactKind.NODE, door.id, more.body(), 1)) is Finding.NODE


NodeChange = Callable[[NodeDocument], NodeDocument]


@pytest.mark.parametrize(
    "change",
    [
        lambda node: replace(node, sealing=b"x" * 32),
        lambda node: replace(node, signing=b"x" * 32, node=node_id(b"x" * 32)),
        lambda node: replace(node, kind=NodeKind.DESK),
        lambda node: replace(node, name="desk"),
        lambda node: replace(node, groups=("vault",)),
        lambda node: replace(node, sealing=b"x" * 32, revoked=True),
        lambda node: replace(node, secrets=_mark(2)),
        lambda node: replace(node, revoked=True, secrets=_mark(3)),
    ],
)
def test_staff_elsewhere_change_neither_keys_nor_kind_of_a_node(change: NodeChange) -> None:
    _, desk, (door,) = small_fleet(("lab",))
    document = change(desk.trust.ring(desk.head).nodes[door.id].document)
    body = document.body()
    assert refused(desk, desk, draft(FactKind.NODE, door.id, body, 1)) is Finding.NODE


def _mark(generation: int) -> SecretsMark:
    return SecretsMark(generation, bytes(32))


def test_a_new_node_brings_no_secrets_and_is_not_admitted_as_revoked() -> None:
    _, desk, _ = small_fleet()
    keys = NodeKeys.create(KeysInMemory())
    new = NodeDocument(keys.node, "new", NodeKind.DOOR, keys.signer.public, keys.sealing)
    for change in ({"revoked": True}, {"secrets": _mark(2)}, {"name": "desk"}):
        body = replace(new, **change).body()  # type: ignore[arg-type]
        assert refused(desk, desk, draft(FactKind.NODE, keys.node, body)) is Finding.NODE
    assert refused(desk, desk, draft(FactKind.NODE, HONG, new.body())) is Finding.NODE
    named = replace(new, node=HONG).body()  # an id that is not that of the key
    assert refused(desk, desk, draft(FactKind.NODE, HONG, named)) is Finding.NODE
    assert refused(desk, desk, draft(FactKind.NODE, keys.node, new.body())) is None


def test_a_revoked_node_writes_nothing_more_and_gets_no_later_key() -> None:
    db, desk, (door, stolen) = small_fleet(("lab",), ("lab",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    stolen.rounds()
    stolen.enrol("2" * 32, drawn_person("2026-0002", groups=("lab",)))
    for node in (desk, door):
        node.rounds()
    before = desk.trust.secrets
    desk.revoke(stolen)
    door.rounds()
    stolen.rounds()
    assert stolen.store.member is not None and stolen.store.member.revoked
    assert door.person("2" * 32)  # what it wrote before counts
    assert refused(door, stolen, draft(FactKind.RULES, HONG)) is Finding.REVOKED
    desk.enrol(HONG, drawn_person(groups=("lab",), name="new"))
    assert db.keys[HONG, door.id].generation == 2
    assert (HONG, stolen.id) not in db.keys or db.keys[HONG, stolen.id].generation == 1
    assert db.keys["", stolen.id].generation == 1 and db.keys["", door.id].generation == 2
    assert before and desk.trust.secrets and desk.trust.secrets.generation == 2
    door.rounds()
    assert door.trust.secrets == desk.trust.secrets
    assert not desk.trust.wrap_again([(HONG, stolen.id)], desk.centre.wrapped_keys([HONG]))
    again = replace(desk.trust.ring(desk.head).nodes[stolen.id].document, revoked=False)
    assert refused(door, desk, draft(FactKind.NODE, stolen.id, again.body(), 2)) is Finding.NODE


def test_a_line_is_signed_only_after_what_was_read() -> None:
    db, desk, (door,) = small_fleet(("lab",))
    desk.write(FactKind.RULES, HONG, "[lab]\n")
    with pytest.raises(HeadMoved):
        door.trust.finish(db.head(), [draft(FactKind.RULES, HONG)])
    door.rounds()
    assert door.trust.finish(db.head(), [draft(FactKind.RULES, HONG)])


def test_two_nodes_that_write_at_once_both_get_through() -> None:
    db, desk, (door,) = small_fleet(("lab",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    door.enrol("2" * 32, drawn_person("2026-0002", groups=("lab",)))  # reads first, then writes
    desk.rounds()
    assert desk.person("2" * 32) and door.person(HONG)
    assert [line.number for line in db.lines] == list(range(1, len(db.lines) + 1))


def test_a_node_in_the_store_that_is_damaged_stops_the_reading() -> None:
    db, desk, (door,) = small_fleet(("lab",))
    desk.write(FactKind.RULES, HONG, "[lab]\n")
    door.store.content[FactKind.NODE, desk.id] = {"v": 1}
    door.trust._ring = None  # as after a restart
    page = door.trust.read(door.head, db.lines[door.head.number :], [])
    assert page.refused is not None and page.head == door.head
    with pytest.raises(FleetError):
        door.begin(door.store.member)  # type: ignore[arg-type]


def test_keys_of_another_node_or_of_none_are_refused() -> None:
    held = KeysInMemory()
    keys = NodeKeys.create(held)
    assert NodeKeys.load(held, keys.node).sealing == keys.sealing
    with pytest.raises(FleetError):
        NodeKeys.load(held, "0" * 32)
    held.put(f"fleet-signing-{keys.node}", bytes(32))
    with pytest.raises(FleetError):
        NodeKeys.load(held, keys.node)
    keys.destroy()
    assert not held.held


def test_the_ring_keeps_what_the_store_gives_back() -> None:
    _, desk, _ = small_fleet(("lab",))
    ring = desk.trust.ring(desk.head)
    for node in ring.nodes.values():
        assert RingNode.of(node.content()) == node
    founder = ring.nodes[desk.id].document
    assert fleet_id(founder.body()) == desk.trust.fleet
