"""The dots that show the current step of a wizard."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.i18n import tr
from kiosk.ui.theme import px, theme


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
        return QSize(px(20 * (self._count - 1) + 36), px(16))

    def rescale(self) -> None:
        """Take the size of the present scale."""
        self.updateGeometry()

    def _restyle(self, _name: str) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        x = float(px(4))
        for index in range(self._count):
            width = float(px(28 if index == self._current else 8))
            painter.setBrush(theme().tokens.colour("accent" if index <= self._current else "line"))
            painter.drawRoundedRect(QRectF(x, px(4), width, px(8)), px(4), px(4))
            x += width + px(12)
        painter.end()
