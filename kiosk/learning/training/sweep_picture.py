"""Every epoch of every run of a sweep in one picture, drawn without a display."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kiosk.learning.training.epoch_validation import EpochFigures
from kiosk.learning.training.run_folder import Row

PANELS = (
    ("loss", "training loss"),
    ("val_loss", "loss on people held apart"),
    ("sensitivity", "sensitivity"),
    ("type_1", "type I errors: strangers accepted"),
    ("pos_m", "mean distance of one person's pairs (pos_m)"),
    ("neg_m", "mean distance of two people's pairs (neg_m)"),
)
_STYLES = ("-", "--", ":", "-.")
_MOST_NAMES = 24
"""Settings in the legend at most."""


@dataclass(frozen=True, slots=True)
class RunCurve:
    """The epochs of one run."""

    head: str
    lr: float
    seed: int
    history: Sequence[Row]


def sweep_picture(curves: Sequence[RunCurve]) -> bytes:
    """Return a PNG: a panel for each figure, a colour for each learning rate, a line for each head.

    Of several seeds the mean is drawn, with a band from the least to the largest. A dot marks the
    last epoch, a star the best one.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 7.5), dpi=110, layout="constrained")
    panels = figure.subplots(2, 3)
    rates = sorted({curve.lr for curve in curves}, reverse=True)
    heads = list(dict.fromkeys(curve.head for curve in curves))
    shades = colormaps["viridis"](np.linspace(0, 0.9, len(rates)))
    for lr, shade in zip(rates, shades, strict=True):
        for index, head in enumerate(heads):
            same = [curve for curve in curves if (curve.lr, curve.head) == (lr, head)]
            if same:
                style = {"color": shade, "linestyle": _STYLES[index % len(_STYLES)]}
                _draw(panels.flat, same, f"{head}, lr {lr:g}", style)
    for axes, (_, title) in zip(panels.flat, PANELS, strict=True):
        axes.set(title=title, xlabel="epoch")
        axes.grid(alpha=0.3)
    handles, names = panels.flat[2].get_legend_handles_labels()
    if handles:
        figure.legend(
            handles[:_MOST_NAMES], names[:_MOST_NAMES], loc="outside right center", fontsize=8
        )
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()


def _draw(panels: Any, curves: Sequence[RunCurve], name: str, style: dict[str, Any]) -> None:
    best = int(_best(curves[0].history)["epoch"])
    for axes, (key, _) in zip(panels, PANELS, strict=True):
        epochs = [int(row["epoch"]) for row in curves[0].history if row.get(key) is not None]
        values = np.array(
            [
                [row[key] for row in curve.history if row.get(key) is not None]
                for curve in curves
                if len(curve.history) == len(curves[0].history)
            ]
        )
        if not epochs:
            continue
        mean = values.mean(axis=0)
        axes.plot(epochs, mean, label=name, linewidth=1.3, **style)
        if len(values) > 1:
            axes.fill_between(
                epochs, values.min(axis=0), values.max(axis=0), alpha=0.15, color=style["color"]
            )
        axes.plot([epochs[-1]], [mean[-1]], "o", markersize=4, color=style["color"])
        if best in epochs:
            at = epochs.index(best)
            axes.plot([best], [mean[at]], "*", markersize=9, color=style["color"])


def _best(history: Sequence[Row]) -> Row:
    best = history[0]
    for row in history[1:]:
        if best["epoch"] == 0 or EpochFigures.of(row).better_than(EpochFigures.of(best)):
            best = row
    return best
