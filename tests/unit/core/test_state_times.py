"""When each of the door's states ends, to the moment, and what one door hands on to the next."""

from __future__ import annotations

from dataclasses import replace

import pytest

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
    Timing,
    taken_over,
    transition,
)

TIMING = Timing(
    open_s=4.0,
    reject_s=3.0,
    cooldown_s=2.0,
    gone_s=1.0,
    poor_s=0.5,
    max_failures=3,
    lockout_s=32.0,
    longest_lockout_s=100.0,
    forget_failures_s=2000.0,
    linger_s=8.0,
)


def after(*steps: tuple[float, Event], machine: Machine | None = None) -> Machine:
    machine = machine or Machine(TIMING)
    for now, event in steps:
        machine, _ = transition(machine, event, now)
    return machine


def rejected(times: int, machine: Machine | None = None, began: float = 10.0) -> Machine:
    """So many strangers, a minute after one another, each refused ten seconds after coming."""
    machine = machine or Machine(TIMING)
    for number in range(times):
        now = began + 60 * number
        machine = after((now, Tick()), (now + 5, Tick()), machine=machine)
        machine = after((now + 9, FaceSeen()), (now + 10, Decided(False)), machine=machine)
    return machine


def test_an_accept_ends_at_the_very_end_of_its_time():
    machine = after((10.0, FaceSeen()), (11.0, Decided(True)))
    assert after((14.999, Tick()), machine=machine).state is DoorState.ACCEPTED
    assert after((15.0, Tick()), machine=machine).state is DoorState.COOLDOWN


def test_a_reject_ends_at_the_very_end_of_its_time_and_idle_follows_on_the_cooldown():
    machine = after((10.0, FaceSeen()), (11.0, Decided(False)))
    assert after((13.999, Tick()), machine=machine).state is DoorState.REJECTED
    machine = after((14.0, Tick()), machine=machine)
    assert machine.state is DoorState.COOLDOWN
    assert after((15.999, Tick()), machine=machine).state is DoorState.COOLDOWN
    assert after((16.0, Tick()), machine=machine).state is DoorState.IDLE


def test_a_reject_is_tried_again_after_the_cooldown_although_the_person_stays():
    """A reject that a change elsewhere may undo: another door that closes, say."""
    machine = after((10.0, FaceSeen()), (11.0, Decided(False)), (14.0, FaceSeen()))
    machine = after((16.0, FaceSeen()), machine=machine)
    assert machine.state is DoorState.IDLE


def refused() -> Machine:
    """A stranger was rejected at 11, and has been standing there ever since; it is 500."""
    machine = after((10.0, FaceSeen()), (11.0, Decided(False, ignores_track=True)))
    return after((14.0, FaceSeen()), (16.0, FaceSeen()), (500.0, FaceSeen()), machine=machine)


def test_a_rejected_face_is_ignored_until_it_has_left():
    machine = refused()
    assert machine.state is DoorState.COOLDOWN and machine.failures == 1
    machine = after((500.999, NobodySeen()), machine=machine)
    assert machine.state is DoorState.COOLDOWN
    assert after((501.0, NobodySeen()), machine=machine).state is DoorState.IDLE
    assert after((501.0, Tick()), machine=machine).state is DoorState.IDLE


def test_somebody_else_in_its_place_is_looked_at():
    machine = after((501.0, SomebodyElse()), machine=refused())
    assert machine.state is DoorState.IDLE and not machine.refused
    machine = after((501.0, FaceSeen()), machine=machine)
    assert machine.state is DoorState.VERIFYING


def test_a_rejected_face_that_claims_an_identity_is_looked_at():
    machine = after((500.1, FaceSeen()), machine=replace(refused(), claimed=True))
    assert machine.state is DoorState.IDLE and not machine.refused


def test_a_reject_of_something_else_or_an_accept_ends_that_the_face_is_ignored():
    for event in (Decided(False), Decided(True)):
        assert not after((500.1, event), machine=refused()).refused


def test_failures_long_ago_are_forgotten():
    machine = after((1000.0, FaceSeen()), (1001.0, Decided(False)), machine=rejected(2))
    assert machine.failures == 0 and machine.pauses == 1, "the third in 931 seconds"
    machine = replace(rejected(2), pauses=3)
    assert machine.failed_at == 80.0
    assert after((2079.9, Decided(False)), machine=machine).pauses == 4
    machine = after((2080.0, Decided(False)), machine=machine)
    assert (machine.failures, machine.pauses, machine.failed_at) == (1, 0, 2080.0)


def test_a_lock_out_lasts_at_least_as_long_as_its_setting():
    machine = Machine(replace(TIMING, lockout_s=500.0))
    machine = rejected(3, machine)
    assert machine.locked_until == 140.0 + TIMING.reject_s + 500.0


