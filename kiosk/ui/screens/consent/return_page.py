"""The page after a person's decision: staff take the kiosk back with their PIN."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area

MAX_PIN = 12


class ReturnPage(QWidget):
    """Asks the person to hand the kiosk back, and staff for the PIN of the account signed in."""

    submitted = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = Label("hand_over.thanks", size=SIZES[3], bold=True, wrap=True)
        self.who = Label("", quiet=True, wrap=True, name="handOverWho")
        self.entry = KeypadEntry(
            "handOver.pin", secret=True, max_length=MAX_PIN, hint="sign_in.placeholder"
        )
        self.submit = Button("hand_over.back", "primary", "check", name="handOverSubmit")
        self.leave = Button("hand_over.leave", "ghost", name="handOverLeave")
        words = QWidget()
        words.setLayout(column(self.title, self.who, None, self.leave, gap=2))
        keys = Card(self.entry, self.submit, gap=1, margin=2)
        self._halves = fit(QBoxLayout(QBoxLayout.Direction.LeftToRight), gap=3)
        self._halves.addWidget(words, 1)
        self._halves.addWidget(keys, 1)
        middle = QWidget()
        middle.setLayout(self._halves)
        fit(middle, max_width=960)
        inner = QWidget()
        centred = row(None, middle, None)
        centred.setStretch(1, 100)
        inner.setLayout(column(None, centred, None))
        self.setLayout(column(scroll_area(inner)))
        self.submit.clicked.connect(self.entry.submit)
        self.entry.submitted.connect(self.submitted)
        self.entry.changed.connect(self._refresh)
        self.leave.clicked.connect(self.left)
        self._refresh("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        upright = self.height() > self.width()
        direction = QBoxLayout.Direction
        self._halves.setDirection(direction.TopToBottom if upright else direction.LeftToRight)

    def begin(self, account: str) -> None:
        """Ask for the PIN of ``account``."""
        self.who.set_key("hand_over.who", name=account)
        self.entry.clear()
        self.entry.error.set_key("")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the PIN was refused."""
        self.entry.set_error(key, **values)

    def _refresh(self, _text: str) -> None:
        self.submit.setEnabled(bool(self.entry.text()))
