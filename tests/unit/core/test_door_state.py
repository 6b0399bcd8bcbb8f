"""The door's states: a pure function, so every rule is a few lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.door_state import (
    CameraBack,
    CameraLost,
    Challenged,
    Decided,
    DoorState,
    Effect,
    Event,
    FaceSeen,
    Fault,
    Hint,
    Machine,
    NobodySeen,
    Paused,
    Recovered,
    Resumed,
    SomebodyElse,
    Tick,
    transition,
)


def after(
    *steps: tuple[float, Event], machine: Machine | None = None
) -> tuple[Machine, list[Effect]]:
    machine = machine or Machine()
    seen = []
    for now, event in steps:
        machine, effects = transition(machine, event, now)
        seen += effects
    return machine, seen


def test_a_good_face_starts_verifying_and_speeds_detection_up():
    machine, effects = after((1.0, FaceSeen()))
    assert machine.state is DoorState.VERIFYING
    assert Effect.FAST_DETECTION in effects and Effect.NEW_TRACK in effects


def test_a_far_face_is_asked_to_come_closer_then_verified_without_a_new_track():
    machine, _ = after((1.0, FaceSeen(Hint.COME_CLOSER)))
    assert (machine.state, machine.hint) == (DoorState.APPROACH, Hint.COME_CLOSER)
    machine, effects = after((1.1, FaceSeen()), machine=machine)
    assert machine.state is DoorState.VERIFYING and effects == []


def test_an_accept_is_shown_for_the_open_time_then_the_door_is_locked():
    machine, effects = after((1.0, FaceSeen()), (1.5, Decided(True)))
    assert machine.state is DoorState.ACCEPTED and Effect.SOUND_ACCEPT in effects
    machine, effects = after((5.4, Tick()), machine=machine)
    assert machine.state is DoorState.ACCEPTED
    machine, effects = after((5.6, NobodySeen()), machine=machine)
    assert machine.state is DoorState.COOLDOWN and effects[0] is Effect.LOCK_DOOR


def test_admitted_person_is_not_decided_again_while_present():
    machine, _ = after(
        (1.0, FaceSeen()),
        (1.5, Decided(True)),
        (5.6, FaceSeen()),
        (8.0, FaceSeen()),
        (12.0, FaceSeen()),
    )
    assert machine.state is DoorState.COOLDOWN
    machine, _ = after((13.1, NobodySeen()), (14.0, FaceSeen()), machine=machine)
    assert machine.state is DoorState.IDLE or machine.state is DoorState.VERIFYING


def test_five_rejects_in_a_row_pause_the_door_and_the_pause_grows():
    machine = Machine()
    now = 0.0
    for _ in range(5):
        machine, _ = after(
            (now, FaceSeen()),
            (now + 1, Decided(False)),
            (now + 4.1, Tick()),
            (now + 6, Tick()),
            machine=machine,
        )
        now += 10
    assert machine.state is DoorState.LOCKED_OUT
    first = machine.locked_until - (
        machine.since - machine.timing.reject_s + machine.timing.reject_s
    )
    assert first > 5
    machine, _ = after((machine.locked_until + 1, Tick()), machine=machine)
    assert machine.state is DoorState.IDLE and machine.pauses == 1
    now = machine.locked_until + 10
    for _ in range(5):
        machine, _ = after(
            (now, FaceSeen()),
            (now + 1, Decided(False)),
            (now + 4.1, Tick()),
            (now + 6, Tick()),
            machine=machine,
        )
        now += 10
    assert machine.until - machine.since > 15


def test_the_fifth_reject_is_still_shown_before_the_pause():
    machine = Machine(failures=4, failed_at=0.0, state=DoorState.VERIFYING)
    machine, _ = after((1.0, Decided(False)), machine=machine)
    assert machine.state is DoorState.REJECTED
    machine, _ = after((2.0, FaceSeen()), machine=machine)
    assert machine.state is DoorState.REJECTED
    machine, _ = after((4.1, Tick()), machine=machine)
    assert machine.state is DoorState.LOCKED_OUT


def test_a_reject_of_our_own_fault_does_not_count():
    machine = Machine(failures=4, state=DoorState.VERIFYING)
    machine, _ = after((1.0, Decided(False, counts=False)), machine=machine)
    assert machine.failures == 4


def test_a_lost_camera_locks_the_door_and_comes_back_by_itself():
    machine, effects = after((1.0, FaceSeen()), (1.5, Decided(True)), (2.0, CameraLost()))
    assert machine.state is DoorState.CAMERA_LOST and Effect.LOCK_DOOR in effects
    machine, _ = after((3.0, FaceSeen()), (4.0, CameraBack()), machine=machine)
    assert machine.state is DoorState.IDLE


def test_a_fault_hides_a_lost_camera_and_both_must_end():
    machine, _ = after((1.0, CameraLost()), (2.0, Fault()), (3.0, CameraBack()))
    assert machine.state is DoorState.OUT_OF_SERVICE
    machine, _ = after((4.0, Recovered()), machine=machine)
    assert machine.state is DoorState.IDLE


def test_staff_at_the_screen_pause_the_door():
    machine, _ = after((1.0, Paused()), (2.0, FaceSeen()))
    assert machine.state is DoorState.PAUSED
    machine, _ = after((3.0, Resumed()), machine=machine)
    assert machine.state is DoorState.IDLE


def test_a_face_that_is_poor_for_a_second_is_asked_again_for_something():
    machine, _ = after((1.0, FaceSeen()), (1.5, FaceSeen(Hint.HOLD_STILL)))
    assert machine.state is DoorState.VERIFYING, "one poor frame is nothing to say"
    machine, effects = after((2.1, FaceSeen(Hint.COME_CLOSER)), machine=machine)
    assert (machine.state, machine.hint) == (DoorState.APPROACH, Hint.COME_CLOSER)
    assert Effect.NEW_TRACK in effects, "frames from before do not count any more"


def test_frames_are_poor_for_too_long_at_the_very_end_of_that_time_and_not_before():
    machine, _ = after((1.0, FaceSeen()), (1.999, FaceSeen(Hint.HOLD_STILL)))
    assert machine.state is DoorState.VERIFYING
    machine, _ = after((2.0, FaceSeen(Hint.HOLD_STILL)), machine=machine)
    assert machine.state is DoorState.APPROACH


def test_next_person_does_not_wait_for_the_admitted_one():
    machine, _ = after(
        (1.0, FaceSeen()),
        (1.5, Decided(True)),
        (5.6, FaceSeen()),
        (6.0, SomebodyElse()),
        (7.2, FaceSeen()),
    )
    assert machine.state is DoorState.IDLE


EVENTS = st.sampled_from(
    [
        Challenged(8.0),
        FaceSeen(),
        FaceSeen(Hint.COME_CLOSER),
        SomebodyElse(),
        NobodySeen(),
        Decided(True),
        Decided(False),
        Decided(False, False),
        Decided(False, True, True),
        CameraLost(),
        CameraBack(),
        Fault(),
        Recovered(),
        Paused(),
        Resumed(),
        Tick(),
    ]
)


@given(st.lists(st.tuples(st.floats(0, 20), EVENTS), max_size=60))
def test_accepted_is_only_ever_reached_by_an_accept_and_always_left_through_locking(steps):
    machine = Machine()
    now = 0.0
    for pause, event in steps:
        now += pause
        before = machine.state
        machine, effects = transition(machine, event, now)
        if machine.state is DoorState.ACCEPTED and before is not DoorState.ACCEPTED:
            assert isinstance(event, Decided) and event.accepted
            assert machine.camera_ok and not machine.faulty and not machine.paused
        if before is DoorState.ACCEPTED and machine.state is not DoorState.ACCEPTED:
            assert Effect.LOCK_DOOR in effects


@given(st.lists(st.tuples(st.floats(0, 20), EVENTS), max_size=60))
def test_a_blocking_condition_always_shows(steps):
    machine = Machine()
    now = 0.0
    for pause, event in steps:
        now += pause
        machine, _ = transition(machine, event, now)
        if machine.faulty:
            assert machine.state is DoorState.OUT_OF_SERVICE
        elif not machine.camera_ok:
            assert machine.state is DoorState.CAMERA_LOST
        elif machine.paused:
            assert machine.state is DoorState.PAUSED


def test_only_the_person_being_verified_is_asked_for_turns():
    for machine in (
        Machine(),
        after((1.0, FaceSeen(Hint.COME_CLOSER)))[0],
        after((1.0, FaceSeen()), (1.5, Decided(True)))[0],
    ):
        before = machine.state
        assert after((2.0, Challenged(8.0)), machine=machine)[0].state is before
    machine, effects = after((1.0, FaceSeen()), (1.5, Challenged(8.0)))
    assert machine.state is DoorState.CHALLENGE and effects[-2:] == [
        Effect.SOUND_TURN,
        Effect.FAST_DETECTION,
    ]
    assert after((5.0, FaceSeen(Hint.HOLD_STILL)), machine=machine)[0].state is DoorState.CHALLENGE
    for event in (FaceSeen(), NobodySeen(), Tick(), SomebodyElse(), Resumed()):
        assert after((9.6, event), machine=machine)[0].state is DoorState.CHALLENGE, (
            "only a decision ends it, which is logged"
        )
    assert after((9.6, Decided(False)), machine=machine)[0].failures == 1


@given(st.lists(st.tuples(st.floats(0, 20), EVENTS), max_size=60))
def test_a_challenge_follows_on_verifying_only_and_ends_by_a_decision_or_in_a_block(steps):
    machine = Machine()
    now = 0.0
    for pause, event in steps:
        now += pause
        before = machine.state
        (machine, _) = transition(machine, event, now)
        if machine.state is DoorState.CHALLENGE:
            assert (
                before in (DoorState.VERIFYING, DoorState.CHALLENGE)
                and machine.until - machine.since <= 8.0 + 1e-9
            )
        elif before is DoorState.CHALLENGE:
            assert isinstance(event, Decided) or machine.state in (
                DoorState.OUT_OF_SERVICE,
                DoorState.CAMERA_LOST,
                DoorState.PAUSED,
            )
