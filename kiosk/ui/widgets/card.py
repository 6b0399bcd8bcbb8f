"""A raised surface that groups widgets."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QFrame,
)

from kiosk.ui.widgets.layouts import Item, column


class Card(QFrame):
    """A raised surface with rounded corners that holds ``items`` in a column."""

    def __init__(self, *items: Item, gap: float = 1, margin: float = 3, name: str = "") -> None:
        super().__init__()
        self.setProperty("card", True)
        if name:
            self.setObjectName(name)
        self.body = column(*items, gap=gap, margin=margin)
        self.setLayout(self.body)
