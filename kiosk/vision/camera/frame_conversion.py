"""What comes out of a camera or file, made into the one kind of picture that everybody else works on."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from kiosk.core.frames import BGRImage

_log_level = getattr(getattr(cv2, "utils", None), "logging", cv2)
"""Where OpenCV's log level is set: releases 4 and 5 keep it in different places."""

_STEP = 12
_BLACK_MEAN = 4.0
_BLACK_MOST = 16


@contextlib.contextmanager
def quiet_opencv() -> Iterator[None]:
    """OpenCV writes nothing to stderr meanwhile; what fails is told by us."""
    before = _log_level.getLogLevel()
    _log_level.setLogLevel(0)
    try:
        yield
    finally:
        _log_level.setLogLevel(before)


def as_bgr(picture: Any) -> BGRImage | None:
    """(h, w, 3) uint8 contiguous of a grey, alpha, 16-bit or BGR picture; ``None`` where it is empty or of another kind.

    Alpha is laid over white.
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


class FrozenDetector:
    """Says whether the very same picture, or a black one, has been coming for ``frozen_s`` seconds or longer.

    A live camera never gives the same picture twice: its sensor has noise. Only every twelfth row and column is looked
    at. ``reason`` says what was found last: "", "frozen" or "black".
    """

    def __init__(self, frozen_s: float) -> None:
        self.frozen_s = frozen_s
        self.reset()

    def reset(self) -> None:
        """Begin anew, as with another camera."""
        self.reason = ""
        self._digest: tuple[int, tuple[int, ...]] | None = None
        self._same_since = 0.0
        self._black_since: float | None = None

    def __call__(self, image: BGRImage, now: float) -> bool:
        """Look at the picture read at ``now`` (seconds, monotonic)."""
        part = np.ascontiguousarray(image[::_STEP, ::_STEP])
        digest = (zlib.crc32(part.tobytes()), image.shape)
        if digest != self._digest:
            self._digest = digest
            self._same_since = now
        black = float(part.mean()) < _BLACK_MEAN and int(part.max()) < _BLACK_MOST
        self._black_since = (
            (now if self._black_since is None else self._black_since) if black else None
        )
        if self._black_since is not None and now - self._black_since >= self.frozen_s:
            self.reason = "black"
        elif now - self._same_since >= self.frozen_s:
            self.reason = "frozen"
        else:
            self.reason = ""
        return bool(self.reason)
