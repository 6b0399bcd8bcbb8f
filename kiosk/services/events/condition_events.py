"""Events out of the present state: camera, service, maintenance and disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection

from kiosk.core.config import NotifyConfig
from kiosk.core.door_state import DoorState
from kiosk.core.ports import Clock
from kiosk.core.site_events import EventKind, SiteEvent
from kiosk.services.maintenance import BACKUP

LASTS_S = 10.0
"""How long a camera or the service must be away, or back, before that is told."""

DISK_S = 600.0
"""How often to look at the disk."""

MOST_KEPT = 100
"""Events that are kept in memory while they cannot be queued; the oldest are dropped first."""

GB = 1_000_000_000
AWAY = {
    DoorState.CAMERA_LOST: (EventKind.CAMERA_LOST, EventKind.CAMERA_RESTORED),
    DoorState.OUT_OF_SERVICE: (EventKind.OUT_OF_SERVICE, EventKind.IN_SERVICE),
}
"""What is told when the door enters a state for good, and when it has left it."""


class ConditionEvents:
    """``see`` and ``maintained`` are called by any thread and return at once; ``gather`` by one.

    ``free_bytes``: what is free on the disk of the data folder. ``steady``: monotonic seconds.
    """

    def __init__(
        self,
        config: NotifyConfig,
        free_bytes: Callable[[], int],
        clock: Clock,
        steady: Callable[[], float],
    ) -> None:
        self._config = config
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
        self._kept: deque[SiteEvent] = deque(maxlen=MOST_KEPT)

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
        """Return what has changed since the last ``gathered``, always with the same ids."""
        for look in (self._door, self._maintenance, self._disk):
            self._kept.extend(look())
        return list(self._kept)

    def gathered(self) -> None:
        """Forget what is queued now; a state that lasts is told again after a restart."""
        self._kept.clear()

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
