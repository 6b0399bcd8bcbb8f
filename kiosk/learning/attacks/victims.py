"""Victims: people of clips and drawn people as an attacker has them on file, with their scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from kiosk.core.errors import LearningError
from kiosk.core.frames import BGRImage, Points
from kiosk.core.view_models import Turn
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.demo.synthetic_faces.looks import Looks
from kiosk.learning.attacks.empty_scenes import empty_scene
from kiosk.learning.attacks.hand_motion import Drift
from kiosk.learning.attacks.subjects import ClipPerson, DrawnPerson, Habits, Subject, there_and_back
from kiosk.learning.attacks.turning import Build, turned
from kiosk.learning.evaluation.clip_evaluation import SUFFIXES, person_of
from kiosk.vision.camera.recordings import read_pictures
from kiosk.vision.pipeline import Detector, main_face

FEWEST_FRAMES = 30
DRAWN = "drawn-"


@dataclass(frozen=True, slots=True, eq=False)
class Victim:
    """A person whose face is shown.

    ``name`` of the recording and ``person`` in it. ``frames`` with ``landmarks`` (n, 5, 2);
    ``scene``: the place without the person. ``looks``: of a drawn person. ``stranger``: a person
    who is not enrolled and stands there instead.
    """

    name: str
    person: str
    frames: Sequence[BGRImage]
    landmarks: Points
    scene: BGRImage
    looks: Looks | None = None
    stranger: Victim | None = None

    @property
    def eyes(self) -> float:
        """Median pixels between the eyes over the frames."""
        return float(np.median(np.linalg.norm(self.landmarks[:, 1] - self.landmarks[:, 0], axis=1)))

    @property
    def middle(self) -> tuple[float, float]:
        """Median midpoint of the eyes over the frames."""
        x, y = np.median(self.landmarks[:, :2].mean(axis=1), axis=0)
        return float(x), float(y)

    def genuine(self, rng: np.random.Generator) -> Subject:
        """The real person as far as possible: the clip, started anywhere."""
        habits = Habits.drawn(rng)
        if self.looks is not None:
            return DrawnPerson(
                self.looks,
                rng,
                habits,
                height=float(rng.uniform(150, 230)),
                still=float(rng.uniform(1.5, 4.0)),
            )
        return ClipPerson(
            self.frames,
            self.landmarks,
            habits,
            some_build(rng),
            rng,
            first=int(rng.integers(len(self.frames))),
        )

    def still(self, rng: np.random.Generator) -> int:
        """Return a frame that looks at the camera: a random one of those nearest to the median
        pose.
        """
        shape = self.landmarks - self.landmarks.mean(axis=1, keepdims=True)
        off = np.linalg.norm(shape - np.median(shape, axis=0), axis=(1, 2))
        return int(rng.choice(np.argsort(off)[: max(1, len(off) // 3)]))


def some_build(rng: np.random.Generator) -> Build:
    """Draw a random head shape."""
    return Build(
        dome=float(rng.uniform(0.85, 1.15)),
        nose=float(rng.uniform(0.27, 0.42)),
        wing=float(rng.uniform(0.2, 0.28)),
    )


def performed(victim: Victim, rng: np.random.Generator, turns: Sequence[Turn]) -> list[BGRImage]:
    """Record the person doing ``turns`` one after another, each for as long as a person takes."""
    habits = Habits.drawn(rng)
    build = some_build(rng)
    frames = []
    t = 0.0
    for asked, seconds in [(None, 0.8), *((turn, 1.5) for turn in turns), (None, 0.8)]:
        for _ in range(round(seconds * 30)):
            index = there_and_back(len(victim.frames), round(t * 30))
            frames.append(
                turned(victim.frames[index], victim.landmarks[index], *habits.pose(t, asked), build)
            )
            t += 1 / 30
    return frames


def clip_victims(folder: Path, detector: Detector) -> list[Victim]:
    """Return everybody in the clips PERSON-N of ``folder``.

    ``LearningError`` if no clip shows a face.
    """
    if not folder.is_dir():
        raise LearningError(
            f"There is no folder {folder}; give one that holds clips named PERSON-N.mkv."
        )
    files = sorted(
        f
        for f in folder.iterdir()
        if f.suffix.lower() in SUFFIXES and f.is_file() and person_of(f.name)
    )
    victims = [victim for file in files if (victim := _read(file, detector)) is not None]
    if not victims:
        raise LearningError(
            f"{folder} has no clip of a second or more with a face in it, named PERSON-N.mkv; add "
            "some."
        )
    return victims


def _read(file: Path, detector: Detector) -> Victim | None:
    frames = []
    faces = []
    for image in read_pictures(file):
        height, width = image.shape[:2]
        face = main_face(detector.detect(_fitted(image)), (width, height))
        if face is not None:
            frames.append(_fitted(image))
            faces.append(face)
    if len(frames) < FEWEST_FRAMES:
        return None
    return Victim(
        file.stem,
        person_of(file.name),
        frames,
        np.stack([face.landmarks for face in faces]),
        empty_scene(frames, faces),
    )


def _fitted(image: BGRImage) -> BGRImage:
    """Crop to the camera's shape and scale to its size."""
    height, width = image.shape[:2]
    scale = max(640 / width, 480 / height)
    if scale != 1:
        image = np.asarray(
            cv2.resize(
                image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA
            ),
            np.uint8,
        )
    top = (image.shape[0] - 480) // 2
    left = (image.shape[1] - 640) // 2
    return np.ascontiguousarray(image[top : top + 480, left : left + 640])


def drawn_victims(detector: Detector, seconds: float = 2.0) -> list[Victim]:
    """Return the demo's cast, each filmed for a moment in the corridor."""
    return [_draw(number, detector, seconds) for number in range(len(CAST))]


def _draw(number: int, detector: Detector, seconds: float) -> Victim:
    drift = Drift(np.random.default_rng((11, number)))
    looks = CAST[number].looks
    frames = []
    landmarks = []
    for i in range(round(seconds * 30)):
        d = drift.at(i / 30)
        image = draw_person(
            looks,
            height=170,
            yaw=0.06 * float(d[0]),
            pitch=0.04 * float(d[1]),
            centre=(320 + 4 * d[2], 250 + 2 * d[3]),
            noise_seed=i,
        )
        found = detector.detect(image)
        if found:
            frames.append(image)
            landmarks.append(found[0].landmarks)
    return Victim(
        f"{DRAWN}{number}",
        f"{DRAWN}{number}",
        frames,
        np.stack(landmarks),
        draw_corridor(noise_seed=None),
        looks,
    )
