"""A button that opens a field for another name."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.ui.screens.access.name_adder import NameAdder
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.layouts import column, row


class Renamer(QWidget):
    """Emits ``renamed`` with the new name; the button is ``<name>Rename``, the field ``<name>``."""

    renamed = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.open = Button("rules.rename", icon="edit", name=f"{name}Rename")
        self.field = NameAdder("rules.new_name", name)
        self.field.button.set_key("rules.rename_yes")
        self.setLayout(column(row(self.open, None), self.field, gap=1))
        self.open.clicked.connect(self._toggle)
        self.field.added.connect(self._rename)
        self.close_field()

    def close_field(self) -> None:
        """Take the field back."""
        self.field.clear()
        self.field.hide()

    def _toggle(self) -> None:
        if self.field.isHidden():
            self.field.show()
            self.field.field.edit.setFocus()
        else:
            self.close_field()

    def _rename(self, name: str) -> None:
        self.close_field()
        self.renamed.emit(name)
