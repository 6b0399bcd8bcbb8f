"""An inline question before something that cannot be undone."""

from __future__ import annotations

from PySide6.QtCore import (
    Signal,
)
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import reveal


class Confirm(QFrame):
    """Asks for confirmation in place: what will happen, and two buttons.

    The buttons are named ``<name>Yes`` and ``<name>No``. ``also`` is a further input between the
    question and the buttons.
    """

    confirmed = Signal()

    def __init__(
        self, name: str, *, title: str, yes: str, no: str, also: QWidget | None = None
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("card", True)
        self.title = Label(title, bold=True, wrap=True)
        self.text = Label("", wrap=True, size=SIZES[1], name=f"{name}Text")
        self.yes = Button(yes, "danger", name=f"{name}Yes")
        self.no = Button(no, name=f"{name}No")
        body: QVBoxLayout = column(
            self.title,
            self.text,
            *([also] if also else []),
            row(self.no, self.yes),
            gap=1.5,
            margin=2,
        )
        self.setLayout(body)
        self.title.setVisible(bool(title))
        self.yes.clicked.connect(self._confirm)
        self.no.clicked.connect(self.hide)
        self.hide()

    def ask(self, key: str, **values: object) -> None:
        """Show the question ``key`` with the focus on the safe answer."""
        self.text.set_key(key, **values)
        self.show()
        reveal(self)
        self.no.setFocus()

    def _confirm(self) -> None:
        self.hide()
        self.confirmed.emit()
