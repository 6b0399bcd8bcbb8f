"""The analysis screen: distances, error rates, replay of past decisions, and the threshold."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from kiosk.core.people import AccountRole
from kiosk.core.threshold_analysis import AnalysisView, ChoicePreview, Source
from kiosk.core.thresholds import Choice
from kiosk.ui.fitting import fit
from kiosk.ui.screens.analysis.analysis_cards import FiguresCard, SupportCard, TargetCard
from kiosk.ui.screens.analysis.analysis_lists import GroupsCard, ReplayCard
from kiosk.ui.screens.analysis.apply_bar import ApplyBar
from kiosk.ui.screens.analysis.rate_charts_panel import RateChartsPanel
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES, text_px
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.charts.distance_chart import DistanceChart
from kiosk.ui.widgets.charts.legend import ChartLegend
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.scrolling import scroll_area

BINS = 60
PREVIEW_MS = 300
"""A draft is replayed once the line has rested for this long."""
SIDE_WIDTH = 360
"""Width of the figures beside the chart, in pixels at scale 1."""
ROOM_BESIDE = 860
"""Width at scale 1 below which the figures go under the chart."""
ROOM_FOR_TWO = 680
"""Width at scale 1 below which the figures are in one column."""


class _Side(QWidget):
    """Beside the chart as narrow as its text allows."""

    def sizeHint(self) -> QSize:
        return QSize(self.minimumSizeHint().width(), super().sizeHint().height())


class AnalysisScreen(Screen):
    """Shows a view of one source and edits a draft threshold.

    ``viewRequested`` carries the source; ``previewRequested`` and ``applied`` carry a ``Choice``,
    or ``None`` for that of the settings file. The draft lives only here until it is applied.
    """

    viewRequested = Signal(str)
    previewRequested = Signal(object)
    applied = Signal(object)

    def __init__(self) -> None:
        super().__init__("analysisScreen")
        self._view: AnalysisView | None = None
        self._draft: Choice | None = None
        self._to_settings = False
        self._preview: ChoicePreview | None = None
        self._may_lower = False
        self._note = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PREVIEW_MS)
        self._build()
        self._connect()

    def set_role(self, role: AccountRole) -> None:
        """Only administrators may make the door less strict."""
        self._may_lower = role is AccountRole.ADMIN

    def reset(self) -> None:
        """Start over, as after signing in."""
        self._note = ""
        self._forget_draft()
        self.source.set_value(Source.SITE.value)
        self._area.verticalScrollBar().setValue(0)

    def opened(self) -> None:
        """Request a view."""
        self._ask_view()

    @property
    def threshold(self) -> float:
        """The threshold of the line."""
        return self.chart.threshold

    @property
    def draft(self) -> Choice | None:
        """The draft, or ``None``."""
        return self._draft

    def show_view(self, view: AnalysisView) -> None:
        """Show ``view``; a draft stays."""
        self._view = view
        self.error.hide()
        distances = view.distances
        edges = np.linspace(0, view.far, BINS + 1)
        bins = distances.genuine.histogram(edges), distances.impostor.histogram(edges)
        self.chart.show_points(
            distances.genuine.points(), distances.impostor.points(seed=1), bins, view.far
        )
        self.chart.set_present(view.calibration.threshold)
        self.legend.set_entries(
            [
                ("genuine", f"analysis.legend.genuine_{_kind(view)}"),
                ("impostor", f"analysis.legend.impostor_{_kind(view)}"),
            ]
        )
        self.empty.set_key(f"analysis.empty.{distances.source.value}" if distances.empty else "")
        self.empty.setVisible(distances.empty)
        self.curves.set_distances(distances)
        self.groups.show_report(view.groups)
        if self._draft is None:
            self.chart.set_threshold(view.calibration.threshold)
        self._show_draft()

    def show_preview(self, preview: ChoicePreview) -> None:
        """Show the result of a draft; an outdated one is ignored."""
        if self._view is None or preview.choice != (
            self._view.configured if self._to_settings else self._draft
        ):
            return
        self._preview = preview
        if preview.choice.distance is None:
            self.chart.set_threshold(preview.derived.identify.threshold)
        self._show_draft()

    def show_applied(self) -> None:
        """Show that the draft is in force, and request a new view."""
        self._note = "analysis.apply.done"
        self._forget_draft()
        self._ask_view()

    def show_error(self, key: str, **values: object) -> None:
        """Show an error in the bar of the draft, or at the top."""
        if self._draft is not None and self._view is not None:
            self.bar.show_error(key, **values)
            return
        self.error.set_key(key, **values)
        self.error.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def rescale(self) -> None:
        """Lay chart and figures out for the present scale."""
        self._arrange()

    def _arrange(self) -> None:
        tall = self.height() > self.width() or self.width() < text_px(ROOM_BESIDE)
        down = QBoxLayout.Direction.TopToBottom
        across = QBoxLayout.Direction.LeftToRight
        self._top.setDirection(down if tall else across)
        self.figures.set_wide(tall and self.width() >= text_px(ROOM_FOR_TWO))
        fit(self.target, min_width=0 if tall else SIDE_WIDTH)
        policy = QSizePolicy.Policy
        self._side.setSizePolicy(policy.Preferred if tall else policy.Fixed, policy.Preferred)

    # building

    def _build(self) -> None:
        self.title = Label("analysis.title", size=SIZES[3], bold=True)
        self.source = SegmentedControl(
            "analysisSource", [(s.value, f"analysis.source.{s.value}") for s in Source]
        )
        self.error = Label("", wrap=True, name="analysisError")
        self.error.set_tone("reject")
        self.error.hide()
        self.chart = DistanceChart("analysisChart")
        self.legend = ChartLegend([])
        self.empty = Label("", wrap=True, quiet=True, name="analysisEmpty")
        self.target = TargetCard()
        self.figures = FiguresCard()
        self.support = SupportCard()
        self.curves = RateChartsPanel()
        self.replay = ReplayCard()
        self.groups = GroupsCard()
        self.bar = ApplyBar()
        inner = QWidget()
        inner.setLayout(
            column(self._upper(), self.support, self.curves, self.replay, self.groups, None, gap=2)
        )
        self._area = scroll_area(inner)
        layout = column(
            flow(self.title, None, self.source, gap=2),
            self.error,
            self._area,
            self.bar,
            gap=2,
            margin=3,
        )
        layout.setStretch(2, 1)
        self.setLayout(layout)

    def _upper(self) -> QWidget:
        chart = Card(self.legend, self.empty, self.chart, name="analysisChartCard", margin=2, gap=1)
        chart.body.setStretch(2, 1)
        self._side = _Side()
        fit(self.target, min_width=SIDE_WIDTH)
        side = column(self.target, self.figures, gap=2)
        side.setStretch(1, 1)
        self._side.setLayout(side)
        upper = QWidget()
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight, upper)
        fit(self._top, gap=2, margin=0)
        self._top.addWidget(chart, 1)
        self._top.addWidget(self._side)
        return upper

    def _connect(self) -> None:
        self.source.chosen.connect(self._source_chosen)
        self.chart.moved.connect(self._line_moved)
        self.chart.settled.connect(self._line_settled)
        self.target.chosen.connect(self._target_chosen)
        self._timer.timeout.connect(self._ask_preview)
        self.bar.reverted.connect(self._revert)
        self.bar.settingsWanted.connect(self._draft_settings)
        self.bar.applied.connect(self._apply)

    # the draft

    def _line_moved(self, threshold: float) -> None:
        self._set_draft(Choice(distance=round(threshold, 4)))

    def _line_settled(self, _threshold: float) -> None:
        self._timer.start()

    def _target_chosen(self, target: float) -> None:
        if self._view is not None and self._view.choice == Choice(target=target):
            self._revert()
            return
        self._set_draft(Choice(target=target))
        self._timer.start()

    def _draft_settings(self) -> None:
        if self._view is not None:
            self._set_draft(self._view.configured)
            self._to_settings = True
            self._timer.start()

    def _set_draft(self, choice: Choice) -> None:
        self._draft = choice
        self._preview = None
        self._to_settings = False
        self._note = ""
        self.replay.show_waiting()
        self._show_draft()

    def _revert(self) -> None:
        self._forget_draft()
        if self._view is not None:
            self.chart.set_threshold(self._view.calibration.threshold)
        self._show_draft()

    def _forget_draft(self) -> None:
        self._draft = self._preview = None
        self._to_settings = False
        self.replay.show_replay(None)
        self._timer.stop()

    def _apply(self) -> None:
        if self._draft is not None and self._preview is not None:
            self.bar.show_busy()
            self.applied.emit(None if self._to_settings else self._draft)

    def _ask_preview(self) -> None:
        if self._draft is not None:
            self.previewRequested.emit(None if self._to_settings else self._draft)

    def _ask_view(self) -> None:
        self.viewRequested.emit(self.source.value())

    def _source_chosen(self, source: str) -> None:
        self.viewRequested.emit(source)

    # showing

    def _show_draft(self) -> None:
        """Update everything that follows the line."""
        view = self._view
        preview = self._preview
        if view is None:
            return
        found = view.distances.at(self.chart.threshold)
        self.figures.show_figures(view.distances, found)
        self.support.show_view(view, preview, found)
        calibration = view.calibration if preview is None else preview.derived.identify
        self.curves.show_threshold(view, self.chart.threshold, calibration.target)
        choice = self._draft or view.choice
        self.target.show_target(choice.target)
        if self._draft is None:
            self.bar.show_present(view, self._note)
            return
        self.bar.show_draft(view, self.chart.threshold, choice.target, preview, self._may_lower)
        if preview is not None:
            self.replay.show_replay(preview.replay)


def _kind(view: AnalysisView) -> str:
    return "people" if view.distances.truth else "log"
