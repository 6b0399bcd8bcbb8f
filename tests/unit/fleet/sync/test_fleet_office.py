"""Found, join, admit, revoke, lock down: real trust over a centre in memory."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from kiosk.core.errors import CentreAway, FleetError
from kiosk.core.fleet import EVERYBODY, Fact, FactKind, NodeKind
from kiosk.fleet.sync.fleet_office import FleetOffice, locked_doors
from kiosk.fleet.sync.joining import Joining, Newcomer, found
from kiosk.fleet.sync.order_desk import OrderDesk
from kiosk.fleet.trust.comparison_code import comparison_code
from kiosk.fleet.trust.node_documents import node_id
from kiosk.fleet.trust.node_trust import NodeTrust
from tests.helpers.fleet_centre import MemoryCentre, MemoryFleet
from tests.helpers.fleet_nodes import (
    START,
    FleetTime,
    KeysInMemory,
    MemoryNode,
    StoreInMemory,
    drawn_person,
    small_fleet,
)

ANNA = "a" * 32
DOOR = Newcomer("Lab 301", NodeKind.DOOR)


def office_of(node: MemoryNode) -> FleetOffice:
    return FleetOffice(
        node.store,
        lambda: node.centre,
        lambda member: NodeTrust(
            node.store,
            node.keys,
            member,
            groups=node.groups,
            sealed_names=True,
            instant=node.time,
        ),
        lambda: node.rounds(1),
        lambda: node.time.wall,
    )


def joining(db: MemoryFleet, newcomer: Newcomer = DOOR) -> tuple[Joining, KeysInMemory]:
    keys = KeysInMemory()
    return Joining(MemoryCentre(db, "new"), keys, newcomer, FleetTime()()), keys


@pytest.mark.slow
def test_a_node_joins_once_its_code_was_compared_and_reads_everything():
    db, desk, _ = small_fleet()
    desk.enrol(ANNA, drawn_person())
    wish, keys = joining(db)
    request = office_of(desk).requests()[0]
    assert (request.name, request.code) == ("Lab 301", wish.code)
    assert not wish.admitted()
    assert office_of(desk).admit(wish.node, staff=True, groups=(), account="kim") == "Lab 301"
    assert wish.admitted()
    door = MemoryNode(db, "Lab 301")
    door.keys = wish._keys
    door.id = wish.node
    db.groups[door.id] = frozenset({EVERYBODY})
    desk.rounds()
    door.begin(wish.enter(StoreInMemory()))
    assert door.store.member.lease is not None
    desk.rounds()
    door.rounds()
    assert door.person(ANNA) is not None
    assert office_of(desk).requests() == []
    assert keys.held


@pytest.mark.slow
def test_a_node_does_not_enter_before_it_is_admitted_nor_with_another_key():
    db, desk, _ = small_fleet()
    wish, keys = joining(db)
    with pytest.raises(FleetError, match="admitted this node yet"):
        wish.enter(StoreInMemory())
    with pytest.raises(FleetError, match="codes differ"):
        wish.confirm("0000 0000 0000")
    wish.confirm(wish.code.lower().replace(" ", "-"))
    wish.give_up()
    assert keys.held == {}
    wish, _ = joining(db, Newcomer("other", NodeKind.DOOR))
    office_of(desk).admit(wish.node, staff=True, groups=(), account="kim")
    wish.request = replace(wish.request, sealing=b"x" * 32)
    store = StoreInMemory()
    with pytest.raises(FleetError, match="another key"):
        wish.enter(store)
    assert store.member is None


def test_joining_an_empty_database_says_so_and_leaves_no_key():
    keys = KeysInMemory()
    with pytest.raises(FleetError, match="munjigi fleet init"):
        Joining(MemoryCentre(MemoryFleet(), "new"), keys, DOOR, FleetTime()())
    assert keys.held == {}


def test_a_fleet_is_founded_once():
    db, keys, store = MemoryFleet(), KeysInMemory(), StoreInMemory()

    def begin(store, keys):
        def connect(fleet):
            db.fleet = db.fleet or fleet
            return MemoryCentre(db, "founder")

        return found(store, connect, keys, DOOR, {"pins": b"p" * 32}, now=FleetTime()(), account="")

    member = begin(store, keys)
    assert store.membership() == member
    assert db.lines[0].subject == member.node
    other, no_keys = StoreInMemory(), KeysInMemory()
    with pytest.raises(FleetError, match="fleet join"):
        begin(other, no_keys)
    assert (other.member, no_keys.held) == (None, {})
    with pytest.raises(FleetError, match="belongs to a fleet already"):
        begin(store, keys)


def test_a_centre_that_fails_while_founding_leaves_nothing_behind():
    db, keys, store = MemoryFleet(), KeysInMemory(), StoreInMemory()

    class Failing(MemoryCentre):
        def append(self, drafts, finish, keys=()):
            raise CentreAway("gone")

    with pytest.raises(CentreAway):
        found(store, lambda f: Failing(db, "x"), keys, DOOR, {}, now=FleetTime()(), account="")
    assert (store.member, keys.held, db.lines) == (None, {}, [])


@pytest.mark.slow
def test_a_revoked_node_is_shown_as_such_and_its_name_is_free_again():
    db, desk, (door,) = small_fleet((EVERYBODY,))
    office = office_of(desk)
    assert office.revoke(door.id, "kim") == "door 1"
    view = office.view(lambda member: 60.0)
    assert [(node.name, node.revoked) for node in view.nodes] == [("desk", False), ("door 1", True)]
    wish, _ = joining(db, Newcomer("door 1", NodeKind.DOOR))
    assert office.admit(wish.node, staff=False, groups=("a",), account="kim") == "door 1"
    with pytest.raises(FleetError, match="does not revoke itself"):
        office.revoke(desk.id, "kim")
    with pytest.raises(FleetError, match="no such node"):
        office.revoke(node_id(b"?" * 32), "kim")


def test_a_change_waits_until_this_node_has_read_what_others_wrote():
    db, desk, (door,) = small_fleet((EVERYBODY,))
    door.enrol(ANNA, drawn_person())
    office_of(desk).lock_down((EVERYBODY,), "kim")
    door.rounds()
    assert locked_doors(door.store, door.centre) == (EVERYBODY,)
    assert db.lines[-1].account == "kim"


def test_doors_are_locked_down_and_released_one_by_one():
    _, desk, (one, two) = small_fleet((EVERYBODY,), (EVERYBODY,))
    office = office_of(desk)
    other = sorted((one.id, two.id))
    heard: list[tuple[bool, str]] = []
    one_door = OrderDesk(one.id, lambda *said: heard.append(said), no_opening, lambda: START)
    one.sync._ordered = one_door.take
    office.lock_down((one.id,), "kim")
    office.lock_down((two.id,), "kim")
    assert locked_doors(desk.store, desk.centre) == tuple(other)
    one.rounds()
    office.end_lock_down((one.id,), "lee")
    one.rounds()
    office.lock_down((EVERYBODY,), "kim")
    office.end_lock_down((two.id,), "kim")
    assert locked_doors(desk.store, desk.centre) == (one.id,)
    office.end_lock_down((EVERYBODY,), "kim")
    one.rounds()
    assert locked_doors(desk.store, desk.centre) == ()
    assert heard == [(True, "kim"), (False, "lee"), (False, "kim")]


def test_a_lock_down_whose_body_is_hidden_frees_no_door(monkeypatch):
    _, desk, (one, two) = small_fleet((EVERYBODY,), (EVERYBODY,))
    office = office_of(desk)
    office.lock_down((one.id,), "kim")
    newest = MemoryCentre.newest

    def hidden(self, kind, subject):
        fact = newest(self, kind, subject)
        return fact and replace(fact, body=None)

    monkeypatch.setattr(MemoryCentre, "newest", hidden)
    with pytest.raises(FleetError, match="does not show"):
        office.lock_down((two.id,), "kim")
    with pytest.raises(FleetError, match="does not show"):
        office.end_lock_down((two.id,), "kim")
    office.lock_down((EVERYBODY,), "kim")
    monkeypatch.undo()
    assert locked_doors(desk.store, desk.centre) == (EVERYBODY,)


def test_one_door_is_opened_once_and_only_in_time():
    _, desk, (one, two) = small_fleet((EVERYBODY,), (EVERYBODY,))
    office, opened = office_of(desk), []
    for door in (one, two):
        hear = functools.partial(lambda name, fact: opened.append((name, fact.account)), door.name)
        door.sync._ordered = OrderDesk(door.id, no_lock_down, hear, lambda: desk.time.wall).take
    assert office.open_once(one.id, "kim") == one.name
    one.rounds()
    two.rounds()
    assert opened == [(one.name, "kim")]
    office.open_once(two.id, "kim")
    desk.time.advance(60)
    two.rounds()
    assert len(opened) == 1
    for nobody in (desk.id, node_id(b"?" * 32)):
        with pytest.raises(FleetError, match="no such door"):
            office.open_once(nobody, "kim")


def no_opening(fact: Fact) -> None:
    raise AssertionError("nobody ordered an opening")


def no_lock_down(locked: bool, account: str) -> None:
    raise AssertionError("nobody ordered a lock-down")


def test_the_view_names_who_was_seen_who_is_behind_and_deletions_that_wait():
    _, desk, (one, two) = small_fleet((EVERYBODY,), (EVERYBODY,))
    desk.enrol(ANNA, drawn_person())
    one.rounds()
    two.rounds()
    desk.write(FactKind.DELETION, ANNA, None)
    desk.time.advance(30)
    one.time.advance(30)
    one.rounds()
    view = office_of(desk).view(lambda member: 60.0)
    assert view.connected
    seen = {node.name: node for node in view.nodes}
    assert seen["desk"].own
    assert seen["door 2"].behind > 0
    assert seen["door 1"].behind == 0
    (deletion,) = view.deletions
    assert "door 1" in deletion.done
    assert [name for name, _ in deletion.pending] == ["door 2"]
    two.rounds()
    assert office_of(desk).view(lambda member: None).deletions == ()


def test_a_forged_beat_is_not_shown_and_without_the_centre_the_ring_is():
    db, desk, (door,) = small_fleet((EVERYBODY,))
    db.beats[door.id] = replace(db.beats[door.id], state={"version": "forged"})
    view = office_of(desk).view(lambda member: None)
    assert next(node for node in view.nodes if node.node == door.id).seen_at is None
    db.away.add("*")
    alone = office_of(desk).view(lambda member: None)
    assert (alone.connected, len(alone.nodes)) == (False, 2)
    assert alone.problem


@pytest.mark.slow
def test_the_code_differs_for_another_fleet_or_key():
    db, _, _ = small_fleet()
    wish, _ = joining(db)
    assert comparison_code("0" * 64, wish.request) != wish.code
    assert len(wish.code.replace(" ", "")) == 12
