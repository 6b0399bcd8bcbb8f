"""View models: made by services, shown by ``kiosk.ui``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kiosk.core.decisions import Decision, LogEntry, Mode
from kiosk.core.door_state import DoorState, Hint
from kiosk.core.errors import KioskError
from kiosk.core.frames import Face, QualityIssue
from kiosk.core.orientation import Orientation
from kiosk.core.people import Account, Person
from kiosk.core.reports import Action, BackupInfo, RetentionState


class Turn(StrEnum):
    """A turn of the head that a challenge asks for; left and right are the person's own."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """A challenge at one moment.

    ``turn``: the turn asked for; ``None`` once all are done, when the person is to look straight.
    ``done`` of ``total``: turns so far. ``progress``: 0..1, how far the present turn has come.
    ``remaining``: seconds left for it, of ``duration``.
    """

    turn: Turn | None
    done: int
    total: int
    progress: float
    remaining: float
    duration: float


class LookStep(StrEnum):
    """What the door says about keeping a look: it asks, or tells what became of a yes."""

    ASK = "ask"
    KEPT = "kept"
    NOT_KEPT = "not_kept"


@dataclass(frozen=True, slots=True)
class LookView:
    """The question whether to keep a look. ``remaining``: seconds left for it, of ``duration``.

    ``templates``: how many would be stored.
    """

    step: LookStep
    remaining: float
    duration: float
    templates: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class DoorView:
    """The door at one moment.

    ``face``: the main face, in pixels of a frame of ``frame_size`` (width, height), not mirrored.
    ``distance``, ``runner_up``: of the latest compared frame; ``None`` if nobody is compared.
    ``threshold``, ``far``: the decision threshold and the end of the gauge's scale. ``history``:
    (age in seconds, distance) of the last seconds, oldest first. ``votes`` of ``votes_needed``: the
    consensus so far. ``remaining``: seconds until a timed state ends, of ``duration``.
    ``decision``: the latest one, in the states that show it. ``claimed``: the masked student number
    in 1:1 mode. ``away_s``: how long nobody has been there. ``arrivals``: how often somebody came
    to an empty place. ``service_key``: message key of a fault. ``alert``: an alert of the door or
    its lock, as listed under ``door.alert`` in the catalogues; empty if there is none.
    ``step_away``: the face there was rejected and is ignored until it leaves. ``wait_s``: seconds
    for which the rejected face has to wait. ``challenge``: set in the state of that name.
    ``camera_mode``: what the camera delivers, as text. ``camera_problem``: why there are no
    pictures, if that is known. ``look``: the question whether to keep the look of a member who was
    let in, if they are asked. ``faces_ignored``: number of faces in the picture that are there for
    minutes. ``has_lock``: whether a lock hangs on the door; without one an accept is only recorded.
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
    arrivals: int = 0
    people_enrolled: int = 0
    camera_title: str = ""
    camera_ok: bool = True
    camera_mode: str = ""
    camera_problem: KioskError | None = None
    faces_ignored: int = 0
    demo: bool = False
    embedder_title: str = ""
    service_key: str = ""
    alert: str = ""
    has_lock: bool = True
    frames_per_s: float = 0.0
    latency_ms: float = 0.0
    step_away: bool = False
    wait_s: float = 0.0
    challenge: ChallengeView | None = None
    look: LookView | None = None


class SetupStep(StrEnum):
    """What the person before the camera does while it is set up; left and right are their own."""

    LOOK = "look"
    LEFT = "left"
    RIGHT = "right"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class CameraSetupView:
    """Setting up the camera at one moment.

    ``progress`` of the step, 0..1. ``face``: somebody is seen. ``found``: how the pictures must be
    turned and mirrored, in the last step.
    """

    step: SetupStep
    progress: float
    face: bool
    found: Orientation


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """A camera that can be chosen; ``source``: its name in the settings.

    ``title`` is empty for the first webcam found, whichever that is.
    """

    source: str
    title: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """The door as administrators see it.

    ``driver``: name of the lock's driver. ``reachable``, ``open``, ``held_for``: state of the lock.
    ``way``: what the access rules require now. ``inside``: number of people who count as inside.
    ``override``: normal, free or lockdown. ``events``: (time, event), newest first.
    """

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
    """A pose of a guided enrolment; left and right are the person's own."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


class EnrolStep(StrEnum):
    """Step of an enrolment."""

    CAPTURE = "capture"
    CHECK = "check"
    CONFIRM = "confirm"
    DONE = "done"
    FAILED = "failed"


class Coach(StrEnum):
    """Coaching while poses are captured."""

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

    ``pose``: the pose asked for now. ``captured``: poses done. ``progress``: 0..1 of holding the
    present pose. ``known_as``: people who resemble this one, nearest first, as (person, distance);
    staff may see their names. ``pin_needed``: one of them resembles them so much that the door asks
    both for number and PIN. ``self_distance``: of a fresh frame to the new templates, once checked.
    """

    step: EnrolStep
    coach: Coach = Coach.NOBODY
    pose: Pose | None = Pose.FRONT
    captured: tuple[Pose, ...] = ()
    progress: float = 0.0
    face: Face | None = None
    frame_size: tuple[int, int] = (640, 480)
    known_as: tuple[tuple[Person, float], ...] = ()
    pin_needed: bool = False
    self_distance: float | None = None
    threshold: float = 1.0
    message_key: str = ""
    message_values: dict[str, object] = field(default_factory=dict)
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page of the people list; ``total``: number of people that match the search."""

    rows: tuple[Person, ...] = ()
    total: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ReEnrolment:
    """Progress of re-enrolment after a change of network.

    ``needed``: people who must be enrolled again; ``done``: people with templates of the network in
    use. ``waiting``: people who came to the door recently and must be enrolled again, latest first,
    with the time.
    """

    needed: int = 0
    done: int = 0
    waiting: tuple[tuple[Person, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the access log, newest first; ``total``: number of entries that match."""

    rows: tuple[LogEntry, ...] = ()
    total: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ActionsPage:
    """A page of the audit log, newest first; ``total``: number of entries that match."""

    rows: tuple[Action, ...] = ()
    total: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class PrivacyView:
    """What the Privacy page shows.

    ``keys``: (name, value) about the keys, nothing secret. ``backups``: newest first.
    """

    retention: RetentionState
    keys: tuple[tuple[str, str], ...] = ()
    backups: tuple[BackupInfo, ...] = ()
    backup_folder: str = ""
    two_admins: bool = False


@dataclass(frozen=True, slots=True)
class RestoredContent:
    """Who came back with a restored backup that nobody has confirmed.

    ``people``: the first of them by name; ``total``: how many there are.
    """

    backup: str
    people: tuple[Person, ...] = ()
    total: int = 0
    accounts: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """All accounts. ``two_admins``: whether the two-administrator rule is on."""

    rows: tuple[Account, ...] = ()
    two_admins: bool = False


class CheckLevel(StrEnum):
    """Result of a check of the machine."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of ``doctor``: its name, what was found, and what to do about it.

    ``key``, ``advice_key``: message keys of ``found`` and ``advice``, with ``values``; empty if the
    catalogues have none.
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
    QualityIssue.TILTED: Hint.HOLD_UPRIGHT,
    QualityIssue.TOO_DARK: Hint.MORE_LIGHT,
    QualityIssue.TOO_BRIGHT: Hint.LESS_LIGHT,
    QualityIssue.BLURRED: Hint.HOLD_STILL,
}
