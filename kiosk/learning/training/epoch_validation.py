"""Validation of an epoch: errors at a fixed distance on pairs of held-apart people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.learning.data.face_dataset import TrainingPairs
from kiosk.learning.evaluation.verification_metrics import Scores

COLLAPSED = 0.01
"""If no distance is larger, the network gives every face the same embedding."""

ALIKE = 0.6
"""Below this share of (genuine, impostor) pairs in the right order, distances tell nothing.

The area under the ROC curve; 0.5 is chance.
"""

PairLoss = Callable[[NDArray[np.float32], NDArray[np.bool_]], float]
"""Mean loss of pairs from their distances (n,) and whether they are genuine (n,)."""


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """Errors and distances of one epoch.

    ``type_1``: impostors accepted (FP), ``type_2``: genuine refused (FN), ``tp`` and ``tn``: pairs
    decided rightly, all counts. Six rates; ``None`` where one is undefined. ``pos_m`` and
    ``neg_m``: mean distance of genuine and impostor pairs. ``val_loss``: the loss on these pairs,
    ``None`` for a loss that is not one of pairs. ``auc``: share of (genuine, impostor) pairs in the
    right order. ``widest``: the largest distance. Runs of older versions lack some.
    """

    type_1: float
    type_2: float
    sensitivity: float
    specificity: float
    accuracy: float
    pos_m: float
    neg_m: float
    tp: float | None = None
    tn: float | None = None
    ppv: float | None = None
    npv: float | None = None
    f1: float | None = None
    val_loss: float | None = None
    auc: float | None = None
    widest: float | None = None

    @classmethod
    def of(cls, row: dict[str, Any]) -> EpochFigures:
        """Parse a row of metrics."""
        return cls(**{f.name: row[f.name] for f in fields(cls) if f.name in row})

    def row(self) -> dict[str, Any]:
        """Return plain numbers by name."""
        return asdict(self)

    def better_than(self, other: EpochFigures) -> bool:
        """Return whether this epoch is better: fewer impostors accepted.

        If equal, more genuine pairs accepted.
        """
        return (-self.type_1, self.sensitivity) > (-other.type_1, other.sensitivity)

    @property
    def collapsed(self) -> bool:
        """Whether the network gives every face the same embedding."""
        return self.widest is not None and self.widest < COLLAPSED

    @property
    def useless(self) -> str:
        """Why no threshold can tell people apart; empty if one may."""
        if self.collapsed:
            return f"all distances are below {COLLAPSED:g}: every face gets the same embedding"
        if self.auc is not None and self.auc < ALIKE:
            return (
                f"pairs of one person and of two people are equally far apart"
                f" ({self.pos_m:.3f} and {self.neg_m:.3f} on average)"
            )
        return ""


def validate_epoch(
    vectors: NDArray[np.float32],
    pairs: TrainingPairs,
    threshold: float,
    loss: PairLoss | None = None,
) -> EpochFigures:
    """Count pairs accepted at ``threshold``; ``vectors`` (n, d) finite."""
    gaps = pairs.gaps(vectors)
    scores = Scores.of(gaps, pairs.same)
    counts = scores.confusion(threshold)
    (near, far) = scores.means()
    return EpochFigures(
        type_1=counts.fp,
        type_2=counts.fn,
        sensitivity=counts.sensitivity or 0.0,
        specificity=counts.specificity or 0.0,
        accuracy=counts.accuracy or 0.0,
        pos_m=near or 0.0,
        neg_m=far or 0.0,
        tp=counts.tp,
        tn=counts.tn,
        ppv=counts.ppv,
        npv=counts.npv,
        f1=counts.f1,
        val_loss=loss(gaps, pairs.same) if loss else None,
        auc=area_under_curve(gaps[pairs.same], gaps[~pairs.same]),
        widest=float(gaps.max()),
    )


def area_under_curve(genuine: NDArray[np.float32], impostor: NDArray[np.float32]) -> float:
    """Return the share of (genuine, impostor) distances where the genuine one is smaller.

    Ties count half (Hanley, McNeil, "The meaning and use of the area under a ROC curve", 1982).
    """
    ranked = np.sort(impostor)
    below = np.searchsorted(ranked, genuine, "left")
    equal = np.searchsorted(ranked, genuine, "right") - below
    larger = len(ranked) - below - equal
    return float((larger + equal / 2).mean() / len(ranked))
