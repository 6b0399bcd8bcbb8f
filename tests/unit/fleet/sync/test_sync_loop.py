"""One round after another between nodes in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.errors import CentreAway, FleetError
from kiosk.core.fleet import Draft, FactKind
from kiosk.fleet.sync.round_limits import DOOR_LIMITS, USUAL_LIMITS, Pauses, RoundLimits
from kiosk.fleet.sync.sync_loop import FleetSync
from kiosk.fleet.sync.sync_thread import SyncThread
from tests.unit.fleet.sync.fakes_of_sync import (
    AT,
    Connection,
    MemoryCentre,
    MemoryStore,
    PlainTrust,
)

ANNA, BORA = "a" * 32, "b" * 32
LIMITS = RoundLimits(facts=2, changes=2, events=2, keys=10, wait_s=0.0, beat_s=20.0)


class Node:
    def __init__(self, centre, name):
        self.centre = centre
        self.store = MemoryStore(name)
        self.trust = PlainTrust(name)
        self.now = 0.0
        self.connections = []
        self.sync = FleetSync(
            self.store,
            self._connect,
            self.trust,
            state=dict,
            clock=lambda: AT,
            steady=lambda: self.now,
            limits=LIMITS,
        )

    def _connect(self):
        self.connections.append(self.centre.as_node(self.store.node))
        return self.connections[-1]

    def settle(self):
        for _ in range(50):
            if not self.sync.round():
                return
        raise AssertionError("the loop never comes to rest")


@pytest.fixture
def centre():
    return MemoryCentre()


@pytest.fixture
def a(centre):
    return Node(centre, "a")


@pytest.fixture
def b(centre):
    return Node(centre, "b")


def test_what_one_node_writes_reaches_the_other(a, b):
    a.store.edit(ANNA, "Anna")
    a.settle()
    b.settle()
    assert b.store.rows == {ANNA: "Anna"}
    assert not a.store.changed
    a.settle()  # its own line comes back and changes nothing
    assert a.store.member.head == b.store.member.head
    assert a.store.rows == {ANNA: "Anna"}


def test_the_secrets_of_pins_and_cards_are_adopted_once(a):
    a.settle()
    a.settle()
    assert a.store.adopted == [{"pins": b"p" * 32}]


def test_many_changes_go_in_bounded_steps(a, b, centre):
    for n in range(7):
        a.store.edit(f"{n:032}", f"person {n}")
    a.settle()
    b.settle()
    assert len(b.store.rows) == 7
    assert b.sync.status.behind == 0


def test_an_edit_against_an_older_version_becomes_a_conflict_and_the_others_go_on(a, b):
    a.store.edit(ANNA, "Anna")
    a.settle()
    b.settle()
    a.store.edit(ANNA, "Anna, by a")
    b.store.edit(ANNA, "Anna, by b")
    b.store.edit(BORA, "Bora")
    a.settle()
    b.settle()
    mine, theirs = b.store.found[0]
    assert (mine.content, theirs.content) == ("Anna, by b", "Anna, by a")
    a.settle()
    assert a.store.rows[BORA] == "Bora"


def test_a_change_that_stays_stale_does_not_keep_the_loop_busy(a, centre):
    centre.feed = PlainTrust("b").finish(
        centre.as_node("b").head(), [Draft(FactKind.PERSON, ANNA, 0, ("*",), b"Anna", AT)]
    )
    a.settle()
    a.store.edit(ANNA, "again")
    a.store.changed[ANNA] = replace(a.store.changed[ANNA], base=7)
    a.settle()
    assert ANNA in a.store.changed


def test_a_confirmation_lost_in_a_crash_is_no_conflict(a, monkeypatch):
    a.store.edit(ANNA, "Anna")
    monkeypatch.setattr(a.store, "confirm", lambda change, fact: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        a.sync.round()
    monkeypatch.undo()
    a.settle()
    assert (a.store.found, a.store.changed, len(a.centre.feed)) == ([], {}, 1)


def test_a_deletion_comes_before_all_other_lines_and_is_answered(a, b, centre):
    a.store.edit(ANNA, "Anna")
    a.settle()
    b.settle()
    for n in range(9):
        a.store.edit(f"{n:032}", f"person {n}")
    a.store.edit("c" * 32, "")
    a.settle()
    deletion = Draft(FactKind.DELETION, ANNA, 1, ("*",), b"", AT)
    centre.as_node("a").append([deletion], a.trust.finish)
    b.sync.round()
    assert ANNA not in b.store.rows
    assert b.store.member.head.number < len(centre.feed)
    assert [(r.node, r.subject) for r in centre.done] == [("b", ANNA)]
    b.settle()
    assert len(centre.done) == 1


def test_a_line_that_is_not_believed_stops_the_feed_and_the_lease(a, b, centre):
    for n in range(4):
        a.store.edit(f"{n:032}", f"person {n}")
    a.settle()
    b.trust.lies = {3}
    b.store.event()
    b.store.edit(BORA, "Bora")
    b.settle()
    assert b.store.member.head.number == 2
    assert b.sync.status.refused
    assert b.store.member.lease is None
    assert BORA in b.store.changed, "it signs nothing after a line that it does not believe"
    assert centre.events["b"], "its log is sent all the same"
    b.trust.lies = set()
    b.now += 100
    b.settle()
    assert b.store.member.head.number >= 4
    assert b.store.member.lease is not None
    assert not b.sync.status.refused


def test_a_person_whose_key_is_not_there_yet_is_taken_once_it_is(a, b):
    b.trust.keyless = {ANNA}
    a.store.edit(ANNA, "Anna")
    a.settle()
    b.settle()
    assert ANNA not in b.store.rows
    b.trust.keyless = set()
    b.settle()
    assert b.store.rows[ANNA] == "Anna"
    assert not b.store.held_back


def test_what_the_centre_refuses_stops_neither_beats_nor_receipts_nor_the_lease(a, b, centre):
    b.settle()
    a.store.edit(ANNA, "Anna")
    a.store.deleted.append((BORA, 1, AT))
    refused = FleetError("The centre refuses it.")
    a.centre.as_node = lambda node: RefusesFacts(centre, node, refused)
    a.sync.round()
    assert a.sync.status.problem is refused and a.sync.status.unsent
    assert "a" in centre.written_beats and centre.done
    assert a.store.member.lease is not None
    del a.centre.as_node
    a.sync.close()
    a.settle()
    assert a.sync.status.problem is None and not a.store.changed


class RefusesFacts(Connection):
    def __init__(self, centre, node, error):
        super().__init__(centre, node)
        self.error = error

    def append(self, drafts, finish, keys=()):
        raise self.error


def test_a_node_without_staff_sends_nothing_that_a_sign_in_changed(a, centre):
    a.trust.staff = False
    a.store.edit(ANNA, "park", FactKind.ACCOUNT)
    a.settle()
    assert not centre.feed and a.sync.status.problem is None
    assert "a" in centre.written_beats


def test_an_order_whose_body_comes_later_is_carried_out(a, b):
    orders = []
    b.sync._ordered = lambda applied: orders.append(applied.content)
    b.trust.keyless = {ANNA}
    b.trust.keyless_kinds = {FactKind.ORDER}
    a.store.edit(ANNA, "lock down", FactKind.ORDER)
    a.settle()
    b.settle()
    b.trust.keyless = set()
    b.settle()
    assert [one for one in orders if one] == ["lock down"]


def test_a_round_counts_conflicts_and_opens_none(a, monkeypatch):
    monkeypatch.setattr(a.store, "conflicts", lambda: pytest.fail("faces are opened"))
    monkeypatch.setattr(a.store, "conflict_count", lambda: 3)
    a.sync.round()
    assert a.sync.status.conflicts == 3


def test_a_running_door_takes_no_more_people_at_a_time_than_it_can_wait_for():
    assert DOOR_LIMITS.facts <= 50 < USUAL_LIMITS.facts


def test_keys_are_wrapped_for_nodes_that_lack_them(a, centre):
    a.store.edit(ANNA, "Anna")
    a.settle()
    assert (ANNA, "b") in centre.keys


def test_a_change_that_cannot_be_sealed_does_not_hold_up_the_others(a, caplog):
    a.trust.unsealable = {ANNA}
    a.store.edit(ANNA, "too large")
    a.store.edit(BORA, "Bora")
    a.settle()
    assert list(a.store.changed) == [ANNA]
    assert a.centre.feed[0].subject == BORA


def test_rows_of_the_log_follow_in_order_after_peoples_changes(a, centre):
    for _ in range(5):
        a.store.event()
    a.store.edit(ANNA, "Anna")
    a.sync.round()
    assert centre.feed, "people do not wait for the backlog"
    assert len(centre.events["a"]) == 2
    a.settle()
    assert [row.sequence for row in centre.events["a"]] == [1, 2, 3, 4, 5]


def test_a_log_that_was_cut_is_told_and_the_rest_goes_on(a, b, centre):
    for _ in range(3):
        a.store.event()
    a.settle()
    a.sync.close()
    a.store.log = a.store.log[:1]
    b.store.edit(ANNA, "Anna")
    b.settle()
    a.settle()
    assert "cut" in str(a.sync.status.problem)
    assert "join --merge" in str(a.sync.status.problem)
    assert a.store.rows[ANNA] == "Anna"
    assert centre.written_beats["a"].state["log"] is False
    assert "log" not in centre.written_beats["b"].state
    for _ in range(9):  # a restored log grows again, with other rows
        a.store.event()
    a.store.log[1:] = [replace(row, link=b"y" * 32) for row in a.store.log[1:]]
    a.store.edit(ANNA, "Anne")
    a.settle()
    b.settle()
    assert b.store.rows[ANNA] == "Anne"
    assert "replaced" in str(a.sync.status.problem)


def test_a_log_that_was_replaced_is_told(a):
    a.store.event()
    a.settle()
    a.sync.close()
    a.store.log = [replace(a.store.log[0], link=b"x" * 32)]
    a.settle()
    assert "replaced" in str(a.sync.status.problem)


def test_a_centre_put_back_to_an_older_state_is_named(a, b, centre):
    for n in range(3):
        a.store.edit(f"{n:032}", f"person {n}")
    a.settle()
    centre.feed = centre.feed[:1]
    with pytest.raises(FleetError, match="older state"):
        a.settle()


def test_only_others_renew_the_lease_and_its_use_is_kept(a, b, centre):
    a.settle()
    assert a.store.member.lease is None
    b.settle()
    a.now += 100
    a.settle()
    assert a.store.member.lease.used_s == 0
    centre.down = True
    a.now += 100
    with pytest.raises(CentreAway):
        a.settle()
    assert a.store.member.lease.used_s == 60


def test_a_kiosk_outside_a_fleet_or_revoked_connects_nowhere(a):
    a.store.member = replace(a.store.member, revoked=True)
    assert not a.sync.round()
    a.store.member = None
    assert not a.sync.round()
    assert a.connections == []


def test_the_thread_waits_longer_after_each_failure_and_logs_once(a, centre, caplog):
    thread = SyncThread(a.sync, limits=LIMITS, pauses=Pauses(1, 60, 0.5), chance=lambda: 1.0)
    centre.down = True
    assert [thread.turn() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert len([r for r in caplog.records if "cannot be reached" in r.message]) == 1
    assert not a.sync.status.connected
    centre.down = False
    assert thread.turn() == 0
    assert a.sync.status.connected


def test_a_fault_of_ours_closes_the_connection_and_is_tried_again(a, monkeypatch, caplog):
    thread = SyncThread(a.sync, limits=LIMITS, chance=lambda: 0.0)
    thread.turn()
    monkeypatch.setattr(a.store, "local_changes", lambda limit: 1 / 0)
    assert thread.turn() == 1.0
    assert "ZeroDivisionError" in str(a.sync.status.problem)
    assert a.connections[0].closed
    monkeypatch.undo()
    assert thread.turn() == 0.0


def test_the_thread_ends_when_asked(a):
    thread = SyncThread(a.sync, limits=LIMITS)
    thread.start()
    thread.stop()
    assert not thread.is_alive()
