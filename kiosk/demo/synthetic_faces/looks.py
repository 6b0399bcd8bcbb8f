"""The appearance of a drawn person, and random people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kiosk.demo.synthetic_faces.head_shape import HeadShape

Colour = tuple[int, int, int]

# colours in BGR

SKINS: tuple[Colour, ...] = (
    (200, 216, 246),
    (182, 204, 240),
    (164, 190, 232),
    (140, 172, 220),
    (112, 146, 200),
    (84, 116, 172),
    (64, 88, 136),
)
HAIRS: tuple[Colour, ...] = (
    (28, 24, 24),
    (34, 32, 40),
    (38, 48, 72),
    (46, 66, 104),
    (70, 100, 150),
    (118, 160, 196),
    (128, 128, 130),
    (196, 198, 202),
    (44, 52, 120),
)
IRISES: tuple[Colour, ...] = (
    (28, 36, 54),
    (34, 52, 84),
    (58, 78, 92),
    (110, 92, 66),
    (92, 104, 78),
)
LIPS: tuple[Colour, ...] = (
    (116, 118, 196),
    (98, 96, 176),
    (120, 130, 190),
    (78, 72, 168),
    (108, 122, 172),
)
CLOTHES: tuple[Colour, ...] = (
    (150, 108, 62),
    (92, 78, 58),
    (120, 138, 94),
    (88, 96, 178),
    (176, 160, 140),
    (70, 66, 74),
    (148, 118, 132),
    (208, 204, 196),
    (80, 140, 190),
)
FRAMES: tuple[Colour, ...] = ((40, 36, 34), (30, 40, 96), (120, 96, 40), (150, 150, 156))
HAIR_STYLES = (
    "bald",
    "buzz",
    "receding",
    "short",
    "parted",
    "swept",
    "fringe",
    "bowl",
    "curly",
    "bun",
    "bob",
    "long",
    "long_fringe",
)
BEARDS = ("none", "stubble", "moustache", "goatee", "full")
GLASSES = ("none", "round", "square", "half_rim")


@dataclass(frozen=True, slots=True)
class Looks:
    """Everything that makes one drawn person recognisable.

    Colours are BGR; lengths are head units (see ``head_shape``).
    """

    shape: HeadShape = field(default_factory=HeadShape)
    skin: Colour = SKINS[1]
    hair: Colour = HAIRS[0]
    hair_style: str = "short"
    hair_volume: float = 0.1
    brow_thickness: float = 0.05
    brow_tilt: float = 0.0
    brow_height: float = 0.2
    eye_gap: float = 0.3
    eye_width: float = 0.13
    eye_height: float = 0.065
    eye_tilt: float = 0.0
    iris: Colour = IRISES[0]
    nose_length: float = 0.32
    nose_width: float = 0.11
    nose_depth: float = 0.3
    mouth_y: float = 0.66
    mouth_width: float = 0.24
    lip_thickness: float = 0.07
    lip_curve: float = 0.03
    lips: Colour = LIPS[0]
    ears: float = 0.2
    beard: str = "none"
    glasses: str = "none"
    glasses_colour: Colour = (40, 36, 34)
    mottle: float = 0.5
    blush: float = 0.4
    wrinkles: float = 0.0
    freckles: int = 0
    moles: int = 0
    clothes: Colour = CLOTHES[0]
    collar: str = "crew"
    texture_seed: int = 0


def random_looks(seed: int) -> Looks:
    """Return the person of ``seed``, always the same and as different from others as possible.

    Embedders distinguish drawn people by the places and sizes of their features far more than by
    hair, glasses or skin (measured), so those are drawn towards the ends of their ranges.
    """
    rng = np.random.default_rng(seed)
    mouth_y = _between(rng, 0.59, 0.74)
    hair = HAIRS[rng.choice(len(HAIRS), p=(0.22, 0.14, 0.12, 0.12, 0.1, 0.08, 0.08, 0.08, 0.06))]
    # the order of the draws decides who a seed is
    head = _random_head(rng, mouth_y, hair)
    features = _random_features(rng, mouth_y)
    style = _random_style(rng)
    return Looks(**head, **features, **style, texture_seed=seed)


def _random_head(rng: np.random.Generator, mouth_y: float, hair: Colour) -> dict[str, Any]:
    shape = HeadShape(
        width=_between(rng, 0.6, 0.85),
        jaw=_between(rng, 1.7, 3.8),
        chin=max(_between(rng, 0.9, 1.08), mouth_y + 0.28),
    )
    skin = SKINS[rng.choice(len(SKINS), p=(0.2, 0.22, 0.2, 0.14, 0.1, 0.08, 0.06))]
    return {
        "shape": shape,
        "skin": _varied(rng, skin, 8),
        "hair": _varied(rng, hair, 6),
        "hair_style": str(rng.choice(HAIR_STYLES)),
        "hair_volume": _between(rng, 0.06, 0.2),
    }


def _random_features(rng: np.random.Generator, mouth_y: float) -> dict[str, Any]:
    return {
        "brow_thickness": _between(rng, 0.016, 0.095),
        "brow_tilt": _between(rng, -0.09, 0.09),
        "brow_height": _between(rng, 0.15, 0.28),
        "eye_gap": _between(rng, 0.258, 0.355),
        "eye_width": _between(rng, 0.11, 0.178),
        "eye_height": _between(rng, 0.034, 0.09),
        "eye_tilt": _between(rng, -0.36, 0.36),
        "iris": IRISES[rng.integers(len(IRISES))],
        "nose_length": _between(rng, 0.25, 0.42),
        "nose_width": _between(rng, 0.09, 0.2),
        "nose_depth": _between(rng, 0.26, 0.36),
        "mouth_y": mouth_y,
        "mouth_width": _between(rng, 0.15, 0.34),
        "lip_thickness": _between(rng, 0.024, 0.12),
        "lip_curve": _between(rng, -0.02, 0.08),
        "lips": _varied(rng, LIPS[rng.integers(len(LIPS))], 10),
        "ears": _between(rng, 0.16, 0.27),
    }


def _random_style(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "beard": str(rng.choice(BEARDS, p=(0.6, 0.09, 0.1, 0.09, 0.12))),
        "glasses": str(rng.choice(GLASSES, p=(0.55, 0.16, 0.17, 0.12))),
        "glasses_colour": FRAMES[rng.integers(len(FRAMES))],
        "mottle": _between(rng, 0.15, 0.7),
        "blush": _between(rng, 0.0, 1.0),
        "wrinkles": float(rng.choice((0.0, 0.0, 0.0, 0.5, 0.9))),
        "freckles": int(rng.choice((0, 0, 0, 30, 60))),
        "moles": int(rng.choice((0, 0, 1, 2))),
        "clothes": CLOTHES[rng.integers(len(CLOTHES))],
        "collar": str(rng.choice(("crew", "shirt", "hood"))),
    }


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a value between ``low`` and ``high``, more likely near one of them."""
    return float(low + (high - low) * rng.beta(0.7, 0.7))


def _varied(rng: np.random.Generator, colour: Colour, spread: int) -> Colour:
    """Return ``colour`` with each channel changed by up to ``spread``."""
    b, g, r = (
        int(np.clip(c + d, 0, 255))
        for c, d in zip(colour, rng.integers(-spread, spread + 1, 3), strict=True)
    )
    return b, g, r
