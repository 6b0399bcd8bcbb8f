"""Who of the enrolled people looks so much like another one that the face alone must not open for them.

Two people count as look-alikes where their fused templates lie nearer than the distance at which a stranger would be let in by
number and face (1:1) more often than the target allows, by the network's reference. Twins do; and so does somebody
enrolled twice.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kiosk.types import LookAlike
from kiosk.vision.calibration import SITE_PEOPLE, Impostors, Tail, sound_rows
from kiosk.vision.fusion import fused

CHUNK = 1024
SURPRISE = 0.01
"""A pair is no stranger to another where fewer than so many among all pairs of the site would come as near by chance."""

PEOPLE_A_PAIR = 20
"""Of so many people one pair may be twins; where more pairs are near, it is the network that cannot tell people apart."""


def look_alikes(vectors: NDArray[np.floating], who: NDArray[np.int64], distance: float) -> tuple[LookAlike, ...]:
    """Every pair of people at most ``distance`` apart, nearest first; ``who`` (n,): the person of each template (n, dimension).

    Some thousand people at a time are compared with all, so that memory stays small: 10,000 people take seconds.
    """
    people, templates = _templates(vectors, who)
    found = list(_near(people, templates, distance))
    return tuple(sorted(found, key=lambda pair: (pair.distance, pair.first, pair.second)))


def _templates(vectors: NDArray[np.floating], who: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    order = np.argsort(who, kind="stable")
    people, starts = np.unique(who[order], return_index=True)
    return people.astype(np.int64), fused(vectors[order], starts.astype(np.int64)).astype(np.float32)


def _near(people: NDArray[np.int64], templates: NDArray[np.float32], distance: float) -> Iterator[LookAlike]:
    squares = np.einsum("ij,ij->i", templates, templates)
    for begin in range(0, len(people), CHUNK):
        part = templates[begin:begin + CHUNK]
        squared = squares[begin:begin + CHUNK, None] - 2 * part @ templates[begin:].T + squares[begin:]
        first, second = np.nonzero(np.triu(squared <= distance * distance + 1e-5, 1))
        for a, b in zip((first + begin).tolist(), (second + begin).tolist(), strict=True):
            exact = float(np.linalg.norm(templates[a].astype(np.float64) - templates[b]))
            if exact <= distance:
                yield LookAlike(int(people[a]), int(people[b]), exact)


def no_strangers(pairs: tuple[LookAlike, ...], vectors: NDArray[np.floating], who: NDArray[np.int64]) -> frozenset[tuple[int, int]]:
    """Those of ``pairs`` who lie nearer than any two strangers of this site would by chance: twins, or one person twice.

    They say nothing about strangers, and one such pair would make the threshold so strict that nobody gets in. What strangers
    do is told by everybody else's distances; where these make a pair likely, it stays among the strangers. Only the nearest
    few are looked at, or the others' tail would be cut off with them.
    """
    people = len(np.unique(who))
    few = pairs[:max(1, people // PEOPLE_A_PAIR)]
    if not pairs or people < SITE_PEOPLE:
        return frozenset()
    sound = sound_rows(np.asarray(vectors, np.float64))
    others = Impostors.among(vectors[sound], who[sound], frozenset((pair.first, pair.second) for pair in few))
    if others is None:
        return frozenset()
    limit = Tail.fit(others).threshold(SURPRISE / others.pairs)
    return frozenset((pair.first, pair.second) for pair in few if pair.distance <= limit)
