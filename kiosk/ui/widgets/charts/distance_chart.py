"""Genuine (blue) and impostor (orange) distances, with the threshold as a line to drag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)

from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES, font, px, text_px, theme, touch
from kiosk.ui.widgets.charts.plot import Axis, Plot

HANDLE = 84.0
"""Width of the handle to drag, in pixels at scale 1; it is as high as a touch target."""
HISTOGRAM_SHARE = 0.3
POINT = 4.0
STEP = 0.005
"""Step of an arrow key, as a share of the axis."""
LEAP = 0.05
"""Step of a page key, as a share of the axis."""
Floats = NDArray[np.float64]


class DistanceChart(Plot):
    """A scatter plot with its histogram at the right, sharing the axis of distances, and the line.

    ``moved`` is emitted at each step of the line, ``settled`` when it is released. The points are
    painted once into a pixmap, so that dragging over thousands of them only paints a line.
    """

    moved = Signal(float)
    settled = Signal(float)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.RIGHT = 14 + int(HANDLE)
        self.BOTTOM = 14
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self._points: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))
        self._bins: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))
        self._points_pixmap: QPixmap | None = None
        self._dragging = False
        self.present = self.threshold = 0.0
        self.enabled_line = True

    def show_points(
        self, genuine: Floats, impostor: Floats, bins: tuple[Floats, Floats], far: float
    ) -> None:
        """Draw the distances.

        ``genuine`` and ``impostor``: (k,) in drawing order. ``bins``: (b,) shares of both, from 0
        to ``far``.
        """
        self._points = (genuine, impostor)
        self._bins = bins
        ticks = [(float(value), f"{value:g}") for value in _round_steps(far)]
        self.up = Axis(0.0, far, ticks)
        self.across = Axis(0.0, 1.0, (), "")
        self.refresh()

    def set_present(self, threshold: float) -> None:
        """Mark the threshold in force with a thin line."""
        self.present = threshold
        self.update()

    def set_threshold(self, threshold: float) -> None:
        """Move the line without emitting a signal."""
        self.threshold = min(max(threshold, 0.0), self.up.high)
        self.setAccessibleName(tr("analysis.chart.line", threshold=f"{self.threshold:.3f}"))
        self.update()

    def handle(self) -> QRectF:
        """The rectangle of the handle in widget pixels, always inside the widget."""
        width, height = text_px(HANDLE), touch()
        y = self.point(0.0, self.threshold).y() - height / 2
        top = min(max(y, 0.0), float(self.height() - height))
        return QRectF(self.width() - width - px(4), top, width, height)

    def sizeHint(self) -> QSize:
        return QSize(text_px(560), px(440))

    def minimumSizeHint(self) -> QSize:
        return QSize(text_px(240), px(320))

    def refresh(self, _change: str = "") -> None:
        """Redraw the points after a change of colours, language or data."""
        self._points_pixmap = None
        self.set_threshold(self.threshold)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._points_pixmap = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.enabled_line:
            self._dragging = True
            self._drag_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._drag_to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._dragging = False
            self.settled.emit(self.threshold)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: STEP,
            Qt.Key.Key_Down: -STEP,
            Qt.Key.Key_PageUp: LEAP,
            Qt.Key.Key_PageDown: -LEAP,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self.enabled_line:
            super().keyPressEvent(event)
            return
        self._move_to(self.threshold + step * self.up.high)
        self.settled.emit(self.threshold)

    def _drag_to(self, place: QPointF) -> None:
        area = self.area()
        self._move_to((area.bottom() - place.y()) / max(area.height(), 1.0) * self.up.high)

    def _move_to(self, threshold: float) -> None:
        previous = self.threshold
        self.set_threshold(max(threshold, 0.001 * self.up.high))
        if self.threshold != previous:
            self.moved.emit(self.threshold)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._points_pixmap is None:
            self._points_pixmap = self._render_points()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._points_pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_present(painter)
        self._paint_line(painter)
        painter.end()

    def _render_points(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_axes(painter)
        for kind, name in ((1, "impostor"), (0, "genuine")):
            self._paint_points(painter, self._points[kind], name)
        for kind, name in ((1, "impostor"), (0, "genuine")):
            self._paint_bins(painter, self._bins[kind], name)
        painter.end()
        return pixmap

    def _scatter(self) -> QRectF:
        area = self.area()
        return QRectF(
            area.left(), area.top(), area.width() * (1 - HISTOGRAM_SHARE) - 8, area.height()
        )

    def _paint_points(self, painter: QPainter, values: Floats, name: str) -> None:
        colour = theme().tokens.colour(name)
        colour.setAlphaF(0.6)
        painter.setPen(QPen(colour, px(POINT), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        area = self._scatter()
        x = area.left() + 4 + np.linspace(0, 1, len(values)) * (area.width() - 8)
        y = area.bottom() - np.clip(values / (self.up.high or 1.0), 0, 1) * area.height()
        painter.drawPoints([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])

    def _paint_bins(self, painter: QPainter, shares: Floats, name: str) -> None:
        if not len(shares) or not shares.max():
            return
        area = self.area()
        left = area.left() + area.width() * (1 - HISTOGRAM_SHARE)
        width = area.width() * HISTOGRAM_SHARE
        high = max(float(part.max()) for part in self._bins if len(part))
        step = area.height() / len(shares)
        outline = [QPointF(left, area.bottom())]
        for number, share in enumerate(shares.tolist()):
            x = left + share / high * width
            outline += [
                QPointF(x, area.bottom() - number * step),
                QPointF(x, area.bottom() - (number + 1) * step),
            ]
        outline.append(QPointF(left, area.top()))
        colour = theme().tokens.colour(name)
        painter.save()
        # clip the baseline: no line where the histogram is empty
        painter.setClipRect(QRectF(left + 1, area.top(), width + 2, area.height()))
        painter.setPen(QPen(colour, 1.5))
        colour.setAlphaF(0.3)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF(outline))
        painter.restore()

    def _paint_present(self, painter: QPainter) -> None:
        area = self.area()
        y = self.point(0.0, self.present).y()
        painter.setPen(QPen(theme().tokens.colour("quiet"), 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(area.left(), y, area.right(), y))

    def _paint_line(self, painter: QPainter) -> None:
        tokens = theme().tokens
        area = self.area()
        y = self.point(0.0, self.threshold).y()
        ink = tokens.colour("accent_text" if self.enabled_line else "quiet")
        painter.setPen(QPen(ink, px(3)))
        painter.drawLine(QLineF(area.left(), y, self.handle().left(), y))
        painter.setPen(QPen(tokens.colour("text") if self.hasFocus() else ink, 2))
        painter.setBrush(tokens.colour("raised"))
        painter.drawRoundedRect(self.handle().adjusted(1, 1, -1, -1), px(14), px(14))
        painter.setFont(font(SIZES[1], bold=True))
        painter.setPen(tokens.colour("text"))
        painter.drawText(self.handle(), Qt.AlignmentFlag.AlignCenter, f"{self.threshold:.3f}")


def _round_steps(far: float) -> Floats:
    """About five round values from 0 to ``far``."""
    rough = far / 5
    power = 10.0 ** np.floor(np.log10(max(rough, 1e-9)))
    step = min((unit * power for unit in (1, 2, 2.5, 5, 10)), key=lambda unit: abs(unit - rough))
    return np.arange(0, far * 1.0001, step)
