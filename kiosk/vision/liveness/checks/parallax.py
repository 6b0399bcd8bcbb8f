"""Whether a face moves as a head does: the part of its motion that no sheet can explain, flat or bent.

A sheet that is shifted, turned, tilted or bent moves every point of the picture on it by a smooth function of the
place; to the second order that is a quadratic in x and y (a homography is one to that order, so is a sheet rolled
about any axis). The nose stands out of the face, so that a turning head moves it by more than any quadratic through
the cheeks, brow and mouth says. What is left of the flow is compared with that relief: its size is the turn in
radians, its direction where the head turned to. This is plane plus parallax (Irani and Anandan, 1998) with a known
parallax. Five landmarks alone cannot carry this at a face of sixty pixels (docs/liveness.md has the figures).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Points
from kiosk.vision.detection.alignment import similarity

Floats = NDArray[np.float32]
Picture = NDArray[np.float32] | NDArray[np.uint8]
Grey = NDArray[np.uint8]

SIDE = 80
"""Pixels of the aligned patch. Larger ones show the camera's noise rather than more relief (measured)."""

EYES = 28.0
"""Pixels between the eyes in the patch."""

MIDDLE = (SIDE / 2, SIDE * 0.34)
"""Where the middle between the eyes lies in the patch."""

CLOSE_ENOUGH = 0.6
"""The smooth part of the flow is taken out again and again until less than this many pixels of it are left."""

MOST_PASSES = 4

FACE_POINTS: Points = np.array(
    [(-0.5, 0), (0.5, 0), (0, 0.58), (-0.42, 1.12), (0.42, 1.12)], np.float32
)
"""Eyes, nose and mouth corners of a face seen from the front, in distances between the eyes from their middle."""


@dataclass(frozen=True, slots=True, eq=False)
class _Lens:
    """What is the same for every patch: ``weight`` (SIDE, SIDE) of the face, the six smooth functions ``smooth``
    (SIDE, SIDE, 6) with the matrix ``fit`` (6, SIDE²) that finds their weights, and ``relief`` (SIDE, SIDE), which times a
    residual flow, summed, is the turn in pixels: that of the tip of the nose, beside whatever the mouth does."""

    weight: Floats
    smooth: Floats
    fit: Floats
    relief: Floats
    grid: Floats

    def smoothed(self, flow: Floats) -> Floats:
        """The part of ``flow`` (SIDE, SIDE, 2) that a sheet explains."""
        return np.asarray(self.smooth @ (self.fit @ flow.reshape(-1, 2)), np.float32)


@cache
def _lens() -> _Lens:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    x, y = (x - MIDDLE[0]) / EYES, (y - MIDDLE[1]) / EYES

    def hill(at: float, wide: float, high: float) -> Floats:
        return np.asarray(np.exp(-((x / wide) ** 2 + ((y - at) / high) ** 2) / 2), np.float32)

    weight = np.clip(1.3 - ((x / 0.85) ** 2 + ((y - 0.5) / 1.05) ** 2) ** 2, 0, 1)
    tip = 0.38 * hill(0.55, 0.17, 0.22)  # above the face, in eye distances
    smooth = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)

    def fitted(functions: NDArray[np.float32]) -> NDArray[np.float32]:
        root = np.sqrt(weight)
        return np.asarray(
            np.linalg.pinv((functions * root[..., None]).reshape(-1, functions.shape[-1]))
            * root.ravel(),
            np.float32,
        )

    fit = fitted(smooth)
    beside = np.concatenate(
        [smooth, hill(1.12, 0.5, 0.2)[..., None]], axis=-1
    )  # a mouth speaks, a beard stands out: not the nose's part
    rest = tip - beside @ (fitted(beside) @ tip.ravel())
    relief = weight * rest / (weight * rest * rest).sum()
    grid = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1)
    return _Lens(*(np.asarray(a, np.float32) for a in (weight, smooth, fit, relief, grid)))


def cut_patch(image: BGRImage, landmarks: Points) -> Grey | None:
    """(SIDE, SIDE) grey patch with the face upright at one size; ``None`` where the landmarks coincide."""
    try:
        matrix = similarity(landmarks, FACE_POINTS * EYES + np.array(MIDDLE, np.float32))
    except ValueError:
        return None
    cut = cv2.warpAffine(
        image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY), np.uint8)


@dataclass(frozen=True, slots=True)
class Rotation:
    """How far the head turned between two patches, in radians: ``x`` towards the picture's right edge, ``y`` down.

    ``likeness``: correlation, at most 1, of the first patch and the second moved back onto it; low where something
    covers the face or the flow was lost.
    """

    x: float
    y: float
    likeness: float


class ParallaxMeter:
    """Measures turns between patches. Not for several threads at once."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._flow.setFinestScale(0)

    def turn(self, first: Grey, second: Grey) -> Rotation:
        """From ``first`` to ``second``, both as ``cut_patch`` gives them."""
        lens = _lens()
        smooth = np.zeros((SIDE, SIDE, 2), np.float32)
        moved: Grey = second
        for passes in range(1, MOST_PASSES + 1):
            flow = np.asarray(self._flow.calc(first, moved, None), np.float32)  # type: ignore[call-overload]
            step = lens.smoothed(flow)
            if passes == MOST_PASSES or (
                passes > 1 and np.abs(step[lens.weight > 0.3]).max() < CLOSE_ENOUGH
            ):
                break
            smooth = lens.smoothed(step + np.asarray(_at(smooth, lens.grid + step), np.float32))
            moved = np.asarray(_at(second, lens.grid + smooth), np.uint8)
        x, y = (lens.relief[..., None] * (flow - step)).sum(axis=(0, 1)) / EYES
        return Rotation(
            float(x), float(y), _likeness(first, _at(moved, lens.grid + flow), lens.weight)
        )


def _at(picture: Picture, places: Floats) -> Picture:
    moved = cv2.remap(
        picture, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return (
        np.asarray(moved, np.uint8) if picture.dtype == np.uint8 else np.asarray(moved, np.float32)
    )


def _likeness(first: Grey, second: Picture, weight: Floats) -> float:
    inside = weight > 0.3
    a, b = first[inside].astype(np.float64), second[inside].astype(np.float64)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0
