"""A legend: a dot and words for each colour of a chart."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES, font, px, theme

DOT = 12
GAP = 24
"""Space between two entries, in pixels at scale 1."""


class ChartLegend(QWidget):
    """A dot and text for each colour of a chart; entries are (token, message key).

    Entries that do not fit go to the next line.
    """

    def __init__(self, entries: list[tuple[str, str]]) -> None:
        super().__init__()
        self._entries = entries
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme().changed.connect(self._restyle)
        language().changed.connect(self._restyle)

    def set_entries(self, entries: list[tuple[str, str]]) -> None:
        """Replace the entries."""
        self._entries = entries
        self._restyle("")

    def rescale(self) -> None:
        """Draw at the present scale."""
        self._restyle("")

    def sizeHint(self) -> QSize:
        places = list(self._places(float(px(10_000))))
        right = max((area.right() for _, _, area in places), default=0.0)
        return QSize(round(right), self._line())

    def minimumSizeHint(self) -> QSize:
        widest = max((area.width() for _, _, area in self._places(0.0)), default=0.0)
        return QSize(round(widest), self._line())

    def heightForWidth(self, width: int) -> int:
        places = list(self._places(float(width)))
        return round(places[-1][2].bottom()) if places else self._line()

    def _restyle(self, _name: str) -> None:
        self.updateGeometry()
        self.update()

    def _line(self) -> int:
        return round(QFontMetricsF(font(SIZES[0])).lineSpacing()) + px(4)

    def _places(self, room: float) -> Iterator[tuple[str, str, QRectF]]:
        """Yield colour, words and rectangle of each entry in a width of ``room`` pixels."""
        metrics = QFontMetricsF(font(SIZES[0]))
        height = float(self._line())
        x = y = 0.0
        for token, key in self._entries:
            words = tr(key)
            width = px(DOT) + px(6) + metrics.horizontalAdvance(words) + px(4)
            if x and x + width > room:
                x = 0.0
                y += height
            yield token, words, QRectF(x, y, width, height)
            x += width + px(GAP)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(SIZES[0]))
        radius = px(DOT) / 2
        for token, words, area in self._places(float(self.width())):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().tokens.colour(token))
            painter.drawEllipse(QPointF(area.left() + radius, area.center().y()), radius, radius)
            painter.setPen(theme().tokens.colour("quiet"))
            painter.drawText(
                area.adjusted(px(DOT) + px(6), 0, px(4), 0), Qt.AlignmentFlag.AlignVCenter, words
            )
        painter.end()
