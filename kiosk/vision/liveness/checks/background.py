"""Whether the place behind a person is the place the kiosk knows: its own empty view, learned while nobody is there.

A camera beside a door does not move. Behind somebody who really stands there, the wall beside the head is the wall that was
there before; a print or a screen hides it and brings a wall of its own. This says nothing about a print cut out along the
head, and nothing where the place is unknown or the light has changed altogether.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Face

Floats = NDArray[np.float32]

WIDTH = 240
"""Pixels to which pictures are shrunk: enough for a wall, and quick."""

HEAD = (1.28, 1.75)
"""Half width and half height of a head with its hair, in distances between the eyes, around ``HEAD_BELOW`` them."""
HEAD_BELOW = 0.05

RING = (1.3, 2.1)
"""Which place counts as beside the head: between so many times the head's outline."""
RING_DOWN_TO = 0.5
"""Further below the eyes than this, in distances between them, shoulders may begin."""

LEARN_S = 20.0
"""Time constant after which the place as it was counts for little."""

STEP = 6.0
"""Most grey values by which one picture changes what is known: somebody who passes leaves little behind."""

FEWEST = 6
LEAST_S = 1.5
"""Pictures, and seconds over which they are spread, from which on the place is known."""

TOLERANCE = 12.0
TOLERANCE_SHARE = 0.06
"""Grey values, and share of the value itself, within which a colour is the same."""

EDGE = 14.0
"""Grey values a pixel by which an edge must exceed those known there to be a new one."""

KNOWN_SHARE = 0.5
"""Of the picture away from the person at least this much must be as it was; else the light changed or the camera moved."""


@dataclass(frozen=True, slots=True)
class HeadSurround:
    """What is beside a head. ``foreign``: share (0..1) of it that is not the known place. ``sides``: the same for the left, the
    upper and the right part. ``known``: share of the rest of the picture that is as it was."""

    foreign: float
    sides: tuple[float, float, float]
    known: float


class BackgroundModel:
    """The empty place before the camera. Not for several threads at once."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin to learn anew."""
        self._mean: Floats | None = None
        self._count = 0
        self._began = self._last = 0.0

    @property
    def ready(self) -> bool:
        """Whether the place is known."""
        return self._count >= FEWEST and self._last - self._began >= LEAST_S

    @property
    def empty(self) -> BGRImage | None:
        """The place as it is known, ``WIDTH`` wide; ``None`` while it is not."""
        return (
            np.clip(self._mean, 0, 255).astype(np.uint8)
            if self.ready and self._mean is not None
            else None
        )

    def learn(self, image: BGRImage, now: float) -> None:
        """Take in a picture without anybody, at ``now`` seconds; a picture of another size begins anew."""
        small = _small(image)
        if self._mean is None or self._mean.shape != small.shape or now < self._last:
            self._mean = small
            self._count = 1
            self._began = now
            self._last = now
            return
        first = self._count < FEWEST
        rate = 1 / (self._count + 1) if first else 1 - float(np.exp(-(now - self._last) / LEARN_S))
        change = small - self._mean
        self._mean = self._mean + (change * rate if first else np.clip(change * rate, -STEP, STEP))
        self._count = self._count + 1
        self._last = now

    def beside(self, image: BGRImage, face: Face) -> HeadSurround | None:
        """What is beside ``face`` in ``image``; ``None`` where the place is not known or too much of it has changed."""
        if not self.ready or self._mean is None:
            return None
        small = _small(image)
        if small.shape != self._mean.shape:
            return None
        around, x, y = _around(face, small.shape[1] / image.shape[1], small.shape[:2])
        apart = (around > RING[1]) & (y < RING_DOWN_TO)
        if apart.sum() < 0.04 * apart.size:
            return None
        known = self._mean * _gain(small[apart], self._mean[apart])
        new = _differs(small, known)
        same = 1 - float(new[apart].mean())
        if same < KNOWN_SHARE:
            return None
        ring = (around > RING[0]) & (around <= RING[1]) & (y < RING_DOWN_TO)
        if not ring.any():
            return None
        parts = [ring & (x < -0.8), ring & (np.abs(x) <= 0.8), ring & (x > 0.8)]
        left, top, right = (float(new[part].mean()) if part.any() else 1.0 for part in parts)
        return HeadSurround(float(new[ring].mean()), (left, top, right), same)


def _small(image: BGRImage) -> Floats:
    height = max(1, round(image.shape[0] * WIDTH / image.shape[1]))
    return np.asarray(cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA), np.float32)


def _around(face: Face, scale: float, shape: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
    """For each pixel: how many times the head's outline away from its middle, and the place in distances between the eyes
    right of and below their middle, along the face."""
    eyes = face.landmarks[:2].astype(np.float64) * scale
    across = eyes[1] - eyes[0]
    # a turned head brings the eyes together, the mouth stays as far below
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
    return np.sqrt((x / HEAD[0]) ** 2 + ((y - HEAD_BELOW) / HEAD[1]) ** 2), x, y


def _gain(seen: Floats, known: Floats) -> Floats:
    """(3,) by how much the camera's exposure and the light changed each colour; robust."""
    return np.clip(np.median(seen / np.maximum(known, 8.0), axis=0), 0.5, 2.0).astype(np.float32)


def _differs(seen: Floats, known: Floats) -> NDArray[np.bool_]:
    """(h, w) where ``seen`` has another colour than ``known``, or an edge that ``known`` lacks."""
    colour = (np.abs(seen - known) > TOLERANCE + TOLERANCE_SHARE * known).any(axis=-1)
    edges = _edges(seen) > cv2.dilate(_edges(known), np.ones((3, 3), np.uint8)) + EDGE
    return np.asarray(colour | edges)


def _edges(picture: Floats) -> Floats:
    grey = picture.mean(axis=-1)
    return np.asarray(
        np.hypot(
            cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25),
            cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25),
        ),
        np.float32,
    )
