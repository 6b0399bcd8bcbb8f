"""A table of any length, with paging buttons and a text for an empty list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QScroller,
    QStackedWidget,
    QTableView,
    QWidget,
)

from kiosk.ui.fitting import fit
from kiosk.ui.formatting import count_text
from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES, font, px, text_px, theme, touch
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.table.badge_delegate import BadgeDelegate
from kiosk.ui.widgets.table.paged_model import PagedModel

ROW_HEIGHT = 56


class _View(QTableView):
    """Fits the columns to the available width; Enter chooses a row."""

    entered_row = Signal(int)

    def __init__(self, model: PagedModel, name: str) -> None:
        super().__init__()
        self._columns = model.columns
        self.setObjectName(name)
        self.setModel(model)
        self.setItemDelegate(BadgeDelegate(self))
        fit(self, font=SIZES[1])
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self._prepare_headers()
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    def _prepare_headers(self) -> None:
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsClickable(any(column_.order for column_ in self._columns))
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for number, column_ in enumerate(self._columns):
            if not column_.width:
                head.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)

        self.rescale()

    @property
    def row_height(self) -> int:
        """The height of a row in logical pixels: of two lines of text, or of a finger."""
        return max(touch(ROW_HEIGHT), self.fontMetrics().lineSpacing() + px(8))

    def rescale(self) -> None:
        """Give rows, columns and the header the size of the present scale."""
        self.verticalHeader().setDefaultSectionSize(self.row_height)
        self.horizontalHeader().setFont(font(SIZES[0]))
        self.horizontalHeader().setFixedHeight(touch())
        for number, column_ in enumerate(self._columns):
            if column_.width:
                self.setColumnWidth(number, text_px(column_.width))
        self._drop_columns(self.viewport().width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._drop_columns(event.size().width())
        super().resizeEvent(event)

    def _drop_columns(self, width: int) -> None:
        for number, column_ in enumerate(self._columns):
            self.setColumnHidden(number, width < text_px(column_.min_table_width))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.entered_row.emit(self.currentIndex().row())
            return
        super().keyPressEvent(event)


class PagedTable(QWidget):
    """A ``PagedModel`` on screen; ``chosen`` carries the row that was touched or entered.

    A touch on a header sorts. The view is named ``name``, the buttons below ``<name>Earlier`` and
    ``<name>Later``. ``empty`` is the prefix of two message keys, ``.title`` and ``.text``.
    """

    chosen = Signal(object)

    def __init__(self, name: str, model: PagedModel, empty: str) -> None:
        super().__init__()
        self.model = model
        self.view = _View(model, name)
        self._name = name
        self.empty_title = Label(
            f"{empty}.title", size=SIZES[2], bold=True, name=f"{name}EmptyTitle"
        )
        self.empty_text = Label(f"{empty}.text", quiet=True, wrap=True, name=f"{name}EmptyText")
        self.shown = Label("", size=SIZES[0], quiet=True, name=f"{name}Shown")
        self.earlier = Button("", "ghost", "up", name=f"{name}Earlier", hint="admin.table.earlier")
        self.later = Button("", "ghost", "down", name=f"{name}Later", hint="admin.table.later")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._empty_page())
        self.setLayout(column(self._stack, row(self.shown, None, self.earlier, self.later)))
        self._connect()
        self._retranslate("")

    def set_empty(self, prefix: str) -> None:
        """Set the text shown for an empty list."""
        self.empty_title.set_key(f"{prefix}.title")
        self.empty_text.set_key(f"{prefix}.text")

    def clear_choice(self) -> None:
        """Deselect the row."""
        self.view.clearSelection()

    def mark(self, wanted: Callable[[Any], bool]) -> None:
        """Highlight the first loaded row that is ``wanted``, or none, without choosing it."""
        number = self.model.find(wanted)
        if number < 0:
            self.clear_choice()
            return
        self.view.setAutoScroll(False)  # the list stays where it was scrolled to
        self.view.selectionModel().setCurrentIndex(
            self.model.index(number, 0),
            QItemSelectionModel.SelectionFlag.ClearAndSelect
            | QItemSelectionModel.SelectionFlag.Rows,
        )
        self.view.setAutoScroll(True)

    def _empty_page(self) -> QWidget:
        page = QWidget()
        for label in (self.empty_title, self.empty_text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        page.setLayout(column(None, self.empty_title, self.empty_text, None))
        return page

    def _connect(self) -> None:
        self.view.clicked.connect(self._clicked)
        self.view.entered_row.connect(self._choose)
        self.view.horizontalHeader().sectionClicked.connect(self._sort)
        self.earlier.clicked.connect(self._page_up)
        self.later.clicked.connect(self._page_down)
        self.view.verticalScrollBar().valueChanged.connect(self._moved)
        self.view.verticalScrollBar().rangeChanged.connect(self._range_changed)
        self.view.viewport().installEventFilter(self)
        self.model.arrived.connect(self._arrived)
        language().changed.connect(self._retranslate)
        theme().changed.connect(self._restyle)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._moved()
        return super().eventFilter(watched, event)

    def _clicked(self, index: QModelIndex) -> None:
        self._choose(index.row())

    def _choose(self, number: int) -> None:
        item = self.model.row(number)
        if item is not None:
            self.chosen.emit(item)

    def _sort(self, section: int) -> None:
        if self.model.columns[section].order:
            self.view.scrollToTop()
            self.model.order_by(section)

    def _page_up(self) -> None:
        bar = self.view.verticalScrollBar()
        bar.setValue(bar.value() - bar.pageStep())

    def _page_down(self) -> None:
        bar = self.view.verticalScrollBar()
        bar.setValue(bar.value() + bar.pageStep())

    def _arrived(self) -> None:
        self._stack.setCurrentIndex(0 if self.model.total else 1)
        self._moved()

    def _range_changed(self, _minimum: int, _maximum: int) -> None:
        self._moved()

    def _moved(self, _value: int = 0) -> None:
        """Show the range of visible rows, computed from the scroll bar position."""
        total = self.model.total
        bar = self.view.verticalScrollBar()
        height = self.view.row_height
        first = bar.value() // height
        last = min(total, -(-(bar.value() + self.view.viewport().height()) // height))
        self.earlier.setEnabled(bar.value() > 0)
        self.later.setEnabled(bar.value() < bar.maximum())
        for button in (self.earlier, self.later):
            button.setVisible(bar.maximum() > 0)
        self.shown.setVisible(self.model.loaded and total > 0)
        self.shown.set_key(
            "admin.table.shown",
            first=count_text(first + 1),
            last=count_text(last),
            total=count_text(total),
        )

    def _retranslate(self, _code: str) -> None:
        self.model.retranslate()
        self.view.setAccessibleName(
            tr("admin.table.nothing") if not self.model.total else self.shown.text()
        )

    def _restyle(self, _name: str) -> None:
        self.view.viewport().update()
