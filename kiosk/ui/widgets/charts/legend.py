"""A legend: a dot and words for each colour of a chart."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QWidget

from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES, font, theme


class ChartLegend(QWidget):
    """A dot and text for each colour of a chart; entries are (token, message key)."""

    def __init__(self, entries: list[tuple[str, str]]) -> None:
        super().__init__()
        self._entries = entries
        self.setMinimumHeight(22)
        theme().changed.connect(self._restyle)

    def set_entries(self, entries: list[tuple[str, str]]) -> None:
        """Replace the entries."""
        self._entries = entries
        self.update()

    def _restyle(self, _name: str) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(SIZES[0]))
        x = 2.0
        middle = self.height() / 2
        for token, key in self._entries:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().tokens.colour(token))
            painter.drawEllipse(QPointF(x + 6, middle), 6, 6)
            words = tr(key)
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.setPen(theme().tokens.colour("quiet"))
            painter.drawText(
                QRectF(x + 18, 0, width + 4, self.height()), Qt.AlignmentFlag.AlignVCenter, words
            )
            x += width + 42
        painter.end()
