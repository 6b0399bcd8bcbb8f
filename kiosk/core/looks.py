"""Looks of a member: the templates of the enrolment and those kept on later days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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
