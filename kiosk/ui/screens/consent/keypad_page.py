"""A page with words in one half and a keypad in the other."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area


class KeypadPage(QWidget):
    """``words`` and the button ``leave`` beside ``entry`` and its ``submit``, upright below it."""

    def __init__(
        self, words: tuple[Label, ...], leave: Button, entry: KeypadEntry, submit: Button
    ) -> None:
        super().__init__()
        self.entry, self.submit, self.leave = entry, submit, leave
        said = QWidget()
        said.setLayout(column(*words, None, leave, gap=2))
        keys = Card(entry, submit, gap=1, margin=2)
        self._halves = fit(QBoxLayout(QBoxLayout.Direction.LeftToRight), gap=3)
        self._halves.addWidget(said, 1)
        self._halves.addWidget(keys, 1)
        middle = QWidget()
        middle.setLayout(self._halves)
        fit(middle, max_width=960)
        inner = QWidget()
        centred = row(None, middle, None)
        centred.setStretch(1, 100)
        inner.setLayout(column(None, centred, None))
        self.setLayout(column(scroll_area(inner)))
        submit.clicked.connect(entry.submit)
        entry.changed.connect(self._refresh)
        self._refresh("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        upright = self.height() > self.width()
        direction = QBoxLayout.Direction
        self._halves.setDirection(direction.TopToBottom if upright else direction.LeftToRight)

    def _refresh(self, _text: str) -> None:
        self.submit.setEnabled(bool(self.entry.text()))
