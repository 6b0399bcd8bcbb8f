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


def learning_curve(history: Sequence[dict[str, float]], path: Path) -> None:
    """Plot loss, errors and mean distances by epoch."""
    figure = _figure(11, 3.4)
    loss, errors, gaps = figure.subplots(1, 3)
    epochs = [row["epoch"] for row in history]
    trained = [row for row in history if "loss" in row]
    loss.plot([row["epoch"] for row in trained], [row["loss"] for row in trained], "k.-")
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
        (loss, "training loss"),
        (errors, "errors on people held apart"),
        (gaps, "mean distance, people held apart"),
    ):
        axes.set(title=title, xlabel="epoch")
        axes.grid(alpha=0.3)
    errors.legend()
    gaps.legend()
    _write(figure, path)


def comparison(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Plot sensitivity and type I errors of a sweep over the learning rate.

    One line per head and number of epochs.
    """
    figure = _figure(11, 4.2)
    left, right = figure.subplots(1, 2)
    done = [row for row in rows if row["type_1"] != ""]
    for head, epochs in dict.fromkeys((row["head"], row["epochs"]) for row in done):
        line = sorted(
            (row for row in done if (row["head"], row["epochs"]) == (head, epochs)),
            key=lambda row: row["lr"],
        )
        for axes, key in ((left, "sensitivity"), (right, "type_1")):
            axes.plot(
                [row["lr"] for row in line],
                [row[key] for row in line],
                ".-",
                label=f"{head}, {epochs} epochs",
            )
    for axes, title in ((left, "sensitivity"), (right, "type I errors: strangers accepted")):
        axes.set(title=title, xlabel="learning rate", xscale="log")
        axes.grid(alpha=0.3)
    if done:
        left.legend(fontsize=8)
    _write(figure, path)