def locked_out() -> Machine:
    """It is 210; the lock-out ends at 235."""
    return after((210.0, Tick()), machine=rejected(3, began=70.0))


@pytest.mark.parametrize("accepted", [True, False])
def test_what_is_decided_on_a_number_during_a_lock_out_is_shown(accepted):
    machine, effects = transition(locked_out(), Decided(accepted, counts=False), 211.0)
    assert machine.state is (DoorState.ACCEPTED if accepted else DoorState.REJECTED)
    assert Effect.FORGET_CLAIM in effects and Effect.LOCK_DOOR not in effects
    if accepted:
        assert not machine.locked_out(211.0), "an accept ends it"
    else:
        assert after((213.999, Tick()), machine=machine).state is DoorState.REJECTED
        assert after((214.0, Tick()), machine=machine).state is DoorState.LOCKED_OUT


def test_a_claimed_identity_is_compared_during_a_lock_out():
    machine = replace(locked_out(), claimed=True)
    machine = after((211.0, FaceSeen()), (211.1, FaceSeen()), machine=machine)
    assert machine.state is DoorState.VERIFYING
    machine = replace(machine, claimed=False)
    assert after((211.2, FaceSeen()), machine=machine).state is DoorState.LOCKED_OUT, (
        "a claim that is dropped does not leave the door open to faces alone"
    )


def test_a_challenge_that_runs_is_not_ended_by_a_lock_out():
    machine = replace(locked_out(), claimed=True)
    machine = after(
        (211.0, FaceSeen()), (211.1, FaceSeen()), (211.2, Challenged(8.0)), machine=machine
    )
    assert machine.state is DoorState.CHALLENGE
    machine = replace(machine, claimed=False)
    assert after((211.3, FaceSeen()), machine=machine).state is DoorState.CHALLENGE


def test_arrival_late_in_cooldown_is_seen_after_it():
    machine = after((10.0, FaceSeen()), (11.0, Decided(False)), (14.0, Tick()), (15.0, FaceSeen()))
    assert machine.state is DoorState.COOLDOWN
    assert after((16.0, Tick()), (16.1, FaceSeen()), machine=machine).state is DoorState.VERIFYING


@pytest.mark.parametrize("hint", [Hint.NONE, Hint.COME_CLOSER])
def test_a_visit_ends_when_nobody_was_seen_for_so_long(hint):
    machine = after((10.0, FaceSeen(hint)), (10.5, FaceSeen(hint)), (10.9, NobodySeen()))
    before = machine.state
    assert before in (DoorState.VERIFYING, DoorState.APPROACH)
    assert after((11.499, NobodySeen()), machine=machine).state is before
    assert after((11.5, NobodySeen()), machine=machine).state is DoorState.IDLE
    assert after((11.5, Tick()), machine=machine).state is DoorState.IDLE, "time alone ends it too"


def test_admitted_person_is_forgotten_after_being_away():
    machine = after((10.0, FaceSeen()), (11.0, Decided(True)), (15.0, FaceSeen()))
    machine = after((17.0, FaceSeen()), machine=machine)
    assert machine.state is DoorState.COOLDOWN
    assert after((17.999, Tick()), machine=machine).state is DoorState.COOLDOWN
    assert after((18.0, Tick()), machine=machine).state is DoorState.IDLE


def test_admitted_person_who_stays_is_decided_again():
    machine = after((10.0, FaceSeen()), (11.0, Decided(True)), (15.0, FaceSeen()))
    assert machine.until == 17.0
    assert after((24.999, FaceSeen()), machine=machine).state is DoorState.COOLDOWN
    assert after((25.0, FaceSeen()), machine=machine).state is DoorState.IDLE


def test_a_challenge_is_given_the_seconds_that_it_was_said_to_take():
    machine = after((10.0, FaceSeen()), (11.0, Challenged(6.5)))
    assert (machine.since, machine.until, machine.remaining(12.0)) == (11.0, 17.5, 5.5)


def test_a_timed_state_says_how_long_it_still_takes_and_another_one_nothing():
    machine = after((10.0, FaceSeen()))
    assert machine.remaining(10.0) == 0.0
    machine = after((11.0, Decided(True)), machine=machine)
    assert [machine.remaining(now) for now in (11.0, 14.0, 15.0, 20.0)] == [4.0, 1.0, 0.0, 0.0]


def test_the_door_pauses_at_the_last_failure_allowed_and_not_before():
    machine = rejected(2)
    assert machine.failures == 2
    assert after((200.0, Tick()), machine=machine).state is not DoorState.LOCKED_OUT
    machine = rejected(1, machine, 290.0)
    assert (machine.state, machine.failures, machine.pauses) == (DoorState.REJECTED, 0, 1)
    assert after((302.999, Tick()), machine=machine).state is DoorState.REJECTED, (
        "it is shown first"
    )
    assert after((303.0, Tick()), machine=machine).state is DoorState.LOCKED_OUT


