"""Straight edges on both sides of a head and above it, which the empty place does not have: a print's or a screen's border."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Face

Floats = NDArray[np.float32]

SIDE = 168
UNIT = 20.0
"""Pixels of the cut that is looked at, and how many of them are one distance between the eyes; these lie in its middle."""

EDGE = 4.0
"""Grey values a pixel from which on there is an edge."""

STEEP = 2.0
"""How much steeper than along it an edge must be across."""

NEW = 1.6
"""An edge is new where it is so many times as strong as what the empty place has within two pixels."""

SLOPES = tuple(float(slope) for slope in np.linspace(-0.32, 0.32, 17))
"""How far a side may lean against the face, as a slope."""

BESIDE = (0.95, 3.6)
ABOVE = (1.35, 3.6)
"""Where the sides and the upper edge are looked for, in distances between the eyes from their middle."""

SLACK = 4
"""Pixels by which the sides may end before the corners."""

ALONG = (-1.2, 1.3)
"""Over which heights the sides must go on at least; they must reach up to the upper edge, and it from one to the other."""


def edge_support(image: BGRImage, face: Face, empty: BGRImage | None) -> float:
    """How completely three straight new edges frame ``face``, 0..1: of the left, right and upper side the least covered.

    ``empty``: the picture of the same place without anybody, of any size; without it nothing can be said: 0.
    """
    if empty is None:
        return 0.0
    matrix = _onto_cut(face)
    if matrix is None:
        return 0.0
    scale = empty.shape[1] / image.shape[1]
    seen = _cut(image, matrix)
    known = _cut(empty, matrix @ np.diag([1 / scale, 1 / scale, 1]))
    upright = _sheared(_covered(seen, known))
    level = _sheared(_covered(seen.T, known.T))
    # of several edges that are long enough (a frame has two) the one that goes on farthest up
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


def _onto_cut(face: Face) -> NDArray[np.float64] | None:
    """(2, 3) from the picture onto the cut, the face upright."""
    left = face.landmarks[0].astype(np.float64)
    right = face.landmarks[1].astype(np.float64)
    mouth = face.landmarks[3:5].mean(axis=0)
    apart = max(
        float(np.hypot(*(right - left))), float(np.hypot(*(mouth - (left + right) / 2))) / 1.12
    )
    if not apart > 1:
        return None
    angle = math.atan2(right[1] - left[1], right[0] - left[0])
    cos = UNIT / apart * math.cos(angle)
    sin = UNIT / apart * math.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])
    return np.concatenate(
        [turn, (np.array([SIDE / 2, SIDE / 2]) - turn @ ((left + right) / 2))[:, None]], axis=1
    )


def _cut(image: BGRImage, matrix: NDArray[np.float64]) -> Floats:
    cut = cv2.warpAffine(
        image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(
        cv2.GaussianBlur(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), 0.8),
        np.float32,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the cut: index of its ``slope`` and ``sign`` (brighter to the right or left of it), the column in which it passes the middle
    row (or the row, for a level one), and how much of it is ``cover``ed by edges."""

    slope: int
    sign: int
    place: int
    cover: float

    def at(self, height: float) -> int:
        """The column at ``height``, in distances between the eyes from the middle."""
        return int(np.clip(round(self.place + SLOPES[self.slope] * height * UNIT), 0, SIDE - 1))


def _best(cover: Floats, places: slice) -> _Line:
    """The most covered line of ``cover`` (slopes, signs, SIDE) among ``places``."""
    part = cover[:, :, places]
    slope, sign, place = (int(i) for i in np.unravel_index(int(part.argmax()), part.shape))
    return _Line(slope, sign, place + places.start, float(part[slope, sign, place]))


def _sheared(covers: Floats) -> Floats:
    """(slopes, 2, SIDE, SIDE): ``covers`` (2, SIDE, SIDE) moved so that lines of each slope become upright."""
    both = np.ascontiguousarray(covers.transpose(1, 2, 0))
    moves = [np.array([[1.0, slope, -slope * SIDE / 2], [0.0, 1.0, 0.0]]) for slope in SLOPES]
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return np.stack(
        [cv2.warpAffine(both, move, (SIDE, SIDE), flags=flags).transpose(2, 0, 1) for move in moves]
    ).astype(np.float32)


def _covered(seen: Floats, known: Floats) -> Floats:
    """(2, SIDE, SIDE) 1 where the picture becomes brighter (darker) to the right, by a new edge that is upright, or does so
    one pixel beside."""
    across, along = _slopes(seen)
    before = np.abs(cv2.dilate(np.abs(_slopes(known)[0]), np.ones((5, 5), np.uint8)))
    new = (np.abs(across) > np.maximum(EDGE, NEW * before)) & (
        np.abs(across) > STEEP * np.abs(along)
    )
    wide = np.ones((1, 3), np.uint8)
    return np.stack(
        [cv2.dilate((new & (sign * across > 0)).astype(np.float32), wide) for sign in (1, -1)]
    )


def _slopes(grey: Floats) -> tuple[Floats, Floats]:
    """Grey values a pixel to the right and down."""
    return tuple(
        np.asarray(cv2.Sobel(grey, cv2.CV_32F, *order, scale=0.125), np.float32)
        for order in ((1, 0), (0, 1))
    )  # type: ignore[return-value]


def _span(low: float, high: float) -> slice:
    return slice(round(SIDE / 2 + low * UNIT), round(SIDE / 2 + high * UNIT))
