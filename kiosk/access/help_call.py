"""Tells a door controller that somebody is coerced, at once and whatever the door then decides."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from kiosk.core.errors import LockError

TRIES = 60
"""How often the call is made until it is confirmed."""
PAUSE_S = 1.0
"""Seconds between two tries."""

log = logging.getLogger(__name__)


@runtime_checkable
class HelpCaller(Protocol):
    """A lock driver that can pass on a call for help."""

    def call_for_help(self) -> None:
        """Pass the call on; ``LockError`` unless it is confirmed within the driver's time limit.

        Called on a thread of its own, beside the other methods, so that no opening waits for it.
        """


class HelpCall:
    """Makes the call on a thread of its own. ``unanswered``: called there if nobody confirms it."""

    def __init__(
        self,
        caller: object,
        unanswered: Callable[[str], None],
        wait: Callable[[float], None] | None = None,
    ) -> None:
        """``caller``: a lock driver; nothing is called unless it is a ``HelpCaller``.

        ``wait``: waits for so many seconds between two tries.
        """
        self._caller = caller if isinstance(caller, HelpCaller) else None
        self._unanswered = unanswered
        self._wait = wait or _wait
        self._mutex = threading.Lock()
        self._thread: threading.Thread | None = None

    def make(self) -> None:
        """Begin a call, unless one is being made already. Never waits."""
        if self._caller is None:
            return
        with self._mutex:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, args=(self._caller,), name="help", daemon=True
                )
                self._thread.start()

    def _run(self, caller: HelpCaller) -> None:
        problem = ""
        for number in range(TRIES):
            if number:
                self._wait(PAUSE_S)
            try:
                caller.call_for_help()
                return
            except LockError as error:
                problem = str(error)
            except Exception as error:
                log.exception("the lock driver failed in a way we did not expect")
                problem = type(error).__name__
            if not number:
                log.error("the call for help is not confirmed yet: %s", problem)
        self._unanswered(problem)


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)
