"""Pictures of people in folders, and the faces that the kiosk's own detector finds in them.

    DIR/PERSON/picture.jpg          a folder per person
    DIR/GROUP/PERSON/picture.jpg    the same in groups, each with its own figures

Unusable pictures are listed as ``Problem`` and never stop the work.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import CameraError, LearningError
from kiosk.core.files import atomic_write
from kiosk.core.frames import BGRImage
from kiosk.vision.camera.picture_decoder import decode_picture
from kiosk.vision.camera.picture_files import PICTURE_SUFFIXES
from kiosk.vision.detection.alignment import crop_for
from kiosk.vision.detection.detector_padding import PaddedDetector
from kiosk.vision.pipeline import Detector, main_face, people_among

Kind = Literal["unreadable", "no_face", "duplicate"]
Notify = Callable[[int, int], None]
"""Called with (done, total) pictures."""

MIN_PROBABILITY = 0.9
"""Minimum detection probability, as at the door."""

_CACHE_FORMAT = "3"
"""Version of the cache; changes whenever the same picture would give other crops."""

_ANY_SIZE = 1 << 16
"""Longest side in pixels: pictures to learn and measure from are not reduced."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file.

    ``path``: relative to the searched folder, with forward slashes. ``person``: who it shows.
    """

    path: str
    person: str

    @property
    def group(self) -> str:
        """The folder above the person's folder, empty if there is none."""
        return group_of(self.person)


@dataclass(frozen=True, slots=True)
class Problem:
    """A picture that cannot be used. ``sentence``: the reason, for people."""

    path: str
    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """Aligned faces.

    ``pictures`` that showed one, ``crops`` (n, size, size, 3) uint8 BGR in the same order, and the
    problems.
    """

    pictures: list[Picture]
    crops: NDArray[np.uint8]
    problems: list[Problem] = field(default_factory=list)


def group_of(person: str) -> str:
    """Return ``GROUP`` of ``GROUP/PERSON``, else an empty text."""
    return person.split("/")[0] if "/" in person else ""


def find_people(root: Path) -> list[Picture]:
    """List every picture in a person's folder below ``root``, sorted; ``LearningError`` if there is
    none.

    Hidden files and folders, other files, and pictures directly in ``root`` are skipped.
    """
    if not root.is_dir():
        raise LearningError(
            f"There is no folder {root}; give one that holds a folder of pictures for each person."
        )
    try:
        found = [
            Picture(f"{person}/{name}", person)
            for person, name in _walk(root, "", {root.resolve()})
        ]
    except OSError as error:
        raise LearningError(
            f"The folder {error.filename} cannot be read ({error.strerror}); check its permissions."
        ) from None
    if not found:
        raise LearningError(
            f"{root} holds no pictures of people; put a folder for each person there, with JPEG or "
            "PNG files in it."
        )
    return sorted(found, key=lambda picture: picture.path)


def _walk(folder: Path, within: str, seen: set[Path]) -> Iterator[tuple[str, str]]:
    """Yield person and file name of each picture.

    A folder that links back to a parent is not entered again.
    """
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            below = Path(entry.path)
            place = below.resolve()
            if place not in seen:
                yield from _walk(
                    below, f"{within}/{entry.name}" if within else entry.name, seen | {place}
                )
        elif within and Path(entry.name).suffix.lower() in PICTURE_SUFFIXES:
            yield within, entry.name


