"""A week in half hours: paint the hours of a schedule by dragging, tapping or with the keys."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.core.access_rules import MINUTES, WEEK, Block, WeekPlan
from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES, font, px, text_px, theme, touch

SLOT = 30
"""Minutes of a cell."""
SLOTS = MINUTES // SLOT
ROW = 44
"""Height of a day in pixels at scale 1."""
LABEL = 44
"""Width of the names of the days in pixels at scale 1."""
LEAST_SLOT = 3
"""Smallest width of a cell in pixels at scale 1."""

Cell = tuple[int, int]
"""A day of ``WEEK`` and a half hour of it, by number."""


class WeekGrid(QWidget):
    """Rows are the days of ``WEEK``, columns half hours.

    ``painted`` carries the days, the first and the last minute of a rectangle, and whether it is
    added or taken away: the opposite of what its first cell was. What goes on after midnight is
    shown on the next day too and belongs to the day before. ``dayChosen``: the cursor is on another
    day. Keys: arrows move the cursor, with Shift they mark a rectangle, Space adds or takes away,
    Delete takes away.
    """

    painted = Signal(object, int, int, bool)
    dayChosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._plan = WeekPlan("")
        self._editable = True
        self._cursor: Cell = (0, 16)
        self._anchor: Cell = self._cursor
        self._dragging = False
        theme().changed.connect(self._restyle)
        language().changed.connect(self._retranslate)
        self._retranslate("")

    def show_plan(self, plan: WeekPlan, *, editable: bool) -> None:
        """Show the hours of ``plan``; those of a built-in schedule cannot be changed."""
        self._plan = plan
        self._editable = editable
        self._describe()
        self.update()

    @property
    def day(self) -> str:
        """The day of the cursor."""
        return WEEK[self._cursor[0]]

    def choose_day(self, day: str) -> None:
        """Move the cursor to ``day``."""
        self._move((WEEK.index(day), self._cursor[1]), mark=False)

    def cell_rect(self, cell: Cell) -> QRect:
        """The place of a cell in the widget."""
        day, slot = cell
        across = self._across()
        left = text_px(LABEL) + round(slot * across)
        right = text_px(LABEL) + round((slot + 1) * across)
        return QRect(left, self._head() + day * self._row(), right - left, self._row())

    def is_open(self, cell: Cell) -> bool:
        """Whether a block that begins on the cell's own day covers its first minute."""
        day, slot = cell
        return any(begin <= slot * SLOT < end for begin, end in self._plan.blocks(WEEK[day]))

    def sizeHint(self) -> QSize:
        return QSize(text_px(LABEL) + px(20 * SLOTS), self._head() + len(WEEK) * self._row())

    def minimumSizeHint(self) -> QSize:
        return QSize(text_px(LABEL) + px(LEAST_SLOT * SLOTS), self.sizeHint().height())

    def rescale(self) -> None:
        """Take the height of the present scale."""
        self.updateGeometry()
        self.update()

    # pointer and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position().toPoint())
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if cell is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        self._dragging = self._editable and event.position().x() >= text_px(LABEL)
        self._move(cell, mark=False)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position().toPoint())
        if self._dragging and cell is not None:
            self._move(cell, mark=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging and event.button() is Qt.MouseButton.LeftButton:
            self._dragging = False
            self._paint_marked(not self.is_open(self._anchor))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        day, slot = self._cursor
        mark = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in steps:
            across, down = steps[key]
            day = min(max(day + across, 0), len(WEEK) - 1)
            self._move((day, min(max(slot + down, 0), SLOTS - 1)), mark=mark)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move((day, 0 if key is Qt.Key.Key_Home else SLOTS - 1), mark=mark)
        elif key is Qt.Key.Key_Space and self._editable:
            self._paint_marked(not self.is_open(self._anchor))
        elif key is Qt.Key.Key_Delete and self._editable:
            self._paint_marked(False)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _move(self, cell: Cell, *, mark: bool) -> None:
        before = self.day
        self._cursor = cell
        if not mark:
            self._anchor = cell
        if self.day != before:
            self.dayChosen.emit(self.day)
        self._describe()
        self.update()

    def _paint_marked(self, on: bool) -> None:
        days, slots = self._marked()
        self._anchor = self._cursor
        self.painted.emit(
            tuple(WEEK[day] for day in days), slots[0] * SLOT, (slots[-1] + 1) * SLOT, on
        )

    def _marked(self) -> tuple[range, range]:
        (day, slot), (other_day, other_slot) = sorted((self._anchor, self._cursor))
        first, last = sorted((slot, other_slot))
        return range(day, other_day + 1), range(first, last + 1)

    # geometry

    def _row(self) -> int:
        return touch(ROW)

    def _head(self) -> int:
        return _line_height() + px(4)

    def _across(self) -> float:
        return max(1.0, (self.width() - text_px(LABEL)) / SLOTS)

    def _cell_at(self, place: QPoint) -> Cell | None:
        day = (place.y() - self._head()) // self._row()
        slot = int((place.x() - text_px(LABEL)) / self._across())
        if not self._dragging and not 0 <= day < len(WEEK):
            return None
        return min(max(day, 0), len(WEEK) - 1), min(max(slot, 0), SLOTS - 1)

    # drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(font(SIZES[0]))
        self._paint_hours(painter)
        tails = _tails(self._plan.days)
        for number, day in enumerate(WEEK):
            self._paint_day(painter, number, day, tails.get(day, 0))
        if self.hasFocus() or self._dragging:
            self._paint_mark(painter)
        painter.end()

    def _paint_hours(self, painter: QPainter) -> None:
        painter.setPen(theme().tokens.colour("quiet"))
        wide = painter.fontMetrics().horizontalAdvance("00") * 2
        step = next(n for n in (1, 2, 3, 6, 12) if n * 2 * self._across() >= wide or n == 12)
        for hour in range(0, 24, step):
            left = text_px(LABEL) + round(2 * hour * self._across())
            painter.drawText(
                QRect(left, 0, wide, self._head()), Qt.AlignmentFlag.AlignVCenter, f"{hour}"
            )

    def _paint_day(self, painter: QPainter, number: int, day: str, tail: int) -> None:
        tokens = theme().tokens
        top = self._head() + number * self._row()
        gap = max(1, px(2))
        place = QRect(
            text_px(LABEL), top + gap, round(SLOTS * self._across()), self._row() - 2 * gap
        )
        painter.fillRect(place, tokens.colour("raised"))
        if tail:
            painter.fillRect(self._bar(place, 0, tail), _faint(tokens.colour("accent")))
        for begin, end in self._plan.blocks(day):
            painter.fillRect(self._bar(place, begin, min(end, MINUTES)), tokens.colour("accent"))
        painter.setPen(QPen(tokens.colour("line"), 1))
        for slot in range(0, SLOTS + 1, 2):
            left = text_px(LABEL) + round(slot * self._across())
            painter.drawLine(left, place.top(), left, place.bottom())
        painter.setPen(tokens.colour("text" if number == self._cursor[0] else "quiet"))
        painter.setFont(font(SIZES[0], bold=number == self._cursor[0]))
        painter.drawText(
            QRect(0, top, text_px(LABEL) - px(6), self._row()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            tr(f"rules.day.{day}"),
        )

    def _bar(self, place: QRect, begin: int, end: int) -> QRectF:
        across = self._across() / SLOT
        return QRectF(
            place.left() + begin * across, place.top(), (end - begin) * across, place.height()
        )

    def _paint_mark(self, painter: QPainter) -> None:
        days, slots = self._marked()
        first = self.cell_rect((days[0], slots[0]))
        last = self.cell_rect((days[-1], slots[-1]))
        painter.setPen(QPen(theme().tokens.colour("text"), max(2, px(2))))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(first.united(last).adjusted(1, 1, -1, -1))

    # words

    def _describe(self) -> None:
        day, slot = self._cursor
        state = tr("rules.grid.open" if self.is_open(self._cursor) else "rules.grid.closed")
        minute = slot * SLOT
        self.setAccessibleDescription(
            f"{tr(f'rules.day.{WEEK[day]}')} {minute // 60:02}:{minute % 60:02} {state}"
        )

    def _retranslate(self, _code: str) -> None:
        self.setAccessibleName(tr("rules.grid.name"))
        self._describe()
        self.update()

    def _restyle(self, _name: str) -> None:
        self.update()


def _line_height() -> int:
    return QFontMetrics(font(SIZES[0])).height()


def _tails(days: Mapping[str, tuple[Block, ...]]) -> dict[str, int]:
    """Return until which minute of a weekday the night of the day before goes on."""
    tails = {}
    for number, day in enumerate(WEEK[:-1]):
        before = days.get(WEEK[(number - 1) % 7], ())
        tails[day] = max((end - MINUTES for _, end in before if end > MINUTES), default=0)
    return tails


def _faint(colour: QColor) -> QColor:
    faint = QColor(colour)
    faint.setAlphaF(0.4)
    return faint
