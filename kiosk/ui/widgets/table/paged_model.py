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
"""Rows per page."""
MAX_PAGES = 12
REQUEST_DELAY_MS = 30
"""Delay before a page is requested: pages scrolled past faster are skipped."""
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: the message key of its header, the text of a row, its width in pixels.

    A width of 0 takes the remaining space. ``badge`` replaces the text. The column is hidden in a
    table narrower than ``min_table_width``. ``order``: the sort key of this column;
    ``descending_first``: the first touch sorts in descending order.
    """

    key: str
    text: Callable[[Any], str]
    width: int = 0
    badge: Callable[[Any], StatusBadge] | None = None
    right: bool = False
    min_table_width: int = 0
    order: str = ""
    descending_first: bool = False


class PagedModel(QAbstractTableModel):
    """Rows in pages of ``PAGE``; a row that is not loaded is empty and its page is requested.

    ``pageWanted(offset, limit)`` requests a page; ``accept`` takes the answer. Answers must arrive
    in the order of the requests: the page at offset 0 starts a new list, so that a late answer to
    an older search cannot stay. ``order`` is the requested sort order, ``usual`` at first and after
    ``reset_order``.
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
        self._requested: set[int] = set()
        self._queued: list[int] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REQUEST_DELAY_MS)
        self._timer.timeout.connect(self._request_queued)

    @property
    def total(self) -> int:
        """The number of rows of the whole list."""
        return self._total

    def restart(self) -> None:
        """Request the list again; the current rows stay until the answer arrives."""
        self._queued.clear()
        self._requested = {0}
        self.pageWanted.emit(0, PAGE)

    def order_by(self, section: int) -> None:
        """Sort by the column ``section``, or reverse its order, and request the list again."""
        column = self.columns[section]
        is_current = column.order == self.order.column
        self._set_order(
            Order(
                column.order, not self.order.descending if is_current else column.descending_first
            )
        )
        self.restart()

    def reset_order(self) -> None:
        """Restore the initial order without a request."""
        self._set_order(self._usual)

    def sorted_section(self) -> int:
        """The index of the sorted column, or -1."""
        return next(
            (
                n
                for n, column in enumerate(self.columns)
                if column.order and column.order == self.order.column
            ),
            -1,
        )

    def _set_order(self, order: Order) -> None:
        self.order = order
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def drop_requests(self) -> None:
        """Drop pending requests: they will not be answered."""
        self._requested.clear()

    def accept(self, rows: Sequence[Any], total: int, offset: int) -> None:
        """Store the page at ``offset``, a multiple of ``PAGE``, of a list of ``total`` rows."""
        if offset % PAGE:
            raise ValueError(f"a page starts at a multiple of {PAGE}, not at {offset}")
        if offset == 0:
            self._pages.clear()
        self.loaded = True
        self._resize(total)
        self._requested.discard(offset)
        self._pages[offset // PAGE] = rows
        self._evict_oldest()
        if total:
            self.dataChanged.emit(self.index(0, 0), self.index(total - 1, len(self.columns) - 1))
        self.arrived.emit()

    def row(self, number: int) -> Any | None:
        """Row ``number``, or ``None`` while its page is not loaded."""
        page = self._pages.get(number // PAGE)
        if page is None:
            return None
        self._pages.move_to_end(number // PAGE)
        index_in_page = number % PAGE
        return page[index_in_page] if index_in_page < len(page) else None

    def find(self, wanted: Callable[[Any], bool]) -> int:
        """Return the number of the first loaded row that is ``wanted``, or -1."""
        for page, rows in sorted(self._pages.items()):
            for number, item in enumerate(rows):
                if wanted(item):
                    return page * PAGE + number
        return -1

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
            self._queue(index.row() // PAGE * PAGE)
            return None
        return _cell_content(column, item, role)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(self.columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return tr(self.columns[section].key) + self._arrow(section)
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return self._accessible_header(section)
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self.data(self.index(0, section), role) or int(
                    Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                )
        return None

    def retranslate(self) -> None:
        """Make the views read all text again."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        if self._total:
            self.dataChanged.emit(
                self.index(0, 0), self.index(self._total - 1, len(self.columns) - 1)
            )

    def _arrow(self, section: int) -> str:
        """The sort arrow as text: Qt's own arrow would cover the text of a narrow column."""
        if section != self.sorted_section():
            return ""
        return " ↓" if self.order.descending else " ↑"

    def _accessible_header(self, section: int) -> str:
        """The header text for screen readers, with the sort order in words."""
        words = tr(self.columns[section].key)
        if section != self.sorted_section():
            return words
        return tr(f"admin.table.{'falling' if self.order.descending else 'rising'}", column=words)

    def _resize(self, total: int) -> None:
        # add or remove rows at the end instead of a reset, to keep the scroll position
        if total > self._total:
            self.beginInsertRows(QModelIndex(), self._total, total - 1)
            self._total = total
            self.endInsertRows()
        elif total < self._total:
            self.beginRemoveRows(QModelIndex(), total, self._total - 1)
            self._total = total
            self.endRemoveRows()

    def _evict_oldest(self) -> None:
        while len(self._pages) > MAX_PAGES:
            self._pages.popitem(last=False)

    def _queue(self, offset: int) -> None:
        if offset in self._requested or offset in self._queued:
            return
        self._queued.append(offset)
        self._timer.start()

    def _request_queued(self) -> None:
        queued = self._queued[-3:]
        self._queued = []
        for offset in queued:
            if offset not in self._requested and offset < self._total:
                self._requested.add(offset)
                self.pageWanted.emit(offset, PAGE)


def _cell_content(column: TableColumn, item: Any, role: int) -> Any:
    if column.badge is None:
        return None if role == BADGE_ROLE else column.text(item)
    badge = column.badge(item)
    return badge if role == BADGE_ROLE else tr(badge.key)
