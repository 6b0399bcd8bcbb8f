"""Decisions of the door: modes, factors, reasons, verdicts and rows of the access log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Mode(StrEnum):
    """How an identity was claimed."""

    IDENTIFY = "1:N"
    VERIFY = "1:1"
    BY_HAND = "by hand"
    """Nobody was compared: an account opened the door."""


class Factor(StrEnum):
    """What a visitor gave to prove who they are.

    ``CARD``: a card, or a badge with a signed code. ``DURESS_PIN``: comes with ``PIN``; the door
    opens as with the PIN alone and calls for help.
    """

    FACE = "face"
    NUMBER = "number"
    CARD = "card"
    PIN = "pin"
    DURESS_PIN = "duress_pin"


BY_FACE = frozenset({Factor.FACE})
"""The factors of a visitor who presented nothing but the face."""


class Outcome(StrEnum):
    """What the door did.

    ``UNFINISHED``: somebody left before a decision was due. The door stayed locked and refused
    nobody, so no statistic of rejects has them; the reason says what had been found.
    """

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    UNFINISHED = "UNFINISHED"


class Reason(StrEnum):
    """Why the door did it. The visitor reads a friendly sentence, administrators the exact one."""

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
    PLACE_HIDDEN = "place_hidden"
    FROZEN_PICTURE = "frozen_picture"
    IDENTITY_CHANGED = "identity_changed"
    NOT_SHOWN_LIVE = "not_shown_live"
    CHALLENGE_FAILED = "challenge_failed"
    TRACK_LOST = "track_lost"
    NO_GROUP = "no_group"
    OUT_OF_SCHEDULE = "out_of_schedule"
    LOCKDOWN = "lockdown"
    FLEET_FACES_OFF = "fleet_faces_off"
    FLEET_LOCKED = "fleet_locked"
    OTHER_DOOR_OPEN = "other_door_open"
    FIRST_PERSON_NEEDED = "first_person_needed"
    SECOND_PERSON_NEEDED = "second_person_needed"
    ALREADY_INSIDE = "already_inside"
    CHANGED_MEANWHILE = "changed_meanwhile"
    NUMBER_NEEDED = "number_needed"
    CARD_NEEDED = "card_needed"
    BAD_CODE = "bad_code"
    OLD_CODE = "old_code"
    UNKNOWN_CARD = "unknown_card"
    DURESS = "duress"
    WITHOUT_FACE = "without_face"
    OPENED_BY_STAFF = "opened_by_staff"
    LOG_FAILED = "log_failed"
    LOCK_FAILED = "lock_failed"


ACCEPTING = frozenset({Reason.MATCH, Reason.DURESS, Reason.WITHOUT_FACE, Reason.OPENED_BY_STAFF})
"""The reasons that open the door; the screen shows those of visitors alike."""

UNCOUNTED = frozenset(
    {
        Reason.LOG_FAILED,
        Reason.LOCK_FAILED,
        Reason.NO_GROUP,
        Reason.OUT_OF_SCHEDULE,
        Reason.LOCKDOWN,
        Reason.FLEET_FACES_OFF,
        Reason.FLEET_LOCKED,
        Reason.OTHER_DOOR_OPEN,
        Reason.FIRST_PERSON_NEEDED,
        Reason.SECOND_PERSON_NEEDED,
        Reason.CHANGED_MEANWHILE,
        Reason.PIN_NEEDED,
        Reason.NO_PIN,
        Reason.TOO_MANY_TRIES,
        Reason.NUMBER_NEEDED,
        Reason.CARD_NEEDED,
        Reason.OLD_CODE,
        Reason.ENROL_AGAIN,
    }
)
"""Rejects that are no attempt to get around the door: they do not count towards a lock-out."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the frames of one track say together, before any policy is asked.

    ``person_id``: who it is if ``reason`` is ``MATCH``, else the nearest person, if any.
    ``distance``, ``runner_up``: medians over the frames that count. ``votes`` of ``frames`` agreed.
    ``trace``: the frames behind it (``kiosk.core.voting_trace``), where there are any.
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
    """One answer of the door, with everything needed to justify it.

    ``at``: zone-aware local time. ``distance``, ``runner_up``: medians of the frames that voted, in
    the embedder's metric; ``None`` where no comparison was possible. ``frames``: compared frames of
    the track; ``votes``: those that agreed. ``quality``: 0..1, share of the track's frames that
    could be compared. ``liveness``: 0..1, share of the evidence needed that a live person stood
    there; ``None`` where liveness was not examined. ``trace``: the compared frames themselves
    (``kiosk.core.voting_trace``); it is stored beside the row and not read back with it.
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
class LogFilter:
    """Selects rows of the access log, newest first. Dates are inclusive local dates.

    ``text`` is searched in names and student numbers.
    """

    since: date | None = None
    until: date | None = None
    text: str = ""
    outcome: Outcome | None = None
    person_id: int | None = None
