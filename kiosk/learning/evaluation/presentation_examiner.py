"""What detector, recogniser, depth check and appearance network say of one presentation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kiosk.core.config import LivenessConfig, QualityConfig
from kiosk.core.frames import BGRImage, Face, Frame, Observation, Quality, QualityIssue
from kiosk.learning.data.face_folders import Notify
from kiosk.learning.data.presentations import GENUINE, Presentation
from kiosk.vision.detection.detector_padding import PaddedDetector
from kiosk.vision.detection.face_quality import assess
from kiosk.vision.liveness.appearance_network import AppearanceNetwork
from kiosk.vision.liveness.checks.parallax import ParallaxCheck
from kiosk.vision.liveness.liveness_check import TrackFrame
from kiosk.vision.liveness.parallax_meter import ParallaxMeter
from kiosk.vision.pipeline import Detector, Embedder, FacePipeline

FRAME_S = 0.1
"""Time from one examined picture of a presentation to the next, for the depth check."""

CLIP_STEP = 3
"""Of a clip every third frame is examined: ten a second of thirty."""

TEMPLATES = 5
"""Genuine pictures that a person's attacks are compared with, spread over all of them."""

FRAMING = frozenset({QualityIssue.CUT_OFF, QualityIssue.OFF_CENTRE, QualityIssue.TOO_CLOSE})
"""What the edges of a frame say of a face; the edges of a photograph's crop say nothing."""

ANYBODY = 1
"""The person that every face is taken for while its depth is measured."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPresentation:
    """One presentation with the answers.

    ``frames`` examined. Of the n faces good enough for the door: ``scores`` (n,) of the appearance
    network, and ``distances`` (n,) to the person's nearest genuine picture, empty where there is
    none. ``deep``: whether the depth check saw as much as passes without a challenge.
    """

    presentation: Presentation
    frames: int
    scores: Floats
    deep: bool
    distances: Floats

    @property
    def faces(self) -> int:
        """Number of faces good enough for the door."""
        return len(self.scores)


class PresentationExaminer:
    """Examines one presentation after another. Not thread-safe."""

    def __init__(self, detector: Detector, embedder: Embedder, network: AppearanceNetwork) -> None:
        config = QualityConfig()
        self._stills = FacePipeline(PaddedDetector(detector), embedder, assess_still, config)
        self._frames = FacePipeline(detector, embedder, assess, config)
        self._network = network
        self._meter = ParallaxMeter()

    def examine(self, one: Presentation) -> tuple[JudgedPresentation, Floats]:
        """Return the answers without distances, and (n, dimension) embeddings of the good faces.

        Raise ``LearningError`` for a file that cannot be read.
        """
        depth = ParallaxCheck(self._meter, LivenessConfig())
        scores: list[float] = []
        vectors: list[Floats] = []
        frames = 0
        for image in _examined(one):
            now = frames * FRAME_S
            frames += 1
            frame = TrackFrame.from_observation(self._seen(one, image, now))
            if frame is None or frame.embedding is None:
                continue
            depth.observe(frame, ANYBODY, now)
            vectors.append(np.asarray(frame.embedding, np.float64))
            scores.append(self._network.score(image, frame.face.landmarks))
        deep = bool(vectors) and depth.ready(ANYBODY, frames * FRAME_S)
        return JudgedPresentation(one, frames, np.array(scores), deep, np.zeros(0)), np.array(
            vectors
        )

    def _seen(self, one: Presentation, image: BGRImage, now: float) -> Observation:
        pipeline = self._frames if one.is_clip else self._stills
        return pipeline.observe(Frame(image, now, round(now / FRAME_S)))


def assess_still(
    image: BGRImage, face: Face, faces: Sequence[Face], crop: BGRImage, config: QualityConfig
) -> Quality:
    """Return the quality of a face whose picture may be cut close around it."""
    quality = assess(image, face, faces, crop, config)
    return replace(quality, issues=tuple(i for i in quality.issues if i not in FRAMING))


def _examined(one: Presentation) -> Iterator[BGRImage]:
    step = CLIP_STEP if one.is_clip else 1
    return (image for number, image in enumerate(one.pictures()) if number % step == 0)


def judge_all(
    presentations: Sequence[Presentation],
    examiner: PresentationExaminer,
    progress: Notify = lambda done, total: None,
) -> list[JudgedPresentation]:
    """Return every presentation judged, attacks compared with their person's genuine pictures."""
    judged: list[JudgedPresentation] = []
    vectors: list[Floats] = []
    for done, one in enumerate(presentations, 1):
        answers, found = examiner.examine(one)
        judged.append(answers)
        vectors.append(found)
        progress(done, len(presentations))
    enrolled = _enrolled(judged, vectors)
    return [
        replace(one, distances=_nearest(found, enrolled.get(one.presentation.person)))
        for one, found in zip(judged, vectors, strict=True)
    ]


def _enrolled(judged: Sequence[JudgedPresentation], vectors: Sequence[Floats]) -> dict[str, Floats]:
    """Return up to ``TEMPLATES`` genuine embeddings of each person."""
    genuine: dict[str, list[Floats]] = defaultdict(list)
    for one, found in zip(judged, vectors, strict=True):
        if one.presentation.species == GENUINE and len(found):
            genuine[one.presentation.person].append(found)
    chosen = {}
    for person, parts in genuine.items():
        own = np.concatenate(parts)
        chosen[person] = own[np.linspace(0, len(own) - 1, TEMPLATES).round().astype(int)]
    return chosen


def _nearest(found: Floats, enrolled: Floats | None) -> Floats:
    """Return (n,) distances to the nearest of ``enrolled``; empty if there is none."""
    if enrolled is None or not len(found):
        return np.zeros(0)
    return np.asarray(np.linalg.norm(found[:, None] - enrolled[None], axis=2).min(axis=1))
