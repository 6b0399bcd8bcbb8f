"""The three small charts of error rates: ROC, DET, and FPIR over the size of the gallery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QWidget

from kiosk.core.threshold_analysis import AnalysisView, Distances
from kiosk.ui.i18n import tr
from kiosk.ui.screens.analysis.analysis_curves import det, det_place, fpir, roc, roc_place
from kiosk.ui.screens.analysis.rate_text import percent_text
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.charts.rate_chart import EMPTY, RateChart
from kiosk.ui.widgets.folding_row import FoldingRow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column


class RateChartsPanel(QWidget):
    """Curves of the current distances, each with a marker at the current threshold."""

    def __init__(self) -> None:
        super().__init__()
        self._roc = EMPTY
        self._det = EMPTY
        self.roc = RateChart("analysisRoc")
        self.det = RateChart("analysisDet")
        self.fpir = RateChart("analysisFpir")
        self.fpir_words = Label("", size=SIZES[0], quiet=True, wrap=True, name="analysisFpirWords")
        cards = [
            Card(
                Label(f"analysis.curve.{name}", bold=True, wrap=True),
                chart,
                name=f"analysis{name.capitalize()}Card",
                margin=2,
                gap=1,
            )
            for name, chart in (("roc", self.roc), ("det", self.det), ("fpir", self.fpir))
        ]
        cards[2].body.addWidget(self.fpir_words)
        self.setLayout(column(FoldingRow(*cards)))

    def set_distances(self, distances: Distances) -> None:
        """Compute the curves that do not depend on the threshold."""
        self._roc = roc(distances)
        self._det = det(distances)

    def show_threshold(self, view: AnalysisView, threshold: float, target: float) -> None:
        """Draw the curves with a marker at ``threshold``; ``target`` is the FPIR aimed at."""
        found = view.distances.at(threshold)
        words = tr("analysis.curve.here", far=percent_text(found.far), frr=percent_text(found.frr))
        for chart, curve, place in (
            (self.roc, self._roc, roc_place),
            (self.det, self._det, det_place),
        ):
            chart.show_curve(replace(curve, here=place(found)) if len(curve.x) else EMPTY, words)
        self.fpir.show_curve(fpir(view.distances, threshold, view.gallery, target), words)
        self._show_fpir_words(view, threshold)

    def _show_fpir_words(self, view: AnalysisView, threshold: float) -> None:
        fpir_here = view.distances.fpir(threshold, np.array([float(max(view.gallery, 1))]))
        if fpir_here is None:
            self.fpir_words.set_key("analysis.curve.no_fpir")
            return
        rate, low, high = fpir_here
        self.fpir_words.set_key(
            "analysis.curve.fpir_here",
            people=f"{view.gallery:,}",
            fpir=percent_text(float(rate[0])),
            low=percent_text(float(low[0])),
            high=percent_text(float(high[0])),
        )
