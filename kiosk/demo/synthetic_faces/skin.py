"""The skin of a drawn person: light, blush, wrinkles, spots and a mottled texture, cached."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.head_shape import Array
from kiosk.demo.synthetic_faces.looks import Looks

SHEET_UNITS = 2.4
"""Side of the sheet in head units; the origin of the head is in its middle."""

_SIDE = 240


@lru_cache(maxsize=32)
def skin_sheet(looks: Looks) -> BGRImage:
    """Return (240, 240, 3) what is added to the skin colour, 128 meaning nothing."""
    rng = np.random.default_rng(looks.texture_seed + 1000)
    axis = (np.arange(_SIDE) + 0.5) / _SIDE * SHEET_UNITS - SHEET_UNITS / 2
    x, y = np.meshgrid(axis, axis)
    sheet = np.full((_SIDE, _SIDE, 3), 0.0)
    sheet += _light(looks, x, y)[..., None]
    sheet += _blush(looks, x, y)
    sheet += _mottle(looks, rng)
    sheet += _wrinkles(looks, x, y)[..., None]
    for px, py, radius, depth in _spots(looks, rng):
        sheet -= (np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * radius**2)) * depth)[..., None] * (
            1.0,
            0.9,
            0.7,
        )
    return np.asarray(np.clip(sheet + 128, 0, 255), dtype=np.uint8)


def _bump(x: Array, y: Array, cx: float, cy: float, rx: float, ry: float) -> Array:
    return np.asarray(np.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2))


def _light(looks: Looks, x: Array, y: Array) -> Array:
    """Return light from the upper left: darker sides and jaw, lighter forehead, cheeks and chin."""
    width = looks.shape.width
    out = (
        -34 * np.clip(np.abs(x) / width, 0, 1) ** 3.5
        - 9 * x / width
        - 16 * np.clip(y / looks.shape.chin, 0, 1.1) ** 3
    )
    out += 10 * _bump(x, y, -0.05, -0.5, 0.4, 0.25) + 7 * _bump(
        x, y, 0, looks.shape.chin - 0.16, 0.16, 0.1
    )
    for side in (-1, 1):
        out += 9 * _bump(x, y, side * 0.38, 0.25, 0.17, 0.14) - 10 * _bump(
            x, y, side * 0.17, 0.0, 0.07, 0.12
        )
    return np.asarray(1.7 * out)


def _blush(looks: Looks, x: Array, y: Array) -> Array:
    spread = sum(_bump(x, y, side * 0.42, 0.32, 0.2, 0.15) for side in (-1, 1))
    return np.asarray(
        np.asarray(spread)[..., None] * looks.blush * np.array([-26.0, -22.0, 4.0]),
        dtype=np.float64,
    )


def _mottle(looks: Looks, rng: np.random.Generator) -> Array:
    """Return smooth tinted patches of several sizes, texture that embedders need."""
    total = np.zeros((_SIDE, _SIDE, 3))
    for cells, strength in ((5, 6.0), (10, 7.0), (20, 6.0), (48, 4.0)):
        tone = rng.normal(0, 1, (cells, cells, 1)) + 0.15 * rng.normal(0, 1, (cells, cells, 3))
        total += strength * cv2.resize(tone, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(total * looks.mottle)


def _wrinkles(looks: Looks, x: Array, y: Array) -> Array:
    """Return lines beside the mouth, under the eyes and across the forehead."""
    out = np.zeros_like(x)
    for side in (-1, 1):
        fold = side * (0.16 + 0.35 * (y - 0.38))
        out -= 26 * np.exp(-(((x - fold) / 0.025) ** 2)) * _bump(x * 0, y, 0, 0.5, 1, 0.14)
        out -= (
            18
            * np.exp(-(((y - 0.15 - 0.4 * (x - side * looks.eye_gap) ** 2) / 0.022) ** 2))
            * _bump(x, y * 0, side * looks.eye_gap, 0, 0.14, 1)
        )
    for level in (-0.48, -0.4):
        out -= (
            14
            * np.exp(-(((y - level - 0.06 * x**2) / 0.016) ** 2))
            * _bump(x, y * 0, 0, 0, 0.35, 1)
        )
    return np.asarray(out * looks.wrinkles)


def _spots(looks: Looks, rng: np.random.Generator) -> list[tuple[float, float, float, float]]:
    """Return freckles and a few moles: x, y and radius in head units, and depth."""
    freckles = [
        (
            rng.normal(0, 0.26),
            rng.normal(0.22, 0.09),
            rng.uniform(0.008, 0.016),
            rng.uniform(20, 44),
        )
        for _ in range(looks.freckles)
    ]
    moles = [
        (
            rng.uniform(-0.48, 0.48),
            rng.uniform(-0.05, 0.75),
            rng.uniform(0.016, 0.026),
            rng.uniform(70, 110),
        )
        for _ in range(looks.moles)
    ]
    return freckles + moles
