"""The door at its edges: what it shows, what is counted, and what a visit hands on to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from kiosk.core.decisions import Decision, Factor, Mode, Outcome, Reason
from kiosk.core.door_state import DoorState, Effect, Hint, Machine, Timing
from kiosk.core.errors import StorageError
from kiosk.core.frames import Observation, QualityIssue
from kiosk.core.people import CredentialMode, Person
from kiosk.core.templates import EmbedderInfo
from kiosk.core.thresholds import Thresholds
from kiosk.core.voting_trace import unpack
from kiosk.door.claims import Next
from kiosk.door.door_service import DoorService
from kiosk.vision.detection.tracker import Tracker
from kiosk.vision.recognition.consensus import Consensus
from tests.helpers.door import INFO, RULE, Door, MemoryLog, observation, vector
from tests.unit.door.test_door_liveness import Scripted

PIN = "482915"


class Told(Scripted):
    """Remembers each frame that it was given to learn from."""

    def __init__(self) -> None:
        super().__init__()
        self.learned: list[Observation] = []

    def learn(self, seen: Observation, now: float) -> None:
        self.learned.append(seen)


@pytest.fixture
def shown() -> Told:
    return Told()


@pytest.fixture
def asking(shown: Told) -> Door:
    """A door that asks for more than a face."""
    return Door(liveness=shown)


def refusing(reason: Reason | None, timing: Timing | None = None) -> Door:
    return Door(policy=lambda person, now, given: reason, timing=timing)


# what is shown


def test_a_door_that_has_seen_nothing_shows_nothing():
    door = Door()
    view = door.service.view(2.5)
    assert (view.state, view.mode, view.face, view.frame_size) == (
        DoorState.IDLE,
        Mode.IDENTIFY,
        None,
        (640, 480),
    )
    assert (view.distance, view.runner_up, view.history, view.votes) == (None, None, (), 0)
    assert (view.remaining, view.duration, view.decision, view.masked_name) == (0.0, 0.0, None, "")
    assert (view.claimed, view.service_key, view.challenge, view.away_s) == ("", "", None, 2.5)
    assert door.service.recognised_at is None and not door.service.fast


def test_the_settings_of_the_door_are_shown_unchanged():
    door = Door(enrolled=2)
    service = DoorService(
        door.gallery,
        door.claims,
        Consensus(RULE),
        Tracker(),
        door.service._verify,
        Machine(),
        EmbedderInfo("net", "A network", 8, 1.0, 1.6),
        thresholds=Thresholds.same(0.75),
        votes_needed=7,
        claim_s=20.0,
    )
    view = service.view(0.0)
    assert (view.threshold, view.far, view.votes_needed) == (0.75, 1.6, 7)
    assert (view.people_enrolled, view.embedder_title) == (2, "A network")


def test_the_face_is_shown_in_the_pixels_of_its_frame_until_the_camera_is_lost():
    door = Door()
    seen = replace(observation(1.0, 2, issue=QualityIssue.TOO_SMALL), sized=(1280, 720))
    door.service.observe(seen, 1.0)
    view = door.service.view(1.0)
    assert view.face is seen.main and view.frame_size == (1280, 720)
    assert view.hint is Hint.COME_CLOSER
    door.service.camera(True, 1.1)
    assert door.service.view(1.1).face is seen.main
    door.service.camera(False, 1.2)
    assert door.service.view(1.2).face is None and door.service.view(1.2).frame_size == (640, 480)


def test_a_frame_without_quality_has_nobody_to_verify_in_it():
    door = Door()
    seen = observation(1.0, 2)
    door.service.observe(replace(seen, quality=None), 1.0)
    assert door.service.state is DoorState.IDLE
    door.service.observe(replace(seen, main=None), 1.1)
    assert door.service.state is DoorState.IDLE


def test_with_one_person_enrolled_there_is_no_second_one_to_show():
    door = Door(enrolled=1)
    door.see(1, 0.2)
    view = door.service.view(door.now)
    assert view.distance == pytest.approx(0.05, abs=0.01) and view.runner_up is None


def test_with_nobody_enrolled_everybody_is_as_far_as_can_be():
    door = Door(enrolled=0)
    door.see(1, 0.2)
    view = door.service.view(door.now)
    assert view.distance == INFO.far and view.votes == 0


def test_the_distances_of_the_last_five_seconds_are_shown_with_their_age_oldest_first():
    door = Door()
    for at in (1.0, 2.0, 4.0):
        door.service.observe(observation(at, 1), at)
    history = door.service.view(6.0).history
    assert [age for age, _ in history] == [5.0, 4.0, 2.0]
    assert [distance for _, distance in history] == pytest.approx([0.05] * 3, abs=0.01)
    assert [age for age, _ in door.service.view(6.5).history] == [4.5, 2.5]


def test_distances_stay_on_the_screen_when_another_track_begins():
    door = Door()
    door.see(1, 0.3)
    door.see(2, 0.1, x=500.0)
    assert len(door.service.view(door.now).history) == 4


def test_a_timed_state_shows_how_long_it_takes():
    door = Door()
    door.see(1, 0.6)
    view = door.service.view(door.service._machine.since + 1.0)
    assert (view.duration, view.remaining) == (pytest.approx(4.0), pytest.approx(3.0))
    brief = Door(timing=Timing(open_s=0.25))
    brief.see(1, 0.4)
    assert brief.service.view(brief.now).duration == pytest.approx(0.25)


def test_a_decision_is_shown_as_long_as_its_state_and_a_name_only_of_who_comes_in():
    door = Door()
    door.see(2, 0.6)
    view = door.service.view(door.now)
    assert view.decision is door.last and view.masked_name == "사*2" and view.votes >= RULE.votes
    door.see(2, 4.5)
    view = door.service.view(door.now)
    assert (view.state, view.decision, view.masked_name) == (DoorState.COOLDOWN, None, "")
    refused = refusing(Reason.DISABLED)
    refused.see(2, 0.6)
    view = refused.service.view(refused.now)
    assert view.decision is refused.last and view.decision.person_name and view.masked_name == ""


def test_a_claimed_number_is_shown_masked():
    door = Door()
    door.service.claim("2026-1", door.now)
    assert door.service.view(door.now).claimed == "•••6-1"


def test_empty_door_time_restarts_when_staff_are_done():
    door = Door()
    door.see(2, 0.1, issue=QualityIssue.BLURRED)
    assert door.service.view(door.now).away_s == 0.0
    assert door.service.view(door.now + 3.0).away_s == pytest.approx(3.0)
    assert door.service.view(door.now - 1.0).away_s == 0.0, "a clock that went back"
    door.service.pause(50.0)
    door.service.resume(100.0)
    assert door.service.view(100.0).away_s == 0.0
    door.service.resume(200.0)
    assert door.service.view(200.0).away_s == 100.0, "nobody had paused it"


@pytest.mark.parametrize(
    ("acts", "wanted"),
    [
        ((), True),
        ((lambda door: door.see(1, 0.1, issue=QualityIssue.BLURRED),), True),
        ((lambda door: door.see(1, 0.1),), True),
        ((lambda door: door.see(1, 0.6),), False),
        ((lambda door: door.service.pause(door.now),), False),
        ((lambda door: door.service.camera(False, door.now),), False),
        ((lambda door: door.service.fault("error.storage", door.now),), False),
    ],
)
def test_faces_are_compared_only_where_somebody_may_be_let_in(acts, wanted):
    door = Door()
    for act in acts:
        act(door)
    assert door.service.wants_embedding is wanted


def test_faces_are_compared_during_a_challenge(asking):
    asking.see(2, 1.2)
    assert asking.service.state is DoorState.CHALLENGE and asking.service.wants_embedding


def test_time_alone_locks_the_door_again():
    door = Door()
    door.see(1, 0.4)
    assert door.lock.is_open
    door.service.tick(door.now + 3.9)
    assert door.lock.is_open
    door.service.tick(door.now + 4.1)
    assert not door.lock.is_open and door.service.state is DoorState.COOLDOWN


# the row


def test_the_row_says_which_share_of_the_frames_could_be_compared():
    door = Door()
    door.see(2, 0.4, issue=QualityIssue.BLURRED)
    door.see(2, 0.4)
    assert door.last.quality == 0.5 and door.last.mode is Mode.IDENTIFY
    door = Door()
    door.see(2, 0.4)
    assert door.last.quality == 1.0


def test_a_face_of_poor_quality_is_not_compared_even_if_it_could_be():
    door = Door()
    for number in range(30):
        seen = observation(number / 10, 1, issue=QualityIssue.TURNED_AWAY)
        door.service.observe(replace(seen, embedding=vector(1)), number / 10)
    assert door.decisions == [] and door.service.view(3.0).distance is None


def test_without_a_face_the_row_has_neither_distance_nor_quality():
    door = Door()
    person = door.people.add_with_templates(Person("2026-4", "사람4", entry=CredentialMode.PIN), [])
    door.pins.set(person.id, PIN)
    door.service.claim("2026-4", door.now)
    door.service.enter_pin(PIN, door.now)
    assert door.last.accepted and (door.last.quality, door.last.distance) == (0.0, None)


def test_a_reject_without_a_face_is_logged_with_its_reason():
    door = Door()
    door.service.refuse(Reason.OLD_CODE, door.now)
    assert (door.last.reason, door.last.mode, door.last.outcome) == (
        Reason.OLD_CODE,
        Mode.VERIFY,
        Outcome.REJECT,
    )
    assert door.last.quality == 0.0 and door.service.state is DoorState.REJECTED


@pytest.mark.parametrize(
    "blocks",
    [
        lambda door: door.service.pause(0.0),
        lambda door: door.service.camera(False, 0.0),
        lambda door: door.service.fault("error.storage", 0.0),
    ],
)
def test_numbers_and_codes_are_ignored_while_the_door_does_not_verify(blocks):
    door = Door()
    blocks(door)
    assert door.service.claim("9999", 1.0).next is Next.NOTHING
    assert door.service.claim("2026-1", 1.0).next is Next.NOTHING
    door.service.refuse(Reason.OLD_CODE, 1.0)
    assert door.decisions == [] and door.tries.counted == {}


def test_a_pin_after_a_card_proves_card_number_pin_and_face():
    asked: list[frozenset[Factor]] = []

    def policy(person: Person | None, now: datetime, given: frozenset[Factor]) -> Reason | None:
        asked.append(given)
        return None

    door = Door(policy=policy)
    door.pins.set(1, PIN)
    door.people.stored[1] = replace(door.people.stored[1], look_alike=True)
    door.service.claim("2026-1", door.now, Factor.CARD)
    door.service.enter_pin(PIN, door.now)
    door.see(1, 0.6)
    door.see(None, 10.0)
    door.service.claim("2026-2", door.now, Factor.CARD)
    door.see(2, 0.6)
    assert asked == [frozenset(Factor) - {Factor.DURESS_PIN}, frozenset({Factor.CARD, Factor.FACE})]


def test_with_nobody_enrolled_the_row_keeps_distances_to_nobody():
    door = Door(enrolled=0)
    door.see(1, 3.0)
    assert set(unpack(door.last.trace).who) == {0}


# what counts


@pytest.mark.parametrize(
    "reason",
    [
        Reason.NO_GROUP,
        Reason.OUT_OF_SCHEDULE,
        Reason.LOCKDOWN,
        Reason.OTHER_DOOR_OPEN,
        Reason.FIRST_PERSON_NEEDED,
        Reason.SECOND_PERSON_NEEDED,
        Reason.PIN_NEEDED,
        Reason.NO_PIN,
        Reason.TOO_MANY_TRIES,
        Reason.NUMBER_NEEDED,
        Reason.CARD_NEEDED,
        Reason.OLD_CODE,
        Reason.ENROL_AGAIN,
        Reason.LOCK_FAILED,
    ],
)
def test_rejects_that_nobody_tried_to_get_around_the_door_by_never_pause_it(reason):
    door = refusing(reason, Timing(max_failures=1))
    door.see(1, 0.6)
    assert door.last.reason is reason
    door.see(None, 10.0)
    assert door.service.state is DoorState.IDLE


@pytest.mark.parametrize(
    "reason",
    [
        Reason.UNKNOWN,
        Reason.DISABLED,
        Reason.EXPIRED,
        Reason.ALREADY_INSIDE,
        Reason.WRONG_PIN,
    ],
)
def test_other_rejects_do(reason):
    door = refusing(reason, Timing(max_failures=1))
    door.see(1, 0.6)
    assert door.last.reason is reason
    door.see(None, 4.0)
    assert door.service.state is DoorState.LOCKED_OUT


def test_a_row_that_cannot_be_written_does_not_pause_the_door_once_it_can_be():
    door = Door(timing=Timing(max_failures=1))
    door.log.broken = True
    door.see(1, 0.6)
    door.log.broken = False
    door.see(None, 12.0)
    assert door.service.state is DoorState.IDLE


def test_an_accept_makes_the_next_walk_off_the_first_in_a_row_again(asking, shown):
    def recognised_and_gone() -> None:
        asking.see(2, 0.6)
        asking.see(None, 1.5)

    recognised_and_gone()
    shown.live = True
    asking.see(2, 0.6)
    asking.see(None, 10.0)
    shown.live = False
    assert asking.decisions[1].accepted
    recognised_and_gone()
    assert asking.service._machine.failures == 0
    assert asking.service.state is DoorState.IDLE, "it is not shown either"
    recognised_and_gone()
    assert asking.service._machine.failures == 1


def test_staff_who_come_before_the_question_make_it_a_walk_off_that_is_neither_shown_nor_counted(
    asking,
):
    asking.see(2, 0.6)
    asking.service.pause(asking.now)
    assert [decision.reason for decision in asking.decisions] == [Reason.TRACK_LOST]
    assert asking.service._machine.failures == 0


# faults


def test_the_door_tries_again_ten_seconds_after_a_fault_and_says_nothing_of_it_any_more():
    door = Door()
    door.service.fault("error.camera", 0.0)
    door.service.tick(9.999)
    assert door.service.state is DoorState.OUT_OF_SERVICE
    assert door.service.view(9.999).service_key == "error.camera"
    door.service.tick(10.0)
    assert door.service.state is DoorState.IDLE and door.service.view(10.0).service_key == ""


def test_a_fault_says_what_did_not_work():
    class Full(MemoryLog):
        def append(self, decision: Decision, basis: str | None = None):
            raise StorageError("The disk is full.", key="error.disk")

    door = Door()
    door.service._verify._log = Full(door.lock)
    door.see(1, 0.6)
    assert door.service.state is DoorState.OUT_OF_SERVICE
    assert door.service.view(door.now).service_key == "error.disk"


# claims


def test_a_claim_ends_just_after_its_time():
    door = Door()
    door.service.claim("2026-1", 0.0)
    door.service.tick(20.0)
    assert door.service.view(20.0).mode is Mode.VERIFY
    door.service.tick(20.001)
    assert door.service.view(20.001).mode is Mode.IDENTIFY


def test_a_claim_does_not_end_during_a_challenge(asking, shown):
    asking.service.claim("2026-2", asking.now)
    asking.see(2, 18.5, issue=QualityIssue.TOO_SMALL)
    asking.see(2, 2.5)
    assert asking.now > 20.0 and asking.service.state is DoorState.CHALLENGE
    assert asking.service.view(asking.now).mode is Mode.VERIFY
    shown.turned = True
    asking.see(2, 0.1)
    assert asking.last.accepted and asking.last.mode is Mode.VERIFY


def test_the_threshold_that_decides_depends_on_whether_a_number_was_claimed():
    door = Door()
    door.service.use_thresholds(Thresholds.same(0.4))
    assert door.service.threshold == 0.4
    door.service.claim("2026-1", door.now)
    assert door.service.threshold == 0.4
    door.service.use_thresholds(Thresholds(identify=0.4, verify=0.6))
    assert door.service.threshold == 0.6


def test_a_face_recognised_before_a_number_was_typed_is_not_accepted_under_it(asking, shown):
    asking.see(2, 0.6)
    assert asking.service.recognised_at is not None
    asking.service.claim("2026-1", asking.now)
    assert asking.service.recognised_at is None
    shown.live = True
    asking.see(2, 3.0)
    assert asking.last.reason is Reason.NOT_THE_CLAIMED_PERSON
    assert not asking.lock.opened


def test_a_face_recognised_under_a_cancelled_number_is_examined_again(asking, shown):
    asking.service.claim("2026-2", asking.now)
    asking.see(2, 0.6)
    assert asking.service.recognised_at is not None
    asking.service.cancel_claim(asking.now)
    shown.live = True
    asking.see(2, 0.1)
    assert not asking.lock.opened
    asking.see(2, 0.5)
    assert asking.last.accepted and asking.last.mode is Mode.IDENTIFY


def test_cancelling_during_a_challenge_changes_nothing(asking, shown):
    asking.see(2, 1.2)
    asking.service.cancel_claim(asking.now)
    shown.turned = True
    asking.see(2, 0.1)
    assert asking.last.accepted


def test_votes_of_a_visit_that_is_over_do_not_count_for_the_next():
    door = Door()
    door.see(1, 0.3)
    door.see(None, 1.2)
    door.see(1, 0.1)
    assert door.decisions == []


# tracks


def test_liveness_is_told_whether_another_face_came_from_elsewhere(asking, shown):
    asking.see(2, 0.2)
    shown.resets.clear()
    asking.see(2, 0.1, x=500.0)
    assert shown.resets == [True]
    asking.see(2, 0.1, x=500.0)
    assert shown.resets == [True]
    asking.see(3, 0.1, x=500.0)
    assert shown.resets == [True, False], "in the same place it only looks like somebody else"


def test_liveness_starts_over_with_each_visit(asking, shown):
    asking.see(2, 0.2)
    shown.resets.clear()
    asking.see(None, 1.2)
    assert shown.resets == [True]


def test_a_person_right_after_staff_is_another_visitor_not_a_changed_face(asking, shown):
    asking.see(2, 0.2)
    asking.service.pause(asking.now)
    asking.service.resume(asking.now)
    shown.resets.clear()
    asking.see(3, 0.1)
    assert shown.resets and False not in shown.resets


def test_liveness_learns_from_every_frame_also_during_staff_use(asking, shown):
    asking.service.pause(0.0)
    for at, person in ((1.0, None), (2.0, 2), (3.0, None)):
        asking.service.observe(observation(at, person), at)
    assert [seen.captured_at for seen in shown.learned] == [1.0, 2.0, 3.0]


def test_liveness_is_told_of_nobody_while_no_frame_speaks_for_anybody(asking, shown):
    asking.see(6, 1.0)
    asking.see(6, 0.5, issue=QualityIssue.BLURRED)
    assert len(shown.speaks_for) == 15 and set(shown.speaks_for) == {None}


def test_a_person_shown_live_at_once_is_accepted_with_the_frame_that_ends_the_vote(asking, shown):
    shown.live = True
    asking.see(None, 0.5)
    asking.see(2, 0.3)
    assert asking.decisions == []
    asking.see(2, 0.1)
    assert asking.last.accepted


def test_an_obligatory_challenge_starts_with_the_frame_that_ends_the_vote(asking, shown):
    shown.wait_s = 0.0
    asking.see(None, 0.5)
    asking.see(2, 0.4)
    assert asking.service.state is DoorState.CHALLENGE
    assert asking.service.sounds == [Effect.SOUND_TURN]


# challenges


def challenged(door: Door) -> float:
    """A challenge of person 2, last seen at the moment that is returned."""
    door.see(2, 1.2)
    assert door.service.state is DoorState.CHALLENGE and not door.decisions
    door.service.observe(observation(2.0, 2), 2.0)
    return 2.0


def away(door: Door, *moments: float) -> list[Reason]:
    for at in moments:
        door.service.observe(observation(at, None), at)
    return [decision.reason for decision in door.decisions]


def test_a_face_is_lost_when_it_is_away_for_long_enough_and_in_several_frames(asking):
    challenged(asking)
    assert away(asking, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.69) == [], "many frames, but not for long"
    assert away(asking, 2.71) == [Reason.TRACK_LOST]


def test_a_face_is_lost_with_the_third_frame_without_it(asking):
    challenged(asking)
    assert away(asking, 2.4, 2.8) == [], "for long, but in two frames only"
    assert away(asking, 2.81) == [Reason.TRACK_LOST]


def test_frames_without_a_face_restart_once_it_is_seen_again(asking):
    challenged(asking)
    away(asking, 2.1, 2.2)
    asking.service.observe(observation(2.25, 2), 2.25)
    assert away(asking, 2.5, 2.99) == []
    assert away(asking, 3.0) == [Reason.TRACK_LOST]


def test_a_face_is_lost_when_a_visit_would_have_ended_however_few_frames_there_were(asking):
    challenged(asking)
    asking.service.tick(2.999)
    assert asking.decisions == []
    asking.service.tick(3.0)
    assert away(asking) == [Reason.TRACK_LOST]


def test_a_face_that_stays_to_the_end_of_the_time_has_failed_with_its_last_frame(asking):
    challenged(asking)
    ends = asking.service._machine.until
    at = 2.0
    while at + 0.5 < ends:
        at += 0.5
        asking.service.observe(observation(at, 2), at)
    assert asking.decisions == []
    asking.service.observe(observation(ends, 2), ends)
    assert away(asking) == [Reason.CHALLENGE_FAILED]


def test_a_challenge_that_has_failed_is_not_passed_by_the_same_frame(asking, shown):
    challenged(asking)
    shown.failed = Reason.CHALLENGE_FAILED
    shown.turned = True
    asking.service.observe(observation(2.1, 2), 2.1)
    assert away(asking) == [Reason.CHALLENGE_FAILED] and not asking.lock.opened


def test_a_refusal_ends_the_challenge_before_the_turns_are_done(asking, shown):
    challenged(asking)
    shown.against = Reason.FROZEN_PICTURE
    asking.service.observe(observation(2.1, 2), 2.1)
    assert away(asking) == [Reason.FROZEN_PICTURE]


@pytest.mark.parametrize("other", [1, 6])
def test_turns_open_for_nobody_else_even_where_the_exchange_was_not_noticed(asking, shown, other):
    challenged(asking)
    asking.service._tracker.max_jump = 10.0
    shown.turned = True
    asking.service.observe(observation(2.1, other), 2.1)
    assert asking.service.state is DoorState.CHALLENGE and not asking.lock.opened


def test_a_person_deleted_during_a_challenge_who_also_left_is_refused_once(asking):
    challenged(asking)
    asking.service.gallery_changed()
    assert away(asking, 5.0) == [Reason.TRACK_LOST] and asking.last.person_id is None


def test_staff_may_come_after_somebody_was_deleted_during_a_challenge(asking):
    challenged(asking)
    asking.service.gallery_changed()
    asking.service.pause(2.1)
    assert asking.service.state is DoorState.PAUSED and not asking.lock.opened


def test_a_changed_gallery_takes_distance_and_votes_off_the_screen():
    door = Door()
    door.see(1, 0.2)
    assert door.service.view(door.now).votes == 2
    door.service.gallery_changed()
    view = door.service.view(door.now)
    assert view.distance is None and view.votes == 0


def test_a_card_that_is_refused_does_not_turn_a_typed_number_into_a_card():
    asked: list[frozenset[Factor]] = []
    door = Door(policy=lambda person, now, given: asked.append(given))
    door.people.stored[1] = replace(door.people.stored[1], look_alike=True)
    door.pins.set(1, PIN)
    assert door.service.claim("2026-1", door.now).next is Next.PIN
    door.service.pause(door.now)
    assert door.service.claim("2026-1", door.now, Factor.CARD).next is Next.NOTHING
    door.service.resume(door.now)
    assert door.service.enter_pin(PIN, door.now).next is Next.FACE
    door.see(1, 0.6)
    assert asked == [frozenset({Factor.FACE, Factor.NUMBER, Factor.PIN})]


# a recognised face that is withdrawn before the challenge


def assert_only_waits(door: Door, number: str) -> None:
    """The number and its owner's face have used up their attempts; nobody else has to wait."""
    owner = door.people.by_number(number)
    assert door.tries.counted == {number: 5} and door.service.state is not DoorState.LOCKED_OUT
    assert [door.service._face_pauses.paused(n, door.now) for n in (1, 2, 3)] == [
        n == owner.id for n in (1, 2, 3)
    ]


