"""Follow faces from frame to frame, and search the whole frame only now and then.

The same holds for an empty scene that has not changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from kiosk.core.frames import BGRImage, Face
from kiosk.vision.detection.tracker import overlap

MIN_PROBABILITY = 0.95
"""A followed face with less than this probability is searched for in the whole frame."""

MIN_OVERLAP = 0.5
"""Least intersection over union with the box before; below it the detector's last stage looked at
the edge of what it was trained for."""

GRID = (32, 24)
"""Columns and rows of cells in which an empty scene is compared."""

SAMPLED_ROWS = 120
"""About this many rows of a frame are read for the grid."""

CELL_CHANGE = 6.0
"""Largest change of a cell, averaged over its colours (0..255), in an unchanged scene. A webcam's
noise is below 2 there; a face of 36 pixels in a frame 640 wide covers two cells."""


class RefindingDetector(Protocol):
    """A detector that can also search near faces found before."""

    def detect(self, image: BGRImage) -> list[Face]: ...
    def refind(self, image: BGRImage, faces: Sequence[Face]) -> list[Face]: ...


class DetectionCache:
    """A detector for successive frames of one camera. Not thread-safe.

    After each search of a whole frame, the faces are followed for up to ``max_followed`` frames, so
    a second person is found at most that many frames later. A face that is lost, doubtful or not
    near its place is searched for in the same frame. Where no face was found and the scene has not
    changed, up to ``max_followed`` frames are not searched.
    """

    def __init__(self, detector: RefindingDetector, max_followed: int) -> None:
        self._detector = detector
        self._max_followed = max_followed
        self._faces: list[Face] = []
        self._frames_left = 0
        self._shape: tuple[int, ...] = ()
        self._empty_grid: BGRImage | None = None

    def scene_changed(self, image: BGRImage) -> bool:
        """Return whether ``image`` differs from the last empty scene; takes about 0.1 ms."""
        return (
            self._empty_grid is not None
            and image.shape == self._shape
            and not _similar(self._empty_grid, _grid(image))
        )

    def detect(self, image: BGRImage) -> list[Face]:
        """Return every face in ``image``, largest first."""
        if self._frames_left and self._faces and image.shape == self._shape:
            found = self._detector.refind(image, self._faces)
            if _same_faces(self._faces, found):
                self._frames_left -= 1
                self._faces = found
                return found
        grid = _grid(image) if self._max_followed else None
        if (
            self._frames_left
            and grid is not None
            and self._empty_grid is not None
            and _similar(self._empty_grid, grid)
        ):
            self._frames_left -= 1
            return []
        self._shape = image.shape
        self._frames_left = self._max_followed
        self._faces = self._detector.detect(image)
        self._empty_grid = None if self._faces else grid
        return self._faces


def _grid(image: BGRImage) -> BGRImage:
    """Return the mean colour of each cell."""
    step = max(1, image.shape[0] // SAMPLED_ROWS)
    return np.asarray(cv2.resize(image[::step], GRID, interpolation=cv2.INTER_AREA), np.uint8)


def _similar(first: BGRImage, second: BGRImage) -> bool:
    return float(cv2.absdiff(first, second).mean(axis=2).max()) <= CELL_CHANGE


def _same_faces(earlier: Sequence[Face], found: Sequence[Face]) -> bool:
    return len(earlier) == len(found) and all(
        face.probability >= MIN_PROBABILITY
        and max(overlap(face, other) for other in earlier) >= MIN_OVERLAP
        for face in found
    )
