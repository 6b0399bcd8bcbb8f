"""A field to sign in with a finger."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.core.signature import Signature
from kiosk.ui.theme import RADIUS, px, theme

HEIGHT = 160
"""Height of the field in pixels at scale 1."""
LINE = 3
"""Width of the line in pixels at scale 1."""


class SignaturePad(QWidget):
    """Draws what a finger, pen or mouse draws; ``signed`` tells of each change."""

    signed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.signature = Signature()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def clear(self) -> None:
        """Forget what was drawn."""
        self.signature = Signature()
        self.update()
        self.signed.emit()

    def sizeHint(self) -> QSize:
        return QSize(px(3 * HEIGHT), px(HEIGHT))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._draw(event.position(), begins=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._draw(event.position(), begins=False)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme().tokens
        painter.setBrush(tokens.colour("ground"))
        painter.setPen(QPen(tokens.colour("edge"), px(1)))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), px(RADIUS), px(RADIUS))
        pen = QPen(tokens.colour("text"), px(LINE))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        for stroke in self.signature.strokes:
            points = [QPointF(x * self.width(), y * self.height()) for x, y in stroke]
            painter.drawPolyline(QPolygonF([*points, points[-1] + QPointF(0.1, 0.0)]))

    def _draw(self, at: QPointF, *, begins: bool) -> None:
        self.signature = self.signature.with_point(
            at.x() / max(1, self.width()), at.y() / max(1, self.height()), begins=begins
        )
        self.update()
        self.signed.emit()
