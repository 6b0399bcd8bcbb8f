"""Pictures of training runs; drawn without a display."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.errors import LearningError

SAME, OTHERS = "tab:blue", "tab:orange"


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=110, layout="constrained")


def _write(figure: Any, path: Path) -> None:
    part = path.with_name(path.name + ".part")
    try:
        figure.savefig(part, format="png")
        part.replace(path)
    except OSError as error:
        raise LearningError(f"{path} cannot be written ({error.strerror}); make room or correct its permissions.") from None


def learning_curve(history: Sequence[dict[str, float]], path: Path) -> None:
    """Loss, errors and mean distances by epoch."""
    figure = _figure(11, 3.4)
    loss, errors, gaps = figure.subplots(1, 3)
    epochs = [row["epoch"] for row in history]
    trained = [row for row in history if "loss" in row]
    loss.plot([row["epoch"] for row in trained], [row["loss"] for row in trained], "k.-")
    errors.plot(epochs, [row["type_1"] for row in history], ".-", color="tab:red", label="type I: strangers accepted")
    errors.plot(epochs, [row["type_2"] for row in history], ".-", color="tab:gray", label="type II: own people refused")
    gaps.plot(epochs, [row["pos_m"] for row in history], ".-", color=SAME, label="same person (pos_m)")
    gaps.plot(epochs, [row["neg_m"] for row in history], ".-", color=OTHERS, label="others (neg_m)")
    for axes, title in ((loss, "training loss"), (errors, "errors on people held apart"), (gaps, "mean distance, people held apart")):
        axes.set(title=title, xlabel="epoch")
        axes.grid(alpha=0.3)
    errors.legend()
    gaps.legend()
    _write(figure, path)


def pair_scatter(gaps: NDArray[np.float32], same: NDArray[np.bool_], threshold: float, path: Path) -> None:
    """Distances of pairs, blue for the same person and orange for others, with the line of decision."""
    figure = _figure(7, 4)
    axes = figure.subplots()
    for kind, colour, label in ((~same, OTHERS, "others"), (same, SAME, "same person")):
        axes.scatter(np.flatnonzero(kind), gaps[kind], s=5, color=colour, alpha=0.6, label=label)
    axes.axhline(threshold, color="black", linestyle="--", label=f"threshold {threshold:.2f}")
    axes.set(xlabel="pair", ylabel="distance", ylim=(0, 2.02))
    axes.legend(loc="upper right")
    _write(figure, path)


def comparison(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Sensitivity and type I errors of a sweep over the learning rate, one line a head and number of epochs."""
    figure = _figure(11, 4.2)
    left, right = figure.subplots(1, 2)
    done = [row for row in rows if row["type_1"] != ""]
    for head, epochs in dict.fromkeys((row["head"], row["epochs"]) for row in done):
        line = sorted((row for row in done if (row["head"], row["epochs"]) == (head, epochs)), key=lambda row: row["lr"])
        for axes, key in ((left, "sensitivity"), (right, "type_1")):
            axes.plot([row["lr"] for row in line], [row[key] for row in line], ".-", label=f"{head}, {epochs} epochs")
    for axes, title in ((left, "sensitivity"), (right, "type I errors: strangers accepted")):
        axes.set(title=title, xlabel="learning rate", xscale="log")
        axes.grid(alpha=0.3)
    if done:
        left.legend(fontsize=8)
    _write(figure, path)
