"""Plots of training runs, drawn without a display."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kiosk.learning.evaluation.plots import OTHERS, SAME
from kiosk.learning.networks.weight_files import write


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=110, layout="constrained")


def _write(figure: Any, path: Path) -> None:
    content = io.BytesIO()
    figure.savefig(content, format="png")
    write(path, content.getvalue())


def learning_curve(history: Sequence[dict[str, Any]], path: Path) -> None:
    """Plot loss, errors and mean distances by epoch."""
    figure = _figure(11, 3.4)
    loss, errors, gaps = figure.subplots(1, 3)
    epochs = [row["epoch"] for row in history]
    trained = [row for row in history if "loss" in row]
    loss.plot(
        [row["epoch"] for row in trained], [row["loss"] for row in trained], "k.-", label="training"
    )
    judged = [row for row in history if row.get("val_loss") is not None]
    loss.plot(
        [row["epoch"] for row in judged],
        [row["val_loss"] for row in judged],
        ".-",
        color="tab:purple",
        label="people held apart",
    )
    errors.plot(
        epochs,
        [row["type_1"] for row in history],
        ".-",
        color="tab:red",
        label="type I: strangers accepted",
    )
    errors.plot(
        epochs,
        [row["type_2"] for row in history],
        ".-",
        color="tab:gray",
        label="type II: own people refused",
    )
    gaps.plot(
        epochs, [row["pos_m"] for row in history], ".-", color=SAME, label="same person (pos_m)"
    )
    gaps.plot(epochs, [row["neg_m"] for row in history], ".-", color=OTHERS, label="others (neg_m)")
    for axes, title in (
        (loss, "loss"),
        (errors, "errors on people held apart"),
        (gaps, "mean distance, people held apart"),
    ):
        axes.set(title=title, xlabel="epoch")
        axes.grid(alpha=0.3)
    for axes in (loss, errors, gaps):
        axes.legend()
    _write(figure, path)
