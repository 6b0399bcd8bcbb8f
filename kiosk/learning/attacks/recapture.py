"""Effects of printing or displaying a picture and filming it: colour, glare, moiré, blur, noise,
compression.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage

Floats = NDArray[np.float32]

SHEET = 1100


@dataclass(frozen=True, slots=True)
class Medium:
    """Paper or a screen.

    ``gain`` (blue, green, red) and ``lift`` change colours; ``blur`` is the camera's, in pixels;
    ``moire``: grey values of its waves, ``pitch`` mm apart; ``glare``: grey values of the reflected
    lamp, ``spot`` mm across, which moves ``slide`` mm over the sheet per degree of tilt.
    """

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    lift: float = 0.0
    blur: float = 0.7
    moire: float = 0.0
    pitch: float = 6.0
    glare: float = 0.0
    spot: float = 30.0
    slide: float = 4.0


PAPER = Medium(gain=(0.92, 0.95, 0.97), lift=8, blur=0.7, glare=6, spot=60, slide=5)
GLOSSY = Medium(gain=(0.95, 0.97, 1.0), lift=4, blur=0.6, glare=45, spot=35, slide=6)
SCREEN = Medium(
    gain=(1.08, 1.02, 0.98), lift=5, blur=0.6, moire=4, pitch=5, glare=18, spot=25, slide=5
)


def through(content: BGRImage, medium: Medium) -> BGRImage:
    """Return ``content`` in the colours of the medium."""
    return np.asarray(cv2.LUT(content, _table(medium)), np.uint8)


@cache
def _table(medium: Medium) -> BGRImage:
    """Return (1, 256, 3): the lookup table of each colour."""
    values = (
        np.arange(256, dtype=np.float32)[None, :, None] * np.array(medium.gain, np.float32)
        + medium.lift
    )
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def shine(
    seen: BGRImage, places: Floats, medium: Medium, tilt: tuple[float, float], phase: float
) -> BGRImage:
    """Add moiré and the lamp's reflection to ``seen``.

    ``places``: (h, w, 2) mm on the sheet, ``tilt``: degrees about x and y, ``phase`` of the waves
    in radians.
    """
    light = np.zeros(seen.shape, np.float32)
    x, y = (np.ascontiguousarray(places[..., i]) for i in (0, 1))
    if medium.moire:
        one = x + np.float32(0.35) * y
        two = np.float32(0.2) * x - np.float32(1.1) * y
        for channel, turn in enumerate(
            (0.9, 1.0, 1.12)
        ):  # the colours' waves differ, so that it shimmers
            k = np.float32(6.283 / medium.pitch * turn)
            waves = np.sin(k * one + np.float32(phase)) + np.sin(k * two - np.float32(1.7 * phase))
            light[..., channel] += np.float32(medium.moire / 2) * waves
    if medium.glare:
        right = 0.4 * medium.spot + medium.slide * tilt[1]
        down = -0.8 * medium.spot + medium.slide * tilt[0]
        light += (
            medium.glare
            * np.exp(((x - right) ** 2 + (y - down) ** 2) / np.float32(-2 * medium.spot**2))
        )[..., None]
    return np.asarray(np.clip(seen + light, 0, 255), np.uint8)


@cache
def _grain(noise: float) -> NDArray[np.int16]:
    """A sheet of sensor noise larger than a picture; every frame takes another part of it."""
    rng = np.random.default_rng(3)
    shape = (SHEET, SHEET)
    both = rng.normal(0, noise, shape)[..., None] + rng.normal(0, noise / 2, (*shape, 3))
    return np.asarray(np.round(both), np.int16)


def filmed(
    picture: BGRImage,
    rng: np.random.Generator,
    blur: float = 0.0,
    noise: float = 1.8,
    quality: int = 85,
) -> BGRImage:
    """Return the picture as a webcam delivers it: blurred by ``blur`` pixels, with sensor noise,
    compressed.
    """
    if blur > 0:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8)
    height, width = picture.shape[:2]
    sheet = _grain(noise)
    y, x = (int(rng.integers(0, sheet.shape[i] - side)) for i, side in enumerate((height, width)))
    noisy = cv2.add(picture, sheet[y : y + height, x : x + width], dtype=cv2.CV_8U)
    done, packed = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
