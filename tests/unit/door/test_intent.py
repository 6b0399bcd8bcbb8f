"""The door opens to people who stand before it and face it, not to those who pass by."""

from __future__ import annotations

import pytest

from kiosk.core.decisions import Factor, Outcome, Reason
from kiosk.core.door_state import DoorState, Hint
from kiosk.core.people import CredentialMode, Person
from kiosk.door.intent import Intent
from tests.helpers.door import Door, observation
from tests.unit.door.test_door_liveness import Scripted


def watched(intent: Intent, seconds: float, began: float = 0.0, **facts: object) -> bool:
    """``intent`` after that many seconds of frames, ten a second."""
    for number in range(round(seconds * 10) + 1):
        at = began + number / 10
        intent.observe(observation(at, 1, **facts), at)
    return intent.shown


def test_intent_takes_the_whole_time_and_stays():
    intent = Intent(0.7)
    assert not watched(intent, 0.6)
    assert watched(intent, 0.0, began=0.7)
    assert watched(intent, 1.0, began=0.8, yaw=0.9), "looking away later changes nothing"
    intent.begin()
    assert not intent.shown


@pytest.mark.parametrize("facts", [{"yaw": 0.6}, {"yaw": -0.6}, {"eyes": 18.0}])
def test_who_looks_elsewhere_or_is_far_away_shows_none(facts):
    assert not watched(Intent(0.7, 0.03), 5.0, **facts)


def test_a_glance_is_no_intent_and_two_glances_are_none_either():
    intent = Intent(0.7)
    for began in (0.0, 1.0, 2.0):
        assert not watched(intent, 0.4, began=began)
        assert not watched(intent, 0.3, began=began + 0.5, yaw=0.8)


def test_a_blink_of_the_detector_does_not_start_the_time_again():
    intent = Intent(0.7)
    assert not watched(intent, 0.4)
    assert watched(intent, 0.1, began=0.65)


@pytest.mark.parametrize(("px_s", "comes"), [(60.0, True), (420.0, False), (-420.0, False)])
def test_who_walks_past_while_looking_shows_none(px_s, comes):
    intent = Intent(0.7)
    for number in range(12):
        at = number / 10
        intent.observe(observation(at, 1, x=200 + px_s * at), at)
    assert intent.shown is comes


def test_fewer_than_three_frames_are_no_intent_however_far_apart():
    intent = Intent(0.25)
    for number, shown in enumerate((False, False, True)):
        intent.observe(observation(number * 0.25, 1), number * 0.25)
        assert intent.shown is shown


def test_a_camera_with_two_pictures_a_second_sees_intent_too():
    intent = Intent(0.7)
    for number, shown in enumerate((False, False, True)):
        intent.observe(observation(number * 0.5, 1), number * 0.5)
        assert intent.shown is shown


def test_the_door_waits_for_intent_and_then_opens():
    door = Door(intent=Intent(0.7))
    door.see(2, 0.6)
    assert not door.decisions and door.service.recognised_at is not None
    door.see(2, 0.3)
    assert door.last.accepted and door.lock.is_open


def test_who_only_passes_is_asked_for_nothing_and_not_logged():
    live = Scripted()
    door = Door(intent=Intent(0.7), liveness=live)
    for _ in range(4):
        door.see(2, 0.5)
        door.see(None, 2.0)
    assert not door.decisions and not live.challenges
    door.see(2, 0.5)
    door.see(2, 5.0, yaw=0.5)
    assert not door.decisions and not live.challenges, "recognised, and looking elsewhere"


def test_a_member_who_stands_there_turned_aside_is_told_to_look_here():
    door = Door(intent=Intent(0.7))
    door.see(2, 3.0, yaw=0.5)
    view = door.service.view(door.now)
    assert (view.state, view.hint) == (DoorState.APPROACH, Hint.LOOK_HERE)
    door.see(2, 1.2)
    assert door.last.accepted


def test_a_photograph_that_is_dropped_before_the_challenge_still_counts():
    door = Door(intent=Intent(0.7), liveness=Scripted())
    for _ in range(2):
        door.see(2, 0.8)
        door.see(None, 2.0)
    assert [decision.reason for decision in door.decisions] == [Reason.TRACK_LOST] * 2


def test_the_time_before_a_challenge_runs_from_the_present_look_at_the_door():
    live = Scripted()
    door = Door(intent=Intent(0.3), liveness=live)
    door.see(2, 0.4, yaw=0.5)
    door.see(2, 0.5)
    assert not live.challenges
    door.see(2, 0.2)
    assert live.challenges == 1


def test_a_card_shows_intent_enough():
    door = Door(intent=Intent(5.0))
    door.service.claim("2026-2", door.now, Factor.CARD)
    door.see(2, 0.6)
    assert door.last.accepted


def test_a_number_and_its_pin_show_intent_enough():
    door = Door(intent=Intent(5.0), asks_pin=lambda person: True)
    door.pins.set(2, "482915")
    door.service.claim("2026-2", door.now)
    door.service.enter_pin("482915", door.now)
    door.see(2, 0.6)
    assert door.last.accepted


