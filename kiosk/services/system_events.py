"""What the kiosk writes down of itself: starts and stops, changed settings, the threshold in use, a clock that was set."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from kiosk.core.errors import KioskError
from kiosk.core.ports import AuditPort, Clock
from kiosk.core.settings import hidden

SYSTEM = "system"
CLOCK_JUMP_S = 2.0
"""Network time moves a clock by less at once; more was somebody, or a battery."""

log = logging.getLogger(__name__)


class MemoryPort(Protocol):
    """Small values that outlive a restart."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...


class SystemEvents:
    """Every method may be called from any thread that may wait. ``steady``: seconds that nobody can set."""

    def __init__(
        self, audit: AuditPort, memory: MemoryPort, clock: Clock, steady: Callable[[], float]
    ) -> None:
        self._audit = audit
        self._memory = memory
        self._clock = clock
        self._steady = steady
        self._seen = (clock(), steady())

    def started(self, version: str, settings: Mapping[str, str], newest: datetime | None) -> None:
        """The kiosk starts with these ``settings`` (value by key); ``newest``: moment of the newest row of the log.

        Says whether the last stop was in order, which settings differ from the last start, and whether the clock is behind the log.
        """
        orderly = not self._memory.get("diary.running", False)
        self._memory.set("diary.running", True)
        self._audit.record(
            "started",
            SYSTEM,
            {
                "version": version,
                "after": "a stop in order" if orderly else "a stop that was not in order",
            },
        )
        before = self._memory.get("diary.settings")
        if before is not None:  # an older program kept them with the camera's password
            before = {key: hidden(str(value)) for key, value in before.items()}
        if before is not None and before != settings:
            changed = {
                key: f"{before.get(key, '-')} → {settings.get(key, '-')}"
                for key in sorted({*before, *settings})
                if before.get(key) != settings.get(key)
            }
            self._audit.record("settings_changed", SYSTEM, changed)
        self._memory.set("diary.settings", dict(settings))
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
        """The kiosk stops in order."""
        self._audit.record("stopped", SYSTEM, {})
        self._memory.set("diary.running", False)

    def threshold(self, distance: float, people: int) -> None:
        """The distance that decides, for so many people enrolled; written down where it differs from the last one."""
        before = self._memory.get("diary.threshold")
        now = round(distance, 6)
        if before != now:
            self._audit.record(
                "threshold_changed", SYSTEM, {"from": before, "to": now, "people": people}
            )
            self._memory.set("diary.threshold", now)

    def tick(self) -> None:
        """Compare the clock with the steady one; call it every second or so."""
        now = self._clock()
        steady = self._steady()
        (then, before) = self._seen
        self._seen = (now, steady)
        jump = (now - then).total_seconds() - (steady - before)
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
        """Do ``act``; where the log cannot be written the door says so, not the diary."""
        try:
            act()
        except KioskError as error:
            log.error("an action could not be written down: %s", error)