def test_a_pause_lasts_its_time_from_the_end_of_the_reject():
    machine = after((210.0, Tick()), machine=rejected(3, began=70.0))
    assert machine.state is DoorState.LOCKED_OUT
    assert machine.remaining(210.0) == 200.0 + TIMING.reject_s + TIMING.lockout_s - 210.0
    assert after((234.999, FaceSeen()), machine=machine).state is DoorState.LOCKED_OUT
    assert after((235.0, Tick()), machine=machine).state is DoorState.IDLE


def test_pauses_double_up_to_the_longest_and_restart_after_an_accept():
    machine = Machine(TIMING)
    lasted = []
    for number in range(4):
        began = 1000.0 * (number + 1)
        machine = rejected(3, machine, began)
        lasted.append(machine.locked_until - (began + 130 + TIMING.reject_s))
        machine = after((machine.locked_until, Tick()), machine=machine)
    assert lasted == [32.0, 64.0, 100.0, 100.0]
    machine = after((6000.0, FaceSeen()), (6001.0, Decided(True)), machine=machine)
    assert machine.pauses == 0
    machine = rejected(3, machine, 7000.0)
    assert machine.locked_until - (7000.0 + 130 + TIMING.reject_s) == 32.0


def test_an_accept_forgives_the_failures_before_it():
    machine = after((200.0, FaceSeen()), (201.0, Decided(True)), machine=rejected(2))
    assert machine.failures == 0


def test_a_reject_between_ends_that_the_one_let_in_before_is_waited_for():
    machine = after((10.0, FaceSeen()), (11.0, Decided(True)), (12.0, Decided(False, counts=False)))
    machine = after((15.0, FaceSeen()), (16.5, FaceSeen()), (17.0, FaceSeen()), machine=machine)
    assert machine.state is DoorState.IDLE


@pytest.mark.parametrize(
    ("begins", "ends", "state"),
    [
        (CameraLost(), CameraBack(), DoorState.CAMERA_LOST),
        (Fault(), Recovered(), DoorState.OUT_OF_SERVICE),
        (Paused(), Resumed(), DoorState.PAUSED),
    ],
)
def test_blocking_state_is_entered_once_and_left_for_idle(begins, ends, state):
    machine, effects = transition(after((10.0, FaceSeen())), begins, 11.0)
    assert machine.state is state and machine.since == 11.0
    assert {Effect.LOCK_DOOR, Effect.FORGET_CLAIM, Effect.NEW_TRACK} <= set(effects)
    for event in (begins, Tick(), FaceSeen(), NobodySeen(), Decided(False), SomebodyElse()):
        machine, effects = transition(machine, event, 12.0)
        assert (machine.state, machine.since, effects) == (state, 11.0, ())
    machine, effects = transition(machine, ends, 13.0)
    assert machine.state is DoorState.IDLE
    assert effects == (Effect.NEW_TRACK, Effect.SLOW_DETECTION)


def test_the_end_of_one_block_shows_the_next():
    machine = after((10.0, Paused()), (11.0, CameraLost()), (12.0, Fault()))
    assert machine.state is DoorState.OUT_OF_SERVICE
    machine = after((13.0, Recovered()), machine=machine)
    assert machine.state is DoorState.CAMERA_LOST
    machine = after((14.0, CameraBack()), machine=machine)
    assert machine.state is DoorState.PAUSED
    machine = after((15.0, Resumed()), machine=machine)
    assert machine.state is DoorState.IDLE


def test_a_pause_after_failures_outlasts_a_block_and_hides_behind_it():
    machine = after((210.0, Tick()), (211.0, CameraLost()), machine=rejected(3, began=70.0))
    assert machine.state is DoorState.CAMERA_LOST
    assert after((234.999, CameraBack()), machine=machine).state is DoorState.LOCKED_OUT
    assert after((235.0, CameraBack()), machine=machine).state is DoorState.IDLE


def test_a_machine_in_place_of_another_takes_over_what_was_counted_and_nothing_else():
    before = Machine(
        TIMING,
        DoorState.ACCEPTED,
        failures=2,
        pauses=1,
        failed_at=40.0,
        locked_until=50.0,
        claimed=True,
        refused=True,
        camera_ok=False,
        faulty=True,
        paused=True,
        lingers=True,
    )
    new = taken_over(Machine(Timing(open_s=9.0)), before)
    assert new == Machine(
        Timing(open_s=9.0), failures=2, pauses=1, failed_at=40.0, locked_until=50.0
    )


