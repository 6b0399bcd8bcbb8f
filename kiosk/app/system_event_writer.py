"""Writes the kiosk's own events to the audit log, on the database's thread."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import Future

from kiosk import __version__
from kiosk.core.config import Config
from kiosk.core.settings import setting_rows
from kiosk.core.view_models import DoorView
from kiosk.services.system_events import SystemEvents
from kiosk.storage.store import Store


class SystemEventWriter:
    """Only ``stopped`` waits for the database."""

    def __init__(self, events: SystemEvents, storage: Store) -> None:
        self._events = events
        self._storage = storage
        self._tick: Future[None] | None = None
        self._threshold: float | None = None

    def started(self, config: Config) -> None:
        """Record the start with version and settings."""

        def record() -> None:
            newest = self._storage.access_log.latest()
            self._events.started(
                __version__,
                dict(setting_rows(config)),
                newest.decision.at if newest else None,
                config.renamed_keys,
            )

        self._submit(record)

    def tick(self) -> None:
        """Notice a clock that was set; once a second, unless the last call is still waiting."""
        if self._tick is None or self._tick.done():
            self._tick = self._submit(self._events.tick)

    def door_shown(self, view: DoorView) -> None:
        """Record the threshold in use where it differs from the last one."""
        if view.threshold != self._threshold:
            self._threshold = view.threshold
            self._submit(
                functools.partial(self._events.threshold, view.threshold, view.people_enrolled)
            )

    def camera_opened(self, title: str) -> None:
        """Record that a webcam was opened again."""
        self._submit(functools.partial(self._events.camera_opened, title))

    def stopped(self) -> None:
        """Record the stop; waits for the database."""
        self._events.quietly(self._events.stopped)

    def _submit(self, record: Callable[[], None]) -> Future[None]:
        return self._storage.database.submit(self._events.quietly, record)
