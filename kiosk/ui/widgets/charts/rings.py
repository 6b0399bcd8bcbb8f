"""Rings: the votes of a consensus, and a countdown."""

from __future__ import annotations

import time

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui import icons
from kiosk.ui.fitting import fit
from kiosk.ui.theme import font, px, theme
from kiosk.ui.widgets.animation import Clock, frame_timer


class VotesRing(QWidget):
    """A segment per required vote, filled one after another."""

    def __init__(self, size: int = 40, name: str = "votes") -> None:
        super().__init__()
        self.setObjectName(name)
        fit(self, size=size)
        self.votes = 0
        self.needed = 1
        theme().changed.connect(self._restyle)

    def set_votes(self, votes: int, needed: int) -> None:
        """Show ``votes`` of ``needed``."""
        votes = max(0, min(votes, needed))
        needed = max(1, needed)
        if (votes, needed) != (self.votes, self.needed):
            self.votes = votes
            self.needed = needed
            self.update()

    def _restyle(self, _name: str) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = px(4)
        area = QRectF(self.rect()).adjusted(edge, edge, -edge, -edge)
        step = 360.0 / self.needed
        gap = 0.0 if self.needed == 1 else min(24.0, 120.0 / self.needed)
        for index in range(self.needed):
            colour = theme().tokens.colour("accent" if index < self.votes else "line")
            painter.setPen(QPen(colour, px(5), Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawArc(
                area, round((90 - index * step - gap / 2) * 16), round(-(step - gap) * 16)
            )
        painter.end()


class TimeRing(QWidget):
    """A symbol in an outline that empties over time.

    ``shape`` is ``circle`` or ``square`` (rounded), so that states do not differ by colour alone.
    ``ink`` and ``track`` are the theme colours of the remaining and the elapsed part.
    """

    def __init__(
        self, size: int = 160, name: str = "time_ring", clock: Clock = time.monotonic
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._size = size
        self._clock = clock
        self._symbol = ""
        self._words = ""
        self._shape = "circle"
        self._ink = "text"
        self._track = "line"
        self._ends_at = clock()
        self._duration = 0.0
        self._timer = frame_timer(self, self._step)
        self._timer.setInterval(33)
        theme().changed.connect(self._restyle)

    def set_symbol(
        self, symbol: str, *, shape: str = "circle", ink: str = "text", track: str = "line"
    ) -> None:
        """Show the icon ``symbol`` in the middle."""
        self._symbol = symbol
        self._words = ""
        self._shape = shape
        self._ink = ink
        self._track = track
        self.update()

    def set_words(self, words: str) -> None:
        """Show a short text, such as seconds, instead of the icon."""
        self._words = words
        self.update()

    def set_time(self, remaining: float, duration: float) -> None:
        """Start emptying: ``remaining`` of ``duration`` seconds are left.

        0, 0 shows a full ring.
        """
        self._ends_at = self._clock() + remaining
        self._duration = duration
        if remaining > 0 and not theme().reduced_motion:
            self._timer.start()
        self.update()

    def rescale(self) -> None:
        """Take the size of the present scale."""
        self.updateGeometry()

    def share(self) -> float:
        """The remaining share, 0..1."""
        if self._duration <= 0:
            return 1.0
        return min(1.0, max(0.0, (self._ends_at - self._clock()) / self._duration))

    def sizeHint(self) -> QSize:
        return QSize(px(self._size), px(self._size))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _step(self) -> None:
        if self.share() <= 0.0 or not self.isVisible():
            self._timer.stop()
        self.update()

    def _restyle(self, _name: str) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme().tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = float(px(max(5.0, self._size / 20)))
        path = self._outline(width)
        painter.setPen(QPen(tokens.colour(self._track), width))
        painter.drawPath(path)
        pen = QPen(tokens.colour(self._ink), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        left = self.share()
        if 0.0 < left < 1.0:
            length = path.length() / width  # dash lengths are in units of the pen's width
            pen.setDashPattern([length * left, length * 2])
        painter.setPen(pen)
        if left > 0.0:
            painter.drawPath(path)
        self._paint_middle(painter)
        painter.end()

    def _paint_middle(self, painter: QPainter) -> None:
        colour = theme().tokens.colour(self._ink)
        if self._words:
            painter.setFont(font(self._size * 0.28, bold=True))
            painter.setPen(colour)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words)
        elif self._symbol:
            inner = QRectF(0, 0, px(self._size) * 0.5, px(self._size) * 0.5)
            inner.moveCenter(QRectF(self.rect()).center())
            icons.draw(painter, self._symbol, inner, colour)

    def _outline(self, pen: float) -> QPainterPath:
        """The outline clockwise from the middle of the top, the point it empties towards."""
        area = QRectF(0, 0, px(self._size), px(self._size)).adjusted(pen, pen, -pen, -pen)
        area.moveCenter(QRectF(self.rect()).center())
        path = QPainterPath()
        bend = area.width() if self._shape == "circle" else area.width() * 0.5
        path.moveTo(area.center().x(), area.top())
        for x, y, start in (
            (area.right() - bend, area.top(), 90),
            (area.right() - bend, area.bottom() - bend, 0),
            (area.left(), area.bottom() - bend, -90),
            (area.left(), area.top(), 180),
        ):
            path.arcTo(QRectF(x, y, bend, bend), start, -90)
        path.closeSubpath()
        return path
