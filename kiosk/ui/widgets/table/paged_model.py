"""A table model that holds only the pages in view, however many rows there are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from kiosk.core.reports import USUAL, Order
from kiosk.ui.i18n import tr
from kiosk.ui.widgets.table.status_badge import BADGE_ROLE, StatusBadge

PAGE = 100
"""Rows asked for at once."""


KEPT_PAGES = 12


ASK_MS = 30
"""Pages scrolled past within this time are not asked for."""


Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: its header's message key, the words of a row, its width in pixels (0 takes what is left).

    ``badge`` replaces the words where given. ``needs``: hidden where the table is narrower than this. ``order``: the
    name of this column for whoever sorts the rows; ``falling``: sorted downwards at the first touch.
    """

    key: str
    text: Callable[[Any], str]
    width: int = 0
    badge: Callable[[Any], StatusBadge] | None = None
    right: bool = False
    needs: int = 0
    order: str = ""
    falling: bool = False


class PagedModel(QAbstractTableModel):
    """Rows in pages of ``PAGE``. A row that is not here shows nothing, and its page is asked for.

    ``pageWanted(offset, limit)`` asks; ``accept`` takes the answer. Answers must come in the order of the
    questions: the page at offset 0 begins a new list, so a late answer to an older search cannot stay. ``order`` is
    how the rows shall be sorted by whoever answers, at first and after ``reset_order`` as ``usual``.
    """

    pageWanted = Signal(int, int)
    arrived = Signal()

    def __init__(self, columns: Sequence[TableColumn], usual: Order = USUAL) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.order = self._usual = usual
        self.loaded = False
        self._total = 0
        self._pages: OrderedDict[int, Sequence[Any]] = OrderedDict()
        self._asked: set[int] = set()
        self._wanted: list[int] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ASK_MS)
        self._timer.timeout.connect(self._ask_wanted)

    @property
    def total(self) -> int:
        """Rows in the whole list."""
        return self._total

    def restart(self) -> None:
        """Ask for the list anew; the rows stay until the answer comes."""
        self._wanted.clear()
        self._asked = {0}
        self.pageWanted.emit(0, PAGE)

    def order_by(self, section: int) -> None:
        """Sort by the column ``section``, the other way round where it is the one already, and ask anew."""
        column = self.columns[section]
        again = column.order == self.order.column
        self._put_order(Order(column.order, not self.order.descending if again else column.falling))
        self.restart()

    def reset_order(self) -> None:
        """Sort as at first, without asking anybody."""
        self._put_order(self._usual)

    def sorted_section(self) -> int:
        """The column that the rows are sorted by; -1 where it is none of them."""
        return next(
            (
                n
                for n, column in enumerate(self.columns)
                if column.order and column.order == self.order.column
            ),
            -1,
        )

    def _put_order(self, order: Order) -> None:
        self.order = order
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def forget_questions(self) -> None:
        """No answer will come to what was asked."""
        self._asked.clear()

    def accept(self, rows: Sequence[Any], total: int, offset: int) -> None:
        """Take in the page at ``offset``, a multiple of ``PAGE``, of a list of ``total`` rows."""
        if offset % PAGE:
            raise ValueError(f"a page begins at a multiple of {PAGE}, not at {offset}")
        if offset == 0:
            self._pages.clear()
        self.loaded = True
        self._resize(total)
        self._asked.discard(offset)
        self._pages[offset // PAGE] = rows
        self._forget_oldest()
        if total:
            self.dataChanged.emit(self.index(0, 0), self.index(total - 1, len(self.columns) - 1))
        self.arrived.emit()

    def row(self, number: int) -> Any | None:
        """The row ``number``, or ``None`` while its page is not here."""
        page = self._pages.get(number // PAGE)
        if page is None:
            return None
        self._pages.move_to_end(number // PAGE)
        within = number % PAGE
        return page[within] if within < len(page) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            BADGE_ROLE,
        ):
            return None
        item = self.row(index.row())
        if item is None:
            self._want(index.row() // PAGE * PAGE)
            return None
        return _content(column, item, role)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(self.columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return tr(self.columns[section].key) + self._arrow(section)
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(section)
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self.data(self.index(0, section), role) or int(
                    Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                )
        return None

    def retranslate(self) -> None:
        """Words come from the catalogue at each look; tell the views to look again."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        if self._total:
            self.dataChanged.emit(
                self.index(0, 0), self.index(self._total - 1, len(self.columns) - 1)
            )

    def _arrow(self, section: int) -> str:
        """Qt's own arrow would stand over the words of a narrow column."""
        if section != self.sorted_section():
            return ""
        return " ↓" if self.order.descending else " ↑"

    def _spoken(self, section: int) -> str:
        """The header for those who cannot see its arrow."""
        words = tr(self.columns[section].key)
        if section != self.sorted_section():
            return words
        return tr(f"admin.table.{'falling' if self.order.descending else 'rising'}", column=words)

    def _resize(self, total: int) -> None:
        # rows are added or taken at the end, not reset: the place one has scrolled to stays
        if total > self._total:
            self.beginInsertRows(QModelIndex(), self._total, total - 1)
            self._total = total
            self.endInsertRows()
        elif total < self._total:
            self.beginRemoveRows(QModelIndex(), total, self._total - 1)
            self._total = total
            self.endRemoveRows()

    def _forget_oldest(self) -> None:
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)

    def _want(self, offset: int) -> None:
        if offset in self._asked or offset in self._wanted:
            return
        self._wanted.append(offset)
        self._timer.start()

    def _ask_wanted(self) -> None:
        wanted = self._wanted[-3:]
        self._wanted = []
        for offset in wanted:
            if offset not in self._asked and offset < self._total:
                self._asked.add(offset)
                self.pageWanted.emit(offset, PAGE)


def _content(column: TableColumn, item: Any, role: int) -> Any:
    if column.badge is None:
        return None if role == BADGE_ROLE else column.text(item)
    badge = column.badge(item)
    return badge if role == BADGE_ROLE else tr(badge.key)
