"""A curve of error rates with a marker at the threshold: ROC, DET, or FPIR over gallery size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF

from kiosk.ui.theme import px, text_px, theme
from kiosk.ui.widgets.charts.plot import Axis, Plot

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RateCurve:
    """A line through (``x``, ``y``), each (m,) in the axes' units.

    ``low`` and ``high``: (m,) bounds of its interval, if any. ``here``: the marker at the
    threshold. ``limit``: a horizontal line, for example the target. ``diagonal``: draw the equal
    error line.
    """

    x: Floats
    y: Floats
    x_axis: Axis
    y_axis: Axis
    here: tuple[float, float] | None = None
    low: Floats | None = None
    high: Floats | None = None
    limit: float | None = None
    diagonal: bool = False


EMPTY = RateCurve(np.zeros(0), np.zeros(0), Axis(0.0, 1.0), Axis(0.0, 1.0))


class RateChart(Plot):
    """Draws one ``RateCurve``; ``words`` describes the marker for screen readers."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.curve = EMPTY

    def show_curve(self, curve: RateCurve, words: str = "") -> None:
        """Draw ``curve``."""
        self.curve = curve
        self.across = curve.x_axis
        self.up = curve.y_axis
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(text_px(300), text_px(250))

    def minimumSizeHint(self) -> QSize:
        return QSize(text_px(220), text_px(220))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_axes(painter)
        tokens = theme().tokens
        if self.curve.diagonal:
            painter.setPen(QPen(tokens.colour("line"), 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(
                QLineF(
                    self.point(self.across.low, self.up.low),
                    self.point(self.across.high, self.up.high),
                )
            )
        self._paint_band(painter)
        if self.curve.limit is not None:
            painter.setPen(QPen(tokens.colour("wait_text"), 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(
                QLineF(
                    self.point(self.across.low, self.curve.limit),
                    self.point(self.across.high, self.curve.limit),
                )
            )
        painter.setPen(
            QPen(
                tokens.colour("genuine"),
                2.5,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        painter.drawPolyline(QPolygonF(self._line(self.curve.y)))
        self._paint_here(painter)
        painter.end()

    def _line(self, y: Floats) -> list[QPointF]:
        return [self.point(a, b) for a, b in zip(self.curve.x.tolist(), y.tolist(), strict=True)]

    def _paint_band(self, painter: QPainter) -> None:
        if self.curve.low is None or self.curve.high is None:
            return
        colour = theme().tokens.colour("genuine")
        colour.setAlphaF(0.2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(
            QPolygonF(self._line(self.curve.high) + self._line(self.curve.low)[::-1])
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_here(self, painter: QPainter) -> None:
        if self.curve.here is None:
            return
        tokens = theme().tokens
        painter.setPen(QPen(tokens.colour("surface"), 2))
        painter.setBrush(tokens.colour("accent_text"))
        painter.drawEllipse(self.point(*self.curve.here), px(7), px(7))
        painter.setBrush(Qt.BrushStyle.NoBrush)
