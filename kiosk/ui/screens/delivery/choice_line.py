"""A line with words and a button at its end."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row


class ChoiceLine(QWidget):
    """``title`` over quiet words, and a button with the message ``action``; ``chosen`` is emitted
    when the button is clicked. Without ``action`` there is no button."""

    chosen = Signal()

    def __init__(self, name: str, title: str, action: str = "", *, primary: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self.title = Label("", size=SIZES[1], bold=True, wrap=True, name=f"{name}.title")
        self.title.set_text(title)
        self.words = Label("", size=SIZES[0], quiet=True, wrap=True, name=f"{name}.words")
        self.button = Button(
            action, "primary" if primary else "secondary", name=f"{name}.choose", title=title
        )
        self.button.setVisible(bool(action))
        layout = row(column(self.title, self.words, gap=0.5), self.button, gap=2)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.button.clicked.connect(self.chosen)
