"""The nouns that every room shares: frozen, slotted, numpy and the standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

BGRImage = NDArray[np.uint8]
"""(height, width, 3) uint8, channel order blue, green, red, range 0..255; x right, y down."""

Vector = NDArray[np.float32]
"""(dimension,) float32 embedding."""

Points = NDArray[np.float32]
"""(n, 2) float32 pixel coordinates, x then y, origin at the picture's top left corner."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of the camera.

    ``image``: ``BGRImage``, not mirrored. ``captured_at``: seconds on the monotonic clock.
    ``index`` counts the frames of one camera session from 0.
    """

    image: BGRImage
    captured_at: float
    index: int


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A detected face, in pixels of the frame it was found in.

    ``box``: (4,) float32 x1, y1, x2, y2. ``landmarks``: (5, 2) float32: the left eye in the
    picture, right eye, nose, left mouth corner, right mouth corner.
    ``probability`` says how sure the *detector* is that this is a face; it says nothing about
    whose face it is.
    """

    box: NDArray[np.float32]
    landmarks: Points
    probability: float

    @property
    def width(self) -> float:
        """Width of the box in pixels."""
        return float(self.box[2] - self.box[0])

    @property
    def height(self) -> float:
        """Height of the box in pixels."""
        return float(self.box[3] - self.box[1])

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the box, x and y in pixels."""
        return float(self.box[0] + self.box[2]) / 2, float(self.box[1] + self.box[3]) / 2


class QualityIssue(StrEnum):
    """Why a face is not good enough to be compared, or what to ask the person for."""

    TOO_SMALL = "too_small"
    TOO_CLOSE = "too_close"
    OFF_CENTRE = "off_centre"
    CUT_OFF = "cut_off"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TURNED_AWAY = "turned_away"
    SEVERAL_FACES = "several_faces"


@dataclass(frozen=True, slots=True)
class Quality:
    """Measurements of one face.

    ``eye_distance``: pixels between the eyes. ``sharpness``: variance of the Laplacian of the
    aligned crop. ``brightness``: mean luminance of the crop, 0..255. ``yaw``: about -1 (the person
    looks to the left edge of the unmirrored picture) .. 0 (straight) .. 1 (right edge), ``pitch``:
    about -1 (up) .. 0 .. 1 (down), both from the nose's place between eyes and mouth. ``roll``:
    degrees, clockwise positive. ``issues``: what stands against using it, worst first.
    """

    eye_distance: float
    sharpness: float
    brightness: float
    yaw: float
    pitch: float
    roll: float
    issues: tuple[QualityIssue, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the face may be embedded and compared."""
        return not self.issues


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """All that the pipeline says about one frame.

    ``faces``: every face, largest first. ``main``: the face nearest to the door (largest, most
    centred), if any. ``embedding``: of ``main``, only where its quality is good.
    ``sized``: (width, height) of the frame in pixels. ``image``: the frame's picture, not to be written to.
    """

    captured_at: float
    sized: tuple[int, int]
    faces: tuple[Face, ...] = ()
    main: Face | None = None
    quality: Quality | None = None
    embedding: Vector | None = None
    embedder_id: str = ""
    image: BGRImage | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """The nearest enrolled person and the second nearest, in the embedder's metric.

    ``person_id`` is who is nearest, whatever the distance; the threshold is applied by the
    consensus. ``runner_up_distance`` is ``inf`` where fewer than two people are enrolled.
    """

    person_id: int
    distance: float
    runner_up_id: int | None = None
    runner_up_distance: float = float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One enrolled embedding of a person. ``embedder_id`` names the network that made it."""

    person_id: int
    embedder_id: str
    vector: Vector
    pose: str = "front"
    quality: float = 0.0
    id: int | None = None


class PersonRole(StrEnum):
    """What an enrolled person is to the laboratory."""

    STUDENT = "student"
    STAFF = "staff"
    VISITOR = "visitor"


class Entry(StrEnum):
    """How a person chose to open the door. Who chose a PIN or a card has no templates, and is no less a person."""

    FACE = "face"
    PIN = "pin"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may come in. ``valid_from`` and ``valid_until`` are inclusive local dates. ``groups``: names that the access
    rules give a meaning to.

    ``consented_at``: when they agreed to be recognised by face, to version ``consent_version`` of the text, which they read in
    ``consent_language``. The version is found by the store and only read here.
    ``look_alike``: somebody else enrolled looks too much like them, so the face alone does not open. ``has_pin``: a PIN for
    the door was set. Both are found by the kiosk and only read here.
    """

    number: str
    name: str
    role: PersonRole = PersonRole.STUDENT
    enabled: bool = True
    valid_from: date | None = None
    valid_until: date | None = None
    consented_at: datetime | None = None
    created_at: datetime | None = None
    templates: int = 0
    id: int | None = None
    look_alike: bool = False
    has_pin: bool = False
    groups: tuple[str, ...] = ()
    entry: Entry = Entry.FACE
    consent_language: str = ""
    consent_version: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a person, or their face alone, was deleted: ``document`` is a signed statement, ready to be written as JSON."""

    id: int
    at: datetime
    person_id: int
    document: Mapping[str, Any]

    @property
    def face_only(self) -> bool:
        """Whether the person stayed, without their face."""
        return bool(self.document["statement"]["deleted"] == "face")


class Mode(StrEnum):
    """How an identity was claimed."""

    IDENTIFY = "1:N"
    VERIFY = "1:1"


class Factor(StrEnum):
    """What somebody gave to prove who they are. ``CARD``: a card, or a badge with a signed code."""

    FACE = "face"
    NUMBER = "number"
    CARD = "card"
    PIN = "pin"


class Outcome(StrEnum):
    """What the door did."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"


