"""Frames that repeat bit by bit: a frozen picture, or a recording fed in as a loop."""

from __future__ import annotations

import zlib
from collections import deque

from kiosk.core.decisions import Reason
from kiosk.core.frames import BGRImage
from kiosk.vision.liveness.liveness_check import TrackFrame

KNOWN_FRAMES = 1000
"""Number of remembered pictures, about a minute; a longer loop is not noticed."""

REPEATED_S = 0.5
"""Shortest time over which frames must repeat."""

REPEATED_FRAMES = 6
"""Fewest frames within that time."""

REPEATED_SHARE = 0.9
"""Share of these frames that must be repeats. A camera driver that delivers each picture two or
three times stays below it."""


class RepeatedFramesCheck:
    """Refuses pictures that came before; one that comes back after another one rules out passing.

    ``returned`` counts the pictures that came back after another one, which no driver does.
    """

    def __init__(self) -> None:
        self._known: deque[int] = deque(maxlen=KNOWN_FRAMES)
        self._recent: deque[tuple[float, bool]] = deque(maxlen=120)
        self._last_checksum: int | None = None
        self.returned = 0

    def reset(self, *, new_face: bool) -> None:
        """Forget all pictures."""
        self._known.clear()
        self._recent.clear()
        self._last_checksum = None
        self.returned = 0

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None:
        """Remember the frame's picture."""
        self.add(seen.image, now)

    def add(self, image: BGRImage, now: float) -> None:
        """Remember ``image``; every fourth row and column is compared."""
        checksum = zlib.crc32(image[::4, ::4].tobytes())
        repeated = checksum in self._known
        self._recent.append((now, repeated))
        self.returned += repeated and checksum != self._last_checksum
        self._last_checksum = checksum
        if not repeated:
            self._known.append(checksum)

    @property
    def found(self) -> bool:
        """Whether the latest frames repeat earlier ones."""
        if not self._recent:
            return False
        last = self._recent[-1][0]
        late = [repeated for at, repeated in self._recent if last - at <= REPEATED_S]
        enough = len(late) >= REPEATED_FRAMES and last - self._recent[0][0] >= REPEATED_S
        return enough and sum(late) >= REPEATED_SHARE * len(late)

    def refusal(self, now: float) -> Reason | None:
        """Return ``FROZEN_PICTURE`` while frames repeat."""
        return Reason.FROZEN_PICTURE if self.found else None

    def ready(self, person: int, now: float) -> bool:
        """Return whether no picture has come back."""
        return not self.returned
