"""Statistics for whoever is signed in: staff see today, administrators every day that is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Protocol

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.core.ports import Clock
from kiosk.core.statistics import EntryCounts

RANGES = {"today": 1, "week": 7, "month": 30, "all": 0}
"""Days by name, today among them; 0 is all that is kept."""


class CountsPort(Protocol):
    """The counts of the log."""

    def entries(self, since: date, until: date) -> EntryCounts: ...
    def first_day(self) -> date | None: ...


class StatisticsService:
    """Safe from any thread that may wait."""

    def __init__(self, counts: CountsPort, clock: Clock) -> None:
        self._counts = counts
        self._clock = clock

    def entries(self, actor: Account, wanted: str) -> EntryCounts:
        """The counts of one of ``RANGES``, for staff those of today; raises ``SignInError`` where nobody is signed in."""
        if not actor.enabled:
            raise SignInError("Sign in first; nobody is signed in.", key="error.sign_in_first")
        today = self._clock().date()
        days = RANGES[wanted] if actor.role is AccountRole.ADMIN else 1
        since = (
            today - timedelta(days=days - 1)
            if days
            else min(self._counts.first_day() or today, today)
        )
        return self._counts.entries(since, today)
