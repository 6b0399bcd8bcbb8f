"""Drawing tools: anti-aliased polygons and strokes in sub-pixel coordinates, blurred patches."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.head_shape import Array

Colour = tuple[int, int, int]
_SHIFT = 4


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return ``first`` mixed with ``share`` (0..1) of ``second``."""
    b, g, r = (round(a + (c - a) * share) for a, c in zip(first, second, strict=True))
    return b, g, r


def shade(colour: Colour, factor: float) -> Colour:
    """Return the colour made darker (``factor`` < 1) or lighter."""
    b, g, r = (int(min(255, max(0, c * factor))) for c in colour)
    return b, g, r


def ring(x: float, y: float, rx: float, ry: float, points: int = 20) -> list[tuple[float, float]]:
    """Return points of an ellipse."""
    turns = (2 * math.pi * i / points for i in range(points))
    return [(x + rx * math.cos(t), y + ry * math.sin(t)) for t in turns]


def hull(points: Array) -> Array:
    """Return the (m, 2) convex hull of (n, 2) points."""
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], dtype=np.float64)


def rounded(points: Any, close: bool = True, times: int = 2) -> Array:
    """Return the polygon (or open line) with its corners cut off ``times`` times.

    Chaikin, "An algorithm for high-speed curve generation", 1974.
    """
    line = np.asarray(points, dtype=np.float64)
    for _ in range(times):
        ends = np.roll(line, -1, axis=0) if close else line[1:]
        starts = line if close else line[:-1]
        cut = np.stack([0.75 * starts + 0.25 * ends, 0.25 * starts + 0.75 * ends], axis=1).reshape(
            -1, line.shape[1]
        )
        line = cut if close else np.vstack([line[:1], cut, line[-1:]])
    return line


def _fixed(points: Array) -> NDArray[np.int32]:
    return np.round(np.clip(points, -4000, 4000) * (1 << _SHIFT)).astype(np.int32)


def fill(image: NDArray[np.uint8], points: Array, colour: Colour | int) -> None:
    """Fill a polygon (n, 2) in pixels, in place."""
    cv2.fillPoly(image, [_fixed(points)], _scalar(colour), cv2.LINE_AA, _SHIFT)


def stroke(
    image: NDArray[np.uint8], points: Array, colour: Colour | int, width: float, close: bool = False
) -> None:
    """Draw a line of ``width`` pixels through (n, 2) points, in place."""
    cv2.polylines(
        image, [_fixed(points)], close, _scalar(colour), max(1, round(width)), cv2.LINE_AA, _SHIFT
    )


def _scalar(colour: Colour | int) -> Any:
    return colour if isinstance(colour, tuple) else (colour,)


def soft(image: BGRImage, points: Array, colour: Colour, alpha: float, blur: float) -> None:
    """Fill a polygon in place; ``blur``: sigma of its edges in pixels; ``alpha``: opacity."""
    coarse = 1 if blur < 2 else 2 if blur < 5 else 4  # a blurred patch needs no fine mask
    pad = 2.5 * blur + 2
    h, w = image.shape[:2]
    x1, y1 = (int(v) for v in np.maximum(np.floor(points.min(0) - pad), 0))
    x2, y2 = (int(v) for v in np.minimum(np.ceil(points.max(0) + pad), (w, h)))
    if x2 <= x1 or y2 <= y1:
        return
    mask = np.zeros(((y2 - y1 - 1) // coarse + 1, (x2 - x1 - 1) // coarse + 1), np.uint8)
    fill(mask, (points - (x1, y1)) / coarse, 255)
    if blur > 0.3:
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), blur / coarse), dtype=np.uint8)
    if coarse > 1:
        mask = np.asarray(cv2.resize(mask, (x2 - x1, y2 - y1)), dtype=np.uint8)
    blend(image[y1:y2, x1:x2], colour, mask, alpha)


def blend(part: BGRImage, colour: Colour, mask: NDArray[np.uint8], alpha: float = 1.0) -> None:
    """Blend ``colour`` into ``part`` in place; ``mask``: 0..255, same height and width."""
    weight = mask.astype(np.float32)
    weight *= alpha / 255
    flat = np.empty_like(part)
    cv2.rectangle(flat, (0, 0), (flat.shape[1], flat.shape[0]), colour, cv2.FILLED)
    part[:] = cv2.blendLinear(flat, part, weight, 1 - weight)
