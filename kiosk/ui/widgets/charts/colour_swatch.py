"""A square in a theme colour, for legends."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.theme import theme


class ColourSwatch(QWidget):
    """A small square in a theme colour."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token
        fit(self, size=12)
        theme().changed.connect(self._restyle)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().tokens.colour(self._token))
        painter.end()

    def _restyle(self, _name: str) -> None:
        self.update()
