"""Presses that a button ignores because it has only just appeared. Without Qt."""

from __future__ import annotations

import time
from collections.abc import Callable

GUARD_S = 0.6
"""Longer than the second tap of a double tap, shorter than reading a question."""


class PressGuard:
    """Whether a button was shown so recently that a press was meant for what was there before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._shown_at = float("-inf")

    def shown(self) -> None:
        """Begin to ignore presses: the button appeared, or what it confirms has changed."""
        self._shown_at = self.clock()

    @property
    def ignores(self) -> bool:
        """Whether a press is to be ignored."""
        return self.clock() - self._shown_at < GUARD_S
