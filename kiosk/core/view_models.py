"""What the screens are given to show: view models, made by services, drawn by ``kiosk.ui``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kiosk.core.decisions import Decision, LogEntry, Mode
from kiosk.core.door_state import DoorState, Hint
from kiosk.core.frames import Face, QualityIssue
from kiosk.core.people import Account, Person
from kiosk.core.reports import Action, BackupInfo, RetentionState

UNKNOWN_DISTANCE = float("inf")


class Turn(StrEnum):
    """What a challenge asks for, in the person's own sense of left and right."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """What the screen asks for: ``turn``, the ``done`` of ``total`` turns so far, how far the present one has come (``progress``
    0..1), and the seconds ``remaining`` of ``duration`` for it. ``turn`` is ``None`` once all are done: look straight."""

    turn: Turn | None
    done: int
    total: int
    progress: float
    remaining: float
    duration: float


@dataclass(frozen=True, slots=True, eq=False)
class DoorView:
    """The door at one moment.

    ``face``: the main face, pixels of a frame of ``frame_size`` (width, height), not mirrored.
    ``distance``, ``runner_up``: of the latest compared frame, ``None`` where nobody is compared.
    ``threshold``, ``far``: the decision distance and the gauge's end. ``history``: (age in seconds,
    distance) of the last seconds, oldest first. ``votes`` of ``votes_needed`` is the consensus so far.
    ``remaining``: seconds until a timed state ends, of ``duration``. ``decision``: the latest one, in
    the states that show it. ``claimed``: the masked student number in 1:1 mode.
    ``away_s``: how long nobody has been there. ``service_key``: message key of a fault. ``alert``: what is the matter
    with the door or its lock, as ``door.alert`` lists it; empty while all is well.
    ``challenge``: what is asked of the person, in the state of that name.
    """

    state: DoorState = DoorState.IDLE
    hint: Hint = Hint.NONE
    mode: Mode = Mode.IDENTIFY
    face: Face | None = None
    frame_size: tuple[int, int] = (640, 480)
    distance: float | None = None
    runner_up: float | None = None
    threshold: float = 1.0
    far: float = 2.0
    history: tuple[tuple[float, float], ...] = ()
    votes: int = 0
    votes_needed: int = 4
    remaining: float = 0.0
    duration: float = 0.0
    decision: Decision | None = None
    masked_name: str = ""
    claimed: str = ""
    away_s: float = 0.0
    people_enrolled: int = 0
    camera_title: str = ""
    camera_ok: bool = True
    demo: bool = False
    embedder_title: str = ""
    service_key: str = ""
    alert: str = ""
    frames_per_s: float = 0.0
    latency_ms: float = 0.0
    challenge: ChallengeView | None = None


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """The door for an administrator. ``driver``: its lock's. ``reachable``, ``open``, ``held_for``: the lock's state. ``way``: what is asked
    for now. ``inside``: people who count as inside. ``override``: normal, free or lockdown. ``events``: (when, what), newest first."""

    driver: str = "log"
    reachable: bool = True
    open: bool = False
    held_for: str = ""
    alert: str = ""
    way: str = "face"
    inside: int = 0
    override: str = "normal"
    events: tuple[tuple[datetime, str], ...] = ()


class Pose(StrEnum):
    """The poses of a guided enrolment, in the person's own sense of left and right."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


class EnrolStep(StrEnum):
    """Where an enrolment is."""

    CAPTURE = "capture"
    CHECK = "check"
    CONFIRM = "confirm"
    DONE = "done"
    FAILED = "failed"


class Coach(StrEnum):
    """One line of live coaching while poses are captured."""

    NOBODY = "nobody"
    LOOK_STRAIGHT = "look_straight"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    LOOK_DOWN = "look_down"
    COME_CLOSER = "come_closer"
    STEP_BACK = "step_back"
    CENTRE = "centre"
    HOLD_STILL = "hold_still"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    ONE_FACE = "one_face"
    SOMEBODY_ELSE = "somebody_else"
    CAMERA_LOST = "camera_lost"
    GOOD = "good"


@dataclass(frozen=True, slots=True, eq=False)
class EnrolView:
    """A guided capture at one moment.

    ``wanted``: the pose asked for now. ``captured``: poses done. ``progress``: 0..1 of holding the
    present pose. ``known_as``: people who look like this one, nearest first, as (masked name,
    distance). ``pin_needed``: one of them so much that both are asked for number and PIN at the door. ``self_distance``: of a fresh frame to the new templates, once checked.
    """

    step: EnrolStep
    coach: Coach = Coach.NOBODY
    wanted: Pose | None = Pose.FRONT
    captured: tuple[Pose, ...] = ()
    progress: float = 0.0
    face: Face | None = None
    frame_size: tuple[int, int] = (640, 480)
    known_as: tuple[tuple[str, float], ...] = ()
    pin_needed: bool = False
    self_distance: float | None = None
    threshold: float = 1.0
    message_key: str = ""
    message_values: dict[str, object] = field(default_factory=dict)
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some rows of the people list; ``total`` counts all that match the search."""

    rows: tuple[Person, ...] = ()
    total: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ReEnrolment:
    """Who must be enrolled again, since another network compares now: ``needed`` people, beside ``done`` who can be compared.

    ``waiting``: those of them who came to the door lately, the latest first, with the moment.
    """

    needed: int = 0
    done: int = 0
    waiting: tuple[tuple[Person, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some rows of the access log, newest first; ``total`` counts all that match the filter."""

    rows: tuple[LogEntry, ...] = ()
    total: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ActionsPage:
    """Some rows of what staff, administrators and the kiosk did, newest first; ``total`` counts all that match the filter."""

    rows: tuple[Action, ...] = ()
    total: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class PrivacyView:
    """What the privacy page shows. ``keys``: (name, value) of the keys, nothing secret. ``backups``: newest first."""

    retention: RetentionState
    keys: tuple[tuple[str, str], ...] = ()
    backups: tuple[BackupInfo, ...] = ()
    backup_folder: str = ""
    two_admins: bool = False


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """Everybody who may sign in."""

    rows: tuple[Account, ...] = ()


class CheckLevel(StrEnum):
    """How a check of the machine ended."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of ``doctor``: what was looked at, what was found, and what to do about it.

    ``key`` and ``advice_key`` with ``values``: both as messages of the catalogues, where there are some.
    """

    name: str
    level: CheckLevel
    found: str
    advice: str = ""
    key: str = ""
    values: dict[str, str] = field(default_factory=dict)
    advice_key: str = ""


HINT_OF_ISSUE = {
    QualityIssue.SEVERAL_FACES: Hint.ONE_AT_A_TIME,
    QualityIssue.CUT_OFF: Hint.CENTRE,
    QualityIssue.TOO_SMALL: Hint.COME_CLOSER,
    QualityIssue.TOO_CLOSE: Hint.STEP_BACK,
    QualityIssue.OFF_CENTRE: Hint.CENTRE,
    QualityIssue.TURNED_AWAY: Hint.LOOK_HERE,
    QualityIssue.TOO_DARK: Hint.MORE_LIGHT,
    QualityIssue.TOO_BRIGHT: Hint.LESS_LIGHT,
    QualityIssue.BLURRED: Hint.HOLD_STILL,
}
