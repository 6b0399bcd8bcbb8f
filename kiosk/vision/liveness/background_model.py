"""The empty view of the place before the camera, learned while nobody is there.

A camera beside a door does not move, so that the place behind a visitor is known (``place_look``).
This says nothing about a print cut out along the head, and nothing where the place is unknown or
the light has changed altogether.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Face
from kiosk.vision.liveness.place_look import HeadSurround, PlaceLook, look_at, shrunk

__all__ = ["BackgroundModel", "HeadSurround"]

Floats = NDArray[np.float32]

LEARN_S = 20.0
"""Time constant of the running mean after the first pictures, in seconds."""

MAX_STEP = 6.0
"""Largest change, in grey values, by one picture: a passer-by leaves little behind."""

MIN_PICTURES = 6
"""Fewest pictures from which the view counts as known."""

MIN_SPAN_S = 1.5
"""Seconds over which these pictures must be spread."""


class RunningMean:
    """Mean of pictures of one size, which follows slow changes.

    ``mean``: (h, w, 3) float32, 0..255.
    """

    def __init__(self, small: Floats, now: float) -> None:
        self.mean = small
        self._count = 1
        self._seconds = 0.0
        self._last_at = now

    @property
    def ready(self) -> bool:
        """Whether there were enough pictures over enough time."""
        return self._count >= MIN_PICTURES and self._seconds >= MIN_SPAN_S

    def add(self, small: Floats, now: float) -> None:
        """Add a picture of the same size; a clock that went back only loses time."""
        change = small - self.mean
        passed = max(0.0, now - self._last_at)
        if self._count < MIN_PICTURES:
            self.mean = self.mean + change * np.float32(1 / (self._count + 1))
        else:
            rate = np.float32(1 - np.exp(-passed / LEARN_S))
            self.mean = self.mean + np.clip(change * rate, -MAX_STEP, MAX_STEP)
        self._count += 1
        self._seconds += passed
        self._last_at = now


class BackgroundModel:
    """Running mean of the pictures without anybody. Not thread-safe.

    Pictures of another shape, which a camera delivers after a fault, are learned beside it. They
    replace it once the view is known in that shape and no other came between.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget the view; learning starts again."""
        self._last_look: PlaceLook | None = None
        self._view: RunningMean | None = None
        self._other: RunningMean | None = None

    def take_over(self, before: BackgroundModel) -> None:
        """Go on with what ``before`` has learned."""
        self._last_look = None
        self._view = before._view
        self._other = before._other

    @property
    def ready(self) -> bool:
        """Whether the view is known."""
        return self._view is not None and self._view.ready

    @property
    def empty(self) -> BGRImage | None:
        """The known view as a small ``BGRImage``; ``None`` while it is not known."""
        if self._view is None or not self._view.ready:
            return None
        return np.clip(self._view.mean, 0, 255).astype(np.uint8)

    def learn(self, image: BGRImage, now: float) -> None:
        """Add a picture without anybody, taken at ``now`` (seconds)."""
        small = shrunk(image)
        self._last_look = None
        if self._view is None:
            self._view = RunningMean(small, now)
        elif self._view.mean.shape == small.shape:
            self._view.add(small, now)
            self._other = None
        elif self._other is None or self._other.mean.shape != small.shape:
            self._other = RunningMean(small, now)
        else:
            self._other.add(small, now)
            if self._other.ready:
                self._view, self._other = self._other, None

    def beside(self, image: BGRImage, face: Face) -> HeadSurround | None:
        """Return what is beside ``face`` in ``image``.

        ``None`` where the view is not known or too much of it has changed.
        """
        return self._looked_at(image, face).surround

    def empty_as_lit(self, image: BGRImage, face: Face) -> BGRImage | None:
        """Return ``empty`` in the light of ``image``, patches of sun included."""
        known = self._looked_at(image, face).known
        return self.empty if known is None else np.clip(known, 0, 255).astype(np.uint8)

    def _looked_at(self, image: BGRImage, face: Face) -> PlaceLook:
        """Return what ``image`` shows; several checks ask for the same picture."""
        last = self._last_look
        if last is None or last.image is not image or last.face is not face:
            view = self._view.mean if self._view is not None and self._view.ready else None
            last = self._last_look = look_at(image, face, view)
        return last
