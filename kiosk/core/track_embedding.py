"""The mean embedding of a face's latest frames: what the door compares with the gallery.

Noise, expression and small turns differ from frame to frame and cancel each other out; what
separates two people does not. Measured on members who come back on another day, it is as good as
another template enrolled (docs/evaluation.md).
"""

from __future__ import annotations

from collections import deque

import numpy as np

from kiosk.core.templates import Vector

FRAMES = 8
"""Frames averaged at most. Measured: from 4 to 8 gains half of what 1 to 4 does; more is slower to
follow a change of pose.
"""
WINDOW_S = 1.5
"""Seconds after which a frame no longer counts."""


class TrackEmbedding:
    """Averages the embeddings of one track. ``alike``: the network's own threshold.

    A frame farther than that from the mean so far may show somebody else: the mean begins with it
    again, so that nobody is recognised by the frames of the person before.
    """

    def __init__(self, alike: float) -> None:
        self._alike = alike
        self._recent: deque[tuple[float, Vector]] = deque(maxlen=FRAMES)

    def clear(self) -> None:
        """Begin another track."""
        self._recent.clear()

    def add(self, embedding: Vector, now: float) -> Vector:
        """Add the (dimension,) embedding of a frame at ``now`` seconds; return the mean.

        The mean has the frames' mean length. A clock that went back begins again, and so does an
        embedding that is not finite.
        """
        if self._recent and now < self._recent[-1][0]:
            self._recent.clear()
        while self._recent and now - self._recent[0][0] > WINDOW_S:
            self._recent.popleft()
        if self._recent and not float(np.linalg.norm(self._mean() - embedding)) <= self._alike:
            self._recent.clear()
        self._recent.append((now, embedding))
        return self._mean()

    def _mean(self) -> Vector:
        vectors = np.stack([vector for _, vector in self._recent])
        if len(vectors) == 1:
            return self._recent[0][1]
        mean = vectors.mean(axis=0)
        wanted = float(np.linalg.norm(vectors, axis=1).mean())
        return np.asarray(mean * (wanted / max(float(np.linalg.norm(mean)), 1e-12)), np.float32)
