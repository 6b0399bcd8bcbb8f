"""When a pass ends: the choices offered for visitors and members."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum


class PassPreset(StrEnum):
    """The ends that are offered."""

    HOURS_4 = "hours_4"
    TODAY = "today"
    HOURS_24 = "hours_24"
    SEMESTER = "semester"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class PassEnd:
    """The last day, and the local time of that day at which the pass ends; ``None``: midnight."""

    day: date
    at: time | None = None


_HOURS = {PassPreset.HOURS_4: 4, PassPreset.HOURS_24: 24}

MONTH_AND_DAY = r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
"""Pattern of a day of every year, as in the setting ``enrolment.semester_ends``."""

_TIME = re.compile(r"([01]?\d|2[0-3])(?::?([0-5]\d))?", re.ASCII)


def pass_end(preset: PassPreset, now: datetime, semester_ends: Sequence[str]) -> PassEnd | None:
    """Return the end that ``preset`` means at ``now``, a local time.

    ``semester_ends``: days of every year as month-day; one past the end of its month is the month's
    last day. ``None`` for the semester's end where there are none.
    """
    today = now.date()
    match preset:
        case PassPreset.HOURS_4 | PassPreset.HOURS_24:
            last = (now + timedelta(hours=_HOURS[preset])).replace(second=0, microsecond=0)
            return PassEnd(last.date(), last.time())
        case PassPreset.TODAY:
            return PassEnd(today)
        case PassPreset.YEAR:
            return PassEnd(_day_of(today.year + 1, today.month, today.day) - timedelta(days=1))
    ends = [
        _day_of(year, *map(int, text.split("-")))
        for year in (today.year, today.year + 1)
        for text in semester_ends
    ]
    later = [day for day in ends if day >= today]
    return PassEnd(min(later)) if later else None


def parse_time(text: str) -> time | None:
    """Return the time of day in ``text`` (18:30, 1830 or 18); ``None`` where it is empty.

    Raises ``ValueError`` for anything else.
    """
    if not text.strip():
        return None
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a time of day: {text[:20]!r}")
    return time(int(found[1]), int(found[2] or 0))


def _day_of(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
