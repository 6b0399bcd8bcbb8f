"""Weekly schedules in local wall-clock time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

MINUTES = 24 * 60
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From minute ``begin`` of a day until just before minute ``end``.

    Past midnight if ``end`` is over 1440.
    """

    begin: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Span:
        """Parse ``09:00-18:00``; ``22:00-02:00`` ends after midnight; ``24:00`` is the day's end.

        Raises ``ValueError``.
        """
        first, dash, last = text.replace(" ", "").partition("-")
        begin = _minute(first)
        end = _minute(last)
        if not dash or begin >= MINUTES or begin == end:
            raise ValueError(text)
        return cls(begin, end if end > begin else end + MINUTES)


def _minute(text: str) -> int:
    hour, colon, minute = text.partition(":")
    if (
        not colon
        or len(minute) != 2
        or not 1 <= len(hour) <= 2
        or not (hour + minute).isascii()
        or not (hour + minute).isdigit()
    ):
        raise ValueError(text)
    value = int(hour) * 60 + int(minute)
    if int(minute) > 59 or value > MINUTES:
        raise ValueError(text)
    return value


@dataclass(frozen=True, slots=True)
class Week:
    """Spans by weekday, ``mon`` to ``sun``, and for ``holiday``, which replaces the weekday.

    A span belongs to the day on which it begins: Friday's ``22:00-02:00`` lasts until two on
    Saturday, also on the eve of a holiday. A holiday without spans is closed. ``dates``: single
    days with spans of their own, whatever weekday or holiday they are.
    """

    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    dates: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def contains(
        self, local: datetime, today_is_holiday: bool, yesterday_was_holiday: bool
    ) -> bool:
        """Return whether wall-clock time ``local`` is in a span of today or of yesterday night."""
        minute = local.hour * 60 + local.minute
        today = self._day(local, today_is_holiday)
        yesterday = (
            self._day(local - timedelta(days=1), yesterday_was_holiday)
            if local.date().toordinal() > 1
            else ()
        )
        return any(s.begin <= minute < s.end for s in today) or any(
            s.begin <= minute + MINUTES < s.end for s in yesterday
        )

    def _day(self, local: datetime, is_holiday: bool) -> tuple[Span, ...]:
        own = self.dates.get(local.date())
        if own is not None:
            return own
        return self.spans.get(HOLIDAY if is_holiday else DAYS[local.weekday()], ())


ALWAYS = Week({day: (Span(0, MINUTES),) for day in (*DAYS, HOLIDAY)})
NEVER = Week()


def overlapping(spans: tuple[Span, ...]) -> tuple[Span, Span] | None:
    """Return two spans of one day that overlap, or ``None``."""
    return next(((a, b) for a, b in pairwise(sorted(spans)) if b.begin < a.end), None)
