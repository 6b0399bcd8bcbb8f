"""A PIN entered twice."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QWidget

from kiosk.core.pin_patterns import easy_to_guess
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.layouts import column

PIN_MIN = 6
PIN_MAX = 12


def pin_problem(pin: str) -> str:
    """The message key of what is wrong with ``pin``, or an empty string."""
    if not (pin.isascii() and pin.isdigit() and PIN_MIN <= len(pin) <= PIN_MAX):
        return "accounts.error.pin_digits"
    return "accounts.error.pin_simple" if easy_to_guess(pin) else ""


class PinFields(QWidget):
    """Two PIN fields; the line edits are ``<name>`` and ``<name>Again``."""

    submitted = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.first = Field("accounts.panel.pin", name, secret=True, max_length=PIN_MAX)
        self.again = Field(
            "accounts.panel.pin_again", f"{name}Again", secret=True, max_length=PIN_MAX
        )
        self.first.set_label("accounts.panel.pin", least=PIN_MIN, most=PIN_MAX)
        for field in (self.first, self.again):
            field.edit.setValidator(QRegularExpressionValidator("[0-9]*", field.edit))
            field.submitted.connect(self.submitted)
        self.setLayout(column(self.first, self.again, gap=0.5))

    def pin(self) -> str:
        """The PIN in the first field."""
        return self.first.edit.text()

    def clear(self) -> None:
        """Empty both fields and their errors."""
        for field in (self.first, self.again):
            field.set_text("")
            field.clear_error()

    def check(self) -> bool:
        """Whether both fields hold the same valid PIN; shows an error otherwise."""
        problem = pin_problem(self.pin())
        if problem:
            self.first.set_error(problem, least=PIN_MIN, most=PIN_MAX)
        elif self.pin() != self.again.edit.text():
            self.again.set_error("accounts.error.pin_differs")
        else:
            return True
        return False
