"""Looks of a member: the templates of the enrolment and those kept on later days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kiosk.core.templates import Template, Vector

ENROLMENT = 0
"""Number of the look that was enrolled; it is never replaced or removed as a look."""


class LookAnswer(StrEnum):
    """A member's answer to the question whether to keep a look. ``NONE``: nobody answered."""

    YES = "yes"
    NO = "no"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Look:
    """``templates``: how many it has, made by any network."""

    number: int
    kept_at: datetime
    templates: int


@dataclass(frozen=True, slots=True)
class LookHistory:
    """A person's looks by number, the enrolment first, and the latest question about one."""

    looks: tuple[Look, ...] = ()
    asked_at: datetime | None = None
    answer: LookAnswer = LookAnswer.NONE

    @property
    def enrolled_at(self) -> datetime | None:
        """When the face was enrolled; ``None`` without one."""
        return next((look.kept_at for look in self.looks if look.number == ENROLMENT), None)

    @property
    def later(self) -> tuple[Look, ...]:
        """The looks kept after the enrolment, oldest first."""
        return tuple(look for look in self.looks if look.number != ENROLMENT)


@dataclass(frozen=True, slots=True)
class LookRule:
    """When a member is asked whether to keep today's look.

    ``asks``: whether at all. ``most``: looks kept besides the enrolment. ``days``: after the
    enrolment. ``pause_days``: after a no or no answer, and while there are ``most`` looks already.
    """

    asks: bool = True
    most: int = 3
    days: int = 60
    pause_days: int = 7


@dataclass(frozen=True, slots=True, eq=False)
class LookFrame:
    """One frame that spoke for the visitor: its embedding (dimension,), and its sharpness."""

    vector: Vector
    sharpness: float


@dataclass(frozen=True, slots=True, eq=False)
class LookProposal:
    """A look that may be kept if the member says yes.

    ``replaced``: number of the look that it would replace. ``basis``: the person's when they were
    asked (``PersonLookup.basis``).
    """

    person_id: int
    templates: tuple[Template, ...]
    replaced: int | None
    basis: str
