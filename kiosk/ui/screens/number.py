"""The student number, typed before the face is checked against it (1:1)."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.basics import Button, Label, Screen, column, row
from kiosk.ui.widgets.keypad import KeypadEntry

MAX_LENGTH = 20


class NumberScreen(Screen):
    """A keypad for the student number; the keyboard's digits, Enter and Escape do the same."""

    submitted = Signal(str)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__("number")
        self.entry = KeypadEntry("number.entry", max_length=MAX_LENGTH, hint="number.placeholder", letters=True)
        self.entry.setMaximumWidth(480)
        self.submit = Button("number.submit", "primary", "check", name="number.submit", large=True)
        self.cancel = Button("common.cancel", "secondary", "back", name="number.cancel", large=True)
        title = Label("number.title", size=SIZES[4], bold=True, wrap=True)
        note = Label("number.note", size=SIZES[2], quiet=True, wrap=True)
        for label in (title, note):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        buttons = row(self.cancel, self.submit, gap=2)
        buttons.setStretch(0, 1)
        buttons.setStretch(1, 1)
        middle = column(self.entry, 1, buttons)
        self.setLayout(column(None, title, note, 2, row(None, middle, None), None, gap=1, margin=3))
        self.submit.clicked.connect(self.entry.submit)
        self.cancel.clicked.connect(self.cancelled)
        self.entry.submitted.connect(self.submitted)
        self.entry.cancelled.connect(self.cancelled)
        self.entry.changed.connect(self._changed)
        self.setFocusProxy(self.entry)
        self.reset()

    def reset(self) -> None:
        """Forget what was typed."""
        self.entry.clear()
        self.entry.error.set_key("")
        self._changed("")

    def show_error(self, key: str, **values: object) -> None:
        """Say why the number was not taken."""
        self.entry.set_error(key, **values)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reset()
        self.entry.setFocus()

    def _changed(self, text: str) -> None:
        self.submit.setEnabled(bool(text))
