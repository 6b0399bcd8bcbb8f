"""The base of the charts: an area with axes and ticks in the theme colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES, font, px, text_px, theme

SMALL = SIZES[0]


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from ``low`` to ``high`` in the chart's own units.

    ``ticks``: (value, label); ``key``: the message key of its name.
    """

    low: float
    high: float
    ticks: Sequence[tuple[float, str]] = ()
    key: str = ""

    def share(self, value: float) -> float:
        """The position of ``value`` from 0 at ``low`` to 1 at ``high``, clipped to the ends."""
        return min(max((value - self.low) / (self.high - self.low or 1.0), 0.0), 1.0)


class Plot(QWidget):
    """A data area with an axis at the left and one at the bottom.

    Draw inside ``area``; ``point`` converts data to widget pixels. The margins are in pixels at
    scale 1.
    """

    LEFT = 52
    TOP = 12
    RIGHT = 14
    BOTTOM = 44

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.across = Axis(0.0, 1.0)
        self.up = Axis(0.0, 1.0)
        theme().changed.connect(self.refresh)
        language().changed.connect(self.refresh)

    def refresh(self, _change: str = "") -> None:
        """Redraw after a change of colours, language or data."""
        self.update()

    def rescale(self) -> None:
        """Draw at the present scale."""
        self.updateGeometry()
        self.refresh()

    def area(self) -> QRectF:
        """The data area in widget pixels."""
        return QRectF(self.rect()).adjusted(
            text_px(self.LEFT), text_px(self.TOP), -text_px(self.RIGHT), -text_px(self.BOTTOM)
        )

    def point(self, x: float, y: float) -> QPointF:
        """The widget position of (``x``, ``y``) in data units."""
        area = self.area()
        return QPointF(
            area.left() + self.across.share(x) * area.width(),
            area.bottom() - self.up.share(y) * area.height(),
        )

    def paint_axes(self, painter: QPainter) -> None:
        """Draw grid lines at the ticks, their labels and the name of the x axis."""
        tokens = theme().tokens
        area = self.area()
        painter.setFont(font(SMALL))
        line = painter.fontMetrics().lineSpacing()
        for place, words in self.up.ticks:
            y = self.point(self.across.low, place).y()
            painter.setPen(QPen(tokens.colour("line"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(tokens.colour("quiet"))
            painter.drawText(
                QRectF(0, y - line / 2, area.left() - px(8), line),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                words,
            )
        for place, words in self.across.ticks:
            x = self.point(place, self.up.low).x()
            painter.setPen(QPen(tokens.colour("line"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(tokens.colour("quiet"))
            width = painter.fontMetrics().horizontalAdvance(words) + 2
            left = min(
                max(x - width / 2, 0.0), self.width() - width
            )  # keep end labels inside the widget
            painter.drawText(
                QRectF(left, area.bottom() + px(2), width, line),
                Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop,
                words,
            )
        if self.across.key:
            painter.drawText(
                QRectF(area.left(), self.height() - line, area.width(), line),
                Qt.AlignmentFlag.AlignCenter,
                tr(self.across.key),
            )
