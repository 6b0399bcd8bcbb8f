"""The progress of a long task: count, rate, time left, and a cancel button."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar

from kiosk.ui.formatting import count_text, span_text
from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

RATE_AFTER_S = 0.5
"""Seconds before a rate is shown; until then it jumps."""


class TaskProgress(Card):
    """Shows a task that is running, done, failed or cancelled.

    Named ``name``; its buttons are ``<name>Cancel`` and ``<name>Hide``.
    """

    cancelled = Signal()

    def __init__(self, name: str, running_key: str) -> None:
        super().__init__(name=name, margin=2)
        self._running_key = running_key
        self._figures: tuple[int, int, float] | None = None
        self.title = Label("", bold=True, wrap=True, name=f"{name}Title")
        self.detail = Label("", size=SIZES[0], quiet=True, wrap=True, name=f"{name}Detail")
        self.bar = QProgressBar()
        self.bar.setObjectName(f"{name}Bar")
        self.bar.setTextVisible(False)
        self.cancel = Button("admin.cancel", name=f"{name}Cancel")
        self.hide_button = Button("", "ghost", "cross", name=f"{name}Hide", hint="admin.close")
        words = column(self.title, self.detail, gap=0.5)
        top = row(words, self.cancel, self.hide_button)
        top.setStretch(0, 1)
        self.body.addLayout(top)
        self.body.addWidget(self.bar)
        self.cancel.clicked.connect(self.cancelled)
        self.hide_button.clicked.connect(self.hide)
        language().changed.connect(self._retranslate)
        self.hide()

    @property
    def running(self) -> bool:
        """Whether the task is running."""
        return self._figures is not None

    def start(self) -> None:
        """Show a task whose size is not known yet."""
        self.advance(0, 0, 0.0)

    def advance(self, done: int, total: int, seconds: float) -> None:
        """Show ``done`` of ``total`` after ``seconds``."""
        self._figures = (done, total, seconds)
        self.title.set_tone("text")
        self.title.set_key(self._running_key)
        self.bar.setRange(0, max(total, 0))  # 0, 0 is Qt's "busy"
        self.bar.setValue(done)
        self.detail.set_text(progress_text(done, total, seconds))
        self._show(running=True)

    def finish(self, tone: str, title_key: str, detail_key: str = "", **values: object) -> None:
        """Show how the task ended.

        ``values`` belong to the detail, or to the title if there is no detail.
        """
        self._figures = None
        self.title.set_tone(tone)
        self.title.set_key(title_key, **({} if detail_key else values))
        self.detail.set_key(detail_key, **values)
        self._show(running=False)

    def _show(self, *, running: bool) -> None:
        self.bar.setVisible(running)
        self.cancel.setVisible(running)
        self.hide_button.setVisible(not running)
        self.detail.setVisible(bool(self.detail.text()))
        self.show()

    def _retranslate(self, _code: str) -> None:
        if self._figures is not None:
            self.detail.set_text(progress_text(*self._figures))


def progress_text(done: int, total: int, seconds: float) -> str:
    """Count, rate and time left, as far as known."""
    if total <= 0:
        return tr("admin.waiting")
    parts = [tr("admin.progress.counted", done=count_text(done), total=count_text(total))]
    if done > 0 and seconds >= RATE_AFTER_S:
        rate = done / seconds
        parts.append(
            tr("admin.progress.rate", rate=count_text(round(rate)) if rate >= 1 else f"{rate:.1f}")
        )
        parts.append(tr("admin.progress.left", time=span_text((total - done) / rate)))
    return " · ".join(parts)
