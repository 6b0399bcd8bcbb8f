"""95 % intervals by resampling people, not pairs: pairs that share a person are not independent.

People are drawn with replacement; a genuine pair counts as often as its person was drawn, an
impostor pair as often as both were drawn together (Bolle, Ratha, Pankanti, "Error analysis of
pattern recognition systems - the subsets bootstrap", 2004; Efron's percentile interval). Drawing
means a weight per person, so pairs are never copied.
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
    """Return (resamples, people): how often each person is drawn."""
    return (
        np.random.default_rng(seed)
        .multinomial(people, np.full(people, 1 / people), size=resamples)
        .astype(np.int64)
    )


def pair_weights(counts: NDArray[np.int64], first: Ints, second: Ints) -> Floats:
    """Return (n,) weights of the pairs if person i was drawn ``counts[i]`` times."""
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
    """Return the interval of each figure of ``metrics.figures``.

    ``first``, ``second``, ``folds`` (n,) are in the order that ``scores`` were made from; the first
    two number people from 0. A figure that half of the draws cannot show, for instance at a FAR too
    small for their pairs, has no interval.
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
    """Return the percentile interval of each column, without draws that lack the figure."""
    found = {}
    for name in rows[0] if rows else ():
        values = [value for row in rows if (value := row[name]) is not None and np.isfinite(value)]
        if len(values) * 2 >= len(rows):
            found[name] = percentiles(np.array(values))
    return found


def percentiles(values: Floats) -> Interval:
    """Return the middle 95 % of ``values``."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def share_interval(
    counts: Mapping[str, tuple[int, int]], *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """Return the interval of a share over people, from (hits, all) of each, such as failures to
    enrol.
    """
    if not counts or not resamples:
        return None
    hits, total = np.array(list(counts.values()), np.float64).T
    times = drawn(len(counts), resamples, seed)
    return percentiles((times @ hits) / np.maximum(times @ total, 1))


def mean_interval(
    values: Sequence[float], *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """Return the interval of the mean of one value per person."""
    if not values or not resamples:
        return None
    return percentiles(drawn(len(values), resamples, seed) @ np.array(values) / len(values))
