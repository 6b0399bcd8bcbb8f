"""Who of the enrolled people looks so much like another one that the face alone must not open for them.

Two people count as look-alikes where their fused templates lie nearer than the distance at which a stranger would be let in by
number and face (1:1) more often than the target allows, by the network's reference. Twins do; and so does somebody
enrolled twice.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kiosk.core.thresholds import LookAlike
from kiosk.vision.recognition.template_fusion import fused
from kiosk.vision.recognition.threshold_calibration import SITE_PEOPLE, Impostors, Tail, sound_rows

CHUNK = 512
SURPRISE = 0.01
"""A pair is no stranger to another where fewer than so many among all pairs of the site would come as near by chance."""

PEOPLE_A_PAIR = 20
"""Of so many people one pair may be twins; where more pairs are near, it is the network that cannot tell people apart."""


class LookAlikeFinder:
    """Every pair of people at most so far apart. Remembers what it compared: after the first time only whoever is new or changed
    is compared with all, so that an enrolment in a gallery of fifty thousand waits for one row, not for the square."""

    def __init__(self) -> None:
        self._distance = -1.0
        self._known: dict[int, bytes] = {}
        self._pairs: tuple[LookAlike, ...] = ()

    def find(
        self, vectors: NDArray[np.floating], who: NDArray[np.int64], distance: float
    ) -> tuple[LookAlike, ...]:
        """The pairs, nearest first; ``who`` (n,): the person of each template (n, dimension)."""
        people, templates = _templates(vectors, who)
        rows = {int(person): row.tobytes() for person, row in zip(people, templates, strict=True)}
        if distance != self._distance:
            self._known = {}
        changed = np.array(
            [self._known.get(person) != row for person, row in rows.items()], np.bool_
        )
        same = {person for person, is_new in zip(rows, changed, strict=True) if not is_new}
        kept = [pair for pair in self._pairs if pair.first in same and pair.second in same]
        found = {*kept, *_near(people, templates, np.flatnonzero(changed), distance)}
        self._distance = distance
        self._known = rows
        self._pairs = tuple(
            sorted(found, key=lambda pair: (pair.distance, pair.first, pair.second))
        )
        return self._pairs


def look_alikes(
    vectors: NDArray[np.floating], who: NDArray[np.int64], distance: float
) -> tuple[LookAlike, ...]:
    """The same, once."""
    return LookAlikeFinder().find(vectors, who, distance)


def _templates(
    vectors: NDArray[np.floating], who: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    order = np.argsort(who, kind="stable")
    people, starts = np.unique(who[order], return_index=True)
    return people.astype(np.int64), fused(vectors[order], starts.astype(np.int64)).astype(
        np.float32
    )


def _near(
    people: NDArray[np.int64],
    templates: NDArray[np.float32],
    chosen: NDArray[np.int64],
    distance: float,
) -> Iterator[LookAlike]:
    """Pairs of which one at least is ``chosen`` (places in ``people``), each once; some thousand at a time, so that memory stays small."""
    squares = np.einsum("ij,ij->i", templates, templates)[:, None]
    one = np.ones((len(people), 1), np.float32)
    left = np.hstack([2 * templates, -squares, -one])  # their product is minus the squared distance
    right = np.hstack([templates, one, squares])
    is_chosen = np.zeros(len(people), np.bool_)
    is_chosen[chosen] = True
    for begin in range(0, len(chosen), CHUNK):
        part = chosen[begin : begin + CHUNK]
        row, second = np.nonzero(left[part] @ right.T >= -(distance * distance + 1e-5))
        first = part[row]
        once = (first != second) & ((first < second) | ~is_chosen[second])
        for a, b in zip(first[once].tolist(), second[once].tolist(), strict=True):
            exact = float(np.linalg.norm(templates[a].astype(np.float64) - templates[b]))
            if exact <= distance:
                low, high = sorted((int(people[a]), int(people[b])))
                yield LookAlike(low, high, exact)


def no_strangers(
    pairs: tuple[LookAlike, ...], vectors: NDArray[np.floating], who: NDArray[np.int64]
) -> frozenset[tuple[int, int]]:
    """Those of ``pairs`` who lie nearer than any two strangers of this site would by chance: twins, or one person twice.

    They say nothing about strangers, and one such pair would make the threshold so strict that nobody gets in. What strangers
    do is told by everybody else's distances; where these make a pair likely, it stays among the strangers. Only the nearest
    few are looked at, or the others' tail would be cut off with them.
    """
    people = len(np.unique(who))
    few = pairs[: max(1, people // PEOPLE_A_PAIR)]
    if not pairs or people < SITE_PEOPLE:
        return frozenset()
    sound = sound_rows(np.asarray(vectors, np.float64))
    others = Impostors.among(
        vectors[sound], who[sound], frozenset((pair.first, pair.second) for pair in few)
    )
    if others is None:
        return frozenset()
    limit = Tail.fit(others).threshold(SURPRISE / others.pairs)
    return frozenset((pair.first, pair.second) for pair in few if pair.distance <= limit)
