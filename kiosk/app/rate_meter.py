"""How many pictures a second a camera really delivers."""

from __future__ import annotations

from collections import deque

PICTURES = 60
"""The rate is that of the latest so many pictures."""


class RateMeter:
    """Counted on the capture thread, read on any other."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=PICTURES)

    def came(self, now: float) -> None:
        """Count a picture at ``now``, in seconds."""
        self._times.append(now)

    def reset(self) -> None:
        """Begin again, as with another camera."""
        self._times.clear()

    @property
    def rate(self) -> float:
        """Pictures a second; 0 before the second one."""
        times = list(self._times)
        span = times[-1] - times[0] if len(times) > 1 else 0.0
        return (len(times) - 1) / span if span > 0 else 0.0
