"""Counts of entries: today's for staff, any stored day for administrators."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Protocol

from kiosk.core.ports import Clock
from kiosk.core.rights import Actor, Right, may, require
from kiosk.core.statistics import EntryCounts

RANGES = {"today": 1, "week": 7, "month": 30, "all": 0}
"""Number of days by name, including today; 0 means all stored days."""


class CountsPort(Protocol):
    """Counts over the access log."""

    def entries(self, since: date, until: date) -> EntryCounts: ...
    def first_day(self) -> date | None: ...


class StatisticsService:
    """Safe to call from any thread that may block."""

    def __init__(self, counts: CountsPort, clock: Clock) -> None:
        self._counts = counts
        self._clock = clock

    def entries(self, actor: Actor, range_name: str) -> EntryCounts:
        """Return the counts of one of ``RANGES``; today's where ``actor`` may see no other day.

        Raises ``SignInError`` if nobody is signed in.
        """
        require(actor, Right.VIEW_TODAY)
        today = self._clock().date()
        days = RANGES[range_name] if may(actor, Right.VIEW_HISTORY) else 1
        since = (
            today - timedelta(days=days - 1)
            if days
            else min(self._counts.first_day() or today, today)
        )
        return self._counts.entries(since, today)
