"""The door's states as a pure function: (machine, event, now) gives (machine, effects).

There is no clock, camera or screen in here. ``now`` is seconds on a monotonic clock; any
increasing numbers will do. Opening the door is not an effect of a state: it has happened (logged
first, then opened) before ``Decided`` is fed in, so no state can ever open the door.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class DoorState(StrEnum):
    """What the door is doing."""

    IDLE = "idle"
    APPROACH = "approach"
    VERIFYING = "verifying"
    CHALLENGE = "challenge"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    COOLDOWN = "cooldown"
    LOCKED_OUT = "locked_out"
    CAMERA_LOST = "camera_lost"
    OUT_OF_SERVICE = "out_of_service"
    PAUSED = "paused"


class Hint(StrEnum):
    """What to ask the person in front of the door for."""

    NONE = "none"
    LOOK_HERE = "look_here"
    HOLD_UPRIGHT = "hold_upright"
    COME_CLOSER = "come_closer"
    STEP_BACK = "step_back"
    ONE_AT_A_TIME = "one_at_a_time"
    HOLD_STILL = "hold_still"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    CENTRE = "centre"


class Effect(StrEnum):
    """What the door's service does when a state is entered."""

    FAST_DETECTION = "fast_detection"
    SLOW_DETECTION = "slow_detection"
    NEW_TRACK = "new_track"
    LOCK_DOOR = "lock_door"
    FORGET_CLAIM = "forget_claim"
    SOUND_ACCEPT = "sound_accept"
    SOUND_REJECT = "sound_reject"
    SOUND_TURN = "sound_turn"


@dataclass(frozen=True, slots=True)
class FaceSeen:
    """A face is there; ``hint`` is ``NONE`` if it is good enough to be compared."""

    hint: Hint = Hint.NONE


@dataclass(frozen=True, slots=True)
class SomebodyElse:
    """The track broke: the next face may be another person."""


@dataclass(frozen=True, slots=True)
class NobodySeen:
    """A frame without a face."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Consensus and policy have answered; an accept is logged and the door is open already.

    ``counts``: towards a lock-out. ``ignores_track``: the face is ignored until it has left.
    """

    accepted: bool
    counts: bool = True
    ignores_track: bool = False


@dataclass(frozen=True, slots=True)
class WalkedOff:
    """Somebody left before a decision, and it counts towards a lock-out; nothing is shown."""


@dataclass(frozen=True, slots=True)
class ChallengeDropped:
    """A member who was let in before did not complete a challenge; they are ignored until gone."""


