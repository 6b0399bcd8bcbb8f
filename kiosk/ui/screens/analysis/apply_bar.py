"""The bar that applies a draft threshold."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.threshold_analysis import (
    AnalysisView,
    ChoicePreview,
)
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.analysis.rate_text import target_text
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column


class ApplyBar(Card):
    """The draft beside the threshold in force; applying asks for confirmation."""

    applied = Signal()
    reverted = Signal()
    settingsWanted = Signal()

    def __init__(self) -> None:
        super().__init__(name="analysisApplyBar", margin=2, gap=1)
        self.words = Label("", wrap=True, name="analysisApplyWords")
        self.note = Label("", size=SIZES[0], wrap=True, quiet=True, name="analysisApplyNote")
        self.settings = Button("analysis.apply.settings", "ghost", name="analysisSettings")
        self.revert = Button("analysis.apply.revert", icon="back", name="analysisRevert")
        self.apply = Button("analysis.apply.apply", "primary", "check", name="analysisApply")
        self.confirm = Confirm(
            "analysisConfirm",
            title="analysis.apply.title",
            yes="analysis.apply.yes",
            no="analysis.apply.no",
        )
        texts = QWidget()
        texts.setLayout(column(self.words, self.note, gap=0.25))
        line = flow(texts, self.settings, self.revert, self.apply, gap=2, grow=texts)
        self.second = SecondAdmin()
        self.body.addLayout(line)
        self.body.addWidget(self.second)
        self.body.addWidget(self.confirm)
        self.second.hide()
        self.apply.clicked.connect(self._ask)
        self.revert.clicked.connect(self.reverted)
        self.settings.clicked.connect(self.settingsWanted)
        self.confirm.confirmed.connect(self.applied)
        self._values: dict[str, object] = {}
        self._key = ""

    def show_present(self, view: AnalysisView, note: str = "") -> None:
        """Show the threshold in force, without a draft."""
        self.confirm.hide()
        self.second.hide()
        kind = "distance" if view.choice.distance is not None else "target"
        origin = "screen" if view.chosen else "file"
        self.words.set_key(
            f"analysis.apply.present_{kind}",
            threshold=f"{view.calibration.threshold:.3f}",
            target=target_text(view.choice.target or 0),
            verify=f"{view.derived.verify.threshold:.3f}",
        )
        self.note.set_tone("accept" if note else "quiet")
        self.note.set_key(note or f"analysis.apply.from_{origin}")
        self.settings.setVisible(view.chosen)
        for button in (self.revert, self.apply):
            button.hide()

    def show_draft(
        self,
        view: AnalysisView,
        threshold: float,
        target: float | None,
        preview: ChoicePreview | None,
        may_lower: bool,
    ) -> None:
        """Show the draft; it can be applied once its preview is there."""
        self.confirm.hide()
        key = (
            "analysis.apply.draft_target" if target is not None else "analysis.apply.draft_distance"
        )
        self.words.set_key(
            key,
            before=f"{view.calibration.threshold:.3f}",
            after=f"{threshold:.3f}",
            target=target_text(target or 0),
        )
        self.settings.hide()
        self.revert.show()
        self.apply.show()
        refused = _why_refused(preview, target, may_lower)
        allowed = preview is not None and not refused
        self.apply.setEnabled(allowed)
        self.second.setVisible(
            view.two_admins and allowed and preview is not None and preview.lowers
        )
        if preview is None:
            self._show_note("quiet", "analysis.replay.waiting")
        elif refused:
            self._show_note("wait", refused)
        else:
            effect = _effect(preview)
            self._show_note(
                "wait" if preview.lowers else "quiet", f"analysis.apply.{effect or 'stricter'}"
            )
            self._values = {
                "before": f"{view.calibration.threshold:.3f}",
                "after": f"{preview.derived.identify.threshold:.3f}",
                "n": count_text(preview.replay.replayed),
                "opened": count_text(preview.replay.opened),
                "refused": count_text(preview.replay.refused),
            }
            self._key = f"analysis.apply.text_{effect}" if effect else "analysis.apply.text"

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was changed."""
        self.confirm.hide()
        self._show_note("reject", key, **values)

    def show_busy(self) -> None:
        """Show that the draft is being applied."""
        self.apply.setEnabled(False)
        self._show_note("quiet", "admin.waiting")

    def _ask(self) -> None:
        self.confirm.ask(self._key, **self._values)

    def _show_note(self, tone: str, key: str, **values: object) -> None:
        self.note.set_tone(tone)
        self.note.set_key(key, **values)


def _effect(preview: ChoicePreview) -> str:
    """Return the end of the message key of what must be known before applying."""
    if preview.only_fixes:
        return "fixes"
    return "lowers" if preview.lowers else ""


def _why_refused(preview: ChoicePreview | None, target: float | None, may_lower: bool) -> str:
    """Return the message key of why a draft cannot be applied; empty if it can."""
    if preview is None:
        return ""
    if not may_lower and (preview.lowers or target is None):
        lowers = preview.lowers and not preview.only_fixes
        return "error.lower_admin_only" if lowers else "error.fixed_admin_only"
    return "error.choice_shuts_out" if preview.shuts_out else ""
