"""One line of a training's progress for each epoch, in columns that fit a terminal of 80."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_RATES = ("sensitivity", "specificity", "ppv", "npv", "f1", "accuracy")

HEADER = " ep  loss   val   TP   FN   FP   TN sens spec  PPV  NPV   F1  acc pos_m neg_m"
"""The columns' names.

Training and validation loss · pairs of the held-apart people: genuine accepted and refused,
impostors accepted (type I) and refused · sensitivity, specificity, PPV, NPV, F1, accuracy ·
mean distance of genuine and impostor pairs.
"""


def epoch_line(row: Mapping[str, Any]) -> str:
    """Return the columns of an epoch's row; ``-`` where there is no figure."""
    counts = "".join(f"{_count(row.get(key)):>5}" for key in ("tp", "type_2", "type_1", "tn"))
    rates = "".join(f"{_rate(row.get(key)):>5}" for key in _RATES)
    gaps = "".join(f"{_number(row.get(key), 3):>6}" for key in ("pos_m", "neg_m"))
    losses = f"{_number(row.get('loss'), 3):>6}{_number(row.get('val_loss'), 3):>6}"
    return f"{int(row['epoch']):>3}{losses}{counts}{rates}{gaps}"


def _count(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _rate(value: float | None) -> str:
    """Three digits without the zero before the point: .987, and 1.00."""
    if value is None:
        return "-"
    return "1.00" if value >= 0.9995 else f"{value:.3f}"[1:]


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return "-"
    return f"{value:.{digits}f}" if value < 10 else f"{value:.1f}"
