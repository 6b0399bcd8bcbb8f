"""A change of identity within a track: another face shown in the place of the first one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np

from kiosk.core.decisions import Reason
from kiosk.core.templates import Vector
from kiosk.vision.liveness.liveness_check import TrackFrame

MIN_FRAMES = 3
"""Fewest frames before the jump and after it; a single odd embedding is no jump."""

REMEMBERED = 6
"""Embeddings before the jump that a frame is compared with."""


class EmbeddingJumpCheck:
    """Refuses a track whose embeddings became another person's while the face stayed.

    ``max_distance``: the Euclidean distance between L2-normalised embeddings above which they
    belong to two people.
    """

    def __init__(self, max_distance: float) -> None:
        self._max_distance = max_distance
        self._earlier: deque[Vector] = deque(maxlen=REMEMBERED)
        self._later: list[Vector] = []
        self._jumped = False

    def reset(self, *, new_face: bool) -> None:
        """Forget the face, but only where another one may have come."""
        if new_face:
            self._earlier.clear()
            self._later.clear()
            self._jumped = False

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None:
        """Compare the frame's embedding with the earlier ones."""
        if seen.embedding is not None:
            self._jumped = self.add(seen.embedding) or self._jumped

    def add(self, embedding: Vector) -> bool:
        """Return whether this frame completes a jump.

        That is the last of ``MIN_FRAMES`` embeddings that are close to each other and far from the
        earlier ones, of which there are at least ``MIN_FRAMES``.
        """
        if len(self._earlier) < MIN_FRAMES or self._close(embedding, self._earlier):
            self._earlier.extend((*self._later, embedding))
            self._later.clear()
            return False
        if self._later and not self._close(embedding, self._later):
            self._later.clear()
        self._later.append(embedding)
        return len(self._later) >= MIN_FRAMES

    def _close(self, embedding: Vector, others: Iterable[Vector]) -> bool:
        return any(
            float(np.linalg.norm(embedding - other)) <= self._max_distance for other in others
        )

    def refusal(self, now: float) -> Reason | None:
        """Return ``IDENTITY_CHANGED`` once the embeddings jumped."""
        return Reason.IDENTITY_CHANGED if self._jumped else None

    def ready(self, person: int, now: float) -> bool:
        """Return whether there was no jump."""
        return not self._jumped
