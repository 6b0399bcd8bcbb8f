"""Liveness at the door: natural motion, then turns of the head, and all that stays locked."""

from __future__ import annotations

from datetime import datetime

import pytest

from kiosk.core.decisions import Factor, Mode, Outcome, Reason
from kiosk.core.door_state import DoorState, Effect
from kiosk.core.errors import StorageError
from kiosk.core.frames import Observation, QualityIssue
from kiosk.core.people import Person
from kiosk.core.view_models import ChallengeView, Turn
from kiosk.core.voting_trace import unpack
from kiosk.door.claims import Next
from kiosk.vision.recognition.vote_replay import replayed
from tests.helpers.door import Door


class Scripted:
    """Shows what a test says; remembers what the door did with it."""

    asks = True
    wait_s = 0.5
    wait_pictures = 0
    challenge_s = 8.0
    score = 0.25

    def __init__(self) -> None:
        self.live = False
        self.against: Reason | None = None
        self.failed: Reason | None = None
        self.turned = False
        self.completes = False
        self.challenges = 0
        self.resets: list[bool] = []
        self.speaks_for: list[int | None] = []
        self.took_over: list[Scripted] = []

    def take_over(self, before: Scripted) -> None:
        self.took_over.append(before)

    def reset(self, *, elsewhere: bool = True) -> None:
        self.resets.append(elsewhere)

    def learn(self, seen: Observation, now: float) -> None: ...

    def observe(self, seen: Observation, person: int | None, now: float) -> bool:
        self.speaks_for.append(person)
        return self.completes

    def refusal(self, now: float) -> Reason | None:
        return self.against

    def passed(self, person: int, now: float) -> bool:
        return self.live

    def challenge(self, person: int, now: float) -> None:
        self.challenges += 1
        self.asked_for = person

    def challenge_view(self, now: float) -> ChallengeView | None:
        return ChallengeView(Turn.LEFT, 0, 2, 0.0, 3.0, 3.5) if self.challenges else None

    def challenge_failed(self, now: float) -> Reason | None:
        return self.failed

    def challenge_passed(self, person: int | None) -> bool:
        return self.turned and person is not None


@pytest.fixture
def shown() -> Scripted:
    return Scripted()


@pytest.fixture
def door(shown: Scripted) -> Door:
    return Door(liveness=shown)


def challenged(door: Door) -> Door:
    door.see(2, 1.2)
    assert door.service.state is DoorState.CHALLENGE and not door.decisions
    return door


def test_a_person_shown_live_by_natural_motion_is_accepted_without_a_challenge(door, shown):
    shown.live = True
    door.see(2, 0.6)
    assert door.last.accepted and door.last.liveness == 0.25 and shown.challenges == 0
    assert set(shown.speaks_for) == {2}


def test_a_person_not_shown_live_is_challenged_and_accepted_after_it(door, shown):
    view = challenged(door).service.view(door.now)
    assert (
        view.challenge is not None
        and view.challenge.turn is Turn.LEFT
        and (shown.challenges, shown.asked_for) == (1, 2)
    )
    assert not door.lock.is_open
    shown.turned = True
    door.see(2, 0.1)
    assert door.last.accepted and door.last.liveness == 1.0 and door.lock.is_open
    assert door.service.view(door.now).challenge is None


def test_a_slow_camera_is_waited_for_until_enough_pictures_came(door, shown):
    shown.wait_pictures = 12
    door.see(2, 0.6)
    assert door.service.recognised_at is not None
    pictures = len(shown.speaks_for)
    while shown.challenges == 0:
        door.now += 0.2
        door.see(2, 0.1)
    assert 10 <= len(shown.speaks_for) - pictures <= 13


def test_a_camera_with_hardly_any_pictures_is_not_waited_for_forever(door, shown):
    shown.wait_pictures = 60
    door.see(2, 0.6)
    recognised = door.service.recognised_at
    while shown.challenges == 0:
        door.now += 0.8
        door.see(2, 0.1)
    assert door.now - recognised < 8


def test_a_rebuilt_door_knows_the_place(door, shown):
    successor = Scripted()
    Door(liveness=successor).service.take_over(door.service)
    Door(liveness=Scripted()).service.take_over(Door().service)
    assert successor.took_over == [shown]


def test_turns_done_by_one_person_open_for_nobody_else(door, shown):
    challenged(door)
    shown.turned = True
    for frame in (1, 6, None):
        door.service._tracker.reset()  # as if the tracker had missed the exchange
        door.see(frame, 0.1)
    assert not any(decision.accepted for decision in door.decisions) and not door.lock.opened


