"""Several networks on the same comparisons: how far their figures differ, and how surely."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kiosk.core.errors import LearningError
from kiosk.learning.evaluation.bootstrap_intervals import (
    Interval,
    Notify,
    drawn,
    of_rows,
    pair_weights,
)
from kiosk.learning.evaluation.evaluator import Evaluation
from kiosk.learning.evaluation.verification_metrics import Figures, figures

COMPARED = ("eer", "tar@far=1e-2", "tar@far=1e-3", "sensitivity@fa=0", "accuracy", "best_accuracy")
"""Figures whose differences are shown; all but ``accuracy`` are free of a threshold."""

_SMALLER_IS_BETTER = frozenset({"eer"})


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """One figure of a network less that of the first one.

    ``interval``: the middle 95 % over draws of people, the same draws for both; ``None`` where too
    few can show the figure.
    """

    network: int
    figure: str
    value: float
    interval: Interval | None

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, or ``not shown``: the interval has both signs."""
        if self.interval is None or self.interval[0] <= 0 <= self.interval[1]:
            return "not shown"
        larger = self.interval[0] > 0
        return "better" if larger != (self.figure in _SMALLER_IS_BETTER) else "worse"


def paired_differences(
    evaluations: Sequence[Evaluation],
    *,
    resamples: int,
    seed: int = 0,
    progress: Callable[[str], Notify] = lambda what: lambda done, total: None,
) -> list[PairedDifference]:
    """Return the differences of all later evaluations to the first.

    Raises ``LearningError`` unless all are of the same comparisons.
    """
    first = evaluations[0]
    for other in evaluations[1:]:
        if not _same_comparisons(first, other):
            raise LearningError(
                f"{other.info.id} could not use the same pictures as {first.info.id}; remove the "
                "pictures that a report of each lists, then compare again."
            )
    drawings = [
        _drawn(one, resamples, seed, progress(f"draws, {one.info.id}")) for one in evaluations
    ]
    found = []
    for number, other in enumerate(evaluations[1:], 1):
        rows = [_less(mine, base) for mine, base in zip(drawings[number], drawings[0], strict=True)]
        limits = of_rows(rows)
        whole = _less(_of(other), _of(first))
        found += [
            PairedDifference(number, name, value, limits.get(name))
            for name, value in whole.items()
            if value is not None
        ]
    return found


def _same_comparisons(one: Evaluation, other: Evaluation) -> bool:
    mine, theirs = one.comparisons, other.comparisons
    return (
        [picture.path for picture in one.embedded.pictures]
        == [picture.path for picture in other.embedded.pictures]
        and np.array_equal(mine.first, theirs.first)
        and np.array_equal(mine.second, theirs.second)
        and np.array_equal(mine.same, theirs.same)
    )


def _of(evaluation: Evaluation) -> Figures:
    return figures(evaluation.scores, evaluation.threshold)


def _drawn(evaluation: Evaluation, resamples: int, seed: int, notify: Notify) -> list[Figures]:
    scores = evaluation.scores
    first = evaluation.comparisons.first[scores.order]
    second = evaluation.comparisons.second[scores.order]
    people = int(max(first.max(), second.max())) + 1
    rows = []
    for done, counts in enumerate(drawn(people, resamples, seed), 1):
        weights = pair_weights(counts, first, second)
        rows.append(figures(scores, evaluation.threshold, weights=weights))
        notify(done, resamples)
    return rows


def _less(one: Figures, other: Figures) -> Figures:
    """Return the differences; ``None`` where either cannot show the figure."""
    found: Figures = {}
    for name in COMPARED:
        mine, theirs = one[name], other[name]
        found[name] = None if mine is None or theirs is None else mine - theirs
    return found
