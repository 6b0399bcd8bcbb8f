"""Events out of the present state: camera, service, maintenance, disk, and who leaves soon."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from typing import Protocol

from kiosk.core.config import NotifyConfig
from kiosk.core.door_state import DoorState
from kiosk.core.ports import Clock
from kiosk.core.site_events import EventKind, SiteEvent
from kiosk.services.events.log_events import NotesPort
from kiosk.services.events.names_told import person_told
from kiosk.services.maintenance import BACKUP

LASTS_S = 10.0
"""How long a camera or the service must be away, or back, before that is told."""

DISK_S = 600.0
"""How often to look at the disk."""

GB = 1_000_000_000
EXPIRY = "expiry.day"
"""Name of the note with the day on which expiring people were told last."""

MOST_NAMED = 20
"""People named in one message."""

AWAY = {
    DoorState.CAMERA_LOST: (EventKind.CAMERA_LOST, EventKind.CAMERA_RESTORED),
    DoorState.OUT_OF_SERVICE: (EventKind.OUT_OF_SERVICE, EventKind.IN_SERVICE),
}
"""What is told when the door enters a state for good, and when it has left it."""


class PersonLeaving(Protocol):
    """Whose period ends soon (``kiosk.storage.people.expiring_people``)."""

    @property
    def number(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def last_day(self) -> date: ...


Expiring = Callable[[date, date], Sequence[PersonLeaving]]
"""Returns the enabled people whose last day is between two days, inclusive."""


class ConditionEvents:
    """``see`` and ``maintained`` are called by any thread and return at once; ``gather`` by one.

    ``free_bytes``: what is free on the disk of the data folder. ``steady``: monotonic seconds.
    """

    def __init__(
        self,
        config: NotifyConfig,
        notes: NotesPort,
        expiring: Expiring,
        free_bytes: Callable[[], int],
        clock: Clock,
        steady: Callable[[], float],
    ) -> None:
        self._config = config
        self._notes = notes
        self._expiring = expiring
        self._free_bytes = free_bytes
        self._clock = clock
        self._steady = steady
        self._mutex = threading.Lock()
        self._state = DoorState.IDLE
        self._since = steady()
        self._told = DoorState.IDLE
        self._failing: frozenset[str] = frozenset()
        self._failing_told: frozenset[str] = frozenset()
        self._disk_at = float("-inf")
        self._disk_low = False
        self._expiry_day = ""

    def see(self, state: DoorState) -> None:
        """Take in the door's state."""
        state = state if state in AWAY else DoorState.IDLE
        with self._mutex:
            if state is not self._state:
                self._state = state
                self._since = self._steady()

    def maintained(self, failed: Collection[str]) -> None:
        """Take in the names of the maintenance tasks that failed in the last run."""
        with self._mutex:
            self._failing = frozenset(failed)

    def gather(self) -> list[SiteEvent]:
        """Return what has changed since the last call; raises ``StorageError``."""
        return [*self._door(), *self._maintenance(), *self._disk(), *self._expiry()]

    def gathered(self) -> None:
        """Remember that today's expiring people are told."""
        if self._expiry_day:
            self._notes.remember(EXPIRY, self._expiry_day)
            self._expiry_day = ""

    def _event(self, kind: EventKind, **values: object) -> SiteEvent:
        return SiteEvent(kind, self._clock(), values)

    def _door(self) -> list[SiteEvent]:
        with self._mutex:
            state, lasted = self._state, self._steady() - self._since
        if state is self._told or lasted < LASTS_S:
            return []
        over = AWAY.get(self._told)
        begun = AWAY.get(state)
        self._told = state
        events = [self._event(over[1])] if over else []
        return events + ([self._event(begun[0])] if begun else [])

    def _maintenance(self) -> list[SiteEvent]:
        with self._mutex:
            failing = self._failing
        new = failing - self._failing_told
        self._failing_told = failing
        return [self._event(EventKind.BACKUP_FAILED)] if BACKUP in new else []

    def _disk(self) -> list[SiteEvent]:
        now = self._steady()
        if not self._config.low_disk_gb or now - self._disk_at < DISK_S:
            return []
        self._disk_at = now
        free = self._free_bytes()
        low = free < self._config.low_disk_gb * GB
        began = low and not self._disk_low
        self._disk_low = low
        return [self._event(EventKind.LOW_DISK, gb=round(free / GB, 1))] if began else []

    def _expiry(self) -> list[SiteEvent]:
        today = self._clock().date()
        if not self._config.expiry_days or self._notes.note(EXPIRY) == today.isoformat():
            return []
        self._expiry_day = today.isoformat()
        people = self._expiring(today, today + timedelta(days=self._config.expiry_days))
        if not people:
            return []
        names = [
            person_told(self._config.names, person.name, person.number)
            for person in people[:MOST_NAMED]
        ]
        return [
            self._event(
                EventKind.EXPIRING,
                n=len(people),
                days=self._config.expiry_days,
                people=", ".join(name for name in names if name),
                first=people[0].last_day.isoformat(),
            )
        ]
