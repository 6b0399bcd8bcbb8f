"""Restart stalled parts of the kiosk, and give up after too many restarts.

Pure: no threads, and the clock is injected.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LIMIT_S = 4.5
"""A part without a beat for this long is stalled; checked twice a second, that is seen in 5 s."""

MAX_RESTARTS = 5
"""Number of restarts in ``RESTART_WINDOW_S`` after which the watchdog gives up."""

RESTART_WINDOW_S = 60.0
"""Period in which restarts are counted."""


log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Part:
    restart: Callable[[], None]
    may_be_silent: Callable[[], bool]
    deadline: float
    beaten_at: float


class Watchdog:
    """``clock``: monotonic seconds. ``earlier``: times of restarts before this start.

    ``give_up``: called once, with the name of the part.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        give_up: Callable[[str], None],
        earlier: Sequence[float] = (),
    ) -> None:
        self._clock = clock
        self._give_up = give_up
        self._restarts: deque[float] = deque(earlier)
        self._parts: dict[str, _Part] = {}
        self.given_up = False

    def add(
        self,
        name: str,
        restart: Callable[[], None],
        may_be_silent: Callable[[], bool] = lambda: False,
        grace_s: float = 0.0,
    ) -> None:
        """Watch the part ``name`` from now on.

        ``may_be_silent``: returns true while the part waits for something that ends by itself.
        ``grace_s``: extra time until its first beat.
        """
        now = self._clock()
        self._parts[name] = _Part(restart, may_be_silent, now + LIMIT_S + grace_s, now)

    def beat(self, name: str, grace_s: float = 0.0) -> None:
        """Report that ``name`` is alive; the next beat may come ``grace_s`` later. Thread-safe."""
        part = self._parts.get(name)
        if part is not None:
            part.beaten_at = self._clock()
            part.deadline = part.beaten_at + LIMIT_S + grace_s

    def excuse(self, seconds: float) -> None:
        """Leave out the last ``seconds``, in which the whole process stood still.

        A part that has reported since needs no excuse.
        """
        since = self._clock() - seconds
        for part in self._parts.values():
            if part.beaten_at <= since:
                part.deadline += seconds

    def restarts(self) -> list[float]:
        """Return the times of the restarts that still count."""
        now = self._clock()
        while self._restarts and now - self._restarts[0] > RESTART_WINDOW_S:
            self._restarts.popleft()
        return list(self._restarts)

    def stalled(self) -> list[str]:
        """Return the parts that are stalled now."""
        now = self._clock()
        return [
            name
            for name, part in self._parts.items()
            if now > part.deadline and not part.may_be_silent()
        ]

    def check(self) -> list[str]:
        """Restart the stalled parts, or give up; return their names."""
        stalled = self.stalled()
        for name in stalled:
            if self.given_up:
                continue
            if len(self.restarts()) >= MAX_RESTARTS:
                self.given_up = True
                log.error("%s; it was restarted too often", self._silence(name))
                self._give_up(name)
                continue
            log.error("%s; restarting", self._silence(name))
            self._restarts.append(self._clock())
            self.beat(name, grace_s=LIMIT_S)
            self._parts[name].restart()
        return stalled

    def _silence(self, name: str) -> str:
        silent = self._clock() - self._parts[name].beaten_at
        return f"{name} has not responded for {silent:.1f} s"
