"""The name and PIN of a second administrator."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row


class SecondAdmin(QWidget):
    """Name and PIN of an administrator other than the one signed in.

    The line edits are named ``<name>Name`` and ``<name>Pin``.
    """

    def __init__(self, name: str = "second") -> None:
        super().__init__()
        self.name = Field("privacy.second.name", f"{name}Name", max_length=60)
        self.pin = Field("privacy.second.pin", f"{name}Pin", secret=True, max_length=12)
        self.setLayout(
            column(
                Label("privacy.second.text", size=SIZES[0], quiet=True, wrap=True),
                row(self.name, self.pin, gap=2),
                gap=0.5,
            )
        )

    def take(self) -> tuple[str, str]:
        """Return name and PIN as typed and clear the fields."""
        typed = self.name.text(), self.pin.edit.text()
        self.clear()
        return typed

    def clear(self) -> None:
        """Clear both fields."""
        for field in (self.name, self.pin):
            field.set_text("")
