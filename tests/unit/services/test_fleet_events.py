"""What is recorded of the fleet, and what its lease does to a door."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kiosk.core.decisions import Reason
from kiosk.core.errors import CentreAway, FleetError
from kiosk.core.fleet import LeaseMark, Membership, NodeKind
from kiosk.core.fleet_status import SyncStatus, WhenStale
from kiosk.services.fleet_events import LOST_S, FleetEvents
from kiosk.services.lease_watch import LeaseWatch
from tests.helpers.access import MemoryAudit

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MEMBER = Membership("fleet", "a", "door 1", NodeKind.DOOR, b"")
MARK = LeaseMark(AT, 0.0, AT, 0.0, "boot")
WELL = SyncStatus(member=True, connected=True)


class World:
    def __init__(self):
        self.now = 0.0
        self.audit = MemoryAudit()
        self.events = FleetEvents(self.audit, lambda: self.now)

    def see(self, status, after=1.0):
        self.now += after
        self.events.see(status)
        return self.audit.events


@pytest.fixture
def world():
    return World()


def test_a_lost_centre_is_recorded_after_a_while_and_once(world):
    away = SyncStatus(member=True, problem=CentreAway("away"))
    assert world.see(WELL) == []
    assert world.see(away, LOST_S - 1) == []
    assert world.see(away, 2) == ["fleet_lost"]
    assert world.see(away, LOST_S) == ["fleet_lost"]
    assert world.see(WELL) == ["fleet_lost", "fleet_back"]


def test_lines_that_are_not_believed_and_other_problems_are_recorded_once_each(world):
    forged = replace(WELL, problem=FleetError("Line 7 is forged."), refused=True)
    world.see(forged)
    world.see(forged)
    cut = replace(WELL, problem=FleetError("The log was cut."))
    world.see(cut)
    assert world.see(forged) == ["fleet_refused", "fleet_problem", "fleet_refused"]
    assert world.audit.records[0][2] == {"why": "Line 7 is forged."}


def test_new_conflicts_are_recorded_and_settled_ones_are_not(world):
    for n in (1, 1, 2, 0, 1):
        world.see(replace(WELL, conflicts=n))
    assert [detail["n"] for _, _, detail in world.audit.records] == [1, 2, 1]


def test_nothing_is_recorded_outside_a_fleet(world):
    world.see(SyncStatus(), LOST_S * 2)
    assert world.audit.events == []


class LeasedPolicy:
    over: Reason | None = None

    def set_lease_over(self, reason):
        self.over = reason


class Lease:
    def __init__(self, when=WhenStale.FACES_OFF):
        self.used = 0.0
        self.settings = (24.0, when.value)
        self.door = LeasedPolicy()
        self.watch = LeaseWatch(self.door, lambda mark: self.used, lambda: self.settings)


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (WhenStale.FACES_OFF, Reason.FLEET_FACES_OFF),
        (WhenStale.LOCKED, Reason.FLEET_LOCKED),
        (WhenStale.GO_ON, None),
    ],
)
def test_the_door_does_what_the_settings_say_once_the_lease_is_used_up(when, reason):
    lease = Lease(when)
    lease.watch.use(replace(MEMBER, lease=MARK))
    lease.used = 24 * 3600 - 1
    lease.watch.tick()
    assert (lease.door.over, lease.watch.over) == (None, False)
    lease.used = 24 * 3600
    lease.watch.tick()
    assert (lease.door.over, lease.watch.over) == (reason, True)
    lease.used = 0
    lease.watch.use(replace(MEMBER, lease=MARK))
    assert lease.door.over is None


def test_a_changed_setting_counts_at_once():
    lease = Lease()
    lease.watch.use(replace(MEMBER, lease=MARK))
    lease.used = 600
    lease.settings = (0.1, "locked")
    lease.watch.tick()
    assert lease.door.over is Reason.FLEET_LOCKED


def test_a_revoked_node_and_one_that_never_heard_another_have_no_lease():
    lease = Lease()
    lease.watch.use(replace(MEMBER, revoked=True))
    assert lease.door.over is Reason.FLEET_FACES_OFF
    lease.watch.use(MEMBER)
    assert lease.door.over is Reason.FLEET_FACES_OFF
    lease.watch.use(None)
    assert (lease.door.over, lease.watch.left_s()) == (None, None)
