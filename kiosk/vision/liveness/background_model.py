"""The empty view of the place before the camera, learned while nobody is there.

A camera beside a door does not move. Behind a person who really stands there, the wall beside the
head is the wall that was there before; a print or a screen hides it and shows a wall of its own.
This says nothing about a print cut out along the head, and nothing where the place is unknown or
the light has changed altogether. Exposure and flicker do not count as a change.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Face
from kiosk.vision.liveness.scene_light import bands, exposure

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

WIDTH = 240
"""Pixels that pictures are shrunk to: enough to recognise a wall, and quick."""

HEAD_HALF_AXES = (1.28, 1.75)
"""Half width and half height of the ellipse around a head with its hair, in eye distances."""

HEAD_CENTRE_BELOW_EYES = 0.05
"""How far the ellipse's centre lies below the middle between the eyes, in eye distances."""

RING = (1.3, 2.1)
"""The place beside the head lies between these multiples of the ellipse."""

RING_DOWN_TO = 0.5
"""Eye distances below the eyes at which the place beside the head ends: shoulders may begin."""

SIDE_X = 0.8
"""Eye distances from the head's axis at which the upper part of the ring ends and a side begins."""

MIN_APART_SHARE = 0.04
"""Least share of the picture that must lie outside the ring to compare the light."""

LEARN_S = 20.0
"""Time constant of the running mean after the first pictures, in seconds."""

MAX_STEP = 6.0
"""Largest change, in grey values, by one picture: a passer-by leaves little behind."""

MIN_PICTURES = 6
"""Fewest pictures from which the view counts as known."""

MIN_SPAN_S = 1.5
"""Seconds over which these pictures must be spread."""

TOLERANCE = 12.0
"""Grey values within which a colour counts as the same."""

TOLERANCE_SHARE = 0.06
"""Share of the known value that is added to the tolerance."""

EDGE = 14.0
"""Grey values per pixel by which an edge must exceed the known ones there to be new."""

STEADY_SHARE = 0.97
"""Share of the picture away from the person that is unchanged in steady light; below it bands of
flicker are looked for."""

EXPLAINED_SHARE = 0.85
"""Least share of that place that bands of flicker must make unchanged: they are no excuse for
another place."""

MIN_KNOWN_SHARE = 0.5
"""Least share of the picture away from the person that must be unchanged; otherwise the light
changed or the camera moved."""


@dataclass(frozen=True, slots=True)
class HeadSurround:
    """The place beside a head, compared with the empty view; shares are 0..1.

    ``foreign``: share of the ring around the head that differs. ``sides``: the same for its left,
    upper and right part. ``known``: share of the rest of the picture that is unchanged.
    """

    foreign: float
    sides: tuple[float, float, float]
    known: float


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
        self._view: RunningMean | None = None
        self._other: RunningMean | None = None

    def take_over(self, before: BackgroundModel) -> None:
        """Go on with what ``before`` has learned."""
        self._view = before._view
        self._other = before._other

    @property
    def ready(self) -> bool:
        """Whether the view is known."""
        return self._view is not None and self._view.ready

    @property
    def empty(self) -> BGRImage | None:
        """The known view as a ``BGRImage``, ``WIDTH`` wide; ``None`` while it is not known."""
        if self._view is None or not self._view.ready:
            return None
        return np.clip(self._view.mean, 0, 255).astype(np.uint8)

    def learn(self, image: BGRImage, now: float) -> None:
        """Add a picture without anybody, taken at ``now`` (seconds)."""
        small = _shrunk(image)
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
        if self._view is None or not self._view.ready:
            return None
        small = _shrunk(image)
        if small.shape != self._view.mean.shape:
            return None
        outline, x, y = _head_coordinates(face, small.shape[1] / image.shape[1], small.shape[:2])
        apart = (outline > RING[1]) & (y < RING_DOWN_TO)
        if apart.sum() < MIN_APART_SHARE * apart.size:
            return None
        differs = _changed(small, self._view.mean, apart)
        unchanged = _unchanged_share(differs, apart)
        if unchanged < MIN_KNOWN_SHARE:
            return None
        ring = (outline > RING[0]) & (outline <= RING[1]) & (y < RING_DOWN_TO)
        if not ring.any():
            return None
        parts = [ring & (x < -SIDE_X), ring & (np.abs(x) <= SIDE_X), ring & (x > SIDE_X)]
        left, top, right = (float(differs[part].mean()) if part.any() else 1.0 for part in parts)
        return HeadSurround(float(differs[ring].mean()), (left, top, right), unchanged)


