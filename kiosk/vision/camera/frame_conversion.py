"""Convert pictures of cameras and files to ``BGRImage``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from kiosk.core.frames import BGRImage

_log_level = getattr(getattr(cv2, "utils", None), "logging", cv2)
"""The module that sets OpenCV's log level, which differs between releases 4 and 5."""


@contextlib.contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keep OpenCV from writing to stderr; failures are reported by the caller."""
    level = _log_level.getLogLevel()
    _log_level.setLogLevel(0)
    try:
        yield
    finally:
        _log_level.setLogLevel(level)


def as_bgr(picture: Any) -> BGRImage | None:
    """Return a grey, BGR or BGRA picture of 8 or 16 bits as a contiguous (h, w, 3) uint8 array.

    Transparency is blended with white. ``None`` where the picture is empty or of another kind.
    """
    if not isinstance(picture, np.ndarray) or picture.size == 0 or picture.ndim not in (2, 3):
        return None
    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    if picture.dtype != np.uint8:
        return None
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    if channels == 1:
        picture = cv2.cvtColor(picture.reshape(picture.shape[:2]), cv2.COLOR_GRAY2BGR)
    elif channels == 4:
        weight = picture[..., 3:].astype(np.uint16)
        picture = ((picture[..., :3] * weight + 255 * (255 - weight)) // 255).astype(np.uint8)
    elif channels != 3:
        return None
    return np.ascontiguousarray(picture)


def stamp_of(capture: cv2.VideoCapture) -> float | None:
    """Return when the source took the picture read last, in seconds on a clock of its own.

    ``None`` where it does not say: a stream of single JPEGs over HTTP has no times, and OpenCV
    counts its pictures instead.
    """
    if abs(capture.get(cv2.CAP_PROP_PTS)) > 2.0**62:  # FFmpeg's AV_NOPTS_VALUE
        return None
    return float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
