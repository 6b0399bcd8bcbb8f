"""Decisions of the door: modes, factors, reasons, verdicts and rows of the access log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


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
    """One answer of the door, with everything needed to defend it.

    ``at`` is zone-aware local time. ``distance`` and ``runner_up`` are ``None`` where no
    comparison was possible; ``distance`` is the one over the consensus (median of the frames
    that voted). ``frames``: compared frames of the track; ``votes``: those that agreed.
    ``quality``: 0..1, share of the track's frames that were good enough. ``trace``: the compared frames
    themselves (``kiosk.core.voting_trace``); it is kept beside the row and is not read back with it. ``liveness``: 0..1, how much of
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
class LogFilter:
    """Which rows of the access log are wanted. Dates are inclusive local dates.

    ``text`` is looked for in names and student numbers. Newest rows come first.
    """

    since: date | None = None
    until: date | None = None
    text: str = ""
    outcome: Outcome | None = None
    person_id: int | None = None
