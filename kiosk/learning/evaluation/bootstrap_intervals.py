"""95 % intervals by resampling people, not pairs: pairs that share a person are not independent.

The people are drawn with replacement; a pair of one person counts as often as that person was drawn, a pair of two
people as often as both were drawn together (Bolle, Ratha, Pankanti, "Error analysis of pattern recognition systems -
the subsets bootstrap", 2004; Efron's percentile interval). Drawing is a weight a person, so no pair is ever copied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.learning.evaluation.verification_metrics import Figures, Floats, Ints, Scores, figures

Interval = tuple[float, float]
RESAMPLES = 1000
LEVEL = 0.95
Notify = Callable[[int, int], None]


def drawn(people: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """(resamples, people): how often each person is drawn."""
    return (
        np.random.default_rng(seed)
        .multinomial(people, np.full(people, 1 / people), size=resamples)
        .astype(np.int64)
    )


def pair_weights(counts: NDArray[np.int64], first: Ints, second: Ints) -> Floats:
    """(n,) how often each pair is there, where person i was drawn ``counts[i]`` times."""
    weight = counts.astype(np.float64)
    a, b = weight[first], weight[second]
    return np.where(first == second, a, a * b)


def intervals(
    scores: Scores,
    first: Ints,
    second: Ints,
    threshold: float,
    folds: Ints | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    progress: Notify = lambda done, total: None,
) -> dict[str, Interval]:
    """The interval of each figure of ``metrics.figures``.

    ``first``, ``second``, ``folds`` (n,) are in the order that ``scores`` were made from; the former number people from
    0. A figure that half of the draws cannot show, for instance at a FAR too small for their pairs, has no interval.
    """
    first = first[scores.order]
    second = second[scores.order]
    folds = None if folds is None else folds[scores.order]
    people = int(max(first.max(), second.max())) + 1
    rows: list[Figures] = []
    for done, counts in enumerate(drawn(people, resamples, seed), 1):
        rows.append(figures(scores, threshold, folds, pair_weights(counts, first, second)))
        progress(done, resamples)
    return of_rows(rows)


def of_rows(rows: list[Figures]) -> dict[str, Interval]:
    """Percentile interval of each column; draws without the figure are left out."""
    found = {}
    for name in rows[0] if rows else ():
        values = [value for row in rows if (value := row[name]) is not None and np.isfinite(value)]
        if len(values) * 2 >= len(rows):
            found[name] = percentiles(np.array(values))
    return found


def percentiles(values: Floats) -> Interval:
    """The middle 95 % of ``values``."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def share_interval(
    counts: Mapping[str, tuple[int, int]], *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """Interval of a share over people, from (hits, all) of each: for instance failures to enrol."""
    if not counts or not resamples:
        return None
    hits, total = np.array(list(counts.values()), np.float64).T
    times = drawn(len(counts), resamples, seed)
    return percentiles((times @ hits) / np.maximum(times @ total, 1))


def mean_interval(
    values: Sequence[float], *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """Interval of the mean of one value a person."""
    if not values or not resamples:
        return None
    return percentiles(drawn(len(values), resamples, seed) @ np.array(values) / len(values))
