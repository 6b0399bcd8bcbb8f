"""Audit entries of the kiosk itself: starts, stops, settings, threshold, camera, clock changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

from kiosk.core.addresses import hidden
from kiosk.core.errors import KioskError
from kiosk.core.ports import AuditPort, Clock

SYSTEM = "system"
CLOCK_JUMP_S = 2.0
"""Smallest jump to report; network time corrects a clock in smaller steps."""

# stored names: the prefix is kept for existing databases
RUNNING_KEY = "diary.running"
SETTINGS_KEY = "diary.settings"
THRESHOLD_KEY = "diary.threshold"

NO_RENAMES: Mapping[str, str] = MappingProxyType({})

log = logging.getLogger(__name__)


class MemoryPort(Protocol):
    """Small values that survive a restart."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...


class SystemEvents:
    """Callable from any thread that may block. ``steady``: monotonic seconds."""

    def __init__(
        self, audit: AuditPort, memory: MemoryPort, clock: Clock, steady: Callable[[], float]
    ) -> None:
        self._audit = audit
        self._memory = memory
        self._clock = clock
        self._steady = steady
        self._seen = (clock(), steady())
        self._camera = ""

    def started(
        self,
        version: str,
        settings: Mapping[str, str],
        newest: datetime | None,
        renamed: Mapping[str, str] = NO_RENAMES,
    ) -> None:
        """Record a start with these ``settings`` (value by key).

        ``newest``: time of the newest entry of the access log. ``renamed``: present keys by the old
        ones that an older version may have stored. Also records whether the last stop
        was orderly, which settings differ from the last start, and whether the clock is behind the
        log.
        """
        orderly = not self._memory.get(RUNNING_KEY, False)
        self._memory.set(RUNNING_KEY, True)
        self._audit.record(
            "started",
            SYSTEM,
            {
                "version": version,
                "after": "a stop in order" if orderly else "a stop that was not in order",
            },
        )
        before = self._memory.get(SETTINGS_KEY)
        if before is not None:  # older versions stored the camera's password
            before = {renamed.get(key, key): hidden(str(value)) for key, value in before.items()}
        if before is not None and before != settings:
            changed = {
                key: f"{before.get(key, '-')} → {settings.get(key, '-')}"
                for key in sorted({*before, *settings})
                if before.get(key) != settings.get(key)
            }
            self._audit.record("settings_changed", SYSTEM, changed)
        self._memory.set(SETTINGS_KEY, dict(settings))
        now = self._clock()
        if newest is not None and now < newest - timedelta(seconds=CLOCK_JUMP_S):
            self._audit.record(
                "clock_behind",
                SYSTEM,
                {
                    "now": now.isoformat(timespec="seconds"),
                    "newest_row": newest.isoformat(timespec="seconds"),
                },
            )

    def stopped(self) -> None:
        """Record an orderly stop."""
        self._audit.record("stopped", SYSTEM, {})
        self._memory.set(RUNNING_KEY, False)

    def threshold(self, distance: float, people: int) -> None:
        """Record the threshold in force for ``people`` enrolled people, if it changed."""
        before = self._memory.get(THRESHOLD_KEY)
        now = round(distance, 6)
        if before != now:
            self._audit.record(
                "threshold_changed", SYSTEM, {"from": before, "to": now, "people": people}
            )
            self._memory.set(THRESHOLD_KEY, now)

    def camera_opened(self, title: str) -> None:
        """Record that the webcam ``title`` was opened again: its cable may have been touched."""
        if self._camera:
            self._audit.record("camera_reopened", SYSTEM, {"from": self._camera, "to": title})
        self._camera = title

    def tick(self) -> None:
        """Compare the clock with the monotonic one; call it about once a second."""
        now = self._clock()
        steady = self._steady()
        last_now, last_steady = self._seen
        self._seen = (now, steady)
        jump = (now - last_now).total_seconds() - (steady - last_steady)
        if abs(jump) >= CLOCK_JUMP_S:
            self._audit.record(
                "clock_changed",
                SYSTEM,
                {
                    "from": (now - timedelta(seconds=jump)).isoformat(timespec="seconds"),
                    "to": now.isoformat(timespec="seconds"),
                    "seconds": round(jump, 1),
                },
            )

    def quietly(self, act: Callable[[], None]) -> None:
        """Call ``act``; log a ``KioskError``, since the door reports a database that fails."""
        try:
            act()
        except KioskError as error:
            log.error("an action could not be written down: %s", error)
