"""Plots of an evaluation, drawn without a display.

Texts are plain Latin, so that no font can be missing.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kiosk.learning.evaluation.evaluator import Evaluation
from kiosk.learning.evaluation.verification_metrics import Confusion, Curve, Floats, Scores

SAME = "#1f77b4"
OTHERS = "#ff7f0e"
LINE = "#333333"
"""Blue for the same person and orange for others, as the founders drew them."""
MOST_POINTS = 3000
_DET_TICKS = (0.0001, 0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95)


def pictures(evaluation: Evaluation) -> dict[str, bytes]:
    """Return PNG files by name: confusion, scatter, histogram, roc, det."""
    scores = evaluation.scores
    threshold = evaluation.threshold
    curve = evaluation.scores.curve()
    found = {
        "scatter": scatter(scores, threshold, evaluation.settings.seed),
        "histogram": histogram(scores, threshold),
        "roc": roc(curve),
        "det": det(curve),
    }
    return (
        {"confusion": confusion(evaluation.whole.confusion), **found}
        if evaluation.whole.confusion
        else found
    )


def _axes(title: str, x: str, y: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(5.6, 4.2), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def confusion(counts: Confusion) -> bytes:
    """Plot the four counts, shaded by their share of the row."""
    figure, axes = _axes("Confusion matrix", "answer", "truth")
    cells = np.array([[counts.tp, counts.fn], [counts.fp, counts.tn]], np.float64)
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
    axes.set_xticks([0, 1], ["accepted", "refused"])
    axes.set_yticks([0, 1], ["same person", "different"], rotation=90, va="center")
    for (row, column), name in zip(
        np.ndindex(2, 2), ("TP", "FN (type II)", "FP (type I)", "TN"), strict=True
    ):
        axes.text(
            column,
            row,
            f"{name}\n{cells[row, column]:,.0f}\n{shares[row, column]:.2%}",
            ha="center",
            va="center",
            fontsize=13,
            color="white" if shares[row, column] > 0.6 else "black",
        )
    return _png(figure)


def scatter(scores: Scores, threshold: float, seed: int = 0, title: str = "Distances") -> bytes:
    """Plot each comparison at its distance, in random order; a sample if there are many."""
    figure, axes = _axes(title, "distance", "comparison")
    rng = np.random.default_rng(seed)
    for kind, colour, label in (
        (~scores.same, OTHERS, "others"),
        (scores.same, SAME, "same person"),
    ):
        values = rng.permutation(scores.distances[kind])[:MOST_POINTS]
        axes.scatter(
            values,
            np.linspace(0, 1, len(values)),
            s=7,
            alpha=0.55,
            color=colour,
            label=label,
            linewidths=0,
        )
    axes.axvline(threshold, color=LINE, linestyle="--", label=f"threshold {threshold:.3f}")
    axes.set_xlim(0, max(2.0, float(scores.distances[-1]) * 1.02))
    axes.set_yticks([])
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return _png(figure)


def histogram(scores: Scores, threshold: float) -> bytes:
    """Plot the histogram of distances; both kinds with the same area."""
    figure, axes = _axes("Histogram of distances", "distance", "density")
    bins = np.linspace(0, float(scores.distances[-1]) * 1.02 + 1e-6, 61)
    for kind, colour, label in (
        (~scores.same, OTHERS, "others"),
        (scores.same, SAME, "same person"),
    ):
        axes.hist(
            scores.distances[kind], bins=bins, density=True, alpha=0.6, color=colour, label=label
        )
    axes.axvline(threshold, color=LINE, linestyle="--", label=f"threshold {threshold:.3f}")
    axes.legend()
    return _png(figure)


def roc(curve: Curve) -> bytes:
    """Plot TAR over FAR, logarithmic down to one pair."""
    return roc_of_several([("", curve)])


def roc_of_several(curves: Sequence[tuple[str, Curve]]) -> bytes:
    """Plot several networks' TAR over FAR, each with its name; one alone has no legend."""
    figure, axes = _axes("ROC", "FAR", "TAR")
    least = 0.5 / max(curve.fp[-1] for _, curve in curves)
    for index, (name, curve) in enumerate(curves):
        far, tar = _thin(np.maximum(curve.far, least), curve.tar)
        axes.step(far, tar, where="post", color=f"C{index}", label=name)
    axes.set_xscale("log")
    axes.set_xlim(least, 1)
    axes.set_ylim(0, 1.01)
    axes.grid(alpha=0.3)
    if len(curves) > 1:
        axes.legend(loc="lower right")
    return _png(figure)


def det(curve: Curve) -> bytes:
    """Plot FRR over FAR on normal-deviate axes (Martin et al., 1997), where equal normal
    distributions give a line.
    """
    return det_of_several([("", curve)])


def det_of_several(curves: Sequence[tuple[str, Curve]]) -> bytes:
    """Plot several networks' FRR over FAR, each with its name; one alone has no legend."""
    figure, axes = _axes("DET", "FAR", "FRR")
    low = min(0.01, *(0.5 / min(curve.fp[-1], curve.tp[-1]) for _, curve in curves))
    for index, (name, curve) in enumerate(curves):
        far, frr = _thin(np.clip(curve.far, low, 1 - low), np.clip(curve.frr, low, 1 - low))
        style = {"color": f"C{index}", "drawstyle": "steps-post", "label": name}
        axes.plot(_deviate(far), _deviate(frr), **style)
    ticks = [tick for tick in _DET_TICKS if tick >= low]
    labels = [f"{tick * 100:g} %" for tick in ticks]
    axes.set_xticks(_deviate(np.array(ticks)), labels)
    axes.set_yticks(_deviate(np.array(ticks)), labels)
    limits = _deviate(np.array([low, 0.99]))
    axes.plot(limits, limits, color=LINE, linestyle=":", linewidth=1)
    axes.set_xlim(limits)
    axes.set_ylim(limits)
    axes.grid(alpha=0.3)
    if len(curves) > 1:
        axes.legend(loc="upper right")
    return _png(figure)


def _deviate(shares: Floats) -> Floats:
    normal = NormalDist()
    return np.array([normal.inv_cdf(float(share)) for share in shares])


def _thin(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the corners of a rising curve, thinned to a few thousand points."""
    turned = np.flatnonzero(np.append(True, (np.diff(x) != 0) | (np.diff(y) != 0)))
    if len(turned) > MOST_POINTS:  # even steps in both directions
        way = np.cumsum(
            np.append(
                0.0,
                np.abs(np.diff(np.log(np.maximum(x[turned], 1e-12)))) + np.abs(np.diff(y[turned])),
            )
        )
        turned = turned[
            np.unique(
                np.searchsorted(way, np.linspace(0, way[-1], MOST_POINTS)).clip(max=len(turned) - 1)
            )
        ]
    return x[turned], y[turned]
