"""A lease ends in time, whatever is done to clocks, beats and the feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.fleet import Beat, Content, FactKind, FleetAccount
from kiosk.fleet.trust.lease_clock import (
    Instant,
    LeaseState,
    advanced,
    heard,
    lease_state,
    passed_s,
)
from kiosk.fleet.trust.orders import DoorOrder, OrderKind
from tests.helpers.fleet_nodes import START, MemoryNode, drawn_person, small_fleet

LEASE = timedelta(hours=24)
HOUR = 3600.0


def at(hours: float, *, boot: float | None = None, boot_id: str = "one") -> Instant:
    """Return the moment ``hours`` after the start; ``boot``: hours since the boot."""
    return Instant(
        START + timedelta(hours=hours), HOUR * (hours if boot is None else boot), boot_id
    )


@pytest.mark.parametrize(
    "now,passed",
    [
        (at(30), 30),
        (at(-100, boot=30), 30),  # clock set back
        (at(30, boot=5), 30),  # clock set forward, or suspended without CLOCK_BOOTTIME
        (at(-100, boot=2, boot_id="two"), 2),  # set back over a restart
        (at(30, boot=2, boot_id="two"), 30),
        (at(-100, boot=-100), 0),
    ],
)
def test_time_passes_by_the_clock_that_says_more(now: Instant, passed: float) -> None:
    assert passed_s(at(0), now) == passed * HOUR


def test_a_lease_ends_and_a_clock_set_back_after_every_mark_prolongs_nothing() -> None:
    mark = heard(at(0), 0.0)
    assert lease_state(mark, at(23.9), LEASE) is LeaseState.FRESH
    assert lease_state(mark, at(24.1), LEASE) is LeaseState.STALE
    assert lease_state(None, at(0), LEASE) is LeaseState.STALE
    for hour in range(1, 31):  # each hour the clock is set back to the start
        mark = advanced(mark, at(0, boot=hour))
    assert lease_state(mark, at(0, boot=30), LEASE) is LeaseState.STALE


def test_restarts_with_the_clock_set_back_use_up_the_lease() -> None:
    mark = heard(at(0), 0.0)
    for boot in range(30):
        mark = advanced(mark, at(0, boot=1, boot_id=f"boot {boot}"))
    assert mark.used_s == 30 * HOUR


def test_a_damaged_mark_is_stale() -> None:
    mark = replace(heard(at(0), 0.0), used_s=-1e9)
    assert lease_state(mark, at(1), LEASE) is LeaseState.STALE
    assert lease_state(replace(mark, used_s=float("nan")), at(1), LEASE) is LeaseState.STALE


# beats


def minutes(count: int, *nodes: MemoryNode) -> None:
    """Let time pass at all nodes, a round a minute at each."""
    for _ in range(count):
        for node in nodes:
            node.time.advance(59)
            node.rounds(1)


def used(node: MemoryNode) -> float:
    """Return the seconds that a node has used of its lease."""
    assert node.store.member is not None
    lease = node.store.member.lease
    return advanced(lease, node.time()).used_s if lease else float("inf")


def test_two_nodes_that_hear_each_other_stay_fresh_with_clocks_apart() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    desk.time.wall += timedelta(minutes=10)
    minutes(30, desk, door)
    assert used(door) < 300 and used(desk) < 300
    desk.time.wall -= timedelta(days=400)
    minutes(5, desk, door)
    assert used(door) < 300
    assert door.trust.heard(list(desk.db.beats.values())) is None  # nothing new since


def test_an_only_node_has_no_lease_until_another_is_admitted() -> None:
    db, desk, _ = small_fleet()
    minutes(5, desk)
    assert desk.store.member is not None and desk.store.member.lease is None
    door = MemoryNode(db, "door")
    desk.admit(door)
    minutes(1, desk, door)
    minutes(90, desk)
    assert used(desk) > HOUR


def test_a_new_node_that_never_hears_anybody_has_a_lease_that_ends() -> None:
    db, _, (door,) = small_fleet(("lab",))
    db.beats.clear()
    minutes(90, door)
    assert used(door) > HOUR
    assert door.store.member is not None and door.store.member.lease is not None


@pytest.mark.parametrize(
    "kind,content",
    [
        (FactKind.ORDER, DoorOrder(OrderKind.LOCKDOWN, ("*",)).content()),
        (FactKind.RULES, "[lab]\n"),
        (FactKind.ACCOUNT, FleetAccount("lee", "admin", False, "p", START)),
    ],
)
def test_a_lease_ends_while_an_order_rules_or_an_account_is_kept_back(
    kind: FactKind, content: Content
) -> None:
    _, desk, (door,) = small_fleet(("lab",))
    minutes(3, desk, door)
    door.lie = lambda lines: [
        replace(line, body=None) if line.kind is kind else line for line in lines
    ]
    desk.write(kind, "a" * 32, content)
    minutes(90, desk, door)
    problem = door.sync.status.problem
    assert used(door) > HOUR and problem is not None and problem.key == "error.fleet_withheld"
    door.lie = lambda lines: lines
    minutes(3, desk, door)
    assert used(door) < 300 and door.sync.status.problem is None


def test_a_lease_begins_while_rules_are_kept_back_and_goes_on_while_a_person_is() -> None:
    db, desk, (door,) = small_fleet(("lab",))
    desk.write(FactKind.RULES, "a" * 32, "[lab]\n")
    for index in range(3):
        desk.enrol(f"{index}" * 32, drawn_person(groups=("lab",)))
    late = MemoryNode(db, "late", ("lab",))
    late.lie = lambda lines: [
        replace(line, body=None) if line.kind is FactKind.RULES else line for line in lines
    ]
    door.lie = lambda lines: [
        replace(line, body=None) if line.kind is FactKind.PERSON else line for line in lines
    ]
    desk.enrol("0" * 32, drawn_person(groups=("lab",), enabled=False))
    desk.admit(late)
    minutes(90, desk, door, late)
    assert HOUR < used(late) < 2 * HOUR
    assert used(door) < 300 and door.person("0" * 32) is None


def test_only_nodes_where_staff_work_renew_a_lease() -> None:
    db, desk, _ = small_fleet()
    one, two = MemoryNode(db, "one"), MemoryNode(db, "two")
    for door in (one, two):
        desk.admit(door, staff=False)
    minutes(3, desk, one, two)
    assert used(one) < 300
    minutes(90, one, two)  # the desk is off
    assert used(one) > HOUR and used(two) > HOUR
    minutes(3, desk, one, two)
    assert used(one) < 300
    assert desk.store.member is not None and desk.store.member.lease is None


def test_own_beats_renew_nothing() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    minutes(3, desk, door)
    desk.db.beats.pop(desk.id)
    own = desk.db.beats[door.id]
    minutes(90, door)
    desk.db.beats[desk.id] = replace(own, node=desk.id)
    minutes(1, door)
    assert used(door) > HOUR


def test_beats_that_are_replayed_or_held_back_renew_nothing() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    minutes(3, desk, door)
    kept: list[Beat] = []
    for _ in range(90):  # the centre keeps the desk's beats from the door
        desk.rounds(1)
        desk.time.advance(59)
        kept.append(desk.db.beats.pop(desk.id))
        minutes(1, door)
        desk.db.beats[desk.id] = kept[0]
    assert used(door) > HOUR
    for beat in kept:  # and gives them out later, one after the other
        desk.db.beats[desk.id] = beat
        minutes(1, door)
    assert used(door) > HOUR


def test_a_clock_set_back_does_not_make_held_back_beats_young() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    minutes(3, desk, door)
    kept = desk.db.beats[desk.id]
    desk.db.beats.pop(desk.id)
    minutes(90, door)
    door.time.wall = kept.at
    desk.db.beats[desk.id] = kept
    minutes(2, door)
    assert used(door) > HOUR


def test_beats_of_a_revoked_node_and_forged_beats_renew_nothing() -> None:
    _, desk, (door, stolen) = small_fleet(("lab",), ("lab",))
    minutes(3, desk, door, stolen)
    ahead = stolen.trust.beat(replace(stolen.head, number=99), 0, bytes(32), {})
    desk.db.beats[stolen.id] = replace(ahead)
    minutes(1, door)
    assert door.trust.beats.ahead() == [stolen.id]
    desk.revoke(stolen)
    minutes(1, door)
    assert not door.trust.beats.ahead()
    desk.db.beats.pop(desk.id)
    for _ in range(90):
        beat = stolen.trust.beat(door.head, 0, bytes(32), {})
        seen = {"seen": {door.id: desk.db.beats[door.id].state["nonce"]}}
        desk.db.beats[stolen.id] = beat
        desk.db.beats[desk.id] = replace(beat, node=desk.id, state={**beat.state, **seen})
        minutes(1, door)
    assert used(door) > HOUR


def test_a_frozen_feed_renews_nothing_and_is_named() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    minutes(3, desk, door)
    frozen = door.head.number
    door.lie = lambda lines: [line for line in lines if line.number <= frozen]
    desk.enrol("1" * 32, drawn_person(groups=("lab",), enabled=False))
    minutes(90, desk, door)
    assert used(door) > HOUR
    assert door.trust.beats.ahead() == [desk.id]
    door.lie = lambda lines: lines
    minutes(3, desk, door)
    assert used(door) < 300 and not door.trust.beats.ahead()


def test_a_forked_feed_renews_nothing_and_is_named() -> None:
    db, desk, (door,) = small_fleet(("lab",))
    minutes(3, desk, door)
    line = db.lines[-1]
    desk.write(FactKind.RULES, "a" * 32, "[one]\n")
    one = db.lines.pop()
    assert desk.store.member is not None  # the centre rolled the desk back and lets it write again
    desk.store.member = replace(desk.store.member, head=door.head)
    del desk.store.read[FactKind.RULES, "a" * 32]
    desk.write(FactKind.RULES, "a" * 32, "[two]\n")
    assert line.number == one.number - 1
    door.lie = lambda lines: [*lines[:-1], one]
    minutes(90, desk, door)
    assert door.trust.beats.disagreeing() == [desk.id]
    assert "shows desk other entries" in str(door.sync.status.problem)
    assert used(door) > HOUR


def test_a_beat_with_hostile_state_is_not_heard() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    minutes(3, desk, door)
    good = desk.db.beats[desk.id]
    for state in (
        {"seen": "x", "nonce": 7},
        {"seen": {door.id: ["x"]}, "nonce": "x" * 100_000},
        {"seen": {door.id: float("nan")}},
        {"x": object()},
        {"\ud800": "\udfff"},
    ):
        desk.db.beats[desk.id] = replace(good, state=state)
        minutes(1, door)
    desk.db.beats[desk.id] = replace(good, number=2**70, link=b"", signature=b"")
    minutes(1, door)


def test_beats_repeat_all_nodes_of_a_large_fleet_in_turn() -> None:
    _, desk, doors = small_fleet(*[("lab",)] * 5)
    minutes(4, desk, *doors)
    seen = desk.db.beats[desk.id].state["seen"]
    assert sorted(seen) == sorted(door.id for door in doors)
