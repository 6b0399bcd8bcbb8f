"""Which camera frames to decode and to show while nobody is there. No clock, no threads."""

from __future__ import annotations

REST_S = 0.045
"""Seconds between two decoded frames at rest: 15 a second from a camera that delivers 30, and
every frame from one that delivers 15."""
SHOWN_S = 0.12
"""Least seconds between two shown frames at rest."""


class IdleFrameThrottle:
    """Counts frames as they arrive; times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._came = float("-inf")
        self._gap = float("inf")
        self._decoded = self._shown = float("-inf")

    def decodes_next(self) -> bool:
        """Return whether to decode the next frame, expected after the camera's latest interval."""
        return self._gap > REST_S or self._came + self._gap - self._decoded >= REST_S

    def came(self, now: float, decoded: bool) -> None:
        """Count a frame that arrived."""
        self._gap = now - self._came
        self._came = now
        if decoded:
            self._decoded = now

    def missed(self) -> None:
        """Count a frame that is missing or damaged: the next one is decoded."""
        self._gap = float("inf")

    def shows(self, now: float) -> bool:
        """Return whether to show the frame decoded at ``now``; if so, it counts as shown."""
        if now - self._shown < SHOWN_S:
            return False
        self._shown = now
        return True
