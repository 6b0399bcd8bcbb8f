"""Whether a face moves as a head does: the part of its motion that no sheet can explain.

A sheet that is shifted, turned, tilted or bent moves each point of the picture on it by a smooth
function of the point's place; to the second order that is a quadratic in x and y (a homography is
one to that order, and so is a sheet rolled about any axis). The nose stands out of the face, so a
turning head moves it further than any quadratic through the cheeks, brow and mouth predicts. The
residual flow is compared with a nose's parallax: its size is the turn in radians, its direction
the direction of the turn. This is plane plus parallax (Irani and Anandan, "A unified approach to
moving object detection in 2D and 3D scenes", 1998) with a known parallax. Five landmarks alone
cannot carry this for a face of sixty pixels (figures in docs/liveness.md).
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
Sampled = NDArray[np.float32] | NDArray[np.uint8]

GrayPatch = NDArray[np.uint8]
"""(SIDE, SIDE) uint8, luminance 0..255: a face upright at one size."""

SIDE = 80
"""Pixels of the aligned patch. Larger ones show the camera's noise rather than more depth
(measured)."""

EYE_DISTANCE = 28.0
"""Pixels between the eyes in the patch."""

EYE_CENTRE = (SIDE / 2, SIDE * 0.34)
"""Where the middle between the eyes lies in the patch, x and y in pixels."""

SMOOTH_TOLERANCE = 0.6
"""The smooth part of the flow is removed repeatedly until less than this many pixels are left."""

MAX_PASSES = 4

FACE_POINTS: Points = np.array(
    [(-0.5, 0), (0.5, 0), (0, 0.58), (-0.42, 1.12), (0.42, 1.12)], np.float32
)
"""Eyes, nose and mouth corners of a face seen from the front, in eye distances from the middle
between the eyes."""

INNER_WEIGHT = 0.3
"""Pixels of the patch with more than this weight belong to the face."""


@dataclass(frozen=True, slots=True, eq=False)
class _PatchModel:
    """What is the same for every patch.

    ``weight``: (SIDE, SIDE) how much each pixel belongs to the face, 0..1. ``smooth``:
    (SIDE, SIDE, 6) the six quadratic functions; ``fit``: (6, SIDE²) the matrix that finds their
    coefficients. ``parallax``: (SIDE, SIDE); the sum of its product with a residual flow is the
    turn in pixels. It stands for the tip of the nose and ignores what the mouth does. ``grid``:
    (SIDE, SIDE, 2) each pixel's x and y.
    """

    weight: Floats
    smooth: Floats
    fit: Floats
    parallax: Floats
    grid: Floats

    def smoothed(self, flow: Floats) -> Floats:
        """Return the part of ``flow`` (SIDE, SIDE, 2) that a sheet explains."""
        return np.asarray(self.smooth @ (self.fit @ flow.reshape(-1, 2)), np.float32)

    def largest(self, flow: Floats) -> float:
        """Return the largest component, in pixels, of ``flow`` (SIDE, SIDE, 2) on the face."""
        return float(np.abs(flow[self.weight > INNER_WEIGHT]).max())


@cache
def _patch_model() -> _PatchModel:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    x, y = (x - EYE_CENTRE[0]) / EYE_DISTANCE, (y - EYE_CENTRE[1]) / EYE_DISTANCE

    def bump(centre_y: float, width: float, height: float) -> Floats:
        return np.asarray(
            np.exp(-((x / width) ** 2 + ((y - centre_y) / height) ** 2) / 2), np.float32
        )

    weight = np.clip(1.3 - ((x / 0.85) ** 2 + ((y - 0.5) / 1.05) ** 2) ** 2, 0, 1)
    tip = 0.38 * bump(0.55, 0.17, 0.22)  # height above the face, in eye distances
    smooth = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)

    def weighted_fit(functions: NDArray[np.float32]) -> NDArray[np.float32]:
        root = np.sqrt(weight)
        return np.asarray(
            np.linalg.pinv((functions * root[..., None]).reshape(-1, functions.shape[-1]))
            * root.ravel(),
            np.float32,
        )

    fit = weighted_fit(smooth)
    # a speaking mouth or a beard must not count as the nose
    explained = np.concatenate([smooth, bump(1.12, 0.5, 0.2)[..., None]], axis=-1)
    rest = tip - explained @ (weighted_fit(explained) @ tip.ravel())
    parallax = weight * rest / (weight * rest * rest).sum()
    grid = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1)
    return _PatchModel(*(np.asarray(a, np.float32) for a in (weight, smooth, fit, parallax, grid)))


def cut_patch(image: BGRImage, landmarks: Points) -> GrayPatch | None:
    """Return the face upright at one size; ``None`` where the landmarks coincide.

    ``landmarks``: (5, 2) float32 in pixels of ``image``.
    """
    try:
        matrix = similarity(
            landmarks, FACE_POINTS * EYE_DISTANCE + np.array(EYE_CENTRE, np.float32)
        )
    except ValueError:
        return None
    cut = cv2.warpAffine(
        image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY), np.uint8)


@dataclass(frozen=True, slots=True)
class Rotation:
    """How far the head turned between two patches, in radians.

    ``x`` towards the picture's right edge, ``y`` down.
    ``likeness``: correlation, at most 1, of the first patch and the second one moved back onto it;
    low where something covers the face or the flow was lost.
    """

    x: float
    y: float
    likeness: float


class ParallaxMeter:
    """Measures turns between patches. Not thread-safe."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._flow.setFinestScale(0)

    def turn(self, first: GrayPatch, second: GrayPatch) -> Rotation:
        """Return the rotation from ``first`` to ``second``, both from ``cut_patch``."""
        model = _patch_model()
        smooth = np.zeros((SIDE, SIDE, 2), np.float32)
        moved: GrayPatch = second
        for passes in range(1, MAX_PASSES + 1):
            flow = self._dense_flow(first, moved)
            step = model.smoothed(flow)
            if passes == MAX_PASSES or (passes > 1 and model.largest(step) < SMOOTH_TOLERANCE):
                break
            smooth = model.smoothed(
                step + np.asarray(_sample(smooth, model.grid + step), np.float32)
            )
            moved = np.asarray(_sample(second, model.grid + smooth), np.uint8)
        x, y = (model.parallax[..., None] * (flow - step)).sum(axis=(0, 1)) / EYE_DISTANCE
        likeness = _correlation(first, _sample(moved, model.grid + flow), model.weight)
        return Rotation(float(x), float(y), likeness)

    def _dense_flow(self, first: GrayPatch, second: GrayPatch) -> Floats:
        """Return (SIDE, SIDE, 2) the motion of each pixel in pixels, x and y."""
        flow = self._flow.calc(first, second, None)  # type: ignore[call-overload]
        return np.asarray(flow, np.float32)


def _sample(picture: Sampled, places: Floats) -> Sampled:
    """Return ``picture`` at ``places`` (SIDE, SIDE, 2), x and y, interpolated."""
    moved = cv2.remap(
        picture, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return (
        np.asarray(moved, np.uint8) if picture.dtype == np.uint8 else np.asarray(moved, np.float32)
    )


def _correlation(first: GrayPatch, second: Sampled, weight: Floats) -> float:
    inside = weight > INNER_WEIGHT
    a = first[inside].astype(np.float64)
    b = second[inside].astype(np.float64)
    a -= a.mean()
    b -= b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0
