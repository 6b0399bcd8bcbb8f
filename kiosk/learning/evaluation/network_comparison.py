"""Compares networks on one site's own pictures, on the same comparisons for each.

Genuine comparisons are between sessions where somebody has several
(``DIR/PERSON/SESSION/picture``), because pictures of one day are alike. Networks are ranked by
their EER: it needs no threshold, and few people show it. The difference of two networks is drawn
again over people, with the same draws for both, so that what is hard for both cancels out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_folders import Picture, find_people
from kiosk.learning.evaluation.bootstrap_intervals import (
    Interval,
    drawn,
    pair_weights,
    percentiles,
)
from kiosk.learning.evaluation.comparison_protocols import (
    PairList,
    all_pairs,
    check_people,
    compare,
)
from kiosk.learning.evaluation.evaluator import Embedded, Settings, embed_pictures
from kiosk.learning.evaluation.measured_networks import Network
from kiosk.learning.evaluation.verification_metrics import Floats, Scores
from kiosk.vision.pipeline import Detector

MOST_PAIRS = 100_000
DRAWS = 300
TIMED = 15


@dataclass(frozen=True, slots=True, eq=False)
class ComparedNetwork:
    """One network's figures.

    ``eer`` and ``refused`` (genuine comparisons refused where nobody else is accepted) are shares;
    ``draws`` (DRAWS,): the EER of each draw of people; ``ms``: milliseconds for a face, here.
    """

    id: str
    eer: float
    refused: float
    draws: Floats
    ms: float

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the EER over people; ``None`` where too few draws show one."""
        return _middle(self.draws)

    def better_than(self, other: ComparedNetwork) -> bool:
        """Return whether its EER is smaller by more than the draws of people explain."""
        gain = _middle(other.draws - self.draws)
        return gain is not None and gain[0] > 0


def _middle(draws: Floats) -> Interval | None:
    """Return the middle 95 % of draws; one without both kinds of comparison is not a number."""
    shown = draws[np.isfinite(draws)]
    return percentiles(shown) if len(shown) * 2 >= len(draws) else None


@dataclass(frozen=True, slots=True, eq=False)
class NetworkComparison:
    """All networks on the same ``genuine`` and ``impostor`` comparisons, the best first."""

    people: int
    pictures: int
    genuine: int
    impostor: int
    between_sessions: bool
    networks: list[ComparedNetwork]


def compare_networks(
    root: Path,
    networks: Sequence[tuple[str, Callable[[], Network]]],
    detector: Detector,
    settings: Settings,
) -> NetworkComparison:
    """Measure each network, opened when its turn comes, on the pictures below ``root``.

    ``LearningError`` for fewer than two people, or nobody with two pictures.
    """
    pictures = find_people(root)
    people = [_person(picture) for picture in pictures]
    check_people([Picture(p.path, who) for p, who in zip(pictures, people, strict=True)], root)
    found = []
    pairs: PairList | None = None
    shown: list[Picture] = []
    for name, opened in networks:
        network = opened()
        embedded = embed_pictures(root, pictures, network, detector, settings)
        if pairs is None:
            shown = [Picture(p.path, _person(p)) for p in embedded.pictures]
            check_people(shown, root)
            pairs = _pairs(embedded, settings.seed)
        found.append(_compared(name, network, embedded, shown, pairs))
    if pairs is None:
        raise LearningError("No network is here to measure; run weights prepare.")
    return NetworkComparison(
        len({picture.person for picture in shown}),
        len(shown),
        int(pairs.same.sum()),
        int((~pairs.same).sum()),
        _in_sessions(embedded.pictures),
        sorted(found, key=lambda one: one.eer),
    )


def _person(picture: Picture) -> str:
    """Return the person of ``PERSON/picture`` or ``PERSON/SESSION/picture``."""
    return picture.person.rpartition("/")[0] or picture.person


def _in_sessions(pictures: Sequence[Picture]) -> bool:
    """Return whether somebody has pictures of two sessions."""
    return len({p.person for p in pictures}) > len({_person(p) for p in pictures})


def _pairs(embedded: Embedded, seed: int) -> PairList:
    """Return the comparisons; within a session only where nobody has two."""
    pictures = embedded.pictures
    pairs = all_pairs([_person(picture) for picture in pictures], MOST_PAIRS, seed)
    if not _in_sessions(pictures):
        return pairs
    session = np.array([picture.person for picture in pictures])
    kept = ~pairs.same | (session[pairs.first] != session[pairs.second])
    return PairList(pairs.first[kept], pairs.second[kept], pairs.same[kept])


def _compared(
    name: str, network: Network, embedded: Embedded, shown: Sequence[Picture], pairs: PairList
) -> ComparedNetwork:
    made = compare(embedded.vectors, shown, pairs)
    scores = Scores.of(made.distances, made.same)
    first, second = made.first[scores.order], made.second[scores.order]
    people = int(max(first.max(), second.max())) + 1
    draws = [
        scores.curve(pair_weights(counts, first, second)).eer()
        for counts in drawn(people, DRAWS, seed=0)
    ]
    curve = scores.curve()
    return ComparedNetwork(
        name,
        curve.eer() or 0.0,
        1 - (curve.tar_without_false_accepts() or 0.0),
        np.array([np.nan if one is None else one for one in draws]),
        embedding_ms(network),
    )


def embedding_ms(network: Network) -> float:
    """Return the milliseconds that one face takes on this machine; the median of 15."""
    size = network.embedder.entry.input
    face = np.full((size, size, 3), 127, np.uint8)
    spent = []
    for _ in range(TIMED):
        begun = time.perf_counter()
        network.embedder.embed([face])
        spent.append(time.perf_counter() - begun)
    return median(spent) * 1000
