"""Straight new edges around a head, which the empty view does not have: a print or a screen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Face

Floats = NDArray[np.float32]

SIDE = 168
"""Pixels of the aligned patch, with the middle between the eyes in its centre."""

EYE_DISTANCE = 20.0
"""Pixels of the patch between the eyes."""

MIN_GRADIENT = 4.0
"""Grey values per pixel from which on there is an edge."""

STEEPNESS = 2.0
"""How much larger the gradient across an edge must be than along it."""

NEW_FACTOR = 1.6
"""How much stronger than any edge of the empty view within two pixels a new edge must be."""

SLOPES = tuple(float(slope) for slope in np.linspace(-0.32, 0.32, 17))
"""How far a side may lean against the face, as a slope."""

BESIDE = (0.95, 3.6)
"""Where the sides are looked for, in eye distances left and right of the middle of the eyes."""

ABOVE = (1.35, 3.6)
"""Where the upper edge is looked for, in eye distances above the middle of the eyes."""

SLACK = 4
"""Pixels by which the sides may end before the corners."""

ALONG = (-1.2, 1.3)
"""Heights, in eye distances below the eyes, that the sides must cover at least. They must reach up
to the upper edge, and that one from side to side."""


def edge_support(image: BGRImage, face: Face, empty: BGRImage | None) -> float:
    """Return how completely straight new edges frame ``face``, 0..1.

    That is the share of the left, right or upper side that is covered, whichever is least.
    ``empty``: the same view without anybody, of any size; 0 without it.
    """
    if empty is None:
        return 0.0
    matrix = _patch_matrix(face)
    if matrix is None:
        return 0.0
    scale = empty.shape[1] / image.shape[1]
    seen = _patch(image, matrix)
    known = _patch(empty, matrix @ np.diag([1 / scale, 1 / scale, 1]))
    upright = _sheared(_edge_maps(seen, known))
    level = _sheared(_edge_maps(seen.T, known.T))
    # of several edges that are long enough (a frame has two), prefer the one that reaches highest
    cover = upright[:, :, _span(*ALONG)].mean(axis=2) + 0.5 * upright[
        :, :, _span(-ABOVE[1], ALONG[0])
    ].mean(axis=2)
    left, right = (
        _best(cover, columns) for columns in (_span(-BESIDE[1], -BESIDE[0]), _span(*BESIDE))
    )
    x1, x2 = (line.at(-ABOVE[0]) + inwards for line, inwards in ((left, SLACK), (right, -SLACK)))
    top = _best(level[:, :, x1 : x2 + 1].mean(axis=2), _span(-ABOVE[1], -ABOVE[0]))
    sides = [
        upright[line.slope, line.sign, top.place + SLACK : _span(*ALONG).stop, line.place].mean()
        for line in (left, right)
    ]
    return float(min(*sides, top.cover))


def _patch_matrix(face: Face) -> NDArray[np.float64] | None:
    """Return (2, 3) from the picture to the upright patch; ``None`` for a degenerate face."""
    left = face.landmarks[0].astype(np.float64)
    right = face.landmarks[1].astype(np.float64)
    mouth = face.landmarks[3:5].mean(axis=0)
    apart = max(
        float(np.hypot(*(right - left))), float(np.hypot(*(mouth - (left + right) / 2))) / 1.12
    )
    if not apart > 1:
        return None
    angle = math.atan2(right[1] - left[1], right[0] - left[0])
    cos = EYE_DISTANCE / apart * math.cos(angle)
    sin = EYE_DISTANCE / apart * math.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])
    return np.concatenate(
        [turn, (np.array([SIDE / 2, SIDE / 2]) - turn @ ((left + right) / 2))[:, None]], axis=1
    )


def _patch(image: BGRImage, matrix: NDArray[np.float64]) -> Floats:
    """Return (SIDE, SIDE) float32 luminance, slightly blurred."""
    cut = cv2.warpAffine(
        image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(
        cv2.GaussianBlur(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), 0.8),
        np.float32,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A nearly upright line of the patch, or a nearly level one of its transpose.

    ``slope``: index into ``SLOPES``. ``sign``: 0 where it is brighter to the right, 1 to the left.
    ``place``: the column in which it crosses the middle row (the row, for a level line).
    ``cover``: the share of it that edges cover, plus a bonus for reaching up.
    """

    slope: int
    sign: int
    place: int
    cover: float

    def at(self, height: float) -> int:
        """Return the column at ``height``, in eye distances below the middle."""
        column = round(self.place + SLOPES[self.slope] * height * EYE_DISTANCE)
        return int(np.clip(column, 0, SIDE - 1))


def _best(cover: Floats, places: slice) -> _Line:
    """Return the most covered line of ``cover`` (slopes, signs, SIDE) among ``places``."""
    part = cover[:, :, places]
    slope, sign, place = (int(i) for i in np.unravel_index(int(part.argmax()), part.shape))
    return _Line(slope, sign, place + places.start, float(part[slope, sign, place]))


def _sheared(covers: Floats) -> Floats:
    """Return (slopes, 2, SIDE, SIDE): ``covers`` with the lines of each slope made upright."""
    both = np.ascontiguousarray(covers.transpose(1, 2, 0))
    moves = [np.array([[1.0, slope, -slope * SIDE / 2], [0.0, 1.0, 0.0]]) for slope in SLOPES]
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return np.stack(
        [cv2.warpAffine(both, move, (SIDE, SIDE), flags=flags).transpose(2, 0, 1) for move in moves]
    ).astype(np.float32)


def _edge_maps(seen: Floats, known: Floats) -> Floats:
    """Return (2, SIDE, SIDE): 1 where the patch has a new upright edge, or one pixel beside it.

    The first map is of edges that become brighter to the right, the second of darker ones.
    """
    across, along = _gradients(seen)
    known_edges = np.abs(cv2.dilate(np.abs(_gradients(known)[0]), np.ones((5, 5), np.uint8)))
    new = (np.abs(across) > np.maximum(MIN_GRADIENT, NEW_FACTOR * known_edges)) & (
        np.abs(across) > STEEPNESS * np.abs(along)
    )
    wide = np.ones((1, 3), np.uint8)
    return np.stack(
        [cv2.dilate((new & (sign * across > 0)).astype(np.float32), wide) for sign in (1, -1)]
    )


def _gradients(grey: Floats) -> tuple[Floats, Floats]:
    """Return the gradient to the right and down, in grey values per pixel."""
    return tuple(
        np.asarray(cv2.Sobel(grey, cv2.CV_32F, *order, scale=0.125), np.float32)
        for order in ((1, 0), (0, 1))
    )  # type: ignore[return-value]


def _span(low: float, high: float) -> slice:
    """Return the pixels between two places, in eye distances from the patch's centre."""
    return slice(round(SIDE / 2 + low * EYE_DISTANCE), round(SIDE / 2 + high * EYE_DISTANCE))