def test_cancelling_a_claim_before_every_challenge_makes_that_face_wait(asking, shown):
    """Otherwise a photo could be tried without limit, cancelled each time just before."""
    for _ in range(10):
        asking.service.claim("2026-2", asking.now)
        asking.see(2, 0.6)
        asking.service.cancel_claim(asking.now)
        asking.see(None, 6.0)
    assert [decision.reason for decision in asking.decisions] == [Reason.TRACK_LOST] * 10
    assert {decision.mode for decision in asking.decisions} == {Mode.VERIFY}
    assert_only_waits(asking, "2026-2")
    assert not shown.challenges


def test_cancelling_a_claim_before_anybody_is_recognised_is_not_logged(asking):
    asking.service.claim("2026-2", asking.now)
    asking.see(2, 0.2)
    asking.service.cancel_claim(asking.now)
    asking.service.cancel_claim(asking.now)
    assert asking.decisions == [] and asking.service.state is DoorState.VERIFYING


def test_a_claim_that_expires_before_the_challenge_is_a_walk_off(asking):
    asking.service.claim("2026-2", asking.now)
    asking.see(2, 19.5, issue=QualityIssue.TOO_SMALL)
    asking.see(2, 0.8)
    assert [decision.reason for decision in asking.decisions] == [Reason.TRACK_LOST]
    assert asking.last.mode is Mode.VERIFY


