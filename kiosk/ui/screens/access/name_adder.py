"""A field for a new name, and the button that adds it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.layouts import column, row


class NameAdder(QWidget):
    """Emits ``added`` with the name; the field is ``<name>``, the button ``<name>Add``."""

    added = Signal(str)

    def __init__(self, key: str, name: str) -> None:
        super().__init__()
        self.field = Field(key, name, max_length=40)
        self.button = Button("rules.add", icon="plus", name=f"{name}Add")
        self.setLayout(column(self.field, row(self.button, None), gap=0))
        self.button.clicked.connect(self._add)
        self.field.submitted.connect(self._add)

    def clear(self) -> None:
        """Empty the field."""
        self.field.set_text("")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the name was not added."""
        self.field.set_error(key, **values)

    def _add(self) -> None:
        name = " ".join(self.field.text().split())
        if not name or "," in name:
            self.show_error("error.group_refused")
        else:
            self.added.emit(name)
