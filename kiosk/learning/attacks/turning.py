"""Turns a real face in depth: warps a clip's frame as if the head had turned.

The head is a dome with a nose, both shaped differently from the model that the kiosk looks for.
Beyond the head the warp fades out, as the background does not turn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Points

PASSES = 8
REACH = (2.1, 2.6)
"""Half width and half height of the warped region, in eye distances."""


@dataclass(frozen=True, slots=True)
class Build:
    """Height of the head's ``dome``, height of the ``nose`` and half width of its ``wing``, in eye
    distances.
    """

    dome: float = 1.0
    nose: float = 0.34
    wing: float = 0.24

    def depth(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the height of the face at (x, y) from the midpoint of the eyes: the dome plus a
        ridge that rises straight to the tip.
        """
        dome = self.dome * np.maximum(0, 1 - (x / 1.4) ** 2 - ((y - 0.25) / 1.95) ** 2)
        along = np.clip((y + 0.05) / 0.66, 0, 1) * np.clip((0.78 - y) / 0.17, 0, 1)
        wide = 0.09 + (self.wing - 0.09) * np.clip(y / 0.6, 0, 1)
        return np.asarray(dome + self.nose * along * np.clip(1 - np.abs(x) / wide, 0, 1))


def turned(image: BGRImage, landmarks: Points, yaw: float, pitch: float, build: Build) -> BGRImage:
    """Return a picture with the head at ``landmarks`` turned further to the right by ``yaw`` and
    down by ``pitch`` radians.
    """
    if not (yaw or pitch):
        return image
    left = landmarks[0].astype(np.float64)
    right = landmarks[1].astype(np.float64)
    middle = (left + right) / 2
    across = right - left
    eyes = math.hypot(*across)
    roll = math.atan2(across[1], across[0])
    half = (np.array(REACH) * eyes * 1.2).astype(int)
    ys, xs = np.mgrid[-half[1] : half[1] + 1, -half[0] : half[0] + 1].astype(np.float64)
    cos = math.cos(roll)
    sin = math.sin(roll)
    x, y = (cos * xs + sin * ys) / eyes, (-sin * xs + cos * ys) / eyes
    u, v = x.copy(), y.copy()
    for _ in range(PASSES):
        dx, dy = _shift(u, v, yaw, pitch, build)
        u, v = x - dx, y - dy
    at_x = middle[0] + eyes * (cos * u - sin * v)
    at_y = middle[1] + eyes * (sin * u + cos * v)
    patch = cv2.remap(
        image,
        at_x.astype(np.float32),
        at_y.astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return _put(
        image, np.asarray(patch, np.uint8), round(middle[0]) - half[0], round(middle[1]) - half[1]
    )


def _shift(
    x: NDArray[np.float64], y: NDArray[np.float64], yaw: float, pitch: float, build: Build
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the displacement of each point of the head."""
    z = build.depth(x, y) + 0.25  # depth in front of the rotation axis
    fade = np.clip(1.35 - np.sqrt((x / 1.55) ** 2 + ((y - 0.25) / 2.0) ** 2), 0, 0.35) / 0.35
    dx = x * (math.cos(yaw) - 1) + z * math.sin(yaw)
    dy = (y - 0.4) * (math.cos(pitch) - 1) + z * math.sin(pitch)
    return dx * fade, dy * fade


def _put(image: BGRImage, patch: BGRImage, left: int, top: int) -> BGRImage:
    out = image.copy()
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (
        max(0, left),
        max(0, top),
        min(width, left + patch.shape[1]),
        min(height, top + patch.shape[0]),
    )
    if x2 > x1 and y2 > y1:
        out[y1:y2, x1:x2] = patch[y1 - top : y2 - top, x1 - left : x2 - left]
    return out
