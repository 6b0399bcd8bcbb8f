"""Light and surroundings of a real door, laid over what the camera sees: flicker, sun, dusk, a
television. Each visit draws its own; the empty scene before it is seen in the same light.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.draw_person import draw_person, random_looks
from kiosk.learning.attacks.recapture import filmed

Light = Callable[[BGRImage, float], BGRImage]
"""Return the picture as the camera delivers it, ``t`` seconds after the person arrived; ``t`` is
negative while the place is empty and never falls."""

Drawn = Callable[[np.random.Generator], Light]

ODD_SIZES = ((640, 360), (320, 240), (480, 640))
"""Width and height of single pictures that a camera delivers after a fault."""

FIRST_STRANGER = 900
"""Seed of the looks of people behind and on television, none of whom is enrolled."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What a visit takes place in.

    ``name`` in tables, ``title`` for people. ``light``: draws the light of one visit. ``fps``:
    pictures per second. ``faults``: whether the camera was lost and delivered a picture of another
    size just before the person came. ``empty_s``: how long the place is empty before: long
    enough for the door to learn another scene, because each victim has one.
    """

    name: str
    title: str
    light: Drawn = lambda rng: lambda image, t: image
    fps: float = 15.0
    faults: bool = False
    empty_s: float = 120.0


def _flicker(rng: np.random.Generator) -> Light:
    """Mains flicker under a rolling shutter: bands that wander through the picture."""
    depth = float(rng.uniform(0.08, 0.2))
    bands = float(rng.uniform(0.7, 3.0))
    speed = float(rng.uniform(0.5, 6.0)) * float(rng.choice((-1, 1)))
    tint = np.array([float(rng.uniform(0.7, 1.0)), 0.95, 1.0], np.float32)

    def light(image: BGRImage, t: float) -> BGRImage:
        rows = np.linspace(0, 2 * math.pi * bands, image.shape[0], dtype=np.float32)
        wave = np.sin(rows + np.float32(2 * math.pi * speed * t))
        gain = 1 + depth * wave[:, None, None] * tint
        return np.asarray(np.clip(image * gain, 0, 255), np.uint8)

    return light


def _backlight(rng: np.random.Generator) -> Light:
    """A bright window beside the head: the exposure goes down and a veil lies over that side."""
    left = bool(rng.integers(2))
    gain = float(rng.uniform(0.45, 0.62))
    veil = float(rng.uniform(25, 60))
    window = (int(rng.uniform(0, 40)), int(rng.uniform(90, 150)))

    def light(image: BGRImage, t: float) -> BGRImage:
        width = image.shape[1]
        x = np.arange(width, dtype=np.float32)
        away = x if left else width - 1 - x
        drift = 1 + 0.03 * math.sin(0.8 * t)
        lit = image * np.float32(gain) + (veil * drift * np.exp(-away / 220))[None, :, None]
        inside = (away >= window[0]) & (away < window[1])
        lit[: image.shape[0] // 2, inside] = 250
        return np.asarray(np.clip(lit, 0, 255), np.uint8)

    return light


def _sun(rng: np.random.Generator) -> Light:
    """A patch of sun with sharp edges that wanders over wall and person."""
    gain = float(rng.uniform(1.35, 1.8))
    colour = np.array([0.82, 0.96, 1.0], np.float32)
    speed = float(rng.uniform(8, 45)) * float(rng.choice((-1, 1)))
    start = float(rng.uniform(200, 440))
    half = float(rng.uniform(50, 150))
    top, bottom = float(rng.uniform(-60, 120)), float(rng.uniform(300, 560))
    lean = float(rng.uniform(-0.35, 0.35))

    def light(image: BGRImage, t: float) -> BGRImage:
        height, width = image.shape[:2]
        x = start + speed * max(t, -6.0)
        corners = np.array(
            [
                (x - half + lean * (top - 240), top),
                (x + half + lean * (top - 240), top),
                (x + half + lean * (bottom - 240), bottom),
                (x - half + lean * (bottom - 240), bottom),
            ]
        )
        patch = np.zeros((height, width), np.float32)
        cv2.fillPoly(patch, [np.round(corners * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
        soft = cv2.GaussianBlur(patch, (0, 0), 1.5)
        factor = 1 + soft[..., None] * (gain * colour - 1)
        return np.asarray(np.clip(image * factor * np.float32(0.8), 0, 255), np.uint8)

    return light


def _dim(rng: np.random.Generator) -> Light:
    """Dusk: little light, much sensor noise in brightness and colour."""
    gain = float(rng.uniform(0.45, 0.7))
    noise = float(rng.uniform(3, 7))
    ground = np.random.default_rng(int(rng.integers(2**31)))

    def light(image: BGRImage, t: float) -> BGRImage:
        dark = np.asarray(image * np.float32(gain) + np.float32(6), np.uint8)
        return filmed(dark, ground, blur=0.4, noise=noise, quality=80)

    return light


@cache
def _stranger(seed: int, height: int) -> tuple[BGRImage, NDArray[np.float32]]:
    """Return a drawn stranger, ``height`` pixels from brow to chin, and where they are, 0..1."""
    key = (255, 0, 255)
    size = (round(1.9 * height), round(2.1 * height))
    picture = draw_person(
        random_looks(FIRST_STRANGER + seed),
        size=size,
        height=height,
        background=key,
        noise_seed=None,
    )
    away = np.abs(picture.astype(np.int16) - np.array(key)).sum(axis=2)
    inside = cv2.erode((away > 40).astype(np.float32), np.ones((5, 5), np.uint8))
    there = cv2.GaussianBlur(inside, (0, 0), 1.0)
    return picture, np.asarray(there, np.float32)


def _laid_over(
    image: BGRImage, picture: BGRImage, share: NDArray[np.float32], x: int, y: int
) -> BGRImage:
    """Return ``image`` with ``picture`` blended in at its middle (x, y)."""
    out = image.copy()
    left, top = x - picture.shape[1] // 2, y - picture.shape[0] // 2
    x1, y1 = max(0, left), max(0, top)
    x2 = min(image.shape[1], left + picture.shape[1])
    y2 = min(image.shape[0], top + picture.shape[0])
    if x2 <= x1 or y2 <= y1:
        return out
    part = (slice(y1 - top, y2 - top), slice(x1 - left, x2 - left))
    weight = share[part][..., None]
    out[y1:y2, x1:x2] = np.asarray(
        picture[part] * weight + out[y1:y2, x1:x2] * (1 - weight), np.uint8
    )
    return out


def _behind(rng: np.random.Generator) -> Light:
    """One or two other people, farther away, who walk about on one side."""
    seeds = [int(rng.integers(20)) for _ in range(int(rng.integers(1, 3)))]
    left = bool(rng.integers(2))
    height = int(rng.uniform(26, 40))
    speed = float(rng.uniform(0.2, 0.6))
    phase = float(rng.uniform(0, 6))

    def light(image: BGRImage, t: float) -> BGRImage:
        for number, seed in enumerate(seeds):
            x = 70 + 45 * math.sin(speed * t + phase + 2 * number)
            x = x if left else image.shape[1] - x
            image = _laid_over(image, *_stranger(seed, height), round(x), 150 + 40 * number)
        return image

    return light


def _television(rng: np.random.Generator) -> Light:
    """A television at one side on which faces as large as the person's come and go."""
    left = bool(rng.integers(2))
    height = int(rng.uniform(70, 105))
    phase = float(rng.uniform(0, 6))
    scene_s = float(rng.uniform(8, 25))
    first = int(rng.integers(100))
    x, y = (95 if left else 545), int(rng.uniform(130, 190))

    def light(image: BGRImage, t: float) -> BGRImage:
        scene = int((t + 1000) // scene_s)
        colour = ((40, 60, 30), (90, 50, 40), (60, 80, 120))[scene % 3]
        seen = image.copy()
        cv2.rectangle(seen, (x - 98, y - 112), (x + 98, y + 112), (12, 12, 12), cv2.FILLED)
        cv2.rectangle(seen, (x - 92, y - 106), (x + 92, y + 106), colour, cv2.FILLED)
        picture, share = _stranger((first + scene) % 12, height)
        shift = round(9 * math.sin(0.9 * t + phase)), round(4 * math.sin(1.3 * t))
        edge = np.zeros(seen.shape[:2], np.float32)
        edge[y - 106 : y + 106, x - 92 : x + 92] = 1
        shown = _laid_over(seen, picture, share, x + shift[0], y + 12 + shift[1])
        seen = np.where(edge[..., None] > 0, shown, seen)
        return np.asarray(seen, np.uint8)

    return light


ENVIRONMENTS: tuple[Environment, ...] = (
    Environment("plain", "even light"),
    Environment("flicker", "mains flicker: bands of light wander through the picture", _flicker),
    Environment("backlight", "a bright window beside the head", _backlight),
    Environment("sun", "a patch of sun wanders over wall and person", _sun),
    Environment("dim", "little light and much noise", _dim),
    Environment("behind", "other people walk about behind", _behind),
    Environment(
        "television",
        "faces as large as the person's on a television",
        _television,
        empty_s=180.0,
    ),
    Environment(
        "fault", "the camera was lost and delivered a picture of another size", faults=True
    ),
    Environment("five-a-second", "five pictures a second", fps=5.0),
    Environment("three-a-second", "three pictures a second", fps=3.0),
)


def environment(name: str) -> Environment:
    """Return the environment called ``name``; ``KeyError`` where there is none."""
    return {one.name: one for one in ENVIRONMENTS}[name]