def test_a_number_that_somebody_typed_opens_to_no_glance_of_its_owner():
    door = Door(intent=Intent(0.7))
    door.service.claim("2026-2", door.now)
    door.see(2, 0.5)
    assert not door.decisions
    door.see(2, 0.5)
    assert door.last.accepted


def test_a_far_face_is_asked_to_come_closer_and_not_compared():
    door = Door(intent=Intent(0.7, 0.03))
    door.see(2, 3.0, eyes=18.0)
    view = door.service.view(door.now)
    assert (view.state, view.hint) == (DoorState.APPROACH, Hint.COME_CLOSER)
    assert not door.decisions
    door.see(2, 1.0, eyes=20.0)
    assert door.last.accepted


def test_a_stranger_who_stands_there_is_rejected_once_intent_is_shown():
    door = Door(intent=Intent(5.0))
    door.see(5, 4.0)
    assert not door.decisions and door.service.state is DoorState.VERIFYING
    door.see(5, 1.5)
    assert (door.last.outcome, door.last.reason) == (Outcome.REJECT, Reason.UNKNOWN)
    assert door.service.state is DoorState.REJECTED


def test_a_stranger_who_claims_a_number_is_rejected_without_having_to_stay():
    door = Door(intent=Intent(60.0))
    door.service.claim("2026-2", door.now)
    door.see(5, 4.0)
    assert door.last.reason is Reason.NOT_THE_CLAIMED_PERSON


def test_a_stranger_who_walks_past_is_not_rejected_but_noted_and_counted():
    door = Door(intent=Intent(5.0))
    for times in range(1, 5):
        door.see(5, 4.0)
        door.see(None, 2.0)
        assert (door.last.outcome, door.last.reason) == (Outcome.UNFINISHED, Reason.UNKNOWN)
        assert door.service.state is DoorState.IDLE and not door.service.sounds
        assert door.service.view(door.now).decision is None
        assert len(door.decisions) == times == door.service._machine.failures
    door.see(5, 4.0)
    door.see(5, 0.2, x=500.0)
    assert door.service.state is DoorState.LOCKED_OUT, "pictures cannot be tried without limit"


def test_a_closed_vote_gets_no_second_chance_before_intent():
    door = Door(intent=Intent(5.0))
    door.see(5, 4.0)
    failed = door.service._visit.failed
    assert failed is not None and failed.reason is Reason.UNKNOWN
    door.service._tracker.max_jump = 10.0
    door.see(2, 1.5)
    assert [decision.reason for decision in door.decisions] == [Reason.UNKNOWN]
    assert not door.lock.opened


def test_who_shows_a_forged_code_after_a_failed_vote_has_failed():
    door = Door(intent=Intent(60.0))
    door.see(5, 4.0)
    door.service.refuse(Reason.BAD_CODE, door.now)
    assert [decision.reason for decision in door.decisions] == [Reason.UNKNOWN, Reason.BAD_CODE]
    assert door.service._machine.failures == 2


@pytest.mark.parametrize("by", [Factor.CARD, Factor.NUMBER])
def test_who_claims_and_changes_numbers_after_a_failed_vote_has_failed(by):
    door = Door(intent=Intent(5.0))
    for times in range(1, 5):
        door.see(5, 4.0)
        door.service.claim("2026-2", door.now, by)
        door.service.claim("2026-1", door.now, by)
        door.service.cancel_claim(door.now)
        door.see(None, 3.0)
        assert (door.last.outcome, door.last.reason) == (Outcome.UNFINISHED, Reason.UNKNOWN)
        assert len(door.decisions) == times == door.service._machine.failures
    door.see(5, 4.0)
    door.service.claim("2026-2", door.now, by)
    assert door.service.state is DoorState.LOCKED_OUT, "pictures cannot be tried without limit"


def test_a_number_and_pin_without_a_face_leave_a_failed_vote_in_the_log():
    door = Door(intent=Intent(5.0))
    someone = Person("2026-4", "무면", entry=CredentialMode.PIN)
    door.pins.set(door.people.add_with_templates(someone, []).id or 0, "482915")
    door.see(5, 4.0)
    door.service.claim("2026-4", door.now)
    door.service.enter_pin("482915", door.now)
    assert [decision.reason for decision in door.decisions] == [Reason.UNKNOWN, Reason.WITHOUT_FACE]


@pytest.mark.parametrize("change", ["gallery", "thresholds"])
def test_what_staff_change_meanwhile_takes_no_failed_vote_back(change):
    door = Door(intent=Intent(5.0))
    door.see(5, 4.0)
    if change == "gallery":
        door.service.gallery_changed()
    else:
        door.service.use_thresholds(door.service.thresholds)
    assert [decision.reason for decision in door.decisions] == [Reason.UNKNOWN]
    assert door.service._machine.failures == 1
    door.see(2, 5.5, x=420.0)
    assert door.last.accepted
