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
    """A driver. ``open`` and ``close`` raise ``LockError`` where the lock does not answer; it counts as locked then."""

    def open(self, seconds: float, reason: str) -> None:
        """Open for ``seconds`` from now, whatever was left of an earlier opening; then lock by itself."""

    def close(self) -> None:
        """Lock now; nothing happens where it is locked."""

    def state(self) -> LockState:
        """Whether it is open now."""


class Input(StrEnum):
    """What a driver can tell of the door besides the lock."""

    CONTACT = "contact"
    EXIT = "exit"
    TAMPER = "tamper"
    FIRE = "fire"
    OTHER_DOOR = "other_door"


class Driver(Lock, Protocol):
    """A lock as ``LockController`` runs it, all from one thread: each call ends within the driver's own bounded time."""

    def check(self) -> None:
        """Connect where needed and ask whether the lock can be reached; ``LockError`` where it cannot."""

    def inputs(self) -> Mapping[Input, bool]:
        """The inputs that are wired, each whether it is active: the door stands open, a button is pressed, an alarm is on."""

    def stop(self) -> None:
        """Lock, and let go of the hardware."""


def check_seconds(seconds: float) -> None:
    """``LockError`` unless the door is to open for more than 0 and at most ``LONGEST_OPEN_S`` seconds."""
    if not 0 < seconds <= LONGEST_OPEN_S:  # also refuses NaN
        raise LockError(
            f"The door opens for more than 0 and at most {LONGEST_OPEN_S:g} s, not {seconds!r}; correct door.open_s."
        )


@dataclass(frozen=True, slots=True)
class LockEvent:
    """Something a lock did: ``at`` is seconds on its clock, ``seconds`` how long it opens (0: it was closed)."""

    at: float
    state: LockState
    seconds: float = 0.0
    reason: str = ""


class LogLock:
    """A lock that only records: for a kiosk without a door, for the demonstration and for tests.

    ``clock``: seconds, never going back. ``events``: the latest ``REMEMBERED`` ones. Safe from any thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._open_until = -math.inf
        self._events: deque[LockEvent] = deque(maxlen=REMEMBERED)

    def open(self, seconds: float, reason: str) -> None:
        """Open for ``seconds``; ``LockError`` unless they are more than 0 and at most ``LONGEST_OPEN_S``."""
        with self._guard:
            self._open_until = -math.inf  # whatever goes wrong below, it is locked
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
        """Locked again as soon as the seconds are over."""
        with self._guard:
            return LockState.OPEN if self._clock() < self._open_until else LockState.LOCKED

    def check(self) -> None:
        """There is nothing that could be out of reach."""

    def inputs(self) -> Mapping[Input, bool]:
        """No door, no inputs."""
        return {}

    def stop(self) -> None:
        """Lock."""
        self.close()

    @property
    def events(self) -> tuple[LockEvent, ...]:
        """What it did, oldest first."""
        with self._guard:
            return tuple(self._events)
