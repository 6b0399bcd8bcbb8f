"""Hands the door's events to the audit trail without making the door wait for it."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Mapping
from datetime import datetime

from kiosk.core.errors import KioskError
from kiosk.core.ports import AuditPort, Clock

RECENT = 20
WAITING = 1000
"""Events that may wait while the database is busy; what comes on top is only in the program's log."""

log = logging.getLogger(__name__)
AuditEntry = tuple[str, str, dict[str, object]]


class AuditWriter:
    """An ``AuditPort`` that returns at once; a thread of its own records, in order."""

    def __init__(self, audit: AuditPort, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._recent: deque[tuple[datetime, str]] = deque(maxlen=RECENT)
        self._entries: queue.Queue[AuditEntry | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        """Record it soon. It stands in the program's log at once, whatever becomes of the database."""
        self._recent.appendleft((self._clock(), str(event)))
        log.warning("%s: %s %s", actor, event, dict(detail) or "")
        try:
            self._entries.put_nowait((str(event), actor, dict(detail)))
        except queue.Full:
            log.error("the audit trail does not keep up; %s stands in this log only", event)

    def record_now(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        """Record it before this returns; ``KioskError`` where it cannot be. For a thread that may wait."""
        self._audit.record(str(event), actor, dict(detail))
        self._recent.appendleft((self._clock(), str(event)))
        log.warning("%s: %s %s", actor, event, dict(detail) or "")

    @property
    def recent(self) -> tuple[tuple[datetime, str], ...]:
        """When what happened since the start, newest first."""
        return tuple(self._recent)

    def close(self, patience_s: float = 5.0) -> None:
        """Record what waits, ``patience_s`` at most."""
        try:
            self._entries.put(None, timeout=patience_s)
        except queue.Full:
            return
        self._thread.join(patience_s)

    def _run(self) -> None:
        while (entry := self._entries.get()) is not None:
            try:
                self._audit.record(*entry)
            except KioskError as error:
                log.error("%s could not be recorded: %s", entry[0], error)
            except Exception:
                log.exception("%s could not be recorded", entry[0])
