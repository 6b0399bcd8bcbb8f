"""Whether the person before the camera means to come in, or only passes by or looks that way.

One thread only. People who pass glance at the camera for less than half a second, or go on walking
while they look. People who want to come in stand there and look at the screen.
"""

from __future__ import annotations

from collections import deque

from kiosk.core.frames import Observation

FRONTAL_YAW = 0.45
"""Largest yaw (``Quality.yaw``) that counts as facing the kiosk; a camera may hang at its side."""

MAX_AWAY_S = 0.3
"""Longest time in which frames may show none; after that the person looked away."""

MAX_GAP_S = 1.0
"""Longest time without any frame, for cameras with few pictures."""

CROSSING_S = 0.5
"""Time over which the motion across the picture is measured."""

MAX_CROSSING = 4.5
"""Fastest motion across the picture, in eye distances per second (about 0.3 m/s): faster is walking
past."""

MIN_FRAMES = 3
"""Fewest frames that show intent, however few come in a second."""


class Intent:
    """Measures how long somebody has stood before the door, close enough, and faced it.

    ``dwell_s``: how long is needed. ``min_eye_share``: smallest distance between the eyes, as a
    share of the picture's width. ``since``: when the present look at the door began, ``None``
    before that.
    """

    def __init__(self, dwell_s: float = 0.0, min_eye_share: float = 0.0) -> None:
        self._dwell_s = dwell_s
        self._min_eye_share = min_eye_share
        self.begin()

    def begin(self) -> None:
        """Start another visit."""
        self.since: float | None = None
        self._frames = 0
        self._last_at = float("-inf")
        self._places: deque[tuple[float, float]] = deque(maxlen=32)
        self._shown = False

    @property
    def shown(self) -> bool:
        """Whether intent was shown; it stays so for the visit."""
        return self._shown or self._dwell_s <= 0

    def is_far(self, seen: Observation) -> bool:
        """Return whether the face is too far away to open the door."""
        if seen.quality is None:
            return False
        near = seen.quality.eye_distance >= self._min_eye_share * seen.sized[0]
        # turning the head brings the eyes together although it is not farther away
        return not near and not self.looks_elsewhere(seen)

    def looks_elsewhere(self, seen: Observation) -> bool:
        """Return whether the face is turned too far to the side to show intent."""
        return seen.quality is not None and abs(seen.quality.yaw) > FRONTAL_YAW

    def observe(self, seen: Observation, now: float) -> None:
        """Take one frame of the visit into account."""
        if seen.main is None or seen.quality is None:
            return
        crosses = self._crosses(seen.main.centre[0] / max(seen.quality.eye_distance, 1.0), now)
        if crosses or self.is_far(seen) or self.looks_elsewhere(seen):
            if now - self._last_at > MAX_AWAY_S:
                self.since = None
            return
        if now - self._last_at > MAX_GAP_S or self.since is None:
            self.since = now
            self._frames = 0
        self._last_at = now
        self._frames += 1
        enough = self._frames >= MIN_FRAMES and now - self.since >= self._dwell_s
        self._shown = self._shown or enough

    def _crosses(self, place: float, now: float) -> bool:
        """Return whether the face moves across; ``place``: of its centre, in eye distances."""
        self._places.append((now, place))
        earlier = [(at, x) for at, x in self._places if now - at <= CROSSING_S + 1e-6]
        at, x = earlier[0]
        return now - at >= CROSSING_S / 2 and abs(place - x) > MAX_CROSSING * (now - at)
