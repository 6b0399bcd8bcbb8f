"""The door from observations to an open lock, and every way it stays locked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kiosk.core.decisions import Mode, Outcome, Reason
from kiosk.core.door_state import DoorState, Timing
from kiosk.core.frames import QualityIssue
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.core.thresholds import Thresholds
from tests.helpers.door import Door, vector


def test_an_enrolled_person_is_logged_first_and_then_let_in():
    door = Door()
    door.see(2, 0.6)
    assert door.last.outcome is Outcome.ACCEPT and door.last.person_number == "2026-2"
    assert door.log.open_when_written == [False] and door.lock.is_open
    assert door.service.view(door.now).masked_name == "사*2"


def test_the_first_frame_of_a_visit_counts():
    """Votes must span 0.25 s: at ten frames a second the fourth frame, if the first counts."""
    door = Door()
    door.see(None, 0.5)
    door.see(2, 0.4)
    assert door.last.outcome is Outcome.ACCEPT
    again = Door()
    again.see(2, 0.3)
    assert again.decisions == []


def test_the_live_distance_is_shown_before_the_decision():
    door = Door()
    door.see(2, 0.3)
    view = door.service.view(door.now)
    assert view.state is DoorState.VERIFYING and view.distance == pytest.approx(0.05, abs=0.01)
    assert view.runner_up == pytest.approx(1.38, abs=0.05) and 0 < view.votes < view.votes_needed


@pytest.mark.parametrize(("turns_back", "opens"), [(True, True), (False, False)])
def test_the_mean_of_the_latest_frames_decides(turns_back, opens):
    """Frames to one side of the threshold and the other: alone none is near enough."""
    door = Door()
    door.service.use_thresholds(Thresholds(0.2, 0.2))
    for number in range(12):
        door.see(2, 0.1, wobble=-0.3 if turns_back and number % 2 else 0.3)
    assert any(decision.accepted for decision in door.decisions) is opens


def test_a_stranger_is_unknown_and_the_lock_never_moves():
    door = Door()
    door.see(6, 3.0)
    assert (door.last.outcome, door.last.reason, door.last.person_id) == (
        Outcome.REJECT,
        Reason.UNKNOWN,
        None,
    )
    assert door.lock.opened == 0 and len(door.log.rows) == 1


def test_with_nobody_enrolled_everybody_is_unknown():
    door = Door(enrolled=0)
    door.see(1, 3.0)
    assert door.last.reason is Reason.UNKNOWN and door.lock.opened == 0


def test_two_people_swapping_in_front_of_the_camera_are_not_one_track():
    door = Door()
    for _ in range(8):
        door.see(1, 0.2)
        door.see(6, 0.2)
    assert all(not decision.accepted for decision in door.decisions)


def test_a_face_of_poor_quality_is_never_compared():
    door = Door()
    door.see(1, 5.0, issue=QualityIssue.TOO_SMALL)
    assert door.decisions == [] and door.service.state is DoorState.APPROACH


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"enabled": False}, Reason.DISABLED),
        ({"valid_until": date(2026, 3, 1)}, Reason.EXPIRED),
        ({"valid_from": date(2026, 3, 3)}, Reason.NOT_YET_VALID),
    ],
)
def test_policy_refuses_whom_the_face_would_let_in(change, reason):
    door = Door()
    door.people.stored[1] = replace(door.people.stored[1], **change)
    door.see(1, 1.0)
    assert (door.last.outcome, door.last.reason) == (Outcome.REJECT, reason)
    assert door.lock.opened == 0


def test_without_a_log_row_nobody_comes_in_and_the_door_is_out_of_service():
    door = Door()
    door.log.broken = True
    door.see(1, 1.0)
    assert door.last.reason is Reason.LOG_FAILED and door.lock.opened == 0
    assert (
        door.service.state is DoorState.OUT_OF_SERVICE
        and door.service.view(door.now).service_key == "error.storage"
    )


def test_a_fault_is_over_when_the_database_works_again_and_not_before():
    door = Door()
    door.log.broken = True
    door.see(1, 1.0)
    door.see(1, 13.0)
    assert door.lock.opened == 0 and door.service.state is DoorState.OUT_OF_SERVICE, (
        "tried again, failed again"
    )
    door.log.broken = False
    door.see(1, 12.0)
    assert door.lock.opened == 1 and door.last.accepted


def test_a_database_that_does_not_answer_keeps_the_door_locked():
    door = Door()
    door.people.broken = True
    door.see(1, 1.0)
    assert not door.last.accepted and door.lock.opened == 0


def test_a_lock_that_does_not_open_is_a_reject_with_its_own_row():
    door = Door()
    door.lock.broken = True
    door.see(1, 1.0)
    assert [row.reason for row in door.log.rows] == [Reason.MATCH, Reason.LOCK_FAILED]
    assert not door.last.accepted and door.service.state is DoorState.REJECTED


def test_the_lock_closes_when_the_open_time_is_over():
    door = Door()
    door.see(1, 0.6)
    assert door.lock.is_open
    door.see(None, 4.2)
    assert not door.lock.is_open


def test_a_lost_camera_locks_an_open_door():
    door = Door()
    door.see(1, 0.6)
    door.service.camera(False, door.now)
    assert not door.lock.is_open and door.service.state is DoorState.CAMERA_LOST


def test_a_claimed_number_is_compared_with_that_person_alone():
    door = Door()
    door.service.claim("2026-1", door.now)
    door.see(1, 1.0)
    assert door.last.accepted and door.last.mode is Mode.VERIFY


def test_a_number_may_be_typed_without_its_hyphens():
    door = Door()
    door.service.claim("20261", door.now)
    assert door.service.view(door.now).mode is Mode.VERIFY


def test_another_enrolled_person_is_refused_under_a_claimed_number():
    door = Door()
    door.service.claim("2026-1", door.now)
    door.see(2, 3.0)
    assert (door.last.reason, door.last.accepted) == (Reason.NOT_THE_CLAIMED_PERSON, False)
    assert door.lock.opened == 0


def test_an_unknown_number_is_refused_and_logged():
    door = Door()
    door.service.claim("9999", door.now)
    assert door.last.reason is Reason.UNKNOWN_NUMBER and door.log.rows[0].person_number == "9999"


def test_a_claim_ends_after_its_time():
    door = Door()
    door.service.claim("2026-1", door.now)
    door.service.tick(door.now + 21)
    assert door.service.view(door.now).mode is Mode.IDENTIFY


def test_five_strangers_in_a_row_pause_the_door_even_for_members():
    door = Door()
    for _ in range(5):
        door.see(6, 3.0)
        door.see(None, 6.0)
    opened = door.lock.opened
    door.see(1, 2.0)
    assert door.service.state is DoorState.LOCKED_OUT and door.lock.opened == opened == 0


def test_while_staff_use_the_kiosk_nobody_is_verified():
    door = Door()
    door.service.pause(door.now)
    door.see(1, 3.0)
    assert door.decisions == []
    door.service.resume(door.now)
    door.see(1, 1.0)
    assert door.last.accepted


def test_a_deleted_person_is_unknown_at_once():
    door = Door()
    door.see(1, 0.3)
    door.gallery.replace([t for t in door.people.vectors if t.person_id != 1])
    door.service.gallery_changed()
    door.see(1, 3.0)
    assert door.last.reason is Reason.UNKNOWN


def test_the_next_person_in_the_queue_is_decided_without_waiting_for_the_first_to_leave():
    door = Door()
    door.see(1, 6.2)
    assert len(door.decisions) == 1 and door.service.state is DoorState.COOLDOWN
    door.see(2, 1.0, x=20.0)
    assert door.last.person_number == "2026-2" and len(door.decisions) == 2


def test_a_stranger_who_stands_there_is_rejected_once_and_in_nobodys_way():
    door = Door()
    door.see(6, 120.0)
    assert [decision.reason for decision in door.decisions] == [Reason.UNKNOWN]
    assert door.service.state is DoorState.COOLDOWN and door.service.view(door.now).step_away
    door.see(1, 1.0, x=420.0)
    assert door.last.accepted and door.last.person_number == "2026-1"
    assert not door.service.view(door.now).step_away


def test_the_next_person_is_seen_although_they_step_into_the_place_of_a_rejected_one():
    door = Door()
    door.see(6, 20.0)
    door.see(1, 1.0)
    assert [decision.accepted for decision in door.decisions] == [False, True]


def test_a_rejected_person_who_steps_away_is_looked_at_again():
    door = Door()
    for _ in range(2):
        door.see(6, 20.0)
        door.see(None, 1.2)
    assert [decision.reason for decision in door.decisions] == [Reason.UNKNOWN] * 2


def test_a_rejected_person_may_type_a_number_or_show_a_badge_at_once():
    door = Door()
    door.service.use_thresholds(Thresholds(identify=0.02, verify=0.6))
    door.see(2, 13.0)
    assert [decision.reason for decision in door.decisions] == [Reason.UNKNOWN]
    assert door.service.reads_codes
    door.service.claim("2026-2", door.now)
    door.see(2, 1.0)
    assert door.last.accepted and door.last.mode is Mode.VERIFY


@pytest.mark.parametrize("reason", [Reason.OTHER_DOOR_OPEN, Reason.SECOND_PERSON_NEEDED])
def test_a_person_whom_something_else_keeps_out_is_looked_at_again_while_they_wait(reason):
    against = [reason]
    door = Door(policy=lambda person, now, given: against[0])
    door.see(1, 3.0)
    assert door.last.reason is reason
    against[0] = None
    door.see(1, 6.0)
    assert door.last.accepted


def test_a_claim_ends_after_its_time_although_somebody_stands_there():
    door = Door()
    door.service.claim("2026-1", door.now)
    door.see(2, 21.0, issue=QualityIssue.TOO_SMALL)
    assert door.service.view(door.now).claimed == "" and door.decisions == []


def test_a_number_whose_templates_are_another_networks_is_refused_as_such():
    door = Door()
    door.people.add_with_templates(Person("2026-50", "옛사람"), [Template(0, "net@old", vector(5))])
    door.gallery.replace(door.people.templates("net"))
    door.service.claim("2026-50", door.now)
    assert door.last.reason is Reason.ENROL_AGAIN


def test_staff_have_the_kiosk_even_while_the_camera_is_lost():
    door = Door()
    door.service.pause(0.0)
    door.service.camera(False, 0.1)
    assert door.service.state is DoorState.CAMERA_LOST and door.service.paused


def test_a_door_in_place_of_another_stays_locked_out_and_goes_on_counting():
    before = Door(timing=Timing(max_failures=2))
    after = Door()
    fresh = Door()
    for _ in range(2):
        before.see(6, 3.0)
        before.see(None, 6.0)
    assert before.service.state is DoorState.LOCKED_OUT
    before.service.pause(before.now)
    after.service.take_over(before.service)
    after.now = fresh.now = before.now
    for door in (after, fresh):
        door.see(1, 1.0)
    assert (
        fresh.lock.opened and after.service.state is DoorState.LOCKED_OUT and not after.lock.opened
    )
