"""The formats, sizes and rates of a webcam, and which of them fits what is wanted best."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

RAW = ("YUYV", "UYVY", "YVYU", "NV12", "NV21", "YU12", "YV12", "RGB3", "BGR3")
"""Uncompressed colour formats, as V4L2 names them."""

COMPRESSED = ("MJPG", "JPEG")

INFRARED = ("GREY", "Y8I ", "Y10 ", "Y12 ", "Y16 ")
"""Formats without colour: of cameras that see infrared light."""

READABLE = (*RAW, *COMPRESSED, "GREY", "Y16 ")
"""Formats that OpenCV reads."""

LEAST_FPS = 15.0
"""A size with fewer pictures a second is taken only where no other one has more."""


@dataclass(frozen=True, slots=True)
class CameraMode:
    """One way in which a webcam can deliver pictures.

    ``form``: V4L2's four letters. ``width``, ``height``: pixels. ``fps``: pictures a second.
    """

    form: str
    width: int
    height: int
    fps: float

    @property
    def colour(self) -> bool:
        """Whether the pictures have colours."""
        return self.form in RAW or self.form in COMPRESSED

    def __str__(self) -> str:
        return f"{self.width}×{self.height} {self.form.strip()}, {self.fps:g}/s"


def best_mode(modes: Iterable[CameraMode], wanted: CameraMode) -> CameraMode | None:
    """Return the mode nearest to ``wanted``, whose format does not matter; ``None`` without any.

    In this order: colour, a format that can be read, a rate that people can be followed with, the
    size, the rate, and uncompressed before compressed pictures, which cost more and have artefacts.
    """
    readable = [mode for mode in modes if mode.form in READABLE]
    if not readable:
        return None
    enough = min(wanted.fps, LEAST_FPS)

    def cost(mode: CameraMode) -> tuple[float, ...]:
        return (
            not mode.colour,
            max(0.0, enough - mode.fps),
            _size_difference(mode, wanted),
            abs(min(mode.fps, wanted.fps) - wanted.fps),
            mode.form not in RAW,
            abs(mode.fps - wanted.fps),
        )

    return min(readable, key=cost)


def _size_difference(mode: CameraMode, wanted: CameraMode) -> float:
    """Return how far the sizes are apart: the logarithms of both ratios, added."""
    return abs(math.log(mode.width / wanted.width)) + abs(math.log(mode.height / wanted.height))
