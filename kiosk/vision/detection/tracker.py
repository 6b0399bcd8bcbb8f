"""Whether the main face of this frame continues the track of the frame before."""

from __future__ import annotations

import numpy as np

from kiosk.core.frames import Face, Observation
from kiosk.core.templates import Vector


def overlap(first: Face, second: Face) -> float:
    """Return the intersection over union of two boxes, 0..1."""
    low = np.maximum(first.box[:2], second.box[:2])
    high = np.minimum(first.box[2:], second.box[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    both = first.width * first.height + second.width * second.height - shared
    return shared / both if both > 0 else 0.0


class Tracker:
    """Follows the main face. A jump of place, a gap or a change of identity starts a new track.

    ``min_overlap``: least intersection over union of successive boxes. ``max_gap_s``: longest time
    without the face. ``max_jump``: largest Euclidean distance between successive embeddings
    (L2-normalised) of one person. ``jumped``: whether the latest track began because the face, in
    its place, became another person's.
    """

    def __init__(
        self, min_overlap: float = 0.25, max_gap_s: float = 1.0, max_jump: float = 1.15
    ) -> None:
        self.min_overlap = min_overlap
        self.max_gap_s = max_gap_s
        self.max_jump = max_jump
        self.reset()

    def reset(self) -> None:
        """Forget the face followed so far."""
        self._face: Face | None = None
        self._seen_at = float("-inf")
        self._embedding: Vector | None = None
        self.jumped = False

    def update(self, seen: Observation) -> bool:
        """Follow ``seen.main`` and return whether it begins a new track.

        An observation without a face changes nothing.
        """
        if seen.main is None:
            return False
        moved = self._moved(seen, seen.main)
        self.jumped = not moved and self._differs(seen)
        begins = moved or self.jumped
        if begins:
            self._embedding = None
        self._face = seen.main
        self._seen_at = seen.captured_at
        if seen.embedding is not None:
            self._embedding = seen.embedding
        return begins

    def _moved(self, seen: Observation, face: Face) -> bool:
        if self._face is None or seen.captured_at - self._seen_at > self.max_gap_s:
            return True
        return overlap(self._face, face) < self.min_overlap

    def _differs(self, seen: Observation) -> bool:
        if seen.embedding is None or self._embedding is None:
            return False
        return float(np.linalg.norm(seen.embedding - self._embedding)) > self.max_jump
