"""The seam between ``Liveness`` and its checks: what a check is given and what it must answer.

A new check is one class in ``checks/`` and one entry in the list of ``Liveness.__init__``.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from kiosk.core.decisions import Reason
from kiosk.core.frames import BGRImage, DepthMap, Face, InfraredImage, Observation, Quality
from kiosk.core.templates import Vector

T = TypeVar("T")

LOOK_INTERVAL_S = 0.1
"""Time between two measurements of the picture around the head."""

LOOK_AGE_S = 1.5
"""How long a measurement of the picture around the head counts."""

REMEMBERED_LOOKS = 32


@dataclass(frozen=True, slots=True, eq=False)
class TrackFrame:
    """One frame of a track, with the face that the track follows.

    ``image``: ``BGRImage``; ``face`` in its pixels. ``embedding``: of ``face``, L2-normalised,
    ``None`` where the quality was not good enough. ``infrared`` and ``depth``: as in ``Frame``.
    """

    image: BGRImage
    face: Face
    quality: Quality
    embedding: Vector | None = None
    infrared: InfraredImage | None = None
    depth: DepthMap | None = None

    @classmethod
    def from_observation(cls, seen: Observation) -> TrackFrame | None:
        """Return the track's frame, or ``None`` where ``seen`` has no face or no picture."""
        if seen.image is None or seen.main is None or seen.quality is None:
            return None
        return cls(seen.image, seen.main, seen.quality, seen.embedding, seen.infrared, seen.depth)


class LivenessCheck(Protocol):
    """One kind of evidence, collected over the frames of a track. Not thread-safe.

    Times are seconds on one monotonic clock. ``person`` is the person that the frame speaks for by
    the door's threshold, ``None`` for nobody.
    """

    def reset(self, *, new_face: bool) -> None:
        """Start a new track. ``new_face``: false where the same face only stopped matching."""

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None:
        """Take one frame into account."""

    def refusal(self, now: float) -> Reason | None:
        """Return what speaks against a real person, whatever the other checks say."""

    def ready(self, person: int, now: float) -> bool:
        """Return whether ``person`` may pass without a challenge as far as this check can tell."""


class RecentLooks(Generic[T]):
    """Costly measurements, taken every ``interval_s`` and forgotten after ``LOOK_AGE_S``."""

    def __init__(self, interval_s: float = LOOK_INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._looks: deque[tuple[float, T]] = deque(maxlen=REMEMBERED_LOOKS)
        self._last_at = float("-inf")

    def clear(self) -> None:
        """Forget all measurements; the next one is due at once."""
        self._looks.clear()
        self._last_at = float("-inf")

    def due(self, now: float) -> bool:
        """Return whether it is time for another measurement."""
        return now - self._last_at >= self._interval_s

    def add(self, look: T, now: float) -> None:
        """Remember a measurement."""
        self._last_at = now
        self._looks.append((now, look))

    def recent(self, now: float) -> list[tuple[float, T]]:
        """Return time and value of the measurements that still count, oldest first."""
        return [(at, look) for at, look in self._looks if now - at <= LOOK_AGE_S]