@dataclass(frozen=True, slots=True)
class Challenged:
    """A recognised person is asked to turn the head, for at most ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class CameraLost:
    """No usable frame for too long."""


@dataclass(frozen=True, slots=True)
class CameraBack:
    """Frames again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something the door cannot work without has failed."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """The fault is over."""


@dataclass(frozen=True, slots=True)
class Paused:
    """Staff use the kiosk: nobody is verified."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Staff are done."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes."""


Event = (
    FaceSeen
    | SomebodyElse
    | NobodySeen
    | Decided
    | WalkedOff
    | ChallengeDropped
    | Challenged
    | CameraLost
    | CameraBack
    | Fault
    | Recovered
    | Paused
    | Resumed
    | Tick
)


@dataclass(frozen=True, slots=True)
class Timing:
    """Time-outs in seconds; see ``DoorConfig`` for their meaning."""

    open_s: float = 4.0
    reject_s: float = 3.0
    cooldown_s: float = 1.5
    gone_s: float = 1.0
    poor_s: float = 1.0
    max_failures: int = 5
    lockout_s: float = 10.0
    longest_lockout_s: float = 60.0
    forget_failures_s: float = 600.0
    linger_s: float = 8.0


@dataclass(frozen=True, slots=True)
class Machine:
    """The door's state, when it was entered, and what it remembers.

    ``until``: when a timed state ends. ``seen_at``: when a face was last seen; ``good_at``: when
    one was last good enough to be compared. ``failures``: rejects in a row of faces and codes that
    claim nobody; ``pauses``: lock-outs since the last accept; ``failed_at``: the last of those
    rejects. ``locked_until``: end of a lock-out. ``lingers``: the last decision was an accept, so
    that the same visit is not decided again while the person is still there; ``refused``: it was
    the reject of a face, ignored until it leaves; ``done``: it is a face that was let in and is
    ignored until it leaves. ``claimed``: an identity is claimed, which a
    lock-out does not hinder. ``camera_ok``, ``faulty``, ``paused``: conditions that outlast the
    state which shows them.
    """

    timing: Timing = Timing()
    state: DoorState = DoorState.IDLE
    since: float = 0.0
    until: float = float("inf")
    seen_at: float = float("-inf")
    good_at: float = float("-inf")
    hint: Hint = Hint.NONE
    failures: int = 0
    pauses: int = 0
    failed_at: float = float("-inf")
    camera_ok: bool = True
    faulty: bool = False
    paused: bool = False
    locked_until: float = float("-inf")
    lingers: bool = False
    refused: bool = False
    done: bool = False
    claimed: bool = False

    def remaining(self, now: float) -> float:
        """Seconds until the timed state ends; 0 for a state without an end."""
        return max(0.0, self.until - now) if self.until != float("inf") else 0.0

    @property
    def ignores_face(self) -> bool:
        """Whether the face that is there is ignored until it leaves."""
        return self.state is DoorState.COOLDOWN and (self.refused or self.done)

    def locked_out(self, now: float) -> bool:
        """Return whether a lock-out is running, or starts once the last reject has been shown."""
        return now < self.locked_until


def forgiven(machine: Machine) -> Machine:
    """Return ``machine`` without its rejects in a row and lock-outs."""
    return replace(machine, failures=0, pauses=0, locked_until=_NEVER)


def taken_over(machine: Machine, before: Machine) -> Machine:
    """Return a new machine that continues the counts of ``before``.

    Those are its rejects in a row, its lock-outs, and the end of a lock-out still to come.
    """
    return replace(
        machine,
        failures=before.failures,
        pauses=before.pauses,
        failed_at=before.failed_at,
        locked_until=before.locked_until,
    )


Step = tuple[Machine, tuple[Effect, ...]]


def transition(machine: Machine, event: Event, now: float) -> Step:
    """Return the machine after ``event`` at ``now``, and the effects to apply, in order."""
    machine = _remember(machine, event, now)
    blocked = _blocking_state(machine, now)
    # a lock-out takes numbers, badges and cards, and shows what was decided on them
    if isinstance(event, Decided) and (blocked or machine.state) is DoorState.LOCKED_OUT:
        return _after_decision(machine, event, now)
    if blocked is not None:
        return (machine, ()) if machine.state is blocked else _enter(machine, blocked, now)
    if machine.state in _BLOCKING:  # what blocked is over
        return _enter(machine, DoorState.IDLE, now)
    if isinstance(event, Decided):
        return _after_decision(machine, event, now)
    if isinstance(event, Challenged):
        return _after_challenged(machine, event, now)
    if isinstance(event, ChallengeDropped):
        return _enter(machine, DoorState.COOLDOWN, now)
    if machine.state is DoorState.CHALLENGE:  # only a decision ends it, and that is logged
        return machine, ()
    if now >= machine.until:
        return _after_time(machine, now)
    if isinstance(event, FaceSeen):
        return _after_face(machine, event, now)
    if (
        machine.state in (DoorState.APPROACH, DoorState.VERIFYING)
        and now - machine.seen_at >= machine.timing.gone_s
    ):
        return _enter(machine, DoorState.IDLE, now)
    return machine, ()


_NEVER = float("-inf")
_BLOCKING = frozenset(
    {DoorState.OUT_OF_SERVICE, DoorState.CAMERA_LOST, DoorState.PAUSED, DoorState.LOCKED_OUT}
)


def _remember(machine: Machine, event: Event, now: float) -> Machine:
    if machine.claimed:  # a person who claims an identity is looked at again
        machine = replace(machine, refused=False, done=False)
    match event:
        case CameraLost() | CameraBack():
            return replace(machine, camera_ok=isinstance(event, CameraBack))
        case Fault() | Recovered():
            return replace(machine, faulty=isinstance(event, Fault))
        case Paused() | Resumed():
            return replace(machine, paused=isinstance(event, Paused))
        case FaceSeen(hint):
            return replace(
                machine,
                seen_at=now,
                good_at=now if hint is Hint.NONE else machine.good_at,
                hint=hint,
            )
        case SomebodyElse():
            return replace(machine, lingers=False, refused=False, done=False)
        case Decided():
            return _count(machine, event, now)
        case ChallengeDropped():
            return replace(machine, done=True)
        case WalkedOff():
            return _count_failure(machine, now, begins=now)
        case _:
            return machine


def _count(machine: Machine, event: Decided, now: float) -> Machine:
    if event.accepted:
        return replace(
            machine,
            failures=0,
            pauses=0,
            locked_until=_NEVER,
            lingers=True,
            refused=False,
            done=False,
        )
    machine = replace(machine, lingers=False, refused=event.ignores_track, done=False)
    if not event.counts:
        return machine
    return _count_failure(machine, now, begins=now + machine.timing.reject_s)


def _count_failure(machine: Machine, now: float, *, begins: float) -> Machine:
    """Count a failure; the lock-out that it may cause starts at ``begins``, after the reject."""
    if now - machine.failed_at >= machine.timing.forget_failures_s:
        machine = replace(machine, failures=0, pauses=0)
    machine = replace(machine, failed_at=now)
    failures = machine.failures + 1
    if failures < machine.timing.max_failures:
        return replace(machine, failures=failures)
    longest = max(machine.timing.longest_lockout_s, machine.timing.lockout_s)
    doublings = min(machine.pauses, 10)  # far beyond ``longest``, and never beyond a float
    pause = min(longest, machine.timing.lockout_s * 2**doublings)
    return replace(machine, failures=0, pauses=machine.pauses + 1, locked_until=begins + pause)


def _blocking_state(machine: Machine, now: float) -> DoorState | None:
    if machine.faulty:
        return DoorState.OUT_OF_SERVICE
    if not machine.camera_ok:
        return DoorState.CAMERA_LOST
    if machine.paused:
        return DoorState.PAUSED
    showing_reject = machine.state is DoorState.REJECTED and now < machine.until
    if (
        machine.locked_out(now)
        and not machine.claimed
        and machine.state is not DoorState.CHALLENGE
        and not showing_reject
    ):
        return DoorState.LOCKED_OUT
    return None


def _after_decision(machine: Machine, event: Decided, now: float) -> Step:
    return _enter(machine, DoorState.ACCEPTED if event.accepted else DoorState.REJECTED, now)


def _after_challenged(machine: Machine, event: Challenged, now: float) -> Step:
    """Only a person who is being verified can be challenged."""
    if machine.state is not DoorState.VERIFYING:
        return machine, ()
    entered, effects = _enter(machine, DoorState.CHALLENGE, now)
    return replace(entered, until=now + event.seconds), effects


def _after_time(machine: Machine, now: float) -> Step:
    if machine.state in (DoorState.ACCEPTED, DoorState.REJECTED):
        return _enter(machine, DoorState.COOLDOWN, now)
    if machine.state is DoorState.COOLDOWN and _waits_until_gone(machine, now):
        return machine, ()
    return _enter(machine, DoorState.IDLE, now)


def _waits_until_gone(machine: Machine, now: float) -> bool:
    """Return whether the face that was decided on is still there and ignored.

    One that was let in is decided again once after a while; a rejected one would be rejected for
    ever.
    """
    lingers = machine.lingers and now < machine.until + machine.timing.linger_s
    return (
        machine.refused or machine.done or lingers
    ) and now - machine.seen_at < machine.timing.gone_s


def _after_face(machine: Machine, event: FaceSeen, now: float) -> Step:
    wanted = DoorState.VERIFYING if event.hint is Hint.NONE else DoorState.APPROACH
    if machine.state in (DoorState.IDLE, DoorState.APPROACH) and machine.state is not wanted:
        return _enter(machine, wanted, now)
    if machine.state is DoorState.VERIFYING and now - machine.good_at >= machine.timing.poor_s:
        # so that the hint is seen; what was compared is too old to count
        return _enter(machine, DoorState.APPROACH, now)
    return machine, ()


def _enter(machine: Machine, state: DoorState, now: float) -> Step:
    entered = replace(machine, state=state, since=now, until=_end_of(machine, state, now))
    effects = _EFFECTS[state]
    if machine.state is DoorState.APPROACH and state is DoorState.VERIFYING:
        effects = ()  # the same visit goes on
    if state is not DoorState.ACCEPTED and machine.state is DoorState.ACCEPTED:
        effects = (Effect.LOCK_DOOR, *effects)
    return entered, effects


def _end_of(machine: Machine, state: DoorState, now: float) -> float:
    timing = machine.timing
    match state:
        case DoorState.ACCEPTED:
            return now + timing.open_s
        case DoorState.REJECTED:
            return now + timing.reject_s
        case DoorState.COOLDOWN:
            return now + timing.cooldown_s
        case DoorState.LOCKED_OUT:
            return machine.locked_until
        case _:
            return float("inf")


_EFFECTS: dict[DoorState, tuple[Effect, ...]] = {
    DoorState.IDLE: (Effect.NEW_TRACK, Effect.SLOW_DETECTION),
    DoorState.APPROACH: (Effect.NEW_TRACK, Effect.FAST_DETECTION),
    DoorState.VERIFYING: (Effect.NEW_TRACK, Effect.FAST_DETECTION),
    # the track goes on: it must be the same person
    DoorState.CHALLENGE: (Effect.SOUND_TURN, Effect.FAST_DETECTION),
    DoorState.ACCEPTED: (Effect.SOUND_ACCEPT, Effect.FORGET_CLAIM),
    DoorState.REJECTED: (Effect.SOUND_REJECT, Effect.FORGET_CLAIM),
    # the track goes on, so that the next person in the queue is noticed
    DoorState.COOLDOWN: (),
    DoorState.LOCKED_OUT: (Effect.LOCK_DOOR, Effect.NEW_TRACK, Effect.FORGET_CLAIM),
    DoorState.CAMERA_LOST: (Effect.LOCK_DOOR, Effect.NEW_TRACK, Effect.FORGET_CLAIM),
    DoorState.OUT_OF_SERVICE: (Effect.LOCK_DOOR, Effect.NEW_TRACK, Effect.FORGET_CLAIM),
    DoorState.PAUSED: (
        Effect.LOCK_DOOR,
        Effect.NEW_TRACK,
        Effect.FORGET_CLAIM,
        Effect.FAST_DETECTION,
    ),
}
