"""The page on which a person chooses the PIN for the door, out of the staff's sight."""

from __future__ import annotations

from PySide6.QtCore import Signal

from kiosk.ui.screens.consent.keypad_page import KeypadPage
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.forms.pin_fields import PIN_MAX, PIN_MIN, pin_problem
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.labels import Label


class PersonPinPage(KeypadPage):
    """Takes a PIN twice, as dots. ``chosen`` carries it, or nothing if the person wants none now.

    A PIN that is easy to guess, or another one the second time, is asked for from the start.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        self._first = ""
        self.title = Label("", size=SIZES[3], bold=True, wrap=True, name="personPinTitle")
        self.text = Label("", wrap=True, name="personPinText")
        super().__init__(
            (self.title, self.text),
            Button("hand_over.own_pin.later", "ghost", name="personPinLater"),
            KeypadEntry("ownPin", secret=True, max_length=PIN_MAX),
            Button("hand_over.own_pin.next", "primary", "forward", name="personPinNext"),
        )
        self.text.set_key("hand_over.own_pin.text", least=PIN_MIN, most=PIN_MAX)
        self.entry.submitted.connect(self._typed)
        self.leave.clicked.connect(lambda: self._choose(""))

    def begin(self, name: str) -> None:
        """Ask the person called ``name``."""
        self.title.set_key("hand_over.own_pin.title", name=name)
        self.entry.error.set_key("")
        self._ask("")

    def _ask(self, first: str) -> None:
        """Ask for the PIN, or to repeat ``first``."""
        self._first = first
        self.entry.clear()
        self.entry.set_hint("hand_over.own_pin.again" if first else "hand_over.own_pin.first")

    def _typed(self, pin: str) -> None:
        if self._first:
            if pin == self._first:
                self._choose(pin)
            else:
                self._ask("")
                self.entry.correct("hand_over.own_pin.differs")
        elif problem := pin_problem(pin):
            self.entry.set_error(problem, least=PIN_MIN, most=PIN_MAX)
        else:
            self._ask(pin)

    def _choose(self, pin: str) -> None:
        self._ask("")
        self.chosen.emit(pin)
