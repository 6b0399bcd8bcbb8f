"""Tells once a day how many people's periods end soon."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from kiosk.core.people_filter import PeopleFilter
from kiosk.core.ports import AuditPort

EVENT = "people_expiring"
KEY = "reminders.expiry"
"""Where the day of the last reminder is stored."""

SYSTEM = "system"


class CountPort(Protocol):
    """Counts people."""

    def count(self, only: PeopleFilter) -> int: ...


class ReminderMemoryPort(Protocol):
    """Small values that survive a restart."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...


class ExpiryReminder:
    """A maintenance task: ``due`` once a day; ``run`` records the event unless nobody is meant.

    The event names nobody: it says how many people, and within how many days.
    """

    def __init__(
        self, people: CountPort, audit: AuditPort, memory: ReminderMemoryPort, days: int
    ) -> None:
        self._people = people
        self._audit = audit
        self._memory = memory
        self._days = days

    def due(self, now: datetime) -> bool:
        """Return whether nothing was told on the local day of ``now``."""
        return bool(self._memory.get(KEY) != now.date().isoformat())

    def run(self, now: datetime) -> None:
        """Record how many periods end soon; raises ``StorageError``."""
        people = self._people.count(PeopleFilter(ends_within_days=self._days))
        if people:
            self._audit.record(EVENT, SYSTEM, {"people": people, "days": self._days})
        self._memory.set(KEY, now.date().isoformat())
