"""Finds people who look so much like another one that the face alone must not open the door.

Two people are look-alikes if their fused templates are nearer than the distance at which an
impostor would be accepted with number and face (1:1) more often than the target allows, by the
network's reference: twins, and people enrolled twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from kiosk.core.thresholds import LookAlike
from kiosk.vision.recognition.gallery import GalleryRows
from kiosk.vision.recognition.template_fusion import fused
from kiosk.vision.recognition.threshold_calibration import SITE_PEOPLE, Impostors, Tail, sound_rows

CHUNK = 512
BLOCK = 64
"""Rows compared at a time in the background: about 20 ms with 50,000 people."""
BLOCK_SLACK = 1e-3
"""Squared distances in single precision may be off by this much; what is near is measured again."""
SURPRISE = 0.01
"""A pair does not count as strangers if fewer pairs than this would come as near by chance."""

PEOPLE_A_PAIR = 20
"""One pair in this many people may be twins; if more pairs are near, the network cannot tell people
apart."""


class LookAlikeFinder:
    """Finds every pair of people within a distance, and remembers what it compared.

    After the first time only new and changed people are compared with all.
    """

    def __init__(self) -> None:
        self._distance = -1.0
        self._known: dict[int, bytes] = {}
        self._pairs: tuple[LookAlike, ...] = ()

    def find(
        self, vectors: NDArray[np.floating], who: NDArray[np.int64], distance: float
    ) -> tuple[LookAlike, ...]:
        """Return the pairs, nearest first.

        ``vectors`` (n, dimension): templates; ``who`` (n,): the person of each.
        """
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
    """Return the pairs of ``LookAlikeFinder.find``, once."""
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
    """Yield each pair once of which at least one is ``chosen`` (places in ``people``).

    In chunks, so that little memory is needed.
    """
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


def pairs_within(
    rows: GalleryRows, distance: float, stopped: Callable[[], bool] = lambda: False
) -> tuple[LookAlike, ...] | None:
    """Return every pair of a gallery at most ``distance`` apart; ``None`` if it was stopped.

    In small blocks, with a pause after each as long as it took: the door goes on meanwhile, on the
    same processor. ``stopped``: called before each block.
    """
    half = rows.squares / 2
    found: list[LookAlike] = []
    for begin in range(0, len(half), BLOCK):
        if stopped():
            return None
        started = time.perf_counter()
        block = rows.matrix[begin : begin + BLOCK]
        # |a - b|^2 <= d^2 where a.b >= |a|^2 / 2 + |b|^2 / 2 - d^2 / 2
        least = half[begin:] - (distance * distance + BLOCK_SLACK) / 2
        product = block @ rows.matrix[begin:].T
        product -= half[begin : begin + BLOCK, None]
        first, second = np.nonzero(product >= least)
        once = first < second
        found += _measured(rows, begin + first[once], begin + second[once], distance)
        time.sleep(time.perf_counter() - started)
    return ordered(found)


def measured_again(
    pairs: Iterable[LookAlike], rows: GalleryRows, distance: float
) -> tuple[LookAlike, ...]:
    """Return those of ``pairs`` that a gallery still has within ``distance``."""
    ids = np.array([(pair.first, pair.second) for pair in pairs], np.int64).reshape(-1, 2)
    if not len(ids) or not len(rows.person_ids):
        return ()
    order = np.argsort(rows.person_ids, kind="stable")
    ranks = np.searchsorted(rows.person_ids, ids, sorter=order)
    places = order[np.minimum(ranks, len(order) - 1)]
    known = (rows.person_ids[places] == ids).all(axis=1)
    return ordered(_measured(rows, places[known, 0], places[known, 1], distance))


def ordered(pairs: Iterable[LookAlike]) -> tuple[LookAlike, ...]:
    """Return ``pairs``, each once, nearest first."""
    return tuple(sorted(set(pairs), key=lambda pair: (pair.distance, pair.first, pair.second)))


def _measured(
    rows: GalleryRows, first: NDArray[np.int64], second: NDArray[np.int64], distance: float
) -> list[LookAlike]:
    """Return the pairs of rows that are at most ``distance`` apart in double precision."""
    apart = rows.matrix[first].astype(np.float64) - rows.matrix[second]
    exact = np.linalg.norm(apart, axis=1)
    near = exact <= distance
    people = np.sort(np.stack([rows.person_ids[first], rows.person_ids[second]], axis=1), axis=1)
    return [
        LookAlike(low, high, found)
        for (low, high), found in zip(people[near].tolist(), exact[near].tolist(), strict=True)
    ]


def no_strangers(
    pairs: tuple[LookAlike, ...],
    vectors: NDArray[np.floating],
    who: NDArray[np.int64],
    people: int | None = None,
) -> frozenset[tuple[int, int]]:
    """Return the pairs nearer than two strangers of this site come by chance: twins, duplicates.

    They are no evidence of impostors, and one such pair would make the threshold so strict that
    everybody is rejected. The distances of everybody else decide; a pair that these make likely
    counts as strangers. Only the nearest few pairs are examined, since leaving out more would cut
    off the tail of the others. ``vectors`` (n, dimension) of ``who`` (n,): the templates, or a
    sample of those of ``people`` in all.
    """
    people = len(np.unique(who)) if people is None else people
    nearest = pairs[: max(1, people // PEOPLE_A_PAIR)]
    if not pairs or people < SITE_PEOPLE:
        return frozenset()
    sound = sound_rows(np.asarray(vectors, np.float64))
    others = Impostors.among(
        vectors[sound], who[sound], frozenset((pair.first, pair.second) for pair in nearest)
    )
    if others is None:
        return frozenset()
    limit = Tail.fit(others).threshold(SURPRISE / others.pairs)
    return frozenset((pair.first, pair.second) for pair in nearest if pair.distance <= limit)
