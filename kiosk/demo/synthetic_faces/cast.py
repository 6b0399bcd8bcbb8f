"""The cast of the demonstration: drawn people that real embedders tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kiosk.demo.synthetic_faces.looks import Looks, random_looks

Embeddings = Sequence[NDArray[np.float32]]
"""One array per embedder, (poses, dimension): a person at several head turns, sizes and noises."""

OWN_SHARE = 0.25
"""Weight of a person's own variation. It is measured between opposite head turns, which are never
compared at the door, where a probe meets the template of its own turn. With its full weight, people
too close to each other were chosen."""

_portrait = lru_cache(maxsize=64)(random_looks)


@dataclass(frozen=True, slots=True)
class CastMember:
    """A member of the cast: ``seed`` of ``random_looks``, invented ``name`` and ``number``."""

    seed: int
    name: str
    number: str

    @property
    def looks(self) -> Looks:
        """The appearance of this person."""
        return _portrait(self.seed)


CAST: tuple[CastMember, ...] = (
    CastMember(2737, "홍길동", "2099-00001"),
    CastMember(3557, "성춘향", "2099-00002"),
    CastMember(2333, "장길산", "2099-00003"),
    CastMember(2608, "임꺽정", "2099-00004"),
    CastMember(3980, "심청이", "2099-00005"),
    CastMember(5197, "이몽룡", "2099-00006"),
    CastMember(3152, "황진이", "2099-00007"),
    CastMember(6936, "전우치", "2099-00008"),
)
"""Eight people far from each other, the first five farthest of all.

Chosen by ``choose_cast`` from 113 candidates with three embedders: dlib's, the Siamese network, and
a ResNet-29 during its training. ``benchmarks/choose_cast.py measure`` shows how far apart they are
for the networks at hand; choosing with others gives other people. The first five are ordered by how
clearly the landmarks follow a nod, which an enrolment asks for.
"""

MEMBERS = 3
"""Number of people, from the first of the cast on, enrolled in the demonstration."""

STRANGERS = (3, 4)
"""Indices of the people who come to the demonstration's door without being enrolled."""


def pair_gaps(people: Sequence[Embeddings]) -> NDArray[np.float64]:
    """Return (n, n) how well the worst embedder tells every two people apart; the diagonal is inf.

    For an embedder that is the smallest distance between any two of their pictures, less
    ``OWN_SHARE`` of the largest distance between two pictures of either one, divided by the
    embedder's median distance between people, which makes embedders comparable. Larger is better.
    """
    n = len(people)
    worst = np.full((n, n), np.inf)
    for embedder in range(len(people[0])):
        stacks = np.stack([person[embedder] for person in people]).astype(np.float64)
        own = np.array([_distances(a, a).max() for a in stacks])
        between = np.full((n, n), np.inf)
        for i, j in combinations(range(n), 2):
            between[i, j] = between[j, i] = _distances(stacks[i], stacks[j]).min()
        scale = float(np.median(between[np.isfinite(between)])) if n > 1 else 1.0
        worst = np.minimum(
            worst, (between - OWN_SHARE * np.maximum(own[:, None], own[None, :])) / scale
        )
    np.fill_diagonal(worst, np.inf)
    return worst


def _distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(a[:, None] - b[None], axis=-1))


def choose_cast(
    embed: Callable[[Looks], Embeddings | None],
    candidates: Iterable[int],
    size: int,
    first: int = 5,
) -> tuple[int, ...]:
    """Return the seeds of ``size`` people with a large smallest pair gap.

    It is the best of a greedy choice from every candidate, improved by exchanges. ``embed`` returns
    a person's embeddings, or ``None`` where the detector does not reliably find the person.
    ``candidates``: seeds of ``random_looks``. The best ``first`` of the chosen come first. Raises
    ``ValueError`` when fewer than ``size`` candidates can be used.
    """
    found = [(seed, seen) for seed in candidates if (seen := embed(random_looks(seed))) is not None]
    if len(found) < size:
        raise ValueError(f"only {len(found)} candidates can be used, {size} are wanted")
    gaps = pair_gaps([seen for _, seen in found])
    tries = [_exchange(gaps, _greedy(gaps, start, size)) for start in range(len(found))]
    chosen = max(tries, key=lambda group: _smallest_gap(gaps, group))
    front = max(
        combinations(chosen, min(first, size)), key=lambda group: _smallest_gap(gaps, group)
    )
    return tuple(found[i][0] for i in (*front, *(i for i in chosen if i not in front)))


def _smallest_gap(gaps: NDArray[np.float64], group: Sequence[int]) -> float:
    return float(gaps[np.ix_(group, group)].min())


def _greedy(gaps: NDArray[np.float64], start: int, size: int) -> list[int]:
    """Return ``start`` and then, one by one, the candidate farthest from all chosen so far."""
    chosen = [start]
    while len(chosen) < size:
        chosen = _with_farthest(gaps, chosen)
    return chosen


def _exchange(gaps: NDArray[np.float64], chosen: list[int], rounds: int = 200) -> list[int]:
    """Replace one of the closest pair by the best other candidate while that helps."""
    for _ in range(rounds):
        part = gaps[np.ix_(chosen, chosen)]
        pair = np.unravel_index(int(np.argmin(part)), part.shape)
        tries = [
            _with_farthest(gaps, [c for k, c in enumerate(chosen) if k != out]) for out in pair
        ]
        best = max(tries, key=lambda group: _smallest_gap(gaps, group))
        if _smallest_gap(gaps, best) <= _smallest_gap(gaps, chosen) + 1e-12:
            break
        chosen = best
    return chosen


def _with_farthest(gaps: NDArray[np.float64], kept: list[int]) -> list[int]:
    """Return ``kept`` and the candidate farthest from all of them."""
    nearest = gaps[:, kept].min(axis=1)
    nearest[kept] = -np.inf
    return [*kept, int(np.argmax(nearest))]
