"""The confusion matrix of a verification experiment and the rates derived from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts at one threshold.

    Genuine pairs accepted (``tp``) and refused (``fn``), impostor pairs accepted (``fp``) and
    refused (``tn``). Every rate is 0..1, ``None`` where its denominator is 0.
    """

    tp: float
    fp: float
    tn: float
    fn: float

    @property
    def far(self) -> float | None:
        """FP / (FP + TN): share of impostor pairs accepted."""
        return _share(self.fp, self.tn)

    @property
    def frr(self) -> float | None:
        """FN / (FN + TP): share of genuine pairs refused."""
        return _share(self.fn, self.tp)

    @property
    def sensitivity(self) -> float | None:
        """TP / (TP + FN): share of genuine pairs accepted; also recall, TAR."""
        return _share(self.tp, self.fn)

    @property
    def specificity(self) -> float | None:
        """TN / (TN + FP): share of impostor pairs refused."""
        return _share(self.tn, self.fp)

    @property
    def ppv(self) -> float | None:
        """TP / (TP + FP): positive predictive value, also precision; depends on the class ratio."""
        return _share(self.tp, self.fp)

    @property
    def npv(self) -> float | None:
        """TN / (TN + FN): negative predictive value."""
        return _share(self.tn, self.fn)

    @property
    def f1(self) -> float | None:
        """2PR / (P + R) of precision P and recall R, which is 2 TP / (2 TP + FP + FN)."""
        return _share(2 * self.tp, self.fp + self.fn)

    @property
    def accuracy(self) -> float | None:
        """(TP + TN) / all."""
        return _share(self.tp + self.tn, self.fp + self.fn)


def _share(part: float, rest: float) -> float | None:
    return part / (part + rest) if part + rest > 0 else None
