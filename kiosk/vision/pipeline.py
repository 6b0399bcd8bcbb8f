"""One frame in, everything that vision says about it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kiosk.core.config import QualityConfig
from kiosk.core.frames import BGRImage, Face, Frame, Observation, Quality
from kiosk.core.templates import EmbedderInfo


class Detector(Protocol):
    """Finds faces in a ``BGRImage``, largest first."""

    def detect(self, image: BGRImage) -> list[Face]: ...


class Embedder(Protocol):
    """Cuts a face out and turns it into an embedding."""

    @property
    def info(self) -> EmbedderInfo: ...
    def crop(self, image: BGRImage, face: Face) -> BGRImage: ...
    def embed(self, crops: Sequence[BGRImage]) -> NDArray[np.float32]: ...


Assess = Callable[[BGRImage, Face, Sequence[Face], BGRImage, QualityConfig], Quality]


SURE = 0.99
DOUBTFUL = 0.97
"""Beside a face at least as sure as the former, one less sure than the latter is a print on a shirt, however large it is: such
prints had 0.90 to 0.965 on the clips, people in front of the camera 0.994 and more."""


def people_among(faces: Sequence[Face], least: float) -> list[Face]:
    """The faces of probability ``least`` or more, without those that are doubtful beside a sure one."""
    if any(face.probability >= SURE for face in faces):
        least = max(least, DOUBTFUL)
    return [face for face in faces if face.probability >= least]


def main_face(faces: Sequence[Face], size: tuple[int, int]) -> Face | None:
    """Who stands at the door: the largest face, less what it is off the middle of the picture."""
    if not faces:
        return None
    middle = size[0] / 2

    def presence(face: Face) -> float:
        off = abs(face.centre[0] - middle) / middle
        return face.width * (1 - 0.5 * min(off, 1.0))

    return max(faces, key=presence)


class FacePipeline:
    """Detector, quality and embedder in a row. Not for several threads at once."""

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder,
        assess: Assess,
        config: QualityConfig,
        scene_changed: Callable[[BGRImage], bool] = lambda image: False,
    ) -> None:
        self._detector = detector
        self._embedder = embedder
        self._assess = assess
        self._config = config
        self._stirs = scene_changed

    @property
    def info(self) -> EmbedderInfo:
        """The embedder whose vectors come out."""
        return self._embedder.info

    def scene_changed(self, frame: Frame) -> bool:
        """Whether a place where nobody was found is no longer as it was; never where the detector does not compare."""
        return self._stirs(frame.image)

    def observe(self, frame: Frame, embed: bool = True) -> Observation:
        """What is to be seen in ``frame``; the main face is embedded where ``embed`` and its quality is good."""
        height, width = frame.image.shape[:2]
        faces = people_among(self._detector.detect(frame.image), self._config.min_probability)
        face = main_face(faces, (width, height))
        if face is None:
            return Observation(frame.captured_at, (width, height), tuple(faces), image=frame.image)
        crop = self._embedder.crop(frame.image, face)
        quality = self._assess(frame.image, face, faces, crop, self._config)
        vector = self._embedder.embed([crop])[0] if embed and quality.good else None
        return Observation(
            frame.captured_at,
            (width, height),
            tuple(faces),
            face,
            quality,
            vector,
            self.info.id,
            frame.image,
        )