def _shrunk(image: BGRImage) -> Floats:
    """Return ``image`` as float32, ``WIDTH`` wide."""
    height = max(1, round(image.shape[0] * WIDTH / image.shape[1]))
    return np.asarray(cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA), np.float32)


def _head_coordinates(
    face: Face, scale: float, shape: tuple[int, int]
) -> tuple[Floats, Floats, Floats]:
    """Return three maps of ``shape`` (h, w) in the face's own coordinates.

    Each pixel's distance from the head's centre as a multiple of its ellipse; and its x (right) and
    y (down) from the middle between the eyes, along the face, in eye distances. ``scale``: from
    pixels of the face to those of the map.
    """
    eyes = face.landmarks[:2].astype(np.float64) * scale
    across = eyes[1] - eyes[0]
    # turning the head brings the eyes together, but the mouth stays as far below them
    unit = max(
        float(np.hypot(*across)),
        float(face.landmarks[3:5, 1].mean() - face.landmarks[:2, 1].mean()) * scale / 1.12,
        1.0,
    )
    roll = np.arctan2(across[1], across[0])
    middle = eyes.mean(axis=0)
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    dx, dy = (columns + 0.5 - middle[0]) / unit, (rows + 0.5 - middle[1]) / unit
    x = (np.cos(roll) * dx + np.sin(roll) * dy).astype(np.float32)
    y = (-np.sin(roll) * dx + np.cos(roll) * dy).astype(np.float32)
    return (
        np.sqrt(
            (x / HEAD_HALF_AXES[0]) ** 2 + ((y - HEAD_CENTRE_BELOW_EYES) / HEAD_HALF_AXES[1]) ** 2
        ),
        x,
        y,
    )


def _changed(seen: Floats, view: Floats, apart: Mask) -> Mask:
    """Return (h, w) where ``seen`` differs from ``view`` in whatever light explains it best.

    ``apart``: (h, w), the place away from the person, which shows the light.
    """
    known = view * exposure(seen, view, apart)
    best = _differs(seen, known)
    for axis in (0, 1):  # bands lie along the rows, or along the columns of a camera on its side
        if _unchanged_share(best, apart) >= STEADY_SHARE:
            break
        flicker = bands(seen, known, apart, axis)
        banded = best if flicker is None else _differs(seen, known * flicker)
        if _unchanged_share(banded, apart) >= max(EXPLAINED_SHARE, _unchanged_share(best, apart)):
            best = banded
    return best


def _unchanged_share(differs: Mask, apart: Mask) -> float:
    return 1 - float(differs[apart].mean())


def _differs(seen: Floats, known: Floats) -> Mask:
    """Return (h, w) where ``seen`` has another colour than ``known`` or an edge it lacks."""
    colour = (np.abs(seen - known) > TOLERANCE + TOLERANCE_SHARE * known).any(axis=-1)
    edges = _edges(seen) > cv2.dilate(_edges(known), np.ones((3, 3), np.uint8)) + EDGE
    return np.asarray(colour | edges)


def _edges(picture: Floats) -> Floats:
    """Return (h, w) the gradient's size, in grey values per pixel."""
    grey = picture.mean(axis=-1)
    return np.asarray(
        np.hypot(
            cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25),
            cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25),
        ),
        np.float32,
    )
