"""What opens a door. Every lock locks again by itself, and stays locked on every error."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kiosk.core.errors import LockError

LONGEST_OPEN_S = 60.0
REMEMBERED = 1000

log = logging.getLogger(__name__)


class LockState(StrEnum):
    """Whether the door can be pushed open now."""

    LOCKED = "locked"
    OPEN = "open"


class Lock(Protocol):
    """A lock.

    ``open`` and ``close`` raise ``LockError`` if it does not answer; it then counts as locked.
    """

    def open(self, seconds: float, reason: str) -> None:
        """Open for ``seconds`` from now, replacing an earlier opening; then lock again."""

    def close(self) -> None:
        """Lock now; no effect if locked."""

    def state(self) -> LockState:
        """Return whether it is open now."""


class Input(StrEnum):
    """Inputs of the door that a driver can read."""

    CONTACT = "contact"
    EXIT = "exit"
    TAMPER = "tamper"
    FIRE = "fire"
    OTHER_DOOR = "other_door"


class Driver(Lock, Protocol):
    """A lock as ``LockController`` runs it, all from one thread.

    Each call ends within the driver's own time limit.
    """

    def check(self) -> None:
        """Connect if necessary and ask whether the lock can be reached; ``LockError`` if not."""

    def inputs(self) -> Mapping[Input, bool]:
        """Return each wired input with its state: door open, button pressed, alarm on."""

    def stop(self) -> None:
        """Lock, and release the hardware."""


def check_seconds(seconds: float) -> None:
    """Raise ``LockError`` unless 0 < ``seconds`` ≤ ``LONGEST_OPEN_S``."""
    if not 0 < seconds <= LONGEST_OPEN_S:  # also refuses NaN
        raise LockError(
            f"The door opens for more than 0 and at most {LONGEST_OPEN_S:g} s, not {seconds!r}; "
            "correct door.open_s."
        )


@dataclass(frozen=True, slots=True)
class LockEvent:
    """An action of a lock.

    ``at``: seconds on its clock. ``seconds``: duration of the opening (0: closed).
    """

    at: float
    state: LockState
    seconds: float = 0.0
    reason: str = ""


class LogLock:
    """A lock that only records: for a kiosk without a lock, for the demo and for tests.

    ``clock``: monotonic seconds. ``events``: the last ``REMEMBERED`` ones. Safe from any thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._open_until = -math.inf
        self._events: deque[LockEvent] = deque(maxlen=REMEMBERED)

    def open(self, seconds: float, reason: str) -> None:
        """Record an opening for ``seconds``.

        ``LockError`` unless 0 < ``seconds`` ≤ ``LONGEST_OPEN_S``.
        """
        with self._guard:
            self._open_until = -math.inf  # locked, should anything below fail
            check_seconds(seconds)
            now = self._clock()
            self._events.append(LockEvent(now, LockState.OPEN, seconds, reason))
            self._open_until = now + seconds
        log.info("the door is open for %g s: %s", seconds, reason)

    def close(self) -> None:
        """Lock now."""
        with self._guard:
            now = self._clock() if self._open_until > -math.inf else 0.0
            was_open = now < self._open_until
            self._open_until = -math.inf
            if was_open:
                self._events.append(LockEvent(now, LockState.LOCKED))
        if was_open:
            log.info("the door is locked before its time")

    def state(self) -> LockState:
        """Return the state; locked again once the seconds are over."""
        with self._guard:
            return LockState.OPEN if self._clock() < self._open_until else LockState.LOCKED

    def check(self) -> None:
        """Do nothing: there is no hardware."""

    def inputs(self) -> Mapping[Input, bool]:
        """Return no inputs."""
        return {}

    def stop(self) -> None:
        """Lock."""
        self.close()

    @property
    def events(self) -> tuple[LockEvent, ...]:
        """The recorded events, oldest first."""
        with self._guard:
            return tuple(self._events)