class Reason(StrEnum):
    """Why the door did it. Shown kindly to the person, exactly to the administrator."""

    MATCH = "match"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    NOT_THE_CLAIMED_PERSON = "not_the_claimed_person"
    UNKNOWN_NUMBER = "unknown_number"
    NO_TEMPLATES = "no_templates"
    ENROL_AGAIN = "enrol_again"
    DISABLED = "disabled"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    PIN_NEEDED = "pin_needed"
    NO_PIN = "no_pin"
    WRONG_PIN = "wrong_pin"
    TOO_MANY_TRIES = "too_many_tries"
    FLAT_PICTURE = "flat_picture"
    SCREEN_OR_PRINT = "screen_or_print"
    FROZEN_PICTURE = "frozen_picture"
    IDENTITY_CHANGED = "identity_changed"
    NOT_SHOWN_LIVE = "not_shown_live"
    CHALLENGE_FAILED = "challenge_failed"
    TRACK_LOST = "track_lost"
    NO_GROUP = "no_group"
    OUT_OF_SCHEDULE = "out_of_schedule"
    LOCKDOWN = "lockdown"
    OTHER_DOOR_OPEN = "other_door_open"
    FIRST_PERSON_NEEDED = "first_person_needed"
    SECOND_PERSON_NEEDED = "second_person_needed"
    ALREADY_INSIDE = "already_inside"
    NUMBER_NEEDED = "number_needed"
    CARD_NEEDED = "card_needed"
    BAD_CODE = "bad_code"
    OLD_CODE = "old_code"
    UNKNOWN_CARD = "unknown_card"
    DURESS = "duress"
    WITHOUT_FACE = "without_face"
    LOG_FAILED = "log_failed"
    LOCK_FAILED = "lock_failed"


ACCEPTING = frozenset({Reason.MATCH, Reason.DURESS, Reason.WITHOUT_FACE})
"""The reasons that open the door; the screen shows them alike."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the frames of one track say together, before any policy is asked.

    ``person_id``: who it is when ``reason`` is ``MATCH``, else who was nearest, if anybody.
    ``distance``, ``runner_up``: medians over the frames that count. ``votes`` of ``frames`` agreed.
    ``trace``: the frames behind it (``kiosk.trace``), where there are any.
    """

    reason: Reason
    person_id: int | None = None
    distance: float | None = None
    runner_up: float | None = None
    frames: int = 0
    votes: int = 0
    trace: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer of the door, with everything needed to defend it.

    ``at`` is zone-aware local time. ``distance`` and ``runner_up`` are ``None`` where no
    comparison was possible; ``distance`` is the one over the consensus (median of the frames
    that voted). ``frames``: compared frames of the track; ``votes``: those that agreed.
    ``quality``: 0..1, share of the track's frames that were good enough. ``trace``: the compared frames
    themselves (``kiosk.trace``); it is kept beside the row and is not read back with it. ``liveness``: 0..1, how much of
    what is needed showed that somebody real stood there; ``None`` where nobody looked.
    """

    at: datetime
    outcome: Outcome
    reason: Reason
    mode: Mode
    threshold: float
    embedder_id: str
    person_id: int | None = None
    person_name: str = ""
    person_number: str = ""
    distance: float | None = None
    runner_up: float | None = None
    frames: int = 0
    votes: int = 0
    quality: float = 0.0
    liveness: float | None = None
    trace: bytes = field(default=b"", repr=False, compare=False)

    @property
    def accepted(self) -> bool:
        """Whether the door may open."""
        return self.outcome is Outcome.ACCEPT


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A row of the access log: a decision and its number."""

    id: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did, or the kiosk itself, that is no decision of the door. ``detail``: plain values by name."""

    id: int
    at: datetime
    event: str
    actor: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Whether the log is as it was written: ``rows`` in the chain, of which ``removed`` were removed by the retention rule.

    ``signed``: the last link that a genuine signature covers, by the key of ``fingerprint``. ``finding``: what is wrong first
    (``log_check.<finding>`` in the catalogues, with ``values``), empty where all is well. ``signers``: the keys of all
    signatures that were checked, oldest first.
    """

    rows: int
    removed: int
    signed: int
    fingerprint: str
    finding: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    signers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """A backup as it says of itself. ``opens``: whether the master key in use opens it; ``recovers``: whether a recovery code does.

    ``damaged``: it cannot even be read so far.
    """

    name: str
    made_at: datetime | None
    label: str = ""
    size: int = 0
    opens: bool = False
    recovers: bool = False
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class BackupCheck:
    """What a backup holds, once all of it was read: people, templates that open, rows of the log, and what is wrong with that log."""

    people: int
    templates: int
    rows: int
    log: LogCheck


