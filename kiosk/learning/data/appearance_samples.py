"""Faces to train the network against presentation attacks with: genuine ones, and attacks.

The sources: pictures that were really taken of people and of their prints (``presentations``),
people of clips and drawn people as they come and as the simulated attacks show them, photographs of
the pool, which many other cameras took, and all these genuine faces recaptured from a simulated
sheet. Each face is shown by several cameras
(``camera_looks``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import LearningError
from kiosk.core.frames import BGRImage, Face, Points
from kiosk.core.view_models import Turn
from kiosk.learning.attacks.instruments import Presented
from kiosk.learning.attacks.species import SPECIES
from kiosk.learning.attacks.victims import Victim
from kiosk.learning.data.batch_augmentation import BatchCropper
from kiosk.learning.data.camera_looks import (
    camera_look,
    face_region,
    recaptured,
    varied_medium,
)
from kiosk.learning.data.face_folders import MIN_PROBABILITY
from kiosk.learning.data.presentations import GENUINE, Presentation
from kiosk.learning.data.unlabelled_pool import Pool
from kiosk.vision.detection.alignment import TEMPLATES
from kiosk.vision.liveness.appearance_network import SIDE
from kiosk.vision.pipeline import Detector, main_face, people_among

TURNS = (None, *Turn)


@dataclass(frozen=True, slots=True, eq=False)
class FoundFace:
    """A face in a picture, (5, 2) ``landmarks`` in its pixels; ``source`` names where it is from,
    such as "print" or "simulated".
    """

    image: BGRImage
    landmarks: Points
    genuine: bool
    person: str
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """``patches`` (n, 80, 80, 3) uint8 BGR, ``genuine`` (n,) and ``source`` (n,) of each."""

    patches: NDArray[np.uint8]
    genuine: NDArray[np.bool_]
    source: NDArray[np.str_]

    @classmethod
    def joined(cls, parts: Sequence[Samples]) -> Samples:
        """Return all samples of ``parts``."""
        return cls(
            np.concatenate([part.patches for part in parts]),
            np.concatenate([part.genuine for part in parts]),
            np.concatenate([part.source for part in parts]),
        )


def _main(detector: Detector, image: BGRImage) -> Face | None:
    """Return the face that the door would look at."""
    faces = people_among(detector.detect(image), MIN_PROBABILITY)
    return main_face(faces, (image.shape[1], image.shape[0]))


def real_faces(presentations: Sequence[Presentation], detector: Detector) -> Iterator[FoundFace]:
    """Yield the main face of each picture; raises as ``Presentation.pictures``."""
    for one in presentations:
        for image in one.pictures():
            face = _main(detector, image)
            if face is not None:
                genuine = one.species == GENUINE
                yield FoundFace(image, face.landmarks, genuine, one.person, one.species)


def genuine_faces(
    victims: Sequence[Victim], detector: Detector, visits: int, rng: np.random.Generator
) -> Iterator[FoundFace]:
    """Yield faces of each person of clips or of the drawn cast, as they come and turn the head."""
    for victim in victims:
        source = "clip" if victim.looks is None else "drawn"
        for _ in range(visits):
            subject = victim.genuine(rng)
            for number, asked in enumerate(TURNS):
                image = subject.picture(1.5 * number + float(rng.uniform(0.3, 1.4)), asked)
                face = _main(detector, image)
                if face is not None:
                    yield FoundFace(image, face.landmarks, True, victim.person, source)


def simulated_attacks(
    victims: Sequence[Victim], detector: Detector, looks: int, rng: np.random.Generator
) -> Iterator[FoundFace]:
    """Yield the faces of each flat attack on each victim at ``looks`` moments.

    Attacks that show the camera's own picture, or a stranger, are left out. The material varies.
    """
    for victim in victims:
        for kind in SPECIES:
            if kind.stranger:
                continue
            subject = kind.make(victim, rng)
            if not isinstance(subject, Presented):
                continue
            for number in range(looks):
                subject.sheet = replace(
                    subject.sheet, medium=varied_medium(subject.sheet.medium, rng)
                )
                asked = TURNS[int(rng.integers(len(TURNS)))]
                image = subject.picture(1.5 * number + float(rng.uniform(0, 1)), asked)
                face = _main(detector, image)
                if face is not None:
                    yield FoundFace(image, face.landmarks, False, victim.person, "simulated")


def photographs(
    pool: Pool, sources: Sequence[str], count: int, rng: np.random.Generator
) -> Iterator[FoundFace]:
    """Yield ``count`` faces of the pool from ``sources``: photographs by many other cameras.

    ``LearningError`` for a damaged picture.
    """
    _, points = TEMPLATES["arcface_112"]
    rows = np.flatnonzero(np.isin(pool.sources, sources))
    for row in rng.permutation(rows)[:count]:
        image = cv2.imdecode(pool.pictures[row], cv2.IMREAD_COLOR)
        if image is None:
            raise LearningError(
                f"Picture {row} of the pool is damaged; make the file with it again."
            )
        landmarks = points + np.float32(BatchCropper.MARGIN)
        yield FoundFace(np.asarray(image, np.uint8), landmarks, True, "", "photo")


def shown_by_cameras(
    faces: Iterator[FoundFace] | Sequence[FoundFace],
    looks: int,
    rng: np.random.Generator,
    *,
    recaptures: int = 0,
) -> Samples:
    """Return each face as ``looks`` cameras show it, a genuine one also ``recaptures`` times from a
    simulated sheet.
    """
    patches: list[BGRImage] = []
    genuine: list[bool] = []
    source: list[str] = []
    for face in faces:
        region, points = face_region(face.image, face.landmarks)
        for number in range(looks + recaptures * face.genuine):
            again = number >= looks
            image = recaptured(region, points, rng) if again else region
            patch = camera_look(image, points, rng)
            if patch is not None:
                patches.append(patch)
                genuine.append(face.genuine and not again)
                source.append("recaptured" if again else face.source)
    shape = (0, SIDE, SIDE, 3)
    return Samples(
        np.stack(patches) if patches else np.zeros(shape, np.uint8),
        np.array(genuine, np.bool_),
        np.array(source, np.str_),
    )
