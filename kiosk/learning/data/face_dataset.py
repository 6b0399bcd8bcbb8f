"""Faces of a folder per person, split by identity, and the pairs drawn from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import LearningError
from kiosk.learning.data.crowd_folders import told_apart
from kiosk.learning.data.face_folders import Crops, Problem, align_all, find_people
from kiosk.vision.pipeline import Detector

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Aligned faces of several people.

    ``crops`` (n, size, size, 3) uint8 BGR; ``people`` (n,) the person of each, as an index into
    ``names``; ``files`` (n,).
    """

    crops: NDArray[np.uint8]
    people: Numbers
    names: tuple[str, ...]
    files: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.people)

    @classmethod
    def of(cls, found: Crops) -> Faces:
        """Number people in the order of their names."""
        names = tuple(sorted({picture.person for picture in found.pictures}))
        number = {name: i for i, name in enumerate(names)}
        people = np.array([number[picture.person] for picture in found.pictures], np.int64)
        return cls(found.crops, people, names, tuple(picture.path for picture in found.pictures))

    def only(self, people: Sequence[int] | Numbers) -> Faces:
        """Return the faces of some people, renumbered from 0."""
        chosen = np.sort(np.asarray(people, np.int64))
        rows = np.flatnonzero(np.isin(self.people, chosen))
        return Faces(
            self.crops[rows],
            np.searchsorted(chosen, self.people[rows]),
            tuple(self.names[i] for i in chosen),
            tuple(self.files[i] for i in rows),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Training faces, and validation faces of entirely different people.

    For one person against everybody else (``one_person.py``), ``me`` is that person's number in
    ``train``, and ``pairs`` are the validation pairs; that person is in both parts, with other
    pictures.
    """

    train: Faces
    validation: Faces
    me: int | None = None
    pairs: TrainingPairs | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TrainingPairs:
    """Pairs of faces.

    ``first``, ``second`` (n,): rows of ``Faces``; ``same`` (n,) bool: whether both show one person.
    """

    first: Numbers
    second: Numbers
    same: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.same)

    def gaps(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n,) Euclidean distances of the pairs; ``vectors``: (faces, d)."""
        return np.asarray(
            np.linalg.norm(vectors[self.first] - vectors[self.second], axis=1), np.float32
        )


def load_faces(
    root: Path,
    detector: Detector,
    alignment: str,
    size: int,
    cache: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    others: str = "",
    several: bool = True,
) -> tuple[Faces, list[Problem]]:
    """Load the faces below ``root``, found, aligned and cached once, and the list of unusable
    pictures.

    ``others``: see ``crowd_folders.told_apart``. Raises ``LearningError`` for an unclear folder
    or, where ``several`` people are to be told apart, if too few remain to learn from.
    """
    pictures = told_apart(find_people(root), others)
    found = align_all(root, pictures, detector, alignment, size, cache, progress)
    faces = Faces.of(found)
    if several:
        check(faces, root, len(found.problems))
    return faces, found.problems


def check(faces: Faces, root: Path, unusable: int = 0) -> None:
    """Raise ``LearningError`` unless both parts allow genuine and impostor pairs."""
    left_out = f" ({unusable} could not be used)" if unusable else ""
    if not len(faces):
        raise LearningError(
            f"No face was found in the pictures of {root}{left_out}; give pictures that show faces "
            "from the front."
        )
    if len(faces.names) < 2:
        raise LearningError(
            f"{root} holds usable pictures of one person only{left_out}; a network learns from "
            "differences, so add folders of other people."
        )
    if len(_with_pairs(faces)) < 2:
        raise LearningError(
            f"In {root} fewer than two people have two usable pictures{left_out}; one to learn "
            "from and one to judge by "
            "are needed, so add pictures of the same people."
        )
    if len(faces.names) < 4:
        raise LearningError(
            f"{root} holds usable pictures of {len(faces.names)} people{left_out}; at least four "
            "are needed, two to learn from "
            "and two others to judge by."
        )


def _with_pairs(faces: Faces) -> Numbers:
    """Return the people with at least two pictures; the others serve as impostors only."""
    return np.flatnonzero(np.bincount(faces.people, minlength=len(faces.names)) >= 2)


def split(faces: Faces, share: float = 0.2, seed: int = 0) -> Split:
    """Hold apart about ``share`` of the people, at least two; nobody is in both parts.

    ``share`` in (0, 0.5]. Both parts allow both kinds of pair. The same ``seed`` gives the same
    split.
    """
    if not 0 < share <= 0.5:
        raise LearningError(
            f"A share of {share} for judging leaves too little to learn from or to judge by; "
            "choose one above 0 and at most 0.5."
        )
    rng = np.random.default_rng([seed, 1])
    several = rng.permutation(_with_pairs(faces))
    single = rng.permutation(np.setdiff1d(np.arange(len(faces.names)), several))
    held = [*several[: max(1, round(len(several) * share))], *single[: round(len(single) * share)]]
    rest = [*several[max(1, round(len(several) * share)) :], *single[round(len(single) * share) :]]
    spare = [
        p for p in rest[::-1] if p != rest[0]
    ]  # the first of both parts has several pictures and stays
    while len(held) < 2:
        held.append(spare.pop(0))
    learn = np.setdiff1d(np.arange(len(faces.names)), held)
    return Split(faces.only(learn), faces.only(np.array(held)))


def sample_pairs(people: Numbers, count: int, rng: np.random.Generator) -> TrainingPairs:
    """Draw ``count`` shuffled pairs, half of them (rounded up) genuine.

    People and then pictures are drawn uniformly, so a person with 500 pictures appears as often as
    one with two. Raises ``LearningError`` if a kind of pair cannot be made.
    """
    rows = [np.flatnonzero(people == p) for p in range(int(people.max()) + 1)]
    present = [r for r in rows if len(r)]
    several = [r for r in rows if len(r) >= 2]
    if len(present) < 2 or not several:
        raise LearningError(
            "Pairs need two people, and one of them with two pictures; add pictures."
        )
    genuine = [
        rng.choice(several[rng.integers(len(several))], 2, replace=False)
        for _ in range((count + 1) // 2)
    ]
    impostor = []
    for _ in range(count // 2):
        one, other = rng.choice(len(present), 2, replace=False)
        impostor.append((rng.choice(present[one]), rng.choice(present[other])))
    pairs = np.array([*genuine, *impostor], np.int64)
    same = np.arange(count) < len(genuine)
    order = rng.permutation(count)
    return TrainingPairs(pairs[order, 0], pairs[order, 1], same[order])


def distinct_pairs(people: Numbers, most: int, rng: np.random.Generator) -> TrainingPairs:
    """Return pairs to judge by, none of them twice: at most ``most`` of each kind.

    All genuine pairs there are, and impostor pairs, else a sample of them without repetition, drawn
    uniformly. Raises ``LearningError`` if a kind of pair cannot be made.
    """
    genuine = np.concatenate([_pairs_among(np.flatnonzero(people == p)) for p in np.unique(people)])
    impostor = _impostor_pairs(people, most, rng)
    if not len(genuine) or not len(impostor):
        raise LearningError(
            "Pairs need two people, and one of them with two pictures; add pictures."
        )
    if len(genuine) > most:
        genuine = genuine[rng.choice(len(genuine), most, replace=False)]
    pairs = np.concatenate([genuine, impostor])
    return TrainingPairs(pairs[:, 0], pairs[:, 1], np.arange(len(pairs)) < len(genuine))


def _pairs_among(rows: Numbers) -> Numbers:
    """Return (n, 2) all pairs of these rows."""
    first, second = np.triu_indices(len(rows), 1)
    return np.asarray(np.stack([rows[first], rows[second]], axis=1), np.int64)


def _impostor_pairs(people: Numbers, most: int, rng: np.random.Generator) -> Numbers:
    """Return (n, 2) impostor pairs, ``most`` of them or all there are, none twice."""
    if len(people) ** 2 <= 8 * most:
        pairs = _pairs_among(np.arange(len(people)))
    else:
        drawn = np.sort(rng.integers(len(people), size=(_DRAWS * most, 2)), axis=1)
        _, first = np.unique(drawn[:, 0] * len(people) + drawn[:, 1], return_index=True)
        pairs = drawn[np.sort(first)]
    pairs = pairs[people[pairs[:, 0]] != people[pairs[:, 1]]]
    chosen = rng.choice(len(pairs), min(most, len(pairs)), replace=False, shuffle=False)
    return np.asarray(pairs[chosen], np.int64)


_DRAWS = 20
"""Draws for each impostor pair wanted; even if one person has most pictures, enough are left."""


def sample_groups(
    people: Numbers, batch: int, each: int, rng: np.random.Generator
) -> list[Numbers]:
    """Return one epoch in batches of ``batch`` rows: every person once, with ``each`` pictures.

    Pictures repeat if a person has fewer. The last batch is dropped if it has fewer than two
    people.
    """
    together = max(2, batch // each)
    order = rng.permutation(np.unique(people))
    batches = []
    for start in range(0, len(order), together):
        chosen = order[start : start + together]
        if len(chosen) >= 2:
            batches.append(
                np.concatenate([_some(np.flatnonzero(people == p), each, rng) for p in chosen])
            )
    return batches


def _some(rows: Numbers, count: int, rng: np.random.Generator) -> Numbers:
    return rng.choice(rows, count, replace=len(rows) < count)
