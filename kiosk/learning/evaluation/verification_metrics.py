"""Figures of a verification experiment, from distances of genuine and impostor pairs.

Genuine: both pictures show the same person; impostor: different people. A pair is accepted if its
distance is at most the threshold, as at the door. Terms as in ISO/IEC 19795-1:2021: FAR here is the
share of impostor pairs accepted (there FMR), FRR the share of genuine pairs refused (FNMR), TAR = 1
− FRR.

Every figure takes weights, so that resampled people (``bootstrap_intervals``) go through the same
code.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kiosk.core.confusion import Confusion as Confusion
from kiosk.core.errors import LearningError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Figures = dict[str, float | None]
"""Figures by name; ``None`` if the data cannot show one."""

FARS = {"1e-2": 1e-2, "1e-3": 1e-3, "1e-4": 1e-4}
LEAST_EXPECTED = 0.5
"""TAR at a FAR is given if that FAR means at least half an impostor pair.

Of 900 pairs none may be accepted at 1e-3 (0.9 pairs), and 1e-4 (0.09 pairs) cannot be told from
1e-3.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Comparisons sorted by ``distances`` (n,); ``same`` (n,): whether genuine.

    ``order`` (n,): index of each in the given arrays; ``ends``: the last of each run of equal
    distances, because a threshold can lie only there.
    """

    distances: Floats
    same: Bools
    order: Ints
    ends: Ints

    @classmethod
    def of(cls, distances: ArrayLike, same: ArrayLike) -> Scores:
        """Sort; ``LearningError`` unless there are finite distances of both kinds."""
        values = np.asarray(distances, np.float64)
        kind = np.asarray(same, np.bool_)
        if values.shape != kind.shape or values.ndim != 1:
            raise ValueError(f"distances {values.shape} and kinds {kind.shape} differ")
        if not np.isfinite(values).all():
            raise LearningError(
                "Some distances are not finite numbers; the network is damaged or wrongly "
                "described."
            )
        if kind.all() or not kind.any():
            missing = "of different people" if kind.any() else "of the same person"
            raise LearningError(
                f"There is no pair {missing} to compare; add pictures so that both kinds of pair "
                "are there."
            )
        order = np.argsort(values, kind="stable")
        values = values[order]
        ends = np.flatnonzero(np.append(values[1:] > values[:-1], True))
        return cls(values, kind[order], order, ends)

    def confusion(self, threshold: float, weights: Floats | None = None) -> Confusion:
        """Return the counts at ``threshold``; ``weights`` (n,) in the order of ``distances``."""
        cut = int(np.searchsorted(self.distances, threshold, side="right"))
        if weights is None:
            tp, fp = int(self.same[:cut].sum()), int((~self.same[:cut]).sum())
            genuine = int(self.same.sum())
            return Confusion(tp, fp, len(self.same) - genuine - fp, genuine - tp)
        parts = [
            float(weights[piece][kind[piece]].sum())
            for piece in (slice(cut), slice(cut, None))
            for kind in (self.same, ~self.same)
        ]
        return Confusion(parts[0], parts[1], parts[3], parts[2])

    def means(self, weights: Floats | None = None) -> tuple[float | None, float | None]:
        """Return the mean distance of genuine and of impostor pairs: the founders' ``pos_m`` and
        ``neg_m``.
        """
        return tuple(
            _mean(self.distances[kind], None if weights is None else weights[kind])
            for kind in (self.same, ~self.same)
        )  # type: ignore[return-value]

    def curve(self, weights: Floats | None = None, among: Bools | None = None) -> Curve:
        """Return the curve as the threshold rises; ``among`` (n,) selects pairs."""
        counted = np.ones(len(self.same)) if weights is None else weights
        if among is not None:
            counted = counted * among
        tp = np.cumsum(counted * self.same)[self.ends]
        fp = np.cumsum(counted * ~self.same)[self.ends]
        return Curve(self._thresholds(), np.concatenate([[0.0], tp]), np.concatenate([[0.0], fp]))

    def _thresholds(self) -> Floats:
        """Return midpoints of neighbouring distances.

        The first refuses everybody (below 0 only if a distance is 0).
        """
        at = self.distances[self.ends]
        first = at[0] / 2 if at[0] > 0 else -1.0
        return np.concatenate([[first], (at[:-1] + at[1:]) / 2, at[-1:]])


def _mean(values: Floats, weights: Floats | None) -> float | None:
    if weights is None:
        return float(values.mean()) if len(values) else None
    total = float(weights.sum())
    return float(values @ weights) / total if total > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The trade-off: at sorted ``thresholds`` (m,), ``tp`` (m,) genuine and ``fp`` (m,) impostor
    pairs are accepted.

    From none at the first to all at the last.
    """

    thresholds: Floats
    tp: Floats
    fp: Floats

    @property
    def tar(self) -> Floats:
        """(m,) share of genuine pairs accepted: the ROC's ordinate."""
        return self.tp / self.tp[-1] if self.tp[-1] > 0 else np.full(len(self.tp), np.nan)

    @property
    def far(self) -> Floats:
        """(m,) share of impostor pairs accepted: the abscissa of ROC and DET."""
        return self.fp / self.fp[-1] if self.fp[-1] > 0 else np.full(len(self.fp), np.nan)

    @property
    def frr(self) -> Floats:
        """(m,) share of genuine pairs refused: the DET's ordinate (Martin et al., 1997)."""
        return 1 - self.tar

    @property
    def whole(self) -> bool:
        """Whether there are pairs of both kinds."""
        return bool(self.tp[-1] > 0 and self.fp[-1] > 0)

    def place_at(self, far: float) -> int | None:
        """Return the index of the largest threshold with FAR at most ``far``.

        ``None`` if not measurable.
        """
        if not self.whole or self.fp[-1] * far < LEAST_EXPECTED:
            return None
        return int(np.searchsorted(self.fp, far * self.fp[-1] * (1 + 1e-12), side="right")) - 1

    def tar_at(self, far: float) -> float | None:
        """Return TAR at the largest threshold with FAR at most ``far``, never interpolated."""
        place = self.place_at(far)
        return None if place is None else float(self.tp[place] / self.tp[-1])

    def threshold_at(self, far: float) -> float | None:
        """Return that threshold: midway to the next distance, at which the FAR may be larger."""
        place = self.place_at(far)
        return None if place is None else float(self.thresholds[place])

    def tar_without_false_accepts(self) -> float | None:
        """Return TAR at the largest threshold that accepts no impostor pair."""
        return (
            float(self.tp[int(np.searchsorted(self.fp, 0.0, side="right")) - 1] / self.tp[-1])
            if self.whole
            else None
        )

    def eer(self) -> float | None:
        """Return the equal error rate: where the line through neighbouring points of the DET meets
        FAR = FRR.
        """
        if not self.whole:
            return None
        far = self.far
        frr = self.frr
        after = int(np.argmax(far >= frr))
        before = after - 1
        gap = frr[before] - far[before]
        step = (far[after] - far[before]) + (frr[before] - frr[after])
        return float(far[before] + (far[after] - far[before]) * gap / step)

    def best(self) -> tuple[float, float]:
        """Return the best accuracy (TP + TN) / all, and a threshold in the middle of those that
        reach it.
        """
        right = self.tp + (self.fp[-1] - self.fp)
        top = right.max()
        places = np.flatnonzero(right >= top - 1e-9)
        total = self.tp[-1] + self.fp[-1]
        return float(top / total) if total > 0 else math.nan, float(
            self.thresholds[places[len(places) // 2]]
        )


@dataclass(frozen=True, slots=True)
class Folds:
    """Accuracy by folds: ``accuracies`` and ``thresholds`` of each."""

    accuracies: tuple[float, ...]
    thresholds: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean accuracy, as reported for LFW; NaN if no fold has a pair."""
        return sum(self.accuracies) / len(self.accuracies) if self.accuracies else math.nan

    @property
    def standard_error(self) -> float | None:
        """Standard error of the mean: the folds' standard deviation (n − 1) over √n, as reported
        for LFW.
        """
        n = len(self.accuracies)
        return float(np.std(self.accuracies, ddof=1) / math.sqrt(n)) if n > 1 else None


def by_folds(scores: Scores, folds: Ints, weights: Floats | None = None) -> Folds:
    """LFW's protocol (Huang et al., 2007, view 2): each fold with the threshold that is best on all
    others.

    ``folds`` (n,) in the order of ``scores.distances``. Raises ``LearningError`` for fewer than
    two.
    """
    names = np.unique(folds)
    if len(names) < 2:
        raise LearningError(
            "The list has one fold only; give at least two, or leave the column fold out."
        )
    accuracies = []
    thresholds = []
    for name in names:
        own = folds == name
        threshold = scores.curve(weights, ~own).best()[1]
        right = (scores.distances <= threshold) == scores.same
        counted = own.astype(np.float64) if weights is None else weights * own
        if counted.sum() > 0:
            accuracies.append(float(counted @ right / counted.sum()))
            thresholds.append(threshold)
    return Folds(tuple(accuracies), tuple(thresholds))


def figures(
    scores: Scores, threshold: float, folds: Ints | None = None, weights: Floats | None = None
) -> Figures:
    """Return every rate and distance; ``accuracy`` is that of the folds if there are any."""
    confusion = scores.confusion(threshold, weights)
    curve = scores.curve(weights)
    pos_m, neg_m = scores.means(weights)
    at = confusion.accuracy
    found: Figures = {
        "accuracy": at if folds is None else by_folds(scores, folds, weights).mean,
        "accuracy_at_threshold": at,
        "best_accuracy": curve.best()[0],
        "sensitivity": confusion.sensitivity,
        "specificity": confusion.specificity,
        "ppv": confusion.ppv,
        "npv": confusion.npv,
        "f1": confusion.f1,
        "far": confusion.far,
        "frr": confusion.frr,
        "eer": curve.eer(),
    }
    found |= {f"tar@far={name}": curve.tar_at(far) for name, far in FARS.items()}
    return found | {
        "sensitivity@fa=0": curve.tar_without_false_accepts(),
        "pos_m": pos_m,
        "neg_m": neg_m,
    }


def most_accepted_by_chance(errors: int, pairs: int) -> float | None:
    """Return the FAR that remains possible at 95 % without accepted impostors: 3/n (Hanley,
    Lippman-Hand, 1983).
    """
    return min(1.0, 3 / pairs) if pairs and not errors else None


def sensitivity_without_false_accepts(
    genuine: Sequence[float] | Floats, impostor: Sequence[float] | Floats
) -> tuple[float, float]:
    """Return the share of genuine distances below every impostor distance, and that smallest
    impostor distance.
    """
    least = float(np.min(impostor))
    return float((np.asarray(genuine) < least).mean()), least
