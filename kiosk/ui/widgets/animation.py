"""Values that follow their target smoothly, and the timer that drives them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from kiosk.ui.theme import theme

Clock = Callable[[], float]
"""Seconds on a monotonic clock."""

FRAME_MS = 16


class Follower:
    """A vector that approaches its target exponentially.

    After ``3 * tau`` seconds 95 % of a step is done; with reduced motion it jumps. ``value`` is
    ``None`` until the first target, which is taken at once, so that nothing flies in from a corner.
    """

    def __init__(self, tau: float, clock: Clock = time.monotonic) -> None:
        self._tau = tau
        self._clock = clock
        self._updated_at = clock()
        self._target: NDArray[np.float64] | None = None
        self._value: NDArray[np.float64] | None = None

    def aim(self, target: NDArray[np.float64] | None) -> None:
        """Move towards ``target``; ``None`` resets to no value."""
        self.value()  # keep the distance travelled so far
        self._target = target
        if target is None or self._value is None or self._value.shape != target.shape:
            self._value = target

    def value(self) -> NDArray[np.float64] | None:
        """The current value."""
        now = self._clock()
        elapsed = now - self._updated_at
        self._updated_at = now
        if self._value is None or self._target is None:
            return None
        share = 1.0 if theme().reduced_motion else 1.0 - math.exp(-max(0.0, elapsed) / self._tau)
        self._value = self._value + (self._target - self._value) * share
        return self._value

    def settled(self, within: float) -> bool:
        """Whether every component is closer than ``within`` to its target."""
        if self._value is None or self._target is None:
            return True
        return bool(np.all(np.abs(self._value - self._target) < within))


def frame_timer(parent: QObject, step: Callable[[], None]) -> QTimer:
    """Return a timer, not started, that calls ``step`` once per drawn frame."""
    timer = QTimer(parent)
    timer.setInterval(FRAME_MS)
    timer.timeout.connect(step)
    return timer


class Dwell:
    """Keeps a shown value for at least ``hold_s`` seconds, so that it can be read."""

    def __init__(self, hold_s: float = 1.0, clock: Clock = time.monotonic) -> None:
        self._hold_s = hold_s
        self._clock = clock
        self._shown: object = None
        self._since = -math.inf

    def offer(self, candidate: object, *, now: bool = False) -> bool:
        """Whether ``candidate`` may be shown from now on; ``now`` skips the hold time."""
        if candidate == self._shown:
            return True
        if not now and self._clock() - self._since < self._hold_s:
            return False
        self._shown = candidate
        self._since = self._clock()
        return True
