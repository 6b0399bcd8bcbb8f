"""The dots that show the current step of a wizard."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.i18n import tr
from kiosk.ui.theme import theme


class StepDots(QWidget):
    """A dot per step; the current one is wider."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count
        self._current = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._restyle)
        self.set_step(0)

    def set_step(self, current: int) -> None:
        """Mark step ``current``, counted from 0."""
        self._current = current
        self.setAccessibleName(tr("wizard.step", step=current + 1, steps=self._count))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(24 * (self._count - 1) + 40, 16)

    def _restyle(self, _name: str) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        x = 4.0
        for index in range(self._count):
            width = 28.0 if index == self._current else 8.0
            painter.setBrush(theme().tokens.colour("accent" if index <= self._current else "line"))
            painter.drawRoundedRect(QRectF(x, 4, width, 8), 4, 4)
            x += width + 12
        painter.end()
