"""Cards of the analysis screen: the target, the figures, and what the data support."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout

from kiosk.core.threshold_analysis import (
    TARGET_LIMITS,
    TARGETS,
    AnalysisView,
    ChoicePreview,
    Distances,
    Figures,
    Source,
)
from kiosk.ui.fitting import fit
from kiosk.ui.formatting import count_text
from kiosk.ui.i18n import tr
from kiosk.ui.screens.analysis.rate_text import per_ten_thousand, percent_text, target_text
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

RATES = ("far", "frr", "sensitivity", "specificity", "ppv", "npv", "f1", "accuracy")
COUNTS = ("fp", "fn")
DECIDED = ("accepted", "refused")


class TargetCard(Card):
    """ "Of 10,000 attempts by strangers at most [ N ] are let in": buttons, or a typed number."""

    chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__(name="analysisTargetCard", margin=2, gap=0.75)
        self._target = 1.0
        self.title = Label("analysis.target.title", bold=True, wrap=True)
        self.less = Button("", icon="down", name="analysisTargetLess", hint="analysis.target.less")
        self.more = Button("", icon="up", name="analysisTargetMore", hint="analysis.target.more")
        self.field = Field("analysis.target.field", "analysisTarget", max_length=8)
        self.field.label.hide()
        self.field.error.hide()
        self.field.edit.setAlignment(Qt.AlignmentFlag.AlignCenter)
        line = row(column(self.less, None), self.field, column(self.more, None))
        line.setStretch(1, 1)
        self.body.addWidget(self.title)
        self.body.addLayout(line)
        self.less.clicked.connect(self._decrease)
        self.more.clicked.connect(self._increase)
        self.field.submitted.connect(self._typed)
        self.field.edit.editingFinished.connect(self._editing_finished)

    def show_target(self, target: float | None) -> None:
        """Show ``target``; ``None`` while the threshold is set by hand."""
        if target is not None:
            self._target = target
        words = "" if target is None else target_text(target)
        if self.field.edit.text() != words:
            self.field.set_text(words)
        self.field.clear_error()
        self.field.error.hide()
        self.field.edit.setPlaceholderText(tr("analysis.target.by_hand") if target is None else "")
        low, high = TARGET_LIMITS
        self.less.setEnabled(self._target > low)
        self.more.setEnabled(self._target < high)

    def _decrease(self) -> None:
        self._choose(
            max((t for t in TARGETS if t < self._target * 0.999), default=TARGET_LIMITS[0])
        )

    def _increase(self) -> None:
        self._choose(
            min((t for t in TARGETS if t > self._target * 1.001), default=TARGET_LIMITS[1])
        )

    def _editing_finished(self) -> None:
        if self.field.edit.isModified() and self.field.text():
            self._typed()

    def _typed(self) -> None:
        low, high = TARGET_LIMITS
        try:
            target = float(self.field.text().replace(",", ""))
        except ValueError:
            target = float("nan")
        if not low <= target <= high:
            self.field.set_error("error.choice_bounds_short", low=f"{low:g}", high=f"{high:,.0f}")
            self.field.error.show()
            return
        self.field.edit.setModified(False)
        self._choose(target)

    def _choose(self, target: float) -> None:
        self.show_target(target)
        self.chosen.emit(target)


class FiguresCard(Card):
    """Every figure at the threshold, with its 95 % interval where there is one.

    The values are named ``figure.<name>``.
    """

    def __init__(self) -> None:
        super().__init__(name="analysisFigures", margin=2, gap=1)
        self.title = Label("analysis.figures.title", bold=True, wrap=True)
        self._grid = QGridLayout()
        fit(self._grid, across=1.5, down=0.75)
        self._wide = False
        self.rows: dict[str, tuple[Label, Label, Label]] = {}
        for name in (*RATES, *COUNTS, *DECIDED):
            parts = (
                Label(f"analysis.figure.{name}", size=SIZES[0], quiet=True),
                Label("", size=SIZES[1], bold=True, name=f"figure.{name}"),
                Label("", size=SIZES[0], quiet=True, name=f"band.{name}"),
            )
            parts[1].setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.rows[name] = parts
        self._place()
        self.note = Label("", size=SIZES[0], quiet=True, wrap=True, name="analysisFiguresNote")
        self.body.addWidget(self.title)
        self.body.addLayout(self._grid)
        self.body.addWidget(self.note)
        self.body.addStretch(1)

    def set_wide(self, wide: bool) -> None:
        """Use two columns, or one."""
        if wide is not self._wide:
            self._wide = wide
            self._place()

    def _place(self) -> None:
        blocks = (RATES[:5], (*RATES[5:], *COUNTS)) if self._wide else ((*RATES, *COUNTS),)
        for column_of in (2, 5):
            self._grid.setColumnStretch(column_of, int(column_of == 2 or self._wide))
        for block, names in enumerate(blocks):
            for number, name in enumerate(names):
                for place, label in enumerate(self.rows[name]):
                    self._grid.addWidget(label, number, 3 * block + place)
        for number, name in enumerate(DECIDED):
            for place, label in enumerate(self.rows[name]):
                self._grid.addWidget(label, len(blocks[0]) + number, place)

    def show_figures(self, distances: Distances, found: Figures) -> None:
        """Show ``found``; for decisions without ground truth, only the counts on each side."""
        for name, labels in self.rows.items():
            shown = (name in DECIDED) is not distances.truth
            for label in labels:
                label.setVisible(shown)
        if not distances.truth:
            self._set_row(
                "accepted",
                count_text(found.tp),
                tr("analysis.figure.of", n=count_text(found.tp + found.fn)),
            )
            self._set_row(
                "refused",
                count_text(found.fp),
                tr("analysis.figure.of", n=count_text(found.fp + found.tn)),
            )
            self.note.set_key("analysis.note.log")
            return
        for name in RATES:
            self._set_row(name, percent_text(getattr(found, name)), "")
        for name, band in (
            ("far", distances.far_band(found.threshold)),
            ("frr", distances.frr_band(found.threshold)),
        ):
            if band is not None and getattr(found, name) is not None:
                self.rows[name][2].set_text(f"{percent_text(band[0])} – {percent_text(band[1])}")
        self._set_row(
            "fp", count_text(found.fp), tr("analysis.figure.of", n=count_text(found.fp + found.tn))
        )
        self._set_row(
            "fn", count_text(found.fn), tr("analysis.figure.of", n=count_text(found.fn + found.tp))
        )
        self.note.set_key(f"analysis.note.{distances.source.value}")

    def _set_row(self, name: str, value: str, note: str) -> None:
        self.rows[name][1].set_text(value)
        self.rows[name][2].set_text(note)


class SupportCard(Card):
    """What the data support, in words."""

    def __init__(self) -> None:
        super().__init__(name="analysisSupport", margin=2, gap=0.75)
        self.promise = Label("", wrap=True, name="analysisPromise")
        self.proof = Label("", wrap=True, size=SIZES[0], quiet=True, name="analysisProof")
        self.body.addWidget(Label("analysis.support.title", bold=True))
        self.body.addWidget(self.promise)
        self.body.addWidget(self.proof)

    def show_view(self, view: AnalysisView, preview: ChoicePreview | None, found: Figures) -> None:
        """Show the expected rate and what the comparisons prove.

        The expected rate is that of the draft ``preview``, or else of the threshold in force.
        """
        calibration = (preview.derived if preview else view.derived).identify
        self.promise.set_key(calibration.key, **calibration.values)
        distances = view.distances
        if not distances.truth or not distances.pairs:
            self.proof.set_key(
                "analysis.proof.none"
                if distances.source is not Source.LOG
                else "analysis.proof.log"
            )
        elif found.fp == 0:
            self.proof.set_key(
                "analysis.proof.no_error",
                n=count_text(found.tn),
                pairs=count_text(distances.pairs),
                proven=per_ten_thousand(min(1.0, 3 / distances.pairs)),
            )
        else:
            low, high = distances.far_band(found.threshold) or (0.0, 1.0)
            self.proof.set_key(
                "analysis.proof.errors",
                k=count_text(found.fp),
                n=count_text(found.fp + found.tn),
                pairs=count_text(distances.pairs),
                low=per_ten_thousand(low),
                high=per_ten_thousand(high),
            )