def test_another_persons_card_before_every_challenge_locks_the_door(asking, shown):
    for _ in range(10):
        asking.see(2, 0.6)
        asking.service.claim("2026-1", asking.now, Factor.CARD)
        asking.service.cancel_claim(asking.now)
        asking.see(None, 6.0)
    assert [decision.reason for decision in asking.decisions] == [Reason.TRACK_LOST] * 10
    assert asking.service.state is DoorState.LOCKED_OUT and not shown.challenges


def test_a_person_who_shows_their_own_card_after_their_face_has_not_walked_off(asking, shown):
    asking.see(2, 0.6)
    asking.service.claim("2026-2", asking.now, Factor.CARD)
    shown.live = True
    asking.see(2, 0.6)
    assert [decision.reason for decision in asking.decisions] == [Reason.MATCH]
    assert asking.last.accepted and asking.last.mode is Mode.VERIFY


def test_ones_own_card_that_is_cancelled_before_every_challenge_makes_that_face_wait(asking, shown):
    """Not even if it is cancelled before the face is recognised again."""
    for _ in range(10):
        asking.see(2, 0.6)
        asking.service.claim("2026-2", asking.now, Factor.CARD)
        asking.service.cancel_claim(asking.now)
        asking.see(None, 6.0)
    assert [decision.reason for decision in asking.decisions] == [Reason.TRACK_LOST] * 10
    assert_only_waits(asking, "2026-2")
    assert not shown.challenges


