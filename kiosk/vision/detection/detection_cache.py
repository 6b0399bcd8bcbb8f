"""Finds faces again where they were a moment ago, and looks at the whole frame only now and then; at an unchanged empty place too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from kiosk.core.frames import BGRImage, Face
from kiosk.vision.detection.tracker import overlap

SURE = 0.95
"""A face found again with less than this is looked for in the whole frame."""
NEAR = 0.5
"""Least intersection over union with the box before: beyond it the last stage looked at the edge of what it was trained for."""


CELLS = (32, 24)
ROWS = 120
"""About so many rows of a frame are looked at for it."""
CHANGED = 6.0
"""An empty place is as it was while no cell of so many, averaged over its colours, has changed by more than this (0-255). A webcam's noise is
below 2 there; a face of 36 pixels in a frame of 640 covers two cells."""


class RefindingDetector(Protocol):
    """A detector that can also look near faces found before."""

    def detect(self, image: BGRImage) -> list[Face]: ...
    def refind(self, image: BGRImage, faces: Sequence[Face]) -> list[Face]: ...


class DetectionCache:
    """A detector for the frames of one camera, in their order: after each search of a whole frame up to ``most`` frames are followed.

    Whoever steps in beside a followed face is therefore seen ``most`` frames later at the latest; a face that is lost, unsure or
    not where it was is searched for in the same frame. Where nobody was found, and nothing has changed since, up to ``most`` frames
    are not searched. Not for several threads at once.
    """

    def __init__(self, detector: RefindingDetector, most: int) -> None:
        self._detector = detector
        self._most = most
        self._faces: list[Face] = []
        self._left = 0
        self._shape: tuple[int, ...] = ()
        self._empty: BGRImage | None = None

    def scene_changed(self, image: BGRImage) -> bool:
        """Whether something has changed in ``image`` since nobody was found; a tenth of a millisecond."""
        return (
            self._empty is not None
            and image.shape == self._shape
            and not _like(self._empty, _cells(image))
        )

    def detect(self, image: BGRImage) -> list[Face]:
        """Every face in ``image``, largest first."""
        if self._left and self._faces and image.shape == self._shape:
            found = self._detector.refind(image, self._faces)
            if _the_same(self._faces, found):
                self._left -= 1
                self._faces = found
                return found
        cells = _cells(image) if self._most else None
        if (
            self._left
            and cells is not None
            and self._empty is not None
            and _like(self._empty, cells)
        ):
            self._left -= 1
            return []
        self._shape = image.shape
        self._left = self._most
        self._faces = self._detector.detect(image)
        self._empty = None if self._faces else cells
        return self._faces


def _cells(image: BGRImage) -> BGRImage:
    every = max(1, image.shape[0] // ROWS)
    return np.asarray(cv2.resize(image[::every], CELLS, interpolation=cv2.INTER_AREA), np.uint8)


def _like(before: BGRImage, now: BGRImage) -> bool:
    return float(cv2.absdiff(before, now).mean(axis=2).max()) <= CHANGED


def _the_same(before: Sequence[Face], now: Sequence[Face]) -> bool:
    return len(before) == len(now) and all(
        face.probability >= SURE and max(overlap(face, former) for former in before) >= NEAR
        for face in now
    )
