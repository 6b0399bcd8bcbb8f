"""From one frame to its observation: faces, main face, quality, embedding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kiosk.core.config import QualityConfig
from kiosk.core.frames import BGRImage, Face, Frame, Observation, Quality
from kiosk.core.templates import EmbedderInfo


class Detector(Protocol):
    """Finds faces in a ``BGRImage``, largest first, in its pixels."""

    def detect(self, image: BGRImage) -> list[Face]: ...


class Separator(Protocol):
    """Tells visitors' faces from those that are there for minutes; see ``StandingFaces``."""

    @property
    def found(self) -> int: ...
    def separate(self, faces: Sequence[Face], now: float) -> tuple[list[Face], list[Face]]: ...
    def visited(self, face: Face) -> None: ...


class Embedder(Protocol):
    """Cuts out a face, (size, size, 3) BGR, and computes embeddings, (n, dimension) float32."""

    @property
    def info(self) -> EmbedderInfo: ...
    def crop(self, image: BGRImage, face: Face) -> BGRImage: ...
    def embed(self, crops: Sequence[BGRImage]) -> NDArray[np.float32]: ...


Assess = Callable[[BGRImage, Face, Sequence[Face], BGRImage, QualityConfig], Quality]


CERTAIN = 0.99
"""Detector probability of a face that certainly belongs to a person: people in front of the camera
had 0.994 and more on the clips."""

DOUBTFUL = 0.97
"""Beside a certain face, one below this is a print on a shirt, however large: such prints had 0.90
to 0.965 on the clips."""


def people_among(faces: Sequence[Face], min_probability: float) -> list[Face]:
    """Return the probable faces, without doubtful ones beside a certain one."""
    if any(face.probability >= CERTAIN for face in faces):
        min_probability = max(min_probability, DOUBTFUL)
    return [face for face in faces if face.probability >= min_probability]


def main_face(faces: Sequence[Face], size: tuple[int, int]) -> Face | None:
    """Return the face of the person at the door: the largest, weighted by how central it is.

    ``size``: (width, height) of the picture in pixels.
    """
    if not faces:
        return None
    middle = size[0] / 2

    def presence(face: Face) -> float:
        off = abs(face.centre[0] - middle) / middle
        return face.width * (1 - 0.5 * min(off, 1.0))

    return max(faces, key=presence)


class FacePipeline:
    """Runs detector, quality check and embedder. Not thread-safe."""

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder,
        assess: Assess,
        config: QualityConfig,
        scene_changed: Callable[[BGRImage], bool] = lambda image: False,
        standing: Separator | None = None,
    ) -> None:
        self._detector = detector
        self._embedder = embedder
        self._assess = assess
        self._config = config
        self._scene_changed = scene_changed
        self._standing = standing

    @property
    def info(self) -> EmbedderInfo:
        """The embedder that makes the embeddings."""
        return self._embedder.info

    def scene_changed(self, frame: Frame) -> bool:
        """Return whether an empty scene has changed; false where the detector cannot tell."""
        return self._scene_changed(frame.image)

    def visited(self, face: Face) -> None:
        """Note that ``face`` is a visitor's, who was let in."""
        if self._standing is not None:
            self._standing.visited(face)

    def observe(self, frame: Frame, embed: bool = True, everybody: bool = False) -> Observation:
        """Return what is seen in ``frame``.

        The main face is embedded if ``embed`` is set and its quality is good. ``everybody``: faces
        that are there for minutes are not left out.
        """
        height, width = frame.image.shape[:2]
        faces = people_among(self._detector.detect(frame.image), self._config.min_probability)
        standing: list[Face] = []
        if self._standing is not None and not everybody:
            faces, standing = self._standing.separate(faces, frame.captured_at)
        seen = self._observed(frame, faces, (width, height), embed)
        if self._standing is None:
            return seen
        return replace(seen, standing=tuple(standing), standing_found=self._standing.found)

    def _observed(
        self, frame: Frame, faces: list[Face], size: tuple[int, int], embed: bool
    ) -> Observation:
        face = main_face(faces, size)
        if face is None:
            return Observation(
                frame.captured_at,
                size,
                tuple(faces),
                image=frame.image,
                infrared=frame.infrared,
                depth=frame.depth,
            )
        crop = self._embedder.crop(frame.image, face)
        quality = self._assess(frame.image, face, faces, crop, self._config)
        vector = self._embedder.embed([crop])[0] if embed and quality.good else None
        return Observation(
            frame.captured_at,
            size,
            tuple(faces),
            face,
            quality,
            vector,
            self.info.id,
            frame.image,
            frame.infrared,
            frame.depth,
        )