def test_leaving_after_ones_own_card_is_logged_once(asking):
    asking.see(2, 0.6)
    asking.service.claim("2026-2", asking.now, Factor.CARD)
    asking.see(None, 6.0)
    asking.see(None, 6.0)
    assert [decision.reason for decision in asking.decisions] == [Reason.TRACK_LOST]
    assert asking.last.mode is Mode.VERIFY and asking.last.person_number == "2026-2"


def test_the_same_number_typed_again_before_every_challenge_makes_that_face_wait(asking, shown):
    asking.service.claim("2026-2", asking.now)
    for _ in range(10):
        asking.see(2, 0.6)
        asking.service.claim("2026-2", asking.now)
        asking.see(None, 6.0)
    assert [decision.reason for decision in asking.decisions] == [Reason.TRACK_LOST] * 10
    assert_only_waits(asking, "2026-2")
    assert not shown.challenges


def test_a_refused_badge_before_every_challenge_locks_the_door(asking, shown):
    """An expired badge is a reject that does not count."""
    for _ in range(10):
        asking.see(2, 0.6)
        asking.service.refuse(Reason.OLD_CODE, asking.now)
        asking.see(None, 6.0)
    reasons = [decision.reason for decision in asking.decisions]
    assert reasons == [Reason.TRACK_LOST, Reason.OLD_CODE] * 10
    assert asking.service.state is DoorState.LOCKED_OUT and not shown.challenges


