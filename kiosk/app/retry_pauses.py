"""How long to wait between tries to open a lost camera. No clock, no threads."""

from __future__ import annotations

RETRY_S = 0.5
"""Seconds between two tries to open a camera that was lost a moment ago."""

QUICK_S = 10.0
"""How long it is tried so often; afterwards each pause is twice as long as the one before."""

LONGEST_PAUSE_S = 5.0
"""The longest pause between two tries."""


class RetryPauses:
    """How long to wait between tries to open a camera. ``now``: seconds, monotonic."""

    def __init__(self, now: float) -> None:
        self.lost(now)

    def lost(self, now: float) -> None:
        """Try quickly again: pictures came until ``now``."""
        self._lost_at = now
        self._pause = RETRY_S

    def next(self, now: float) -> float:
        """Return the seconds to wait before the next try."""
        if now - self._lost_at >= QUICK_S:
            self._pause = min(LONGEST_PAUSE_S, self._pause * 2)
        return self._pause
