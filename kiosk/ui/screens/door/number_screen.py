"""The keypads for the student number (1:1 verification) and for a PIN."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent

from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES, theme
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

MAX_LENGTH = 20
MAX_PIN = 12


class KeypadScreen(Screen):
    """A keypad for one entry; its message keys begin with ``name``.

    The digits, Enter and Escape of a keyboard work as well.
    """

    submitted = Signal(str)
    cancelled = Signal()

    def __init__(self, name: str, *, secret: bool, max_length: int, letters: bool = False) -> None:
        super().__init__(name)
        self.entry = KeypadEntry(
            f"{name}.entry",
            secret=secret,
            max_length=max_length,
            hint=f"{name}.placeholder",
            letters=letters,
        )
        self.entry.setMaximumWidth(480)
        self.submit = Button(
            f"{name}.submit", "primary", "check", name=f"{name}.submit", large=True
        )
        self.cancel = Button(
            "common.cancel", "secondary", "back", name=f"{name}.cancel", large=True
        )
        title = Label(f"{name}.title", size=SIZES[4], bold=True, wrap=True)
        self.note = note = Label(
            f"{name}.note", size=SIZES[2], quiet=True, wrap=True, name=f"{name}.note"
        )
        for label in (title, note):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        buttons = row(self.cancel, self.submit, gap=2)
        buttons.setStretch(0, 1)
        buttons.setStretch(1, 1)
        if theme().low:  # keys beside the text, both at the bottom of the screen
            words = column(None, title, note, 2, self.entry, 1, buttons)
            self.setLayout(row(None, words, column(None, self.entry.keypad), None, gap=6, margin=3))
        else:
            middle = column(self.entry, 1, buttons)
            self.setLayout(
                column(None, title, note, 2, row(None, middle, None), None, gap=1, margin=3)
            )
        self.submit.clicked.connect(self.entry.submit)
        self.cancel.clicked.connect(self.cancelled)
        self.entry.submitted.connect(self.submitted)
        self.entry.cancelled.connect(self.cancelled)
        self.entry.changed.connect(self._changed)
        self.setFocusProxy(self.entry)
        self.reset()

    def reset(self) -> None:
        """Clear the entry."""
        self.entry.clear()
        self.entry.error.set_key("")
        self._changed("")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the entry was refused."""
        self.submit.setEnabled(False)
        self.entry.set_error(key, **values)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reset()
        self.entry.setFocus()

    def _changed(self, text: str) -> None:
        self.submit.setEnabled(bool(text))


class NumberScreen(KeypadScreen):
    """The student number."""

    def __init__(self) -> None:
        super().__init__("number", secret=False, max_length=MAX_LENGTH, letters=True)


class PinScreen(KeypadScreen):
    """The PIN of the person whose number was entered."""

    def __init__(self) -> None:
        super().__init__("pin", secret=True, max_length=MAX_PIN)

    def ask(self, masked_number: str) -> None:
        """Show whose PIN is requested by their masked number."""
        self.note.set_key("pin.note", number=masked_number)
