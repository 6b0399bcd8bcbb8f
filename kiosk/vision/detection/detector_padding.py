"""A border around still pictures, so that a face that fills one is found with correct landmarks.

MTCNN's networks look at squares around a face. Where such a square reaches beyond the picture,
facenet-pytorch cuts it off and stretches the rest, which moves the landmarks: on web portraits that
are little more than a face, the true accept rate at a false accept rate of 1e-3 was 31 % without a
border and 50 % with one (docs/model-card.md). A camera beside a door sees more than a face, so its
frames are not padded: the border costs time.
"""

from __future__ import annotations

import cv2
import numpy as np

from kiosk.core.frames import BGRImage, Face
from kiosk.vision.pipeline import Detector

BORDER_SHARE = 0.25
"""Width of the border on each side, as a share of the longer side of the picture."""


class PaddedDetector:
    """A detector that adds a black border first; its faces are in pixels of the picture given."""

    def __init__(self, detector: Detector, share: float = BORDER_SHARE) -> None:
        self._detector = detector
        self._share = share

    def detect(self, image: BGRImage) -> list[Face]:
        """Return every face in ``image``, largest first."""
        width = round(self._share * max(image.shape[:2]))
        wider = cv2.copyMakeBorder(
            image, width, width, width, width, cv2.BORDER_CONSTANT, value=(0, 0, 0)
        )
        return [
            _shifted(face, -width) for face in self._detector.detect(np.asarray(wider, np.uint8))
        ]


def _shifted(face: Face, by: int) -> Face:
    return Face(face.box + np.float32(by), face.landmarks + np.float32(by), face.probability)
