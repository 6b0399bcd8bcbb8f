"""Sees that a part of the kiosk stands still, starts it anew, and gives up where that does not help. Pure: no threads, no clock of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LIMIT_S = 4.5
"""A part that has not said anything for this long stands still; looked at twice a second that is seen within 5 s."""

MOST = 5
WITHIN_S = 60.0
"""So many new starts in so many seconds; after that it is out of service."""


@dataclass(slots=True)
class _Part:
    restart: Callable[[], None]
    excused: Callable[[], bool]
    quiet_until: float


class Watchdog:
    """``clock``: seconds that nobody can set. ``earlier``: moments of new starts before this one. ``give_up``: told which part, once."""

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
        excused: Callable[[], bool] = lambda: False,
        grace_s: float = 0.0,
    ) -> None:
        """Watch ``name`` from now on. ``excused`` says that it may be quiet: it waits for something that ends by itself."""
        self._parts[name] = _Part(restart, excused, self._clock() + LIMIT_S + grace_s)

    def beat(self, name: str, grace_s: float = 0.0) -> None:
        """``name`` is alive; for ``grace_s`` more seconds it may be quiet. Any thread may call this."""
        part = self._parts.get(name)
        if part is not None:
            part.quiet_until = self._clock() + LIMIT_S + grace_s

    def restarts(self) -> list[float]:
        """Moments of the new starts that still count."""
        now = self._clock()
        while self._restarts and now - self._restarts[0] > WITHIN_S:
            self._restarts.popleft()
        return list(self._restarts)

    def standing(self) -> list[str]:
        """The parts that stand still now."""
        now = self._clock()
        return [
            name
            for name, part in self._parts.items()
            if now > part.quiet_until and not part.excused()
        ]

    def look(self) -> list[str]:
        """Start anew what stands still, or give up; the parts that do."""
        still = self.standing()
        for name in still:
            if self.given_up:
                continue
            if len(self.restarts()) >= MOST:
                self.given_up = True
                self._give_up(name)
                continue
            self._restarts.append(self._clock())
            self.beat(name, grace_s=LIMIT_S)
            self._parts[name].restart()
        return still
