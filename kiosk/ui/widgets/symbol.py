"""An icon as a widget."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui import icons
from kiosk.ui.fitting import fit
from kiosk.ui.theme import theme


class Symbol(QWidget):
    """An icon in one of the theme's colours."""

    def __init__(self, size: int, name: str = "symbol") -> None:
        super().__init__()
        self.setObjectName(name)
        fit(self, size=size)
        self._icon = ""
        self._colour = "quiet"
        theme().changed.connect(self._restyle)

    def set_symbol(self, icon: str, colour: str) -> None:
        """Show ``icon`` in the theme colour ``colour``."""
        if (icon, colour) != (self._icon, self._colour):
            self._icon = icon
            self._colour = colour
            self.update()

    def _restyle(self, _name: str) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._icon:
            painter = QPainter(self)
            icons.draw(
                painter, self._icon, QRectF(self.rect()), theme().tokens.colour(self._colour)
            )
            painter.end()
