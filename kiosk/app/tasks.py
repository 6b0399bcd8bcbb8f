"""Work off the main thread whose result, or error, comes back to it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from kiosk.core.errors import KioskError

log = logging.getLogger(__name__)

T = TypeVar("T")
Failed = Callable[[KioskError], None]


class Tasks(QObject):
    """Brings results of other threads' futures back to the thread of this object, the main one."""

    _finished = Signal(object, object, object)

    def __init__(self) -> None:
        super().__init__()
        self._finished.connect(self._deliver)

    def watch(self, future: Future[T], done: Callable[[T], None], failed: Failed) -> None:
        """Call ``done(result)`` or ``failed(error)`` in this object's thread when ``future`` ends.

        A cancelled future calls neither. An exception that is no ``KioskError`` is logged, and
        ``failed`` receives a general ``KioskError``.
        """
        future.add_done_callback(lambda ended: self._finished.emit(ended, done, failed))

    @Slot(object, object, object)
    def _deliver(self, future: Future[Any], done: Callable[[Any], None], failed: Failed) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            done(future.result())
        elif isinstance(error, KioskError):
            failed(error)
        else:
            log.error("unexpected error in a task", exc_info=error)
            failed(KioskError("Something went wrong; see the log."))


class Worker:
    """One thread named ``name`` that does its work in the order submitted."""

    def __init__(self, tasks: Tasks, name: str) -> None:
        self._tasks = tasks
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Failed) -> Future[T]:
        """Run ``work`` on the worker's thread, then ``done`` or ``failed`` on the main thread."""
        future = self._pool.submit(work)
        self._tasks.watch(future, done, failed)
        return future

    def stop(self) -> None:
        """Wait for the work in progress and drop what has not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def shown_by(show_error: Callable[..., None]) -> Failed:
    """Return a ``failed`` callback for a page's ``show_error(key, **values)``."""
    return lambda error: show_error(error.key, **error.values)
