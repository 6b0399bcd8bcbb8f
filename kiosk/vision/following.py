"""Finds faces again where they were a moment ago, and looks at the whole frame only now and then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kiosk.types import BGRImage, Face
from kiosk.vision.track import overlap

SURE = 0.95
"""A face found again with less than this is looked for in the whole frame."""
NEAR = 0.5
"""Least intersection over union with the box before: beyond it the last stage looked at the edge of what it was trained for."""


class FollowingDetector(Protocol):
    """A detector that can also look near faces found before."""

    def detect(self, image: BGRImage) -> list[Face]: ...
    def refind(self, image: BGRImage, faces: Sequence[Face]) -> list[Face]: ...


class Following:
    """A detector for the frames of one camera, in their order: after each search of a whole frame up to ``most`` frames are followed.

    Whoever steps in beside a followed face is therefore seen ``most`` frames later at the latest; a face that is lost, unsure or
    not where it was is searched for in the same frame. Not for several threads at once.
    """

    def __init__(self, detector: FollowingDetector, most: int) -> None:
        self._detector = detector
        self._most = most
        self._faces: list[Face] = []
        self._left = 0
        self._shape: tuple[int, ...] = ()

    def detect(self, image: BGRImage) -> list[Face]:
        """Every face in ``image``, largest first."""
        if self._left and self._faces and image.shape == self._shape:
            found = self._detector.refind(image, self._faces)
            if _the_same(self._faces, found):
                self._left -= 1
                self._faces = found
                return found
        self._shape, self._left = image.shape, self._most
        self._faces = self._detector.detect(image)
        return self._faces


def _the_same(before: Sequence[Face], now: Sequence[Face]) -> bool:
    return len(before) == len(now) and all(
        face.probability >= SURE and max(overlap(face, former) for former in before) >= NEAR for face in now)