@pytest.mark.parametrize("reason", [Reason.CHALLENGE_FAILED, Reason.FLAT_PICTURE])
def test_a_failed_challenge_is_a_reject_with_its_reason_and_name(door, shown, reason):
    challenged(door)
    shown.failed = reason
    door.see(2, 0.1)
    assert (door.last.reason, door.last.person_number, door.lock.opened) == (reason, "2026-2", 0)
    assert door.service.state is DoorState.REJECTED


def test_time_alone_ends_a_challenge_without_a_frame(door, shown):
    challenged(door)
    shown.failed = Reason.CHALLENGE_FAILED
    door.service.tick(door.now + 0.01)
    assert door.last.reason is Reason.CHALLENGE_FAILED


@pytest.mark.parametrize(
    "reason", [Reason.SCREEN_OR_PRINT, Reason.FROZEN_PICTURE, Reason.IDENTITY_CHANGED]
)
@pytest.mark.parametrize("asked", [False, True])
def test_a_refusal_outweighs_all_other_evidence(door, shown, reason, asked):
    if asked:
        challenged(door)
    shown.live = shown.turned = True
    shown.against = reason
    door.see(2, 0.6)
    assert (door.last.reason, door.last.accepted, door.lock.opened) == (reason, False, 0)


def test_looking_away_during_a_challenge_loses_it_and_counts(door, shown):
    for _ in range(5):
        challenged(door)
        door.see(None, 1.0)
        assert door.decisions.pop().reason is Reason.TRACK_LOST
        door.see(None, 8.0)
    assert door.service.state is DoorState.LOCKED_OUT and not door.lock.opened


def test_cards_swiped_while_the_face_is_away_do_not_keep_the_reject_off(door, shown):
    challenged(door)
    for _ in range(3):
        door.service.resume(door.now)
        door.see(None, 0.4)
    assert [decision.reason for decision in door.decisions] == [Reason.TRACK_LOST]


@pytest.mark.parametrize("interval", [0.3, 0.5, 5.0])
def test_looking_away_counts_however_rare_frames_are(door, shown, interval):
    challenged(door)
    began = frame_at = door.now
    while door.now < began + 2.0:
        door.now += 0.05
        door.service.tick(door.now)
        if door.now >= frame_at + interval:
            frame_at = door.now
            door.service.observe(Observation(door.now, (640, 480)), door.now)
    assert [decision.reason for decision in door.decisions] == [Reason.TRACK_LOST]


def test_a_challenge_that_liveness_never_ends_is_over_in_time(door, shown):
    challenged(door)
    door.see(2, shown.challenge_s + 0.2)
    assert [decision.reason for decision in door.decisions] == [Reason.CHALLENGE_FAILED]


def recognised_and_gone(door: Door) -> None:
    door.see(2, 0.6)
    assert door.service.recognised_at is not None and door.service.state is DoorState.VERIFYING
    door.see(None, 6.0)


def test_a_passer_by_is_logged_once_and_neither_shown_nor_counted(door, shown):
    door.see(2, 0.6)
    door.see(None, 1.2)
    assert [decision.reason for decision in door.decisions] == [
        Reason.TRACK_LOST
    ] and door.last.person_number == "2026-2"
    assert door.service.state is DoorState.IDLE and door.service._machine.failures == 0
    shown.live = True
    door.see(2, 0.6)
    assert door.last.accepted
    door.see(None, 10.0)
    assert len(door.decisions) == 2


def test_a_picture_taken_away_before_the_question_again_and_again_locks_the_door(door, shown):
    for _ in range(10):
        recognised_and_gone(door)
    assert {decision.outcome for decision in door.decisions} == {Outcome.UNFINISHED}
    assert Effect.SOUND_REJECT not in door.service.sounds
    assert [decision.reason for decision in door.decisions] == [Reason.TRACK_LOST] * 10
    assert (
        door.service.state is DoorState.LOCKED_OUT and not door.lock.opened and not shown.challenges
    )


def test_an_accept_forgives_who_walked_off_before(door, shown):
    for _ in range(6):
        recognised_and_gone(door)
        shown.live = True
        door.see(2, 0.6)
        door.see(None, 10.0)
        shown.live = False
    assert door.service._machine.failures == 0 and door.lock.opened == 6


def test_another_face_in_the_moment_before_the_question_is_logged_too(door, shown):
    door.see(2, 0.6)
    door.see(2, 0.1, x=500.0)
    assert [decision.reason for decision in door.decisions] == [Reason.TRACK_LOST]