def test_a_number_that_must_wait_before_every_challenge_locks_the_door(asking, shown):
    asking.tries.waits["2026-1"] = 60
    for _ in range(10):
        asking.see(2, 0.6)
        asking.service.claim("2026-1", asking.now)
        asking.see(None, 6.0)
    reasons = [decision.reason for decision in asking.decisions]
    assert reasons == [Reason.TRACK_LOST, Reason.TOO_MANY_TRIES] * 10
    assert asking.service.state is DoorState.LOCKED_OUT and not shown.challenges


def test_a_person_recognised_under_a_number_is_not_let_in_after_another_number(asking, shown):
    """The vote was judged by the threshold for numbers, and the number is taken back."""
    asking.people.stored[1] = replace(asking.people.stored[1], look_alike=True)
    asking.pins.set(1, PIN)
    asking.service.claim("2026-2", asking.now)
    asking.see(2, 0.6)
    assert asking.service.claim("2026-1", asking.now).next is Next.PIN
    assert asking.service.recognised_at is None
    shown.live = True
    asking.see(2, 0.1)
    assert [decision.reason for decision in asking.decisions] == [Reason.TRACK_LOST]
    assert asking.last.mode is Mode.VERIFY


def test_a_walk_off_that_ends_in_a_lock_out_does_not_keep_others_out(shown):
    asking = Door(liveness=shown, timing=replace(Timing(), max_failures=1))
    asking.people.add_with_templates(Person("2026-9", "무면", entry=CredentialMode.PIN), [])
    asking.pins.set(4, PIN)
    asking.see(2, 0.6)
    asking.see(None, 6.0)
    asking.service.claim("2026-9", asking.now)
    asking.see(2, 0.6)
    assert asking.service.enter_pin(PIN, asking.now).next is Next.DOOR
    reasons = [decision.reason for decision in asking.decisions]
    assert reasons == [Reason.TRACK_LOST] * 2 + [Reason.WITHOUT_FACE]
    assert asking.service.state is DoorState.ACCEPTED and asking.lock.is_open