class Aligner:
    """Finds and crops the main face of picture files, with an optional ``cache``.

    ``alignment`` and ``size`` (pixels) as in the manifest. A cached face is named by its picture's
    sha256 and carries its own checksum: a damaged one is made again.
    """

    def __init__(
        self, detector: Detector, alignment: str, size: int, cache: Path | None = None
    ) -> None:
        self._detector = detector
        self._still = PaddedDetector(detector)
        self._alignment = alignment
        self._size = size
        self._cache = cache

    def face(self, content: bytes) -> BGRImage | Literal["unreadable", "no_face"]:
        """Return (size, size, 3) of the main face in an encoded picture, or why there is none.

        ``LearningError`` for the cache.
        """
        place = self._place(content)
        kept = self._kept(place) if place else None
        if kept is not None:
            return kept if len(kept) else "no_face"
        image = _decoded(content)
        if image is None:
            return "unreadable"
        found = self._cut(image, self._still)
        if place:
            _keep(place, found)
        return "no_face" if found is None else found

    def cut(self, image: BGRImage) -> BGRImage | None:
        """Return (size, size, 3) of the main face in a camera frame, if any; never cached."""
        return self._cut(image, self._detector)

    def _cut(self, image: BGRImage, detector: Detector) -> BGRImage | None:
        faces = people_among(detector.detect(image), MIN_PROBABILITY)
        face = main_face(faces, (image.shape[1], image.shape[0]))
        return None if face is None else crop_for(image, face, self._alignment, self._size)

    def _place(self, content: bytes) -> Path | None:
        if self._cache is None:
            return None
        name = hashlib.sha256(content).hexdigest()
        return (
            self._cache / name[:2] / f"{name}-{self._alignment}-{self._size}-{_CACHE_FORMAT}.face"
        )

    def _kept(self, place: Path) -> BGRImage | None:
        """Return the cached face, or ``None``.

        An empty face (0, 0, 3) marks a picture without one.
        """
        try:
            stored = place.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(stored[32:]).digest() != stored[:32]:
            return None
        if len(stored) == 32:
            return np.zeros((0, 0, 3), np.uint8)
        image = _decoded(stored[32:])
        return image if image is not None and image.shape == (self._size, self._size, 3) else None


def _decoded(content: bytes) -> BGRImage | None:
    try:
        return decode_picture(content, "picture", _ANY_SIZE)
    except CameraError:
        return None


def _keep(place: Path, face: BGRImage | None) -> None:
    """Write a cached face atomically and losslessly, so that a second run measures the same."""
    body = b"" if face is None else cv2.imencode(".png", face)[1].tobytes()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(place, hashlib.sha256(body).digest() + body, mode=None)
    except OSError as error:
        raise LearningError(
            f"The folder of found faces {place.parent.parent} cannot be written "
            f"({error.strerror}); make room or name another."
        ) from None


def align_each(
    root: Path,
    pictures: Sequence[Picture],
    aligner: Aligner,
    *,
    progress: Notify = lambda done, total: None,
    duplicates: bool = False,
) -> Iterator[tuple[Picture, BGRImage | None, Problem | None]]:
    """Yield each picture with its face or its problem, one at a time, so that memory stays bounded.

    A picture with the bytes of an earlier one is a ``duplicate`` and comes without its face unless
    ``duplicates``.
    """
    first: dict[bytes, str] = {}
    for done, picture in enumerate(pictures, 1):
        yield (picture, *_one(root, picture, aligner, first, duplicates))
        progress(done, len(pictures))


def _one(
    root: Path, picture: Picture, aligner: Aligner, first: dict[bytes, str], duplicates: bool
) -> tuple[BGRImage | None, Problem | None]:
    path = picture.path
    try:
        content = (root / path).read_bytes()
    except OSError as error:
        return None, Problem(path, "unreadable", f"{path} cannot be read ({error.strerror}).")
    twin = first.setdefault(hashlib.sha256(content).digest(), path)
    problem = (
        None if twin == path else Problem(path, "duplicate", f"{path} is the same file as {twin}.")
    )
    if problem and not duplicates:
        return None, problem
    face = aligner.face(content)
    if isinstance(face, str):
        why = (
            "is not a readable picture"
            if face == "unreadable"
            else "shows no face that the detector finds"
        )
        return None, Problem(path, face, f"{path} {why}.")
    return face, problem


def align_all(
    root: Path,
    pictures: Sequence[Picture],
    detector: Detector,
    alignment: str,
    size: int,
    cache: Path | None = None,
    progress: Notify = lambda done, total: None,
    *,
    duplicates: bool = False,
) -> Crops:
    """Align the main faces of ``pictures`` (paths below ``root``), in order, with all problems.

    Raises ``LearningError`` only if ``cache`` cannot be written.
    """
    kept = []
    crops = []
    problems = []
    for picture, face, problem in align_each(
        root,
        pictures,
        Aligner(detector, alignment, size, cache),
        progress=progress,
        duplicates=duplicates,
    ):
        if problem:
            problems.append(problem)
        if face is not None:
            kept.append(picture)
            crops.append(face)
    return Crops(
        kept, np.stack(crops) if crops else np.zeros((0, size, size, 3), np.uint8), problems
    )