@pytest.mark.parametrize(
    "breaks_off",
    [
        lambda door: door.service.fault("error.storage", door.now),
        lambda door: door.service.pause(door.now),
        lambda door: door.service.camera(False, door.now),
        lambda door: door.see(2, 0.1, x=500.0),
    ],
)
def test_breaking_a_challenge_off_is_a_reject(door, shown, breaks_off):
    challenged(door)
    breaks_off(door)
    assert [decision.reason for decision in door.decisions] == [
        Reason.TRACK_LOST
    ] and not door.lock.opened


def test_number_card_and_cancel_keep_the_same_challenge(door, shown):
    challenged(door)
    assert door.service.claim("2026-1", door.now).next is Next.NOTHING
    assert door.service.claim("2026-1", door.now, Factor.CARD).next is Next.NOTHING
    door.service.cancel_claim(door.now)
    door.service.refuse(Reason.OLD_CODE, door.now)
    assert door.service.state is DoorState.CHALLENGE and not door.decisions


def test_a_person_deleted_during_a_challenge_does_not_come_in(door, shown):
    challenged(door)
    door.service.gallery_changed()
    shown.turned = True
    door.see(2, 0.2)
    assert door.last.reason is Reason.TRACK_LOST and not door.lock.opened


def test_a_clock_that_is_not_trusted_puts_the_door_out_of_service_during_a_challenge(door, shown):
    door.service.claim("2026-2", door.now)
    challenged(door)
    door.clock_error = StorageError("The clock is behind.", key="error.clock_behind")
    shown.turned = True
    door.see(2, 0.2)
    assert door.service.state is DoorState.OUT_OF_SERVICE and not door.lock.opened
    assert door.service.fault_key == "error.clock_behind" and not door.log.rows
    door.clock_error = None
    shown.live = True
    door.see(2, 14.0)
    assert door.lock.opened and door.last.reason is Reason.MATCH


def test_a_claim_that_expires_before_liveness_with_an_untrusted_clock_is_dropped(door, shown):
    shown.wait_s = 60.0
    door.service.claim("2026-2", door.now)
    door.see(2, 1.0)
    door.clock_error = StorageError("The clock is behind.", key="error.clock_behind")
    door.see(2, 21.0)
    assert door.service.fault_key == "error.clock_behind" and not door.lock.opened
    assert door.service.view(door.now).claimed == ""


def test_without_challenges_a_person_not_shown_live_is_refused(door, shown):
    shown.asks = False
    door.see(2, 1.2)
    assert (
        door.last.reason is Reason.NOT_SHOWN_LIVE and not door.lock.opened and shown.challenges == 0
    )


def test_a_stranger_is_asked_for_nothing(door, shown):
    door.see(6, 3.0)
    assert (
        door.last.reason is Reason.UNKNOWN and door.last.liveness is None and shown.challenges == 0
    )


def test_the_policy_never_hears_of_a_picture():
    """Else a photograph could be the first of two, or a call for help."""
    asked: list[Person | None] = []

    def policy(person: Person | None, now: datetime, given: frozenset[Factor]) -> Reason | None:
        asked.append(person)
        return Reason.SECOND_PERSON_NEEDED

    shown = Scripted()
    door = Door(policy=policy, liveness=shown)
    shown.against = Reason.SCREEN_OR_PRINT
    door.see(2, 1.0)
    assert door.last.reason is Reason.SCREEN_OR_PRINT and asked == []
    shown.against = None
    shown.live = True
    door.see(None, 10.0)
    door.see(2, 1.0)
    assert door.last.reason is Reason.SECOND_PERSON_NEEDED and len(asked) == 1


def test_with_a_number_too_a_picture_is_refused_and_a_live_owner_comes_in(door, shown):
    shown.against = Reason.FROZEN_PICTURE
    door.service.claim("2026-2", door.now)
    door.see(2, 1.0)
    assert (door.last.reason, door.last.mode) == (Reason.FROZEN_PICTURE, Mode.VERIFY)
    shown.against = None
    shown.live = True
    door.see(None, 10.0)
    door.service.claim("2026-2", door.now)
    door.see(2, 1.0)
    assert door.last.accepted and door.last.mode is Mode.VERIFY


def test_the_row_keeps_the_frames_of_the_first_vote_whatever_liveness_took(door, shown):
    challenged(door)
    shown.turned = True
    door.see(2, 0.1)
    trace = unpack(door.last.trace)
    verdict = replayed(trace, trace.rule)
    assert (
        verdict is not None
        and verdict.reason is Reason.MATCH
        and len(trace) == verdict.frames == door.last.frames
    )


