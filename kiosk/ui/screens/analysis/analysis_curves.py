"""The three small curves computed from distances: ROC, DET, and FPIR over gallery size."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from kiosk.core.threshold_analysis import Distances, Figures, Floats
from kiosk.ui.widgets.charts.plot import Axis
from kiosk.ui.widgets.charts.rate_chart import EMPTY, RateCurve

_NORMAL = NormalDist()
_MIN_FAR = 1e-5
_DET_TICKS = (
    (0.001, "0.1%"),
    (0.01, "1%"),
    (0.05, "5%"),
    (0.2, "20%"),
    (0.5, "50%"),
    (0.8, "80%"),
)
LARGEST_GALLERY = 1000
_MIN_FPIR = 1e-6


def roc(distances: Distances) -> RateCurve:
    """TAR over FAR with a logarithmic FAR axis; empty without ground truth."""
    far, frr = distances.curve()
    if not len(far) or not distances.truth:
        return EMPTY
    x_axis = Axis(
        np.log10(_MIN_FAR),
        0.0,
        [
            (float(p), words)
            for p, words in ((-4, "0.01%"), (-3, ""), (-2, "1%"), (-1, ""), (0, "100%"))
        ],
        "analysis.axis.far",
    )
    y_axis = Axis(0.0, 1.0, [(v, f"{v:.0%}") for v in (0.0, 0.25, 0.5, 0.75, 1.0)])
    return RateCurve(np.log10(np.maximum(far, _MIN_FAR)), 1 - frr, x_axis, y_axis)


def roc_place(found: Figures) -> tuple[float, float]:
    """The marker of a threshold on the ROC."""
    return float(np.log10(max(found.far or 0.0, _MIN_FAR))), found.sensitivity or 0.0


def det(distances: Distances) -> RateCurve:
    """FRR over FAR on normal-deviate axes (Martin et al., 1997), with the equal error line."""
    far, frr = distances.curve()
    if not len(far) or not distances.truth:
        return EMPTY
    ticks = [(_deviate(rate), words) for rate, words in _DET_TICKS]
    x_ticks = [(place, words if words in ("0.1%", "5%", "50%") else "") for place, words in ticks]
    axes = [
        Axis(_deviate(2e-4), _deviate(0.98), marks, key)
        for marks, key in ((x_ticks, "analysis.axis.far"), (ticks, ""))
    ]
    x, y = (np.array([_deviate(float(rate)) for rate in rates]) for rates in (far, frr))
    return RateCurve(x, y, axes[0], axes[1], diagonal=True)


def det_place(found: Figures) -> tuple[float, float]:
    """The marker of a threshold on the DET."""
    return _deviate(found.far or 0.0), _deviate(found.frr or 0.0)


def fpir(distances: Distances, threshold: float, gallery: int, target: float) -> RateCurve:
    """FPIR over the size of the gallery; ``target`` is the FPIR aimed at."""
    sizes: Floats = np.unique(np.geomspace(1, max(LARGEST_GALLERY, 2 * gallery), 60).round())
    found = distances.fpir(threshold, sizes)
    if found is None:
        return EMPTY
    rate, low, high = (np.log10(np.maximum(part, _MIN_FPIR)) for part in found)
    x_axis = Axis(
        0.0,
        float(np.log10(sizes[-1])),
        [(0.0, "1"), (1.0, "10"), (2.0, "100"), (3.0, "1,000")],
        "analysis.axis.gallery",
    )
    y_axis = Axis(
        np.log10(_MIN_FPIR),
        0.0,
        [(-6.0, "1e-6"), (-4.0, "0.01%"), (-2.0, "1%"), (0.0, "100%")],
    )
    here = distances.fpir(threshold, np.array([float(max(gallery, 1))]))
    assert here is not None
    place = (float(np.log10(max(gallery, 1))), float(np.log10(max(here[0][0], _MIN_FPIR))))
    return RateCurve(
        np.log10(sizes),
        rate,
        x_axis,
        y_axis,
        place,
        low,
        high,
        limit=float(np.log10(max(target, _MIN_FPIR))),
    )


def _deviate(rate: float) -> float:
    return _NORMAL.inv_cdf(min(max(rate, 1e-6), 1 - 1e-6))
