"""The distances of the last seconds as a strip, with the threshold as a line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.theme import px, theme

SPAN_S = 5.0
GAP_S = 0.6
"""Points farther apart than this belong to different visits and are not joined."""


class StripChart(QWidget):
    """Distances over the last ``SPAN_S`` seconds: now at the right, 0 at the bottom."""

    def __init__(self, name: str = "strip_chart") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._history: Sequence[tuple[float, float]] = ()
        self._threshold = 1.0
        self._far = 2.0
        theme().changed.connect(self._restyle)

    def set_history(
        self, history: Sequence[tuple[float, float]], threshold: float, far: float
    ) -> None:
        """Set the history: (age in seconds, distance), oldest first."""
        self._history = history
        self._threshold = threshold
        self._far = max(far, 1e-6)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(320), px(96))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(160), px(64))

    def rescale(self) -> None:
        """Draw at the present scale."""
        self.updateGeometry()

    def point(self, age: float, distance: float) -> QPointF:
        """The widget position of ``distance`` at ``age`` seconds ago."""
        area = self._area()
        x = area.right() - min(max(age / SPAN_S, 0.0), 1.0) * area.width()
        y = area.bottom() - min(max(distance / self._far, 0.0), 1.0) * area.height()
        return QPointF(x, y)

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(4, 6, -6, -6)

    def _restyle(self, _name: str) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme().tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.colour("line"), 1))
        painter.setBrush(tokens.colour("ground"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)
        y = self.point(0.0, self._threshold).y()
        painter.setPen(QPen(tokens.colour("quiet"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(8, y), QPointF(self.width() - 8, y))
        self._paint_line(painter, QRectF(0, 0, self.width(), y), tokens.colour("quiet"))
        self._paint_line(
            painter, QRectF(0, y, self.width(), self.height() - y), tokens.colour("accept")
        )
        painter.end()

    def _paint_line(self, painter: QPainter, clip: QRectF, colour: QColor) -> None:
        """Draw the line clipped to ``clip``: once above and once below the threshold."""
        if not self._history:
            return
        painter.save()
        painter.setClipRect(clip)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(
            QPen(
                colour,
                max(2.5, px(2.5)),
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        painter.drawPath(self._path())
        age, distance = self._history[-1]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(self.point(age, distance), px(4), px(4))
        painter.restore()

    def _path(self) -> QPainterPath:
        path = QPainterPath()
        previous: float | None = None
        for age, distance in self._history:
            here = self.point(age, distance)
            if previous is None or previous - age > GAP_S:
                path.moveTo(here)
            else:
                path.lineTo(here)
            previous = age
        return path
