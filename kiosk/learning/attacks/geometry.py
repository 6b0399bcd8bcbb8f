"""A camera and a sheet in front of it: where each point of the sheet is seen, flat or bent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

WIDTH = 640
HEIGHT = 480
FOCAL = 600.0
"""Focal length in pixels; a typical webcam has a horizontal field of view of 56 degrees."""

BEND_PASSES = 12


@dataclass(frozen=True, slots=True)
class Held:
    """How a sheet is held.

    Its centre at ``x``, ``y`` (picture pixels) and ``distance`` mm; ``tilt_x``, ``tilt_y``,
    ``roll`` in radians (tilt_x > 0 leans the upper edge away, tilt_y > 0 turns the right edge
    away); ``bend``: curvature in 1/mm about the sheet's vertical middle line, > 0 with the middle
    nearer to the camera; ``fold``: slope of both halves away from that line.
    """

    x: float
    y: float
    distance: float
    tilt_x: float = 0.0
    tilt_y: float = 0.0
    roll: float = 0.0
    bend: float = 0.0
    fold: float = 0.0

    @property
    def rotation(self) -> Floats:
        """Return (3, 3) rotation from sheet to camera axes (x right, y down, z away)."""
        turns = [
            cv2.Rodrigues(np.array(axis) * angle)[0]
            for axis, angle in (
                ((1.0, 0, 0), self.tilt_x),
                ((0, 1.0, 0), -self.tilt_y),
                ((0, 0, 1.0), self.roll),
            )
        ]
        return np.asarray(turns[0] @ turns[1] @ turns[2], np.float64)


def project(points: Floats, held: Held) -> Floats:
    """Project sheet points (n, 2) in mm from its centre, x right and y down, to (n, 2) pixels."""
    across = points[:, 0]
    depth = np.abs(across) * held.fold
    if held.bend:
        across = np.sin(across * held.bend) / held.bend
        depth = depth + (1 - np.cos(points[:, 0] * held.bend)) / held.bend
    middle = np.array(
        [
            (held.x - WIDTH / 2) * held.distance / FOCAL,
            (held.y - HEIGHT / 2) * held.distance / FOCAL,
            held.distance,
        ]
    )
    space = np.column_stack([across, points[:, 1], depth]) @ held.rotation.T + middle
    return np.asarray(
        FOCAL * space[:, :2] / np.maximum(space[:, 2:], 1.0) + (WIDTH / 2, HEIGHT / 2), np.float64
    )


def _flat_inverse(held: Held) -> Floats:
    corners = np.array([(-50, -50), (50, -50), (50, 50), (-50, 50)], np.float64)
    flat = Held(held.x, held.y, held.distance, held.tilt_x, held.tilt_y, held.roll)
    return np.asarray(
        cv2.getPerspectiveTransform(
            project(corners, flat).astype(np.float32), corners.astype(np.float32)
        ),
        np.float64,
    )


COARSE = 4
"""Pixel spacing of the exactly computed points of a bent sheet; between them interpolation is
linear.
"""


@cache
def _pixels(step: int) -> Floats:
    """Return (rows * columns, 1, 2): every ``step``-th pixel of the picture, to the last row and
    column or beyond.
    """
    across = np.arange(0, WIDTH + step - 1, step)
    down = np.arange(0, HEIGHT + step - 1, step)
    return np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 1, 2).astype(np.float64)


def sheet_places(held: Held) -> Floats32:
    """Return (HEIGHT, WIDTH, 2): the point in mm that each pixel shows on an infinite sheet."""
    back = _flat_inverse(held)
    if not (held.bend or held.fold):
        return np.asarray(
            cv2.perspectiveTransform(_pixels(1).astype(np.float32), back), np.float32
        ).reshape(HEIGHT, WIDTH, 2)
    flat = np.asarray(cv2.perspectiveTransform(_pixels(COARSE), back), np.float64).reshape(-1, 2)
    places = flat.copy()
    for _ in range(
        BEND_PASSES
    ):  # one fixed-point step: project, map back as if flat, and correct by the difference
        places += flat - np.asarray(
            cv2.perspectiveTransform(project(places, held)[:, None], back), np.float64
        ).reshape(-1, 2)
    coarse = places.reshape(HEIGHT // COARSE + 1, WIDTH // COARSE + 1, 2).astype(np.float32)
    fine = _pixels(1).astype(np.float32).reshape(HEIGHT, WIDTH, 2) / COARSE
    return np.asarray(cv2.remap(coarse, fine[..., 0], fine[..., 1], cv2.INTER_LINEAR), np.float32)


def laid_on(content: BGRImage, places: Floats32, size: tuple[float, float]) -> BGRImage:
    """Return ``content`` stretched over a sheet of ``size`` (mm across and down) as the camera sees
    it.
    """
    height, width = content.shape[:2]
    scale = np.array((width / size[0], height / size[1]), np.float32)
    at = places * scale + np.array(((width - 1) / 2, (height - 1) / 2), np.float32)
    return np.asarray(
        cv2.remap(
            content, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


def within(places: Floats32, size: tuple[float, float]) -> Floats32:
    """Return the coverage 0..1 of each pixel by a sheet of ``size`` (mm across and down)."""
    x, y = size[0] / 2, size[1] / 2
    inside = cv2.inRange(places, (-x, -y), (x, y)).astype(np.float32) / 255
    return np.asarray(cv2.GaussianBlur(inside, (0, 0), 0.6), np.float32)


def blended(below: BGRImage, above: BGRImage, share: NDArray[np.float32]) -> BGRImage:
    """Blend ``above`` over ``below`` by ``share`` (h, w) 0..1."""
    return np.asarray(cv2.blendLinear(above, below, share, 1 - share), np.uint8)