@dataclass(frozen=True, slots=True)
class RetentionState:
    """The rule that rows of the log go after ``days``: when it was last applied, how many rows it has removed in all, and the
    moment of the oldest row that is left."""

    days: int
    ran_at: datetime | None = None
    removed: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which rows of the access log are wanted. Dates are inclusive local dates.

    ``text`` is looked for in names and student numbers. Newest rows come first.
    """

    since: date | None = None
    until: date | None = None
    text: str = ""
    outcome: Outcome | None = None
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """By which column the rows of a table come; an empty ``column`` is the table's usual order."""

    column: str = ""
    descending: bool = False


USUAL = Order()


class AccountRole(StrEnum):
    """What somebody who signs in may do: staff enrol, administrators do everything."""

    STAFF = "staff"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in with a PIN. The PIN itself is stored only as an Argon2id hash."""

    name: str
    role: AccountRole
    enabled: bool = True
    created_at: datetime | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What the manifest says of a network, as far as others than vision need it.

    ``threshold``: the default decision distance. ``far``: the largest distance worth drawing on a
    gauge. ``measured``: figures by name, as measured before it was shipped.
    """

    id: str
    title: str
    dimension: int
    threshold: float
    far: float
    licence: str = ""
    measured: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A decision distance derived from a target, and what can be promised of it.

    ``target``, ``fpir`` with its 95 % interval ``fpir_low`` .. ``fpir_high``, and ``proven``: shares of strangers let in by
    a gallery of ``people`` with ``templates`` in all. ``proven`` is what no error in ``pairs`` pairs of people would still leave
    possible (rule of three). ``fmr``: what is needed of one comparison with one person. ``supported``: whether the data
    are many enough for the target; else the stricter end was taken. ``source``: reference, site, site+reference, or
    nothing. ``damaged``: enrolled templates that could not be used. ``fixed``: the threshold was set by hand, and only what it
    lets in is derived.
    """

    threshold: float
    target: float
    mode: Mode
    people: int
    templates: int
    fmr: float
    fpir: float
    fpir_low: float
    fpir_high: float
    proven: float
    pairs: int
    supported: bool
    source: str
    damaged: int = 0
    fixed: bool = False

    @property
    def key(self) -> str:
        """The sentence that says it, in the catalogues of the screens."""
        if self.fixed:
            return "calibration.fixed" if self.source else "calibration.fixed_no_data"
        if self.threshold <= 0:
            return "calibration.nobody"
        if not self.source:
            return "calibration.no_data"
        return "calibration.supported" if self.supported else "calibration.extrapolated"

    @property
    def values(self) -> dict[str, str]:
        """The placeholders of that sentence; shares as strangers in 10,000."""
        shares = {"target": self.target, "expected": self.fpir, "low": self.fpir_low, "high": self.fpir_high, "proven": self.proven}
        return {name: f"{share * 10_000:.2g}" if share < 0.01 else f"{share * 10_000:,.0f}" for name, share in shares.items()} | {
            "threshold": f"{self.threshold:.3f}", "people": f"{self.people:,}", "templates": f"{self.templates:,}", "pairs": f"{self.pairs:,}"}


@dataclass(frozen=True, slots=True)
class Choice:
    """By what the door decides, as somebody chose it on the Evidence screen: a ``target`` (strangers in 10,000) that the
    threshold is derived from, or a ``distance`` fixed by hand. Exactly one is given."""

    target: float | None = None
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Two enrolled people whose templates lie nearer to each other than the door lets strangers come: ``first`` < ``second``."""

    first: int
    second: int
    distance: float


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from the people enrolled: the distance by face alone (1:N), that with a number (1:1), and who looks alike.

    ``look_alike_distance``: two people nearer than this are asked for number and PIN.
    """

    identify: Calibration
    verify: Calibration
    look_alike_distance: float = 0.0
    look_alikes: tuple[LookAlike, ...] = ()
