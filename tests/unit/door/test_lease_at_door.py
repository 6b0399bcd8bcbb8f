"""A door of a fleet whose lease has run out: no faces, or nobody, and back again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.access.policy.rules import AccessPolicy, DoorOverride
from kiosk.access.policy.weekly_schedule import ALWAYS
from kiosk.core.decisions import Factor, Reason
from kiosk.core.door_state import DoorState
from kiosk.core.people import CredentialMode
from kiosk.door.claims import Next
from tests.helpers.policy_door import PolicyDoor

PIN = "482915"
OFF, LOCKED = Reason.FLEET_FACES_OFF, Reason.FLEET_LOCKED


@pytest.fixture
def site():
    return PolicyDoor(AccessPolicy())


def by_pin(site: PolicyDoor, person: int) -> None:
    """Let ``person``, who has a face stored too, enter by number and PIN."""
    people = site.door.people.stored
    site.door.pins.set(person, PIN)
    people[person] = replace(people[person], entry=CredentialMode.PIN)


def test_no_face_is_compared_or_let_in(site):
    site.engine.set_lease_over(OFF)
    assert not site.door.service.wants_embedding
    site.door.see(1, 5.0)
    assert (site.door.lock.opened, site.door.decisions) == (0, [])
    assert site.door.service.state is DoorState.IDLE


def test_who_enters_by_number_and_pin_goes_on(site):
    by_pin(site, 1)
    site.engine.set_lease_over(OFF)
    site.type_pin(1, PIN)
    assert site.door.last.reason is Reason.WITHOUT_FACE
    assert site.door.lock.opened == 1


def test_a_number_whose_face_would_be_compared_is_told_why_not(site):
    site.door.pins.set(2, PIN)
    site.engine.set_lease_over(OFF)
    claim = site.door.service.claim("2026-2", site.door.now)
    assert (claim.next, claim.reason) == (Next.NOTHING, OFF)
    site.door.service.enter_pin(PIN, site.door.now)
    assert site.door.lock.opened == 0
    assert site.door.last.reason is OFF
    assert site.door.tries.counted == {}


def test_nobody_enters_while_locked_and_free_hours_do_not_count(site):
    by_pin(site, 1)
    site.engine.use(AccessPolicy(free=ALWAYS))
    assert site.engine.is_free(site.door.at)
    site.engine.set_override(DoorOverride.FREE, "kim")
    site.engine.set_lease_over(LOCKED)
    assert not site.engine.is_free(site.door.at)
    site.type_pin(1, PIN)
    site.door.see(2, 3.0)
    assert site.door.lock.opened == 0
    assert site.door.last.reason is LOCKED


def test_a_lease_that_ends_while_somebody_is_being_checked_opens_nothing(site):
    site.door.see(1, 0.3)
    site.engine.set_lease_over(OFF)
    site.door.see(1, 5.0)
    assert site.door.lock.opened == 0
    assert site.engine(site.door.people.get(1), site.door.at, frozenset({Factor.FACE})) is OFF


def test_faces_are_compared_again_once_the_fleet_is_heard(site):
    site.engine.set_lease_over(OFF)
    site.door.see(1, 2.0)
    site.engine.set_lease_over(None)
    site.door.see(1, 2.0)
    assert site.door.last.accepted
    assert site.audit.events == ["fleet_faces_off", "fleet_heard"]
