"""A dimmed clock, shown while nobody is at the door."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from kiosk.ui.fitting import fit
from kiosk.ui.formatting import date_text
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES, theme
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column

CLOCK_SIZE = 176


class IdleScreen(Screen):
    """The time, large and dim; a touch or a key emits ``wakeRequested``."""

    wakeRequested = Signal()

    def __init__(self, lab_name: str = "") -> None:
        super().__init__("idle")
        self.time = Label(size=CLOCK_SIZE, quiet=True, name="idle.time")
        self.date = Label(size=SIZES[3], quiet=True, name="idle.date")
        self.name = Label(size=SIZES[2], quiet=True, name="idle.name")
        self.wake = Label("idle.wake", size=SIZES[1], quiet=True, name="idle.wake")
        self.name.set_text(lab_name)
        for label in (self.time, self.date, self.name, self.wake):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setLayout(
            column(4, self.name, None, self.time, self.date, None, self.wake, 4, gap=1, margin=3)
        )
        self.setProperty("dim", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._now: datetime | None = None

    def rescale(self) -> None:
        """Keep the clock as large as the glass; it needs no larger text."""
        fit(self.time, font=CLOCK_SIZE / theme().text_scale)
        self.time.rescale()

    def set_now(self, now: datetime) -> None:
        """Show the local time ``now``."""
        self._now = now
        self.time.set_text(f"{now:%H:%M}")
        self.date.set_text(date_text(now))

    def retranslate(self) -> None:
        if self._now is not None:
            self.set_now(self._now)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.wakeRequested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.wakeRequested.emit()
        super().keyPressEvent(event)
