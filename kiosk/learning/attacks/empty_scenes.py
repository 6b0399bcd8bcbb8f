"""The empty scene behind a clip: the person is removed and the wall interpolated."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Face

FLANK = 12
"""Columns on either side of the person from which the wall is continued."""

CALM = 55
"""Rows above and below over which the wall's colour is averaged (median)."""


def empty_scene(frames: Sequence[BGRImage], faces: Sequence[Face]) -> BGRImage:
    """Return the scene of ``frames`` without the person whose faces (one per frame) are given.

    The temporal median where the person never stands; elsewhere, row by row, a straight line
    between the wall's colours on both sides.
    """
    picture = np.median(np.stack(frames[:: max(1, len(frames) // 24)]), axis=0).astype(np.uint8)
    left, right = _outline(np.array([face.box for face in faces], np.float64), *picture.shape[:2])
    begin = _flanks(picture, left, -1)
    end = _flanks(picture, right, 1)
    rows = []
    for y, (a, b) in enumerate(zip(left, right, strict=True)):
        row = picture[y].astype(np.float32)
        if b > a:
            share = np.linspace(0, 1, b - a)[:, None]
            row[a:b] = begin[y] * (1 - share) + end[y] * share
        rows.append(row)
    drawn = np.asarray(np.stack(rows), np.float32)
    smooth = cv2.GaussianBlur(drawn, (0, 0), sigmaX=0.5, sigmaY=4.0)
    inside = np.zeros(drawn.shape[:2], np.float32)
    for y, (a, b) in enumerate(zip(left, right, strict=True)):
        inside[y, max(0, a - 2) : max(0, b + 2)] = 1
    weight = cv2.GaussianBlur(inside, (0, 0), 2.0)[..., None]
    return np.clip(smooth * weight + drawn * (1 - weight), 0, 255).astype(np.uint8)


def _flanks(picture: BGRImage, columns: NDArray[np.int64], side: int) -> NDArray[np.float32]:
    """Return (height, 3) colours of the wall beside each row's column, robust to an elbow that
    sticks out for some rows.
    """
    height, width = picture.shape[:2]
    colours = np.empty((height, 3), np.float32)
    for y, x in enumerate(columns):
        first = int(np.clip(x if side > 0 else x - FLANK, 0, width - FLANK))
        colours[y] = picture[y, first : first + FLANK].mean(axis=0)
    padded = np.pad(colours, ((CALM, CALM), (0, 0)), mode="edge")
    return np.asarray(
        [np.median(padded[y : y + 2 * CALM + 1], axis=0) for y in range(height)], np.float32
    )


def _outline(
    boxes: NDArray[np.float64], height: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and last column of the person in each row: head with a margin, and body down
    to the floor.
    """
    low = boxes.min(axis=0)
    high = boxes.max(axis=0)
    wide = float(np.median(boxes[:, 2] - boxes[:, 0]))
    middle = (low[0] + high[2]) / 2
    top = low[1] - 0.45 * wide
    chin = high[3]
    y = np.arange(height)
    half = np.where(
        y < top, 0.0, np.where(y < chin, 0.5 * (high[2] - low[0]) + 0.35 * wide, 2.7 * wide)
    )
    ramp = np.clip((y - chin) / (0.5 * wide), 0, 1)
    shoulder = 0.5 * (high[2] - low[0]) + 0.35 * wide
    half = np.where(y >= chin, shoulder + (half - shoulder) * ramp, half)
    return np.maximum(middle - half, 0).astype(np.int64), np.minimum(middle + half, width).astype(
        np.int64
    )
