"""What a picture shows beside a head, compared with the known view of the place without anybody.

Behind a person who really stands there, the wall beside the head is the wall that was there before;
a print or a screen hides it and shows a wall of its own. Exposure, flicker and patches of sun or
shade do not count as a change (``scene_light``, ``lit_patches``).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Face
from kiosk.vision.liveness.lit_patches import relit
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


@dataclass(frozen=True, slots=True, eq=False)
class PlaceLook:
    """``surround`` of ``face`` in ``image``, and the ``known`` view (h, w, 3) in its light."""

    image: BGRImage
    face: Face
    surround: HeadSurround | None = None
    known: Floats | None = None


def look_at(image: BGRImage, face: Face, view: Floats | None) -> PlaceLook:
    """Compare ``image`` with the empty ``view``, (h, w, 3)."""
    small = shrunk(image)
    if view is None or small.shape != view.shape:
        return PlaceLook(image, face)
    outline, x, y = _head_coordinates(face, small.shape[1] / image.shape[1], small.shape[:2])
    apart = (outline > RING[1]) & (y < RING_DOWN_TO)
    if apart.sum() < MIN_APART_SHARE * apart.size:
        return PlaceLook(image, face)
    beside = (outline > RING[0]) & (y < RING_DOWN_TO)
    known = _lit_alike(small, view, apart)
    differs = _differs(small, known)
    known, lit = relit(small, known, differs, beside)
    differs &= ~(lit & ~_coloured_otherwise(small, known))
    unchanged = _unchanged_share(differs, apart)
    ring = beside & (outline <= RING[1])
    if unchanged < MIN_KNOWN_SHARE or not ring.any():
        return PlaceLook(image, face)
    parts = [ring & (x < -SIDE_X), ring & (np.abs(x) <= SIDE_X), ring & (x > SIDE_X)]
    left, top, right = (float(differs[part].mean()) if part.any() else 1.0 for part in parts)
    surround = HeadSurround(float(differs[ring].mean()), (left, top, right), unchanged)
    return PlaceLook(image, face, surround, known)


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


def _lit_alike(seen: Floats, view: Floats, apart: Mask) -> Floats:
    """Return ``view`` in the exposure and the bands of flicker that explain ``seen`` best.

    ``apart``: (h, w), the place away from the person, which shows the light.
    """
    best = known = view * exposure(seen, view, apart)
    share = _unchanged_share(_coloured_otherwise(seen, known), apart)
    for axis in (0, 1):  # bands lie along the rows, or along the columns of a camera on its side
        if share >= STEADY_SHARE:
            break
        flicker = bands(seen, known, apart, axis)
        if flicker is not None:
            banded = _unchanged_share(_coloured_otherwise(seen, known * flicker), apart)
            if banded >= max(EXPLAINED_SHARE, share):
                best, share = known * flicker, banded
    return best


def _unchanged_share(differs: Mask, apart: Mask) -> float:
    return 1 - float(differs[apart].mean())


def _differs(seen: Floats, known: Floats) -> Mask:
    """Return (h, w) where ``seen`` has another colour than ``known`` or an edge it lacks."""
    edges = _edges(seen) > cv2.dilate(_edges(known), np.ones((3, 3), np.uint8)) + EDGE
    return _coloured_otherwise(seen, known) | np.asarray(edges)


def _coloured_otherwise(seen: Floats, known: Floats) -> Mask:
    """Return (h, w) where ``seen`` has another colour than ``known``."""
    far = cv2.absdiff(seen, known) > TOLERANCE + TOLERANCE_SHARE * known
    return np.asarray(far[..., 0] | far[..., 1] | far[..., 2])


def _edges(picture: Floats) -> Floats:
    """Return (h, w) the gradient's size, in grey values per pixel."""
    grey = cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32))
    return np.asarray(
        cv2.magnitude(
            cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25),
            cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25),
        ),
        np.float32,
    )


def shrunk(image: BGRImage) -> Floats:
    """Return ``image`` as float32, ``WIDTH`` wide."""
    height = max(1, round(image.shape[0] * WIDTH / image.shape[1]))
    return np.asarray(cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA), np.float32)
