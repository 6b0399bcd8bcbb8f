"""Notice a camera whose picture is frozen or black, and leave a still scene alone.

A sensor has noise, so that every part of its picture changes from one picture to the next: the same
picture for more than a moment is then a frozen one. A camera that removes noise, and a stream whose
encoder leaves out what hardly changed, repeat parts of the picture, and all of it in a still scene.
Those are judged by the times that they give their pictures, and where a person is seen, since
nobody stands so still.
"""

from __future__ import annotations

import zlib
from collections import deque

import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import NO_FACTS, BGRImage, PictureFacts

_STEP = 12
"""Every twelfth row and column is compared."""

_BLOCK = 5
"""Rows and columns of these samples that make a part of the picture."""

_CLIPPED = (6, 249)
"""Parts with a sample outside these values say nothing: no noise shows in black and white."""

_REPEATING_SHARE = 0.1
"""Share of the parts that repeat from one picture to the next, from which on a camera repeats parts
of its picture; and the share of pictures in which it must."""

_MIN_CHANGES = 10
"""Fewest changed pictures from which a camera is known to have noise."""

_REMEMBERED = 90
"""Changed pictures that count."""

_BLACK_MEAN = 4.0
"""Mean value (0..255) below which a picture may be black."""

_BLACK_MAX = 16
"""No value of a black picture reaches this."""


class SensorNoise:
    """Whether a camera's pictures change everywhere, as only a sensor with noise makes them."""

    def __init__(self) -> None:
        self._repeating: deque[bool] = deque(maxlen=_REMEMBERED)

    @property
    def present(self) -> bool:
        """Whether enough pictures have changed, and nearly all of them everywhere."""
        enough = len(self._repeating) >= _MIN_CHANGES
        return enough and sum(self._repeating) < _REPEATING_SHARE * len(self._repeating)

    def compare(self, earlier: NDArray[np.uint8], later: NDArray[np.uint8]) -> None:
        """Count two successive pictures that differ; (h, w, 3) samples of the same shape."""
        low, high = _CLIPPED
        same = _whole_blocks(earlier == later)
        inside = _whole_blocks((later >= low) & (later <= high))
        if inside.any():
            self._repeating.append(bool(same[inside].mean() >= _REPEATING_SHARE))


def _whole_blocks(true: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (rows, columns): which blocks of (h, w, 3) samples are true throughout.

    What is left over at the edges is dropped.
    """
    height, width, channels = true.shape
    b = max(1, min(_BLOCK, height, width))
    rows, columns = height // b, width // b
    blocks = true[: rows * b, : columns * b].reshape(rows, b, columns, b, channels)
    return np.asarray(blocks.all(axis=(1, 3, 4)), np.bool_)


class FrozenDetector:
    """Detects a picture that is frozen, or black, for at least ``frozen_s`` seconds.

    It may outlast the camera's connection: a camera that is opened again and still delivers the
    same picture is still frozen. ``reason`` says what was found last: "", "frozen" or "black".
    """

    def __init__(self, frozen_s: float) -> None:
        self.frozen_s = frozen_s
        self.reason = ""
        self._noise = SensorNoise()
        self._sample: NDArray[np.uint8] | None = None
        self._digest: tuple[int, tuple[int, ...]] | None = None
        self._same_since = 0.0
        self._stamp: float | None = None
        self._stamp_since = 0.0
        self._seen_alone_at = 0.0
        self._black_since: float | None = None

    def __call__(self, image: BGRImage, now: float, facts: PictureFacts = NO_FACTS) -> bool:
        """Return whether the picture read at ``now`` (seconds, monotonic) is frozen or black."""
        sample = np.ascontiguousarray(image[::_STEP, ::_STEP])
        self._follow_picture(sample, image.shape, now)
        self._follow_stamp(facts.stamp, now)
        if not facts.face:
            self._seen_alone_at = now
        self._follow_black(sample, now)
        if self._black_since is not None and now - self._black_since >= self.frozen_s:
            self.reason = "black"
        else:
            self.reason = "frozen" if self._is_frozen(now) else ""
        return bool(self.reason)

    def _is_frozen(self, now: float) -> bool:
        same_s = now - self._same_since
        if same_s < self.frozen_s:
            return False
        if self._noise.present:
            return True
        if now - self._stamp_since >= self.frozen_s:
            return True
        return now - self._seen_alone_at >= self.frozen_s

    def _follow_picture(
        self, sample: NDArray[np.uint8], shape: tuple[int, ...], now: float
    ) -> None:
        digest = (zlib.crc32(sample.tobytes()), shape)
        if digest == self._digest:
            return
        if self._sample is not None and self._sample.shape == sample.shape:
            self._noise.compare(self._sample, sample)
        self._digest = digest
        self._sample = sample
        self._same_since = now

    def _follow_stamp(self, stamp: float | None, now: float) -> None:
        if stamp is None or stamp != self._stamp:
            self._stamp_since = now
        self._stamp = stamp

    def _follow_black(self, sample: NDArray[np.uint8], now: float) -> None:
        black = float(sample.mean()) < _BLACK_MEAN and int(sample.max()) < _BLACK_MAX
        since = now if self._black_since is None else self._black_since
        self._black_since = since if black else None
