"""Draw invented people into a picture, at any head pose."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.corridor import corridor
from kiosk.demo.synthetic_faces.head_shape import UNITS_PER_HEIGHT, HeadPose
from kiosk.demo.synthetic_faces.looks import Colour, Looks, random_looks
from kiosk.demo.synthetic_faces.portrait import Paint, paint_person

__all__ = ["Looks", "draw_corridor", "draw_person", "random_looks"]


def draw_person(
    looks: Looks,
    *,
    size: tuple[int, int] = (640, 480),
    centre: tuple[float, float] | None = None,
    height: float = 190.0,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    mouth: float = 0.0,
    blink: float = 0.0,
    light: float = 1.0,
    background: BGRImage | Colour | None = None,
    noise_seed: int | None = 0,
) -> BGRImage:
    """Return a new (height, width, 3) uint8 BGR picture of the person.

    ``size``: width and height of the picture in pixels. ``centre``: where the middle of the frontal
    face lies, by default in the middle of the picture. ``height``: of the face in pixels, about
    that of a detector's box. ``yaw``, ``pitch``, ``roll``: radians, positive towards the picture's
    right edge, down, and clockwise. ``mouth``: 0 closed .. 1 open. ``blink``: 0 open .. 1 closed
    eyes. ``light``: factor on the whole picture. ``background``: a picture of that size, a colour,
    or ``None`` for a corridor. ``noise_seed``: of the sensor noise; ``None`` for none. Raises
    ``ValueError`` for a background of another size.
    """
    canvas = _background(size, background)
    x, y = centre if centre is not None else (size[0] / 2, size[1] / 2)
    scale = height / UNITS_PER_HEIGHT
    pose = HeadPose(yaw, pitch, roll, scale, (x, y - 0.17 * scale))
    paint_person(canvas, looks, pose, Paint(mouth=mouth, blink=blink))
    if light != 1.0:
        canvas = np.asarray(cv2.convertScaleAbs(canvas, alpha=light), dtype=np.uint8)
    return canvas if noise_seed is None else _noisy(canvas, noise_seed)


def _background(size: tuple[int, int], background: BGRImage | Colour | None) -> BGRImage:
    if background is None:
        return corridor(size).copy()
    if isinstance(background, tuple):
        return np.full((size[1], size[0], 3), background, dtype=np.uint8)
    if background.shape != (size[1], size[0], 3):
        raise ValueError(
            f"the background is {background.shape}, the picture {size[1]} by {size[0]}"
        )
    return background.copy()


@lru_cache(maxsize=4)
def _grain(size: tuple[int, int]) -> BGRImage:
    rng = np.random.default_rng(7)
    width, height = size
    return np.clip(rng.normal(128, 2.2, (height + 32, width + 32, 3)), 0, 255).astype(np.uint8)


def _noisy(image: BGRImage, seed: int) -> BGRImage:
    """Return the picture with noise; each seed uses another part of one sheet of noise."""
    h, w = image.shape[:2]
    dy, dx = (seed * 7919) % 32, (seed * 104729 // 32) % 32
    return np.asarray(
        cv2.addWeighted(image, 1.0, _grain((w, h))[dy : dy + h, dx : dx + w], 1.0, -128.0),
        dtype=np.uint8,
    )


def draw_corridor(size: tuple[int, int] = (640, 480), noise_seed: int | None = 0) -> BGRImage:
    """Return a new picture of the empty corridor; arguments as for ``draw_person``."""
    empty = corridor(size)
    return empty.copy() if noise_seed is None else _noisy(empty, noise_seed)
