"""Occlusion drawn over aligned faces: masks over mouth and nose, hands before the face.

Sizes are in eye distances and positions relative to the nose, so it fits every alignment.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kiosk.core.frames import Points
from kiosk.vision.detection.alignment import TEMPLATES

Floats = NDArray[np.float32]
CLOTH = ((0.92, 0.92, 0.92), (0.62, 0.78, 0.90), (0.10, 0.10, 0.12), (0.55, 0.55, 0.55))
"""Common colours of masks, RGB in 0..1; every fifth mask has another."""


class Coverer:
    """Covers some of the faces cropped by ``alignment``.

    Randomness comes from torch's generator, so a step can be repeated.
    """

    def __init__(self, alignment: str) -> None:
        self._drawn_for, self._points = TEMPLATES[alignment]

    def __call__(self, faces: Tensor, share: float) -> Tensor:
        """Cover about ``share`` of (b, 3, s, s) faces in 0..1 with a mask or a hand; same shape."""
        chance = np.random.default_rng(int(torch.randint(2**31, (1,))))
        chosen = np.flatnonzero(chance.random(len(faces)) < share)
        if not len(chosen):
            return faces
        covered = faces.clone()
        points = np.asarray(self._points * (faces.shape[-1] / self._drawn_for), np.float32)
        for i in chosen:
            shape, fill = (
                _mask(chance, faces[i], points)
                if chance.random() < 0.6
                else _hand(chance, faces[i], points)
            )
            weight, colour = (torch.from_numpy(array).to(faces.device) for array in (shape, fill))
            covered[i] = faces[i] * (1 - weight) + colour * weight
        return covered


def _mask(chance: np.random.Generator, face: Tensor, points: Points) -> tuple[Floats, Floats]:
    """Return (s, s) opacity and (3, s, s) colour of the cover."""
    side = face.shape[-1]
    eyes = _eye_distance(points)
    (x, y) = points[2]
    top = chance.uniform(-0.30, 0.04)
    edge = chance.uniform(-0.17, 0.21)
    left = -chance.uniform(0.64, 0.98)
    right = chance.uniform(0.64, 0.98)
    bottom = chance.uniform(0.77, 1.1)
    taper = chance.uniform(0.08, 0.3, 2)
    outline = np.array(
        [
            [left, edge],
            [left / 2, top + chance.uniform(-0.04, 0.13)],
            [0, top],
            [right / 2, top + chance.uniform(-0.04, 0.13)],
            [right, edge],
            [right - taper[0], bottom - 0.17],
            [0, bottom],
            [left + taper[1], bottom - 0.17],
        ]
    )
    corners = (outline + chance.normal(0, 0.03, outline.shape)) * eyes + (x, y)
    canvas = np.zeros((side, side), np.uint8)
    cv2.fillPoly(canvas, [corners.round().astype(np.int32)], 255)
    kind = int(chance.integers(len(CLOTH) + 1))
    colour = np.array(CLOTH[kind]) if kind < len(CLOTH) else chance.random(3)
    light = (float(face.mean()) / 0.45) ** 0.5
    return _soft(chance, canvas), _shaded(chance, colour * light, side)


def _hand(chance: np.random.Generator, face: Tensor, points: Points) -> tuple[Floats, Floats]:
    """Draw a few fingers, often with the palm, over mouth, cheek or chin, in the face's colour."""
    side = face.shape[-1]
    eyes = _eye_distance(points)
    (x, y) = points[2]
    middle = np.array(
        [x + chance.uniform(-0.64, 0.64) * eyes, y + chance.uniform(0.04, 0.77) * eyes]
    )
    angle = chance.uniform(0, 180)
    across = np.array([-np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))]) * eyes
    canvas = np.zeros((side, side), np.uint8)
    for finger in range(int(chance.integers(2, 5))):
        at = middle + across * (finger - 1.5) * chance.uniform(0.15, 0.21)
        _ellipse(
            canvas,
            at,
            chance.uniform(0.34, 0.72) * eyes,
            chance.uniform(0.085, 0.15) * eyes,
            angle + chance.normal(0, 8),
        )
    if chance.random() < 0.6:
        _ellipse(
            canvas,
            middle + np.array([0, 0.17 * eyes]),
            chance.uniform(0.26, 0.47) * eyes,
            chance.uniform(0.21, 0.38) * eyes,
            angle,
        )
    top = max(0, int(y - 0.45 * eyes))
    low = max(1, int(y))
    skin = face[:, top:low, int(x - eyes / 2) : int(x + eyes / 2)].mean((1, 2)).cpu().numpy()
    return _soft(chance, canvas), _shaded(chance, skin * chance.uniform(0.75, 1.15), side)


def _eye_distance(points: Points) -> float:
    return float(np.linalg.norm(points[1] - points[0]))


def _ellipse(
    canvas: NDArray[np.uint8], at: NDArray[np.float64], length: float, width: float, angle: float
) -> None:
    cv2.ellipse(
        canvas,
        (round(at[0]), round(at[1])),
        (max(1, round(length)), max(1, round(width))),
        float(angle),
        0,
        360,
        255,
        -1,
    )


def _soft(chance: np.random.Generator, canvas: NDArray[np.uint8]) -> Floats:
    return np.asarray(
        cv2.GaussianBlur(canvas, (0, 0), chance.uniform(0.5, 1.5)) / np.float32(255), np.float32
    )


def _shaded(chance: np.random.Generator, colour: NDArray[np.float64], side: int) -> Floats:
    """Return (3, side, side) of one colour, brighter to one side, slightly mottled."""
    line = np.linspace(-1, 1, side)
    shade = 1 + chance.normal(0, 0.08) * line[:, None] + chance.normal(0, 0.08) * line[None]
    mottled = cv2.resize(chance.normal(0, 0.04, (16, 16)), (side, side))
    return np.asarray((colour[:, None, None] * shade + mottled).clip(0, 1), np.float32)
