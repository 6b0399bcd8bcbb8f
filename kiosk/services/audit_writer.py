"""Write the door's events to the audit log without making the door wait."""

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
"""Number of latest events kept for the Door page."""

QUEUE_SIZE = 1000
"""Events queued while the database is busy; further ones are only in the program's log."""

log = logging.getLogger(__name__)
AuditEntry = tuple[str, str, dict[str, object]]


class AuditWriter:
    """An ``AuditPort`` that returns at once; its own thread writes the events in order."""

    def __init__(self, audit: AuditPort, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._recent: deque[tuple[datetime, str]] = deque(maxlen=RECENT)
        self._entries: queue.Queue[AuditEntry | None] = queue.Queue(QUEUE_SIZE)
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        """Queue an event; it is in the program's log at once, even if the database fails."""
        self._recent.appendleft((self._clock(), str(event)))
        log.warning("%s: %s %s", actor, event, dict(detail) or "")
        try:
            self._entries.put_nowait((str(event), actor, dict(detail)))
        except queue.Full:
            log.error("the audit log does not keep up; %s is in this log only", event)

    def record_now(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        """Write an event before returning; raises ``KioskError``. For threads that may block."""
        self._audit.record(str(event), actor, dict(detail))
        self._recent.appendleft((self._clock(), str(event)))
        log.warning("%s: %s %s", actor, event, dict(detail) or "")

    @property
    def recent(self) -> tuple[tuple[datetime, str], ...]:
        """(time, event) of the latest events since the start, newest first."""
        return tuple(self._recent)

    def close(self, timeout_s: float = 5.0) -> None:
        """Write the queued events, for at most ``timeout_s``."""
        try:
            self._entries.put(None, timeout=timeout_s)
        except queue.Full:
            return
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while (entry := self._entries.get()) is not None:
            try:
                self._audit.record(*entry)
            except KioskError as error:
                log.error("%s could not be recorded: %s", entry[0], error)
            except Exception:
                log.exception("%s could not be recorded", entry[0])


class AuditNow:
    """An ``AuditPort`` for threads that may block: an event is stored when ``record`` returns, and
    is among the writer's recent ones."""

    def __init__(self, writer: AuditWriter) -> None:
        self._writer = writer

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        """Store an event; raises ``KioskError``."""
        self._writer.record_now(event, actor, detail)
