"""The founders' own task: one person against everybody else."""

from __future__ import annotations

import numpy as np

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_dataset import Faces, Numbers, Split, TrainingPairs

LEAST_PICTURES = 3
"""Pictures of the one person: two to learn from, one to judge by."""

LEAST_OTHERS = 4
MOST_PAIRS = 3000


def split_for(faces: Faces, me: str, share: float = 0.2, seed: int = 0) -> Split:
    """Hold apart about ``share`` of the pictures of ``me``, and of the other people.

    Validation pairs: a picture of ``me`` that is learned from, against one held apart, or against
    one of somebody held apart; distinct, at most 3,000 of each kind. The same ``seed`` gives the
    same split. Raises ``LearningError`` for an unknown person or too few pictures.
    """
    if not 0 < share <= 0.5:
        raise LearningError(
            f"A share of {share} for judging leaves too little to learn from or to judge by; "
            "choose one above 0 and at most 0.5."
        )
    number, own, others = _counted(faces, me)
    rng = np.random.default_rng([seed, 1])
    own = rng.permutation(own)
    others = rng.permutation(others)
    apart = max(1, round(len(own) * share))
    people = max(2, round(len(others) * share))
    strangers = np.isin(faces.people, others[:people])
    held = np.zeros(len(faces), bool)
    held[own[:apart]] = True
    train = _rows(faces, ~held & ~strangers)
    validation = _rows(faces, strangers | (faces.people == number))
    pairs = _pairs(
        np.flatnonzero(np.isin(_places(faces, validation), np.setdiff1d(own, own[:apart]))),
        np.flatnonzero(np.isin(_places(faces, validation), own[:apart])),
        np.flatnonzero(validation.people != validation.names.index(me)),
        rng,
    )
    return Split(train, validation, train.names.index(me), pairs)


def sample_pairs_for(
    people: Numbers, me: int, count: int, rng: np.random.Generator
) -> TrainingPairs:
    """Draw ``count`` shuffled pairs, half of them (rounded up) of ``me``'s pictures.

    The others are one of ``me``'s pictures and one of somebody else, people drawn uniformly.
    """
    own = np.flatnonzero(people == me)
    rows = [np.flatnonzero(people == other) for other in np.unique(people) if other != me]
    genuine = [rng.choice(own, 2, replace=False) for _ in range((count + 1) // 2)]
    impostor = [
        (rng.choice(own), rng.choice(rows[rng.integers(len(rows))])) for _ in range(count // 2)
    ]
    pairs = np.array([*genuine, *impostor], np.int64)
    order = rng.permutation(count)
    same = np.arange(count) < len(genuine)
    return TrainingPairs(pairs[order, 0], pairs[order, 1], same[order])


def _counted(faces: Faces, me: str) -> tuple[int, Numbers, Numbers]:
    """Return the number of ``me``, the rows of their pictures, and the numbers of the others."""
    if me not in faces.names:
        raise LearningError(
            f"There is no usable picture of {me}; --me names a folder, such as {faces.names[0]}."
        )
    number = faces.names.index(me)
    own = np.flatnonzero(faces.people == number)
    others = np.setdiff1d(np.arange(len(faces.names)), [number])
    if len(own) < LEAST_PICTURES:
        raise LearningError(
            f"{me} has {len(own)} usable pictures; at least {LEAST_PICTURES} are needed, two to "
            "learn from and one to judge by."
        )
    if len(others) < LEAST_OTHERS:
        raise LearningError(
            f"There are usable pictures of {len(others)} other people; at least {LEAST_OTHERS} are "
            "needed. If one folder holds pictures of many people, name it with --others."
        )
    return number, own, others


def _rows(faces: Faces, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Faces:
    """Return some faces, with the people renumbered from 0."""
    people = np.unique(faces.people[chosen])
    return Faces(
        faces.crops[chosen],
        np.searchsorted(people, faces.people[chosen]),
        tuple(faces.names[i] for i in people),
        tuple(faces.files[i] for i in np.flatnonzero(chosen)),
    )


def _places(faces: Faces, part: Faces) -> Numbers:
    """Return the rows in ``faces`` of the faces of ``part``."""
    place = {file: i for i, file in enumerate(faces.files)}
    return np.array([place[file] for file in part.files], np.int64)


def _pairs(
    enrolled: Numbers, held: Numbers, strangers: Numbers, rng: np.random.Generator
) -> TrainingPairs:
    kinds = []
    for others in (held, strangers):
        every = np.stack([np.repeat(enrolled, len(others)), np.tile(others, len(enrolled))], 1)
        count = min(MOST_PAIRS, len(every))
        kinds.append(every[rng.choice(len(every), count, replace=False, shuffle=False)])
    pairs = np.concatenate(kinds)
    return TrainingPairs(pairs[:, 0], pairs[:, 1], np.arange(len(pairs)) < len(kinds[0]))