def test_a_completed_turn_and_the_first_question_sound(door, shown):
    challenged(door)
    assert door.service.sounds.count(Effect.SOUND_TURN) == 1
    shown.completes = True
    door.see(2, 0.1)
    assert door.service.sounds.count(Effect.SOUND_TURN) == 2


def test_a_poor_frame_during_a_challenge_does_not_end_it(door, shown):
    challenged(door)
    door.see(2, 1.0, issue=QualityIssue.BLURRED)
    assert door.service.state is DoorState.CHALLENGE


def test_a_machine_that_looks_seldom_does_not_lose_a_face_for_one_frame(door, shown):
    challenged(door)
    door.now += 0.8
    door.service.observe(Observation(door.now, (640, 480)), door.now)
    door.service.tick(door.now)
    assert door.service.state is DoorState.CHALLENGE and not door.decisions


@pytest.mark.parametrize(
    "lost",
    [
        lambda door: door.service.camera(False, door.now),
        lambda door: door.service.pause(door.now),
        lambda door: door.service.fault("error.storage", door.now),
    ],
)
def test_breaking_challenges_off_repeatedly_locks_the_door(door, shown, lost):
    """Else the camera could be covered whenever the question does not suit a picture."""
    for _ in range(5):
        challenged(door)
        lost(door)
        assert (
            door.service.state is not DoorState.CHALLENGE and door.last.reason is Reason.TRACK_LOST
        )
        door.decisions.clear()
        door.service.camera(True, door.now)
        door.service.resume(door.now)
        door.service.recovered(door.now)
        door.see(None, 8.0)
    assert door.service.state is DoorState.LOCKED_OUT and not door.lock.opened


def test_a_camera_that_comes_back_breaks_no_challenge_off(door, shown):
    challenged(door)
    door.service.camera(True, door.now)
    assert door.service.state is DoorState.CHALLENGE and not door.decisions


def let_in_and_asked_again(door: Door, shown: Scripted) -> None:
    """Person 2 is let in, stands there until the door decides again, and is asked to turn."""
    shown.live = True
    door.see(2, 0.6)
    assert door.last.accepted
    shown.live = False
    while not shown.challenges:
        door.see(2, 0.1)
    door.service.sounds.clear()


@pytest.mark.parametrize(
    "ends",
    [
        lambda door: door.see(None, 3.0),
        lambda door: door.see(2, 9.0),
        lambda door: door.service.pause(door.now),
        lambda door: door.service.camera(False, door.now),
        lambda door: door.see(3, 0.1, x=500.0),
    ],
    ids=["leaves", "ignores_it", "staff", "camera", "next_person"],
)
def test_a_member_who_was_let_in_and_stays_is_never_rejected(door, shown, ends):
    let_in_and_asked_again(door, shown)
    ends(door)
    assert [decision.outcome for decision in door.decisions] == [
        Outcome.ACCEPT,
        Outcome.UNFINISHED,
    ]
    assert door.last.person_number == "2026-2" and door.lock.opened == 1
    assert Effect.SOUND_REJECT not in door.service.sounds
    assert door.service.state is not DoorState.CHALLENGE


def test_a_member_who_stays_is_asked_once_only(door, shown):
    let_in_and_asked_again(door, shown)
    door.see(2, 120.0)
    assert shown.challenges == 1 and door.service.state is DoorState.COOLDOWN
    assert door.service.view(door.now).step_away and door.service.wants_embedding
    door.see(None, 3.0)
    assert door.service.state is DoorState.IDLE
    shown.live = True
    door.see(2, 0.6)
    assert door.last.accepted and door.lock.opened == 2


def test_a_picture_held_up_after_a_member_left_is_rejected_as_ever(door, shown):
    let_in_and_asked_again(door, shown)
    door.see(None, 3.0)
    challenged_again = shown.challenges
    door.see(2, 1.2)
    assert shown.challenges == challenged_again + 1
    door.see(None, 3.0)
    assert door.last.outcome is Outcome.REJECT and door.last.reason is Reason.TRACK_LOST


def test_evidence_against_a_member_who_stays_is_a_reject(door, shown):
    let_in_and_asked_again(door, shown)
    shown.against = Reason.FLAT_PICTURE
    door.see(2, 0.1)
    assert door.last.outcome is Outcome.REJECT and door.last.reason is Reason.FLAT_PICTURE
