"""Notices what other programs change in the database beside the running kiosk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from kiosk.app.tasks import Tasks
from kiosk.core.errors import KioskError
from kiosk.storage.db.database import Database

log = logging.getLogger(__name__)


class DatabaseWatch:
    """``tick`` once a second: after a change the people are read again, and each of ``readers`` is
    called on the database's thread; what it returns is called on the main one."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        readers: Sequence[Callable[[], Callable[[], None]]],
        reload_gallery: Callable[[], None],
    ) -> None:
        self._database = database
        self._tasks = tasks
        self._readers = readers
        self._reload_gallery = reload_gallery
        self._answer: Future[bool] | None = None
        self._failure_logged = False

    def tick(self) -> None:
        """Ask the database, unless it has not answered the last time."""
        if self._answer is None or self._answer.done():
            self._answer = self._database.submit(self._database.changed_elsewhere)
            self._tasks.watch(self._answer, self._answered, self._failed)

    def _answered(self, changed: bool) -> None:
        self._failure_logged = False
        if changed:
            self._reload_gallery()
            for read in self._readers:
                changes = self._database.submit(read)
                self._tasks.watch(changes, lambda apply: apply(), self._failed)

    def _failed(self, error: KioskError) -> None:
        if not self._failure_logged:  # once, not each second
            log.warning("cannot tell whether the database changed: %s", error)
        self._failure_logged = True
