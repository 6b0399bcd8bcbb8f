"""Genuine people and attacks before a camera, in folders: pictures or clips.

    DIR/genuine/PERSON/…    the people themselves
    DIR/SPECIES/PERSON/…    attacks of one kind with that person's face

Below PERSON there may be more folders, of sessions for instance. A presentation is a clip, or up to
``MOST_PICTURES`` successive pictures of one folder, taken as frames of one visit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kiosk.core.errors import CameraError, CostlyInputError, LearningError
from kiosk.core.frames import BGRImage
from kiosk.vision.camera.picture_files import PICTURE_SUFFIXES, load_picture
from kiosk.vision.camera.recordings import read_pictures

GENUINE = "genuine"
CLIP_SUFFIXES = frozenset({".mkv", ".mp4", ".avi", ".mov", ".webm", ".m4v"})
MOST_PICTURES = 12


@dataclass(frozen=True, slots=True)
class Presentation:
    """One appearance before the camera.

    ``species``: ``GENUINE``, or the kind of attack. ``place``: the folder of the files, or the
    clip, relative to DIR. ``files``: one clip, or pictures in their order.
    """

    species: str
    person: str
    place: str
    files: tuple[Path, ...]

    @property
    def is_clip(self) -> bool:
        """Whether it is a clip."""
        return self.files[0].suffix.lower() in CLIP_SUFFIXES

    def pictures(self) -> Iterator[BGRImage]:
        """Yield its pictures; ``LearningError`` naming the first file that cannot be read."""
        for file in self.files:
            try:
                if self.is_clip:
                    yield from read_pictures(file)
                else:
                    yield load_picture(file)
            except (CameraError, CostlyInputError) as error:
                raise LearningError(f"{file}: {error}") from None


def find_presentations(root: Path) -> list[Presentation]:
    """List every presentation below ``root``, sorted.

    Raise ``LearningError`` unless there are genuine pictures of two people and one kind of attack.
    """
    if not root.is_dir():
        raise LearningError(
            f"There is no folder {root}; give one with genuine/PERSON and SPECIES/PERSON in it."
        )
    try:
        found = [*_all(root)]
    except OSError as error:
        raise LearningError(
            f"The folder {error.filename} cannot be read ({error.strerror}); check its permissions."
        ) from None
    _check(root, found)
    return found


def _check(root: Path, found: list[Presentation]) -> None:
    people = {one.person for one in found if one.species == GENUINE}
    if not people:
        raise LearningError(
            f"{root} has no genuine pictures to compare with; put them in "
            f"{root / GENUINE / 'PERSON'}."
        )
    if len(people) < 2:
        raise LearningError(
            f"{root / GENUINE} shows one person only, who says nothing about others; add a folder "
            "for a second one."
        )
    if all(one.species == GENUINE for one in found):
        raise LearningError(
            f"{root} has no attacks; put them in {root / 'SPECIES' / 'PERSON'}, for example "
            "print/PERSON."
        )
    kinds = {one.species for one in found}
    for kind in sorted(kinds):
        if sum(1 if one.is_clip else len(one.files) for one in found if one.species == kind) < 2:
            raise LearningError(
                f"{root / kind} holds one picture only; add more pictures or clips of it."
            )


def _all(root: Path) -> Iterator[Presentation]:
    for species in _folders(root):
        for person in _folders(species):
            by_folder: dict[Path, list[Path]] = defaultdict(list)
            for file in sorted(person.rglob("*")):
                if file.is_file() and not file.name.startswith("."):
                    by_folder[file.parent].append(file)
            for folder, files in by_folder.items():
                yield from _in_folder(root, species.name, person.name, folder, files)


def _in_folder(
    root: Path, species: str, person: str, folder: Path, files: list[Path]
) -> Iterator[Presentation]:
    for clip in files:
        if clip.suffix.lower() in CLIP_SUFFIXES:
            yield Presentation(species, person, clip.relative_to(root).as_posix(), (clip,))
    pictures = [file for file in files if file.suffix.lower() in PICTURE_SUFFIXES]
    if pictures:
        parts = np.array_split(np.arange(len(pictures)), -(-len(pictures) // MOST_PICTURES))
        for part in parts:
            yield Presentation(
                species,
                person,
                folder.relative_to(root).as_posix(),
                tuple(pictures[i] for i in part),
            )


def _folders(folder: Path) -> list[Path]:
    return sorted(
        below for below in folder.iterdir() if below.is_dir() and not below.name.startswith(".")
    )
