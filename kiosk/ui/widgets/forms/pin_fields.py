"""A PIN typed twice."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QWidget

from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.layouts import column

PIN_LEAST = 6
PIN_MOST = 12


def pin_problem(pin: str) -> str:
    """Message key of what is wrong with a PIN, empty where nothing is."""
    if not (pin.isascii() and pin.isdigit() and PIN_LEAST <= len(pin) <= PIN_MOST):
        return "accounts.error.pin_digits"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return "accounts.error.pin_simple" if steps in ({0}, {1}, {9}) else ""


class PinFields(QWidget):
    """A PIN typed twice; the lines are ``<name>`` and ``<name>Again``."""

    submitted = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.first = Field("accounts.panel.pin", name, secret=True, max_length=PIN_MOST)
        self.again = Field(
            "accounts.panel.pin_again", f"{name}Again", secret=True, max_length=PIN_MOST
        )
        self.first.label.set_key("accounts.panel.pin", least=PIN_LEAST, most=PIN_MOST)
        for field in (self.first, self.again):
            field.edit.setValidator(QRegularExpressionValidator("[0-9]*", field.edit))
            field.submitted.connect(self.submitted)
        self.setLayout(column(self.first, self.again, gap=0.5))

    def pin(self) -> str:
        """What was typed."""
        return self.first.edit.text()

    def clear(self) -> None:
        """Nothing typed, nothing wrong."""
        for field in (self.first, self.again):
            field.set_text("")
            field.clear_error()

    def check(self) -> bool:
        """Whether both are the same good PIN; says what is wrong."""
        problem = pin_problem(self.pin())
        if problem:
            self.first.set_error(problem, least=PIN_LEAST, most=PIN_MOST)
        elif self.pin() != self.again.edit.text():
            self.again.set_error("accounts.error.pin_differs")
        else:
            return True
        return False
