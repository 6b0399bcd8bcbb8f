"""Pictures of faces with their eyes shut by drawing, for training the network that tells open eyes
from shut ones.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Points

Floats = NDArray[np.float32]


def painted_shut(image: BGRImage, landmarks: Points, rng: np.random.Generator) -> BGRImage:
    """Return ``image`` with a lid of the cheek's colour, and lashes, painted over each eye.

    ``landmarks``: (5, 2) pixels of the face. Size, tone, softness and lashes are drawn from
    ``rng``.
    """
    eyes = _eye_distance(landmarks)
    axes = (rng.uniform(0.22, 0.32) * eyes, rng.uniform(0.10, 0.19) * eyes)
    lashes, tone = rng.uniform(0.35, 0.85), rng.uniform(0.8, 1.1)
    down, begin = rng.uniform(-0.04, 0.04) * eyes, rng.uniform(5, 40)
    thick = max(1, round(eyes * rng.uniform(0.02, 0.07)))
    soft = rng.uniform(0.5, 2.5)
    out = image.astype(np.float32)
    for x, y in landmarks[:2].astype(float):
        lid = _ellipse(image, (x, y + down), axes, (0, 360), cv2.FILLED)
        lid = np.asarray(cv2.GaussianBlur(lid, (0, 0), soft), np.float32)[..., None]
        line = _ellipse(image, (x, y + down), axes, (begin, 180 - begin), thick)[..., None]
        skin = np.float32(tone) * _cheek(image, (x, y), eyes)
        out = (out * (1 - lid) + skin * lid) * (1 - line * np.float32(1 - lashes))
    return np.clip(out, 0, 255).astype(np.uint8)


def pulled_shut(image: BGRImage, landmarks: Points, rng: np.random.Generator) -> BGRImage:
    """Return ``image`` with the skin above each eye pulled down over it, most often with lashes."""
    eyes = _eye_distance(landmarks)
    top, edge = rng.uniform(-0.24, -0.17), rng.uniform(-0.13, -0.08)
    low = rng.uniform(0.05, 0.10)
    bottom, half = low + rng.uniform(0.08, 0.16), rng.uniform(0.26, 0.34)
    ys, xs = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    at_y = ys.copy()
    for x, y in landmarks[:2]:
        u, v = np.abs(xs - x) / eyes, (ys - y) / eyes
        lid = top + (v - top) * ((edge - top) / (low - top))
        below = low + 0.04 + (v - low) * ((bottom - low - 0.04) / (bottom - low))
        moved = np.where((v > top) & (v <= low), lid, np.where((v > low) & (v < bottom), below, v))
        inside = np.clip((half - u) / 0.06, 0, 1)
        at_y = np.where(u < half, y + (inside * moved + (1 - inside) * v) * eyes, at_y)
    out = cv2.remap(
        image, xs, at_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)
    if rng.random() < 0.7:
        lashes = np.float32(1 - rng.uniform(0.4, 0.85))
        thick = max(1, round(eyes * rng.uniform(0.02, 0.05)))
        for x, y in landmarks[:2].astype(float):
            centre = (x, y + (low - 0.06) * eyes)
            line = _ellipse(image, centre, (0.24 * eyes, 0.07 * eyes), (10, 170), thick)
            out = out * (1 - line[..., None] * lashes)
    return np.clip(out, 0, 255).astype(np.uint8)


def _eye_distance(landmarks: Points) -> float:
    return max(1.0, math.hypot(*(landmarks[1] - landmarks[0]).astype(float)))


def _ellipse(
    image: BGRImage,
    centre: tuple[float, float],
    axes: tuple[float, float],
    degrees: tuple[float, float],
    thickness: int,
) -> Floats:
    """Return (h, w) 0..1: an ellipse, or an arc of it, with smooth edges."""
    share = np.zeros(image.shape[:2], np.float32)
    x, y = (round(16 * value) for value in centre)
    wide, high = (round(16 * value) for value in axes)
    cv2.ellipse(share, (x, y), (wide, high), 0, *degrees, 1.0, thickness, cv2.LINE_AA, 4)
    return share


def _cheek(image: BGRImage, eye: tuple[float, float], eyes: float) -> Floats:
    """Return (3,) the median colour of the cheek below an eye."""
    half = max(1, round(0.12 * eyes))
    x, y = round(eye[0]), round(eye[1] + 0.38 * eyes)
    part = image[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1].reshape(-1, 3)
    return np.asarray(np.median(part, axis=0) if len(part) else (120.0, 140.0, 170.0), np.float32)
