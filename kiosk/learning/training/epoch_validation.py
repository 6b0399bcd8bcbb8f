"""Validation of an epoch: errors at a fixed distance on pairs of held-apart people."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from kiosk.learning.data.face_dataset import Numbers, TrainingPairs
from kiosk.learning.evaluation.verification_metrics import Scores


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """Errors and distances of one epoch.

    ``type_1``: impostors accepted, ``type_2``: genuine refused, both counts; ``sensitivity`` and
    ``specificity``: shares of genuine pairs accepted and impostor pairs refused; ``pos_m`` and
    ``neg_m``: mean distance of genuine and impostor pairs.
    """

    type_1: float
    type_2: float
    sensitivity: float
    specificity: float
    accuracy: float
    pos_m: float
    neg_m: float

    @classmethod
    def of(cls, row: dict[str, float]) -> EpochFigures:
        """Parse a row of metrics."""
        return cls(**{f.name: row[f.name] for f in fields(cls)})

    def row(self) -> dict[str, float]:
        """Return plain numbers by name."""
        return asdict(self)

    def better_than(self, other: EpochFigures) -> bool:
        """Return whether this epoch is better: fewer impostors accepted.

        If equal, more genuine pairs accepted.
        """
        return (-self.type_1, self.sensitivity) > (-other.type_1, other.sensitivity)


def validate_epoch(
    vectors: NDArray[np.float32], pairs: TrainingPairs, threshold: float
) -> EpochFigures:
    """Count pairs accepted at ``threshold``; ``vectors`` (n, d) finite."""
    scores = Scores.of(pairs.gaps(vectors), pairs.same)
    counts = scores.confusion(threshold)
    (near, far) = scores.means()
    return EpochFigures(
        counts.fp,
        counts.fn,
        counts.sensitivity or 0.0,
        counts.specificity or 0.0,
        counts.accuracy or 0.0,
        near or 0.0,
        far or 0.0,
    )


def threshold_for(vectors: NDArray[np.float32], people: Numbers, far: float = 1e-3) -> float:
    """Return the largest distance with at most ``far`` of the impostor pairs accepted.

    In hundredths, 0.05 to 1.9.
    """
    gaps = np.sort(
        np.concatenate(
            [
                np.linalg.norm(vectors[i + 1 :][people[i + 1 :] != people[i]] - vectors[i], axis=1)
                for i in range(len(vectors) - 1)
            ]
        )
    )
    limit = gaps[int(len(gaps) * far)]
    return float(np.clip(np.floor(limit * 100) / 100, 0.05, 1.9))