@pytest.mark.parametrize(
    ("state", "effects"),
    [
        (DoorState.ACCEPTED, (Effect.SOUND_ACCEPT, Effect.FORGET_CLAIM)),
        (DoorState.REJECTED, (Effect.SOUND_REJECT, Effect.FORGET_CLAIM)),
    ],
)
def test_a_decision_sounds_and_ends_the_claim(state, effects):
    machine, made = transition(
        after((10.0, FaceSeen())), Decided(state is DoorState.ACCEPTED), 11.0
    )
    assert machine.state is state and made == effects
    _, made = transition(machine, Tick(), 20.0)
    assert made == ((Effect.LOCK_DOOR,) if state is DoorState.ACCEPTED else ()), "the track goes on"


def test_a_pause_after_failures_locks_and_forgets():
    machine, effects = transition(rejected(3, began=70.0), Tick(), 203.0)
    assert machine.state is DoorState.LOCKED_OUT
    assert effects == (Effect.LOCK_DOOR, Effect.NEW_TRACK, Effect.FORGET_CLAIM)


def test_staff_at_the_screen_speed_detection_up_and_a_new_approach_too():
    _, effects = transition(Machine(TIMING), Paused(), 10.0)
    assert effects == (
        Effect.LOCK_DOOR,
        Effect.NEW_TRACK,
        Effect.FORGET_CLAIM,
        Effect.FAST_DETECTION,
    )
    _, effects = transition(Machine(TIMING), FaceSeen(Hint.STEP_BACK), 10.0)
    assert effects == (Effect.NEW_TRACK, Effect.FAST_DETECTION)
    _, effects = transition(after((10.0, FaceSeen())), FaceSeen(Hint.STEP_BACK), 10.1)
    assert effects == ()


def test_a_new_door_has_counted_nothing_and_nothing_blocks_it():
    assert after((0.0, Tick())) == Machine(TIMING)
    assert Machine() == Machine(
        Timing(
            open_s=4.0,
            reject_s=3.0,
            cooldown_s=1.5,
            gone_s=1.0,
            poor_s=1.0,
            max_failures=5,
            lockout_s=10.0,
            longest_lockout_s=60.0,
            forget_failures_s=600.0,
            linger_s=8.0,
        ),
        DoorState.IDLE,
        since=0.0,
        hint=Hint.NONE,
        failures=0,
        pauses=0,
        lingers=False,
        refused=False,
        claimed=False,
    )


def test_the_end_of_a_pause_comes_before_whatever_else_happens_in_that_moment():
    machine = after((210.0, Tick()), machine=rejected(3, began=70.0))
    for event in (Tick(), FaceSeen(), NobodySeen(), SomebodyElse(), Challenged(8.0)):
        assert after((235.0, event), machine=machine).state is DoorState.IDLE


def test_a_face_that_stays_too_far_away_goes_on_with_the_same_approach():
    machine = after((10.0, FaceSeen(Hint.COME_CLOSER)))
    machine, effects = transition(machine, FaceSeen(Hint.MORE_LIGHT), 10.5)
    assert (machine.state, machine.since, machine.hint) == (
        DoorState.APPROACH,
        10.0,
        Hint.MORE_LIGHT,
    )
    assert effects == ()


def test_leaving_an_approach_ends_the_track():
    machine, effects = transition(after((10.0, FaceSeen(Hint.COME_CLOSER))), NobodySeen(), 11.0)
    assert machine.state is DoorState.IDLE and effects == (Effect.NEW_TRACK, Effect.SLOW_DETECTION)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_poor_face_ends_nothing_while_a_decision_is_shown(accepted):
    machine = after((10.0, FaceSeen()), (10.5, Decided(accepted)))
    shown = machine.state
    machine = after((13.0, FaceSeen(Hint.STEP_BACK)), machine=machine)
    assert machine.state is shown


def test_a_second_accept_while_the_door_is_open_does_not_lock_it():
    machine = after((10.0, FaceSeen()), (11.0, Decided(True)))
    machine, effects = transition(machine, Decided(True), 13.0)
    assert machine.state is DoorState.ACCEPTED and machine.until == 17.0
    assert effects == (Effect.SOUND_ACCEPT, Effect.FORGET_CLAIM)


def test_a_reject_while_the_door_is_open_locks_it():
    machine = after((10.0, FaceSeen()), (11.0, Decided(True)))
    machine, effects = transition(machine, Decided(False), 13.0)
    assert machine.state is DoorState.REJECTED and effects[0] is Effect.LOCK_DOOR


def test_rejects_for_days_stop_nothing():
    machine = replace(Machine(TIMING), pauses=1100, failures=TIMING.max_failures - 1)
    machine = after(
        (1.0, FaceSeen()), (2.0, Decided(False)), machine=replace(machine, failed_at=0.0)
    )
    assert machine.locked_until == 2.0 + TIMING.reject_s + TIMING.longest_lockout_s
