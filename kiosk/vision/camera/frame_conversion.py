"""Convert pictures of cameras and files to ``BGRImage``, and notice frozen and black ones."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from kiosk.core.frames import BGRImage

_log_level = getattr(getattr(cv2, "utils", None), "logging", cv2)
"""The module that sets OpenCV's log level, which differs between releases 4 and 5."""

_STEP = 12
"""Every twelfth row and column is compared."""

_BLACK_MEAN = 4.0
"""Mean value (0..255) below which a picture may be black."""

_BLACK_MAX = 16
"""No value of a black picture reaches this."""


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


class FrozenDetector:
    """Detects the same picture, or a black one, coming for at least ``frozen_s`` seconds.

    A live camera never delivers the same picture twice, because its sensor has noise. ``reason``
    says what was found last: "", "frozen" or "black".
    """

    def __init__(self, frozen_s: float) -> None:
        self.frozen_s = frozen_s
        self.reset()

    def reset(self) -> None:
        """Forget the pictures so far, as for another camera."""
        self.reason = ""
        self._digest: tuple[int, tuple[int, ...]] | None = None
        self._same_since = 0.0
        self._black_since: float | None = None

    def __call__(self, image: BGRImage, now: float) -> bool:
        """Return whether the picture read at ``now`` (seconds, monotonic) is frozen or black."""
        sample = np.ascontiguousarray(image[::_STEP, ::_STEP])
        digest = (zlib.crc32(sample.tobytes()), image.shape)
        if digest != self._digest:
            self._digest = digest
            self._same_since = now
        black = float(sample.mean()) < _BLACK_MEAN and int(sample.max()) < _BLACK_MAX
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
