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
        self.countdown = Label("", size=SIZES[1], quiet=True, name=f"{name}.countdown")
        for label in (title, note, self.countdown):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._wait_s = 0
        buttons = row(self.cancel, self.submit, gap=2)
        buttons.setStretch(0, 1)
        buttons.setStretch(1, 1)
        if theme().low:  # keys beside the text, both at the bottom of the screen
            words = column(None, title, note, 2, self.entry, 1, buttons, self.countdown)
            self.setLayout(row(None, words, column(None, self.entry.keypad), None, gap=6, margin=3))
        else:
            middle = column(self.entry, 1, buttons, self.countdown)
            self.setLayout(
                column(None, title, note, 2, row(None, middle, None), None, gap=1, margin=3)
            )
        self.submit.clicked.connect(self.entry.submit)
        self.cancel.clicked.connect(self.cancelled)
        self.entry.submitted.connect(self._submitted)
        self.entry.cancelled.connect(self.cancelled)
        self.entry.changed.connect(self._changed)
        self.setFocusProxy(self.entry)
        self.reset()

    def _submitted(self, text: str) -> None:
        if self._wait_s <= 0:
            self.submitted.emit(text)

    def reset(self) -> None:
        """Clear the entry."""
        self._wait_s = 0
        self.entry.clear()
        self.entry.error.set_key("")
        self.show_time_left(None)
        self._changed("")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the entry was refused."""
        self.entry.set_error(key, **values)
        self._changed("")

    def correct(self, key: str) -> None:
        """Show why the entry was refused, and leave it to be corrected."""
        self.entry.correct(key)

    def wait(self, seconds: int) -> None:
        """Take no entry for ``seconds``, which count down."""
        self._wait_s = seconds
        self._show_wait()

    def tick(self) -> None:
        """Count down; once a second."""
        if self._wait_s > 0:
            self._wait_s -= 1
            self._show_wait()

    def show_time_left(self, seconds: int | None) -> None:
        """Say in how many seconds the keypad gives way to the door; ``None`` says nothing."""
        self.countdown.set_key(
            "" if seconds is None else "door.keypad.closes",
            **({} if seconds is None else {"n": seconds}),
        )

    def _show_wait(self) -> None:
        if self._wait_s > 0:
            self.entry.correct("door.keypad.wait", n=self._wait_s)
        else:
            self.entry.error.set_key("")
        self._changed(self.entry.text())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reset()
        self.entry.setFocus()

    def _changed(self, text: str) -> None:
        self.submit.setEnabled(bool(text) and self._wait_s <= 0)


class NumberScreen(KeypadScreen):
    """The student number."""

    def __init__(self) -> None:
        super().__init__("number", secret=False, max_length=MAX_LENGTH, letters=True)


class PinScreen(KeypadScreen):
    """The PIN of the person whose number was entered."""

    def __init__(self) -> None:
        super().__init__("pin", secret=True, max_length=MAX_PIN)

    def ask(self, masked_number: str, *, face_follows: bool = True) -> None:
        """Show whose PIN is requested by their masked number, and whether the face follows."""
        self.note.set_key("pin.note" if face_follows else "pin.note_only", number=masked_number)
