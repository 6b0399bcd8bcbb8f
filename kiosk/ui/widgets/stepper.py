"""The steps of a task: down the side, or across the top of a portrait screen."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui import icons
from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES, font, px, text_px, theme, type_size

DOT = 36
STEP_HEIGHT = 76
WIDTH = 176


class Stepper(QWidget):
    """Steps named by message keys: done steps have a tick, the current one is filled."""

    def __init__(self, name: str, keys: Sequence[str]) -> None:
        super().__init__()
        self.setObjectName(name)
        self._keys = tuple(keys)
        self.current = 0
        self._left_out: frozenset[int] = frozenset()
        self._across = False
        self._words = True
        language().changed.connect(self._changed)
        theme().changed.connect(self._changed)
        self.set_across(False)

    def set_current(self, step: int) -> None:
        """Move to ``step``, counted from 0; at ``len(keys)`` all are done."""
        self.current = step
        self._changed("")

    def set_left_out(self, steps: Collection[int]) -> None:
        """Mark ``steps`` as not part of this task: they are passed without a tick."""
        self._left_out = frozenset(steps)
        self._changed("")

    def set_across(self, across: bool) -> None:
        """Lay the steps out across the top, or down the side."""
        self._across = across
        fixed = QSizePolicy.Policy.Fixed
        free = QSizePolicy.Policy.Expanding
        self.setSizePolicy(*((free, fixed) if across else (fixed, free)))
        self.updateGeometry()
        self._changed("")

    def show_words(self, shown: bool) -> None:
        """Name the steps down the side, or show their numbers only where there is no room."""
        if shown is not self._words:
            self._words = shown
            self.updateGeometry()
            self._changed("")

    def width_with_words(self) -> int:
        """The width in pixels that steps with names take down the side."""
        return text_px(WIDTH)

    def sizeHint(self) -> QSize:
        if self._across:
            words = QFontMetrics(font(SIZES[1], bold=True)).height()
            return QSize(_dot_size(), max(px(STEP_HEIGHT), _dot_size() + px(10) + words))
        width = text_px(WIDTH) if self._words else _dot_size() + 2 * px(2)
        return QSize(width, _step_height() * len(self._keys))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _changed(self, _: str) -> None:
        shown = min(self.current, len(self._keys) - 1)
        self.setAccessibleName(
            tr("enrol.step_of", n=shown + 1, total=len(self._keys), step=tr(self._keys[shown]))
        )
        self.update()

    def rescale(self) -> None:
        """Take the size of the present scale."""
        self.updateGeometry()

    def _has_words(self) -> bool:
        """Whether every step's name has room; across the top, else only the present one has."""
        if not self._across:
            return self._words
        letters = QFontMetrics(font(SIZES[1], bold=True))
        widest = max(letters.horizontalAdvance(tr(key)) for key in self._keys)
        return widest + px(8) <= self.width() / len(self._keys)

    def _dot(self, step: int) -> QRectF:
        dot = _dot_size()
        edge = px(2)
        if self._across:
            slot = self.width() / len(self._keys)
            return QRectF(slot * (step + 0.5) - dot / 2, edge, dot, dot)
        return QRectF(edge, _step_height() * step + 2 * edge, dot, dot)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for step in range(len(self._keys)):
            if step:
                self._paint_line(painter, step)
            self._paint_dot(painter, step)
            self._paint_words(painter, step)
        painter.end()

    def _paint_line(self, painter: QPainter, step: int) -> None:
        previous = self._dot(step - 1)
        dot = self._dot(step)
        painter.setPen(
            QPen(theme().tokens.colour("accent" if step <= self.current else "line"), px(2))
        )
        if self._across:
            painter.drawLine(
                QPointF(previous.right() + px(8), previous.center().y()),
                QPointF(dot.left() - px(8), dot.center().y()),
            )
        else:
            painter.drawLine(
                QPointF(previous.center().x(), previous.bottom() + px(6)),
                QPointF(dot.center().x(), dot.top() - px(6)),
            )

    def _paint_dot(self, painter: QPainter, step: int) -> None:
        tokens = theme().tokens
        area = self._dot(step)
        reached = step <= self.current and step not in self._left_out
        painter.setPen(QPen(tokens.colour("accent" if reached else "line"), px(2)))
        painter.setBrush(tokens.colour("accent" if step == self.current else "surface"))
        painter.drawEllipse(area.adjusted(1, 1, -1, -1))
        if step in self._left_out:
            painter.setPen(QPen(tokens.colour("quiet"), px(2)))
            middle = area.center()
            painter.drawLine(middle - QPointF(px(6), 0), middle + QPointF(px(6), 0))
            return
        if step < self.current:
            icons.draw(
                painter,
                "check",
                area.adjusted(px(8), px(8), -px(8), -px(8)),
                tokens.colour("accent_text"),
            )
            return
        painter.setFont(font(SIZES[1], bold=True))
        painter.setPen(tokens.colour("on_accent" if step == self.current else "quiet"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, str(step + 1))

    def _paint_words(self, painter: QPainter, step: int) -> None:
        dot = self._dot(step)
        is_current = step == self.current
        if not self._has_words() and not (is_current and self._across):
            return
        painter.setFont(font(SIZES[1], bold=is_current))
        reached = step <= self.current and step not in self._left_out
        painter.setPen(theme().tokens.colour("text" if reached else "quiet"))
        if self._across:
            wide = painter.fontMetrics().horizontalAdvance(tr(self._keys[step]))
            left = min(max(0.0, dot.center().x() - wide / 2), max(0.0, self.width() - wide))
            top = dot.bottom() + px(6)
            area = QRectF(left, top, wide + 1, self.height() - top)
            painter.drawText(
                area,
                Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop,
                tr(self._keys[step]),
            )
        else:
            area = QRectF(
                dot.right() + px(12), dot.top(), self.width() - dot.right() - px(12), dot.height()
            )
            painter.drawText(
                area,
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                tr(self._keys[step]),
            )


def _dot_size() -> int:
    """The pixels of a dot across, with room for its number."""
    return max(px(DOT), type_size(SIZES[1]) + px(12))


def _step_height() -> int:
    return max(px(STEP_HEIGHT), _dot_size() + px(16))
