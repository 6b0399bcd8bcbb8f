"""The background of the drawn people: a corridor with a laboratory's door, cached by size."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage

_SHIFT = 4


def _points(width: int, height: int, shares: list[tuple[float, float]]) -> NDArray[np.int32]:
    points: NDArray[np.int32] = np.round(np.array(shares) * (width, height) * (1 << _SHIFT)).astype(
        np.int32
    )
    return points


def _area(image: BGRImage, shares: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
    height, width = image.shape[:2]
    cv2.fillPoly(image, [_points(width, height, shares)], colour, cv2.LINE_AA, _SHIFT)


def _box(
    image: BGRImage, x1: float, y1: float, x2: float, y2: float, colour: tuple[int, int, int]
) -> None:
    _area(image, [(x1, y1), (x2, y1), (x2, y2), (x1, y2)], colour)


@lru_cache(maxsize=8)
def corridor(size: tuple[int, int]) -> BGRImage:
    """Return a read-only ``BGRImage`` of the empty corridor.

    ``size``: width and height in pixels.
    """
    width, height = size
    down = np.linspace(0, 1, height)[:, None, None]
    across = np.linspace(-1, 1, width)[None, :, None]
    wall = np.array([206, 202, 194.0]) + 14 * (1 - down) - 16 * across**2 - 10 * across
    image = np.clip(wall, 0, 255).astype(np.uint8)
    _box(image, 0, 0.9, 1, 1, (166, 168, 170))
    _box(image, 0, 0.885, 1, 0.9, (186, 186, 184))
    _far_end(image)
    _door(image)
    blurred = np.asarray(cv2.GaussianBlur(image, (0, 0), max(0.6, width / 420)), dtype=np.uint8)
    blurred.setflags(write=False)
    return blurred


def _far_end(image: BGRImage) -> None:
    """Draw the passage on the left, with a window at its end and a light above."""
    _area(image, [(0.0, 0.02), (0.2, 0.16), (0.2, 0.8), (0.0, 0.98)], (188, 182, 172))
    _area(image, [(0.03, 0.22), (0.12, 0.27), (0.12, 0.62), (0.03, 0.68)], (232, 222, 204))
    _area(image, [(0.07, 0.245), (0.078, 0.25), (0.078, 0.642), (0.07, 0.648)], (186, 178, 166))
    _area(image, [(0.03, 0.44), (0.12, 0.44), (0.12, 0.452), (0.03, 0.456)], (186, 178, 166))
    _area(image, [(0.3, 0.0), (0.62, 0.0), (0.58, 0.045), (0.34, 0.045)], (240, 238, 234))
    _area(image, [(0.198, 0.16), (0.204, 0.16), (0.204, 0.8), (0.198, 0.8)], (172, 168, 160))


def _door(image: BGRImage) -> None:
    """Draw the door on the right, with its frame, a pane of glass, a handle and a blank sign."""
    _box(image, 0.7, 0.1, 0.98, 0.9, (160, 150, 138))
    _box(image, 0.722, 0.13, 0.958, 0.9, (176, 158, 132))
    _box(image, 0.75, 0.18, 0.83, 0.52, (216, 206, 190))
    _area(image, [(0.75, 0.34), (0.83, 0.22), (0.83, 0.28), (0.75, 0.4)], (228, 220, 208))
    _box(image, 0.735, 0.6, 0.765, 0.612, (120, 118, 116))
    _box(image, 0.735, 0.58, 0.744, 0.68, (134, 132, 130))
    _box(image, 0.86, 0.22, 0.935, 0.3, (206, 200, 192))
    _box(image, 0.87, 0.245, 0.925, 0.252, (150, 146, 140))
    _box(image, 0.87, 0.27, 0.91, 0.277, (170, 166, 160))
    _box(image, 0.645, 0.46, 0.678, 0.56, (94, 90, 86))
    _box(image, 0.652, 0.475, 0.671, 0.52, (150, 132, 96))
