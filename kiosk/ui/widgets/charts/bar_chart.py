"""A bar chart of accepted entries with rejected ones stacked on top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent

from kiosk.ui.formatting import count_text
from kiosk.ui.theme import px, text_px, theme
from kiosk.ui.widgets.charts.plot import Axis, Plot

GAP = 0.25
"""Share of a bar's width that stays empty."""


@dataclass(frozen=True, slots=True)
class BarSeries:
    """``pairs``: (lower, upper) of each bar; ``words``: the label below each bar, may be empty."""

    pairs: Sequence[tuple[int, int]] = ()
    words: Sequence[str] = ()


class BarChart(Plot):
    """Draws a ``BarSeries``; ``words`` is its text for screen readers."""

    LEFT = 64
    BOTTOM = 28

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.bars = BarSeries()

    def show_bars(self, bars: BarSeries, words: str = "") -> None:
        """Draw ``bars``."""
        self.bars = bars
        highest = round_axis_end(max((sum(pair) for pair in bars.pairs), default=0))
        self.up = Axis(
            0.0,
            highest,
            [
                (highest * part, count_text(round(highest * part)))
                for part in ((0, 0.5, 1) if highest % 2 == 0 else (0, 1))
            ],
        )
        self.across = Axis(0.0, float(max(len(bars.pairs), 1)))
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(text_px(420), text_px(220))

    def minimumSizeHint(self) -> QSize:
        return QSize(text_px(260), text_px(200))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_axes(painter)
        tokens = theme().tokens
        for number, (lower, upper) in enumerate(self.bars.pairs):
            self._paint(painter, number, 0, lower, tokens.colour("genuine"))
            self._paint(painter, number, lower, lower + upper, tokens.colour("impostor"))
        self._paint_words(painter)
        painter.end()

    def _paint(self, painter: QPainter, number: int, low: int, high: int, colour: QColor) -> None:
        if high <= low:
            return
        top = self.point(number + GAP / 2, high)
        bottom = self.point(number + 1 - GAP / 2, low)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(top, bottom), 2, 2)

    def _paint_words(self, painter: QPainter) -> None:
        """Draw as many labels as fit, evenly spaced."""
        painter.setPen(theme().tokens.colour("quiet"))
        area = self.area()
        metrics = painter.fontMetrics()
        widest = max((metrics.horizontalAdvance(words) for words in self.bars.words), default=0) + 8
        slot = area.width() / max(len(self.bars.words), 1)
        step = max(1, math.ceil(widest / max(slot, 1.0)))
        for number in range(0, len(self.bars.words), step):
            middle = self.point(number + 0.5, 0).x()
            painter.drawText(
                QRectF(middle - widest / 2, area.bottom() + px(4), widest, metrics.lineSpacing()),
                Qt.AlignmentFlag.AlignCenter,
                self.bars.words[number],
            )


def round_axis_end(value: int) -> float:
    """The smallest of 2, 4, 10, 20, 40, 100, … that is not below ``value``."""
    power = 1.0
    while True:
        for part in (2, 4, 10):
            if part * power >= value:
                return part * power
        power *= 10
