"""A date to type, or to choose in a calendar that opens in place."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.formatting import parse_date
from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row
from kiosk.ui.widgets.scrolling import reveal

DAY_SIZE = 44
WEEKS = 6


class _Day(Button):
    """A day of the month."""

    def __init__(self) -> None:
        super().__init__(kind="ghost")
        self.setProperty("segment", True)
        self.setProperty("bare", True)
        self.setCheckable(True)
        self.set_target(DAY_SIZE)
        self.day = date.min

    def show_day(self, day: date, *, within: bool, chosen: bool, name: str) -> None:
        self.day = day
        self.setText(str(day.day))
        self.setAccessibleName(day.isoformat())
        self.setObjectName(f"{name}.{day.isoformat()}" if within else "")
        self.setVisible(within)
        self.setChecked(chosen)

    def _retranslate(self) -> None:
        """Keep the number: it is the same in every language."""


class MonthGrid(Card):
    """A month of days to choose from; a day is named ``<name>.<2026-03-01>``.

    The buttons beside the month are ``<name>Earlier`` and ``<name>Later``, for a year
    ``<name>YearEarlier`` and ``<name>YearLater``; ``<name>Today`` picks today.
    """

    picked = Signal(object)

    def __init__(self, name: str, today: Callable[[], date] = date.today) -> None:
        super().__init__(name=name, margin=1.5)
        self._name = name
        self._today = today
        self._month = today().replace(day=1)
        self._chosen: date | None = None
        self.earlier = Button("", "ghost", "back", name=f"{name}Earlier", hint="admin.date.earlier")
        self.later = Button("", "ghost", "forward", name=f"{name}Later", hint="admin.date.later")
        self.year_earlier = Button(
            "", "ghost", "up", name=f"{name}YearEarlier", hint="admin.date.year_earlier"
        )
        self.year_later = Button(
            "", "ghost", "down", name=f"{name}YearLater", hint="admin.date.year_later"
        )
        self.today = Button("admin.date.today", "ghost", name=f"{name}Today")
        self.title = Label("", bold=True)
        self._heads = [Label("", size=SIZES[0], quiet=True) for _ in range(7)]
        self._days = [_Day() for _ in range(7 * WEEKS)]
        self.body.addLayout(row(self.earlier, None, self.title, None, self.later))
        self.body.addLayout(row(self.year_earlier, None, self.today, None, self.year_later))
        self.body.addLayout(self._grid())
        self.earlier.clicked.connect(self._go_earlier)
        self.later.clicked.connect(self._go_later)
        self.year_earlier.clicked.connect(lambda: self._go_years(-1))
        self.year_later.clicked.connect(lambda: self._go_years(1))
        self.today.clicked.connect(lambda: self.picked.emit(self._today()))
        language().changed.connect(self._retranslate)

    def show_month(self, around: date, chosen: date | None) -> None:
        """Show the month of ``around`` with ``chosen`` marked."""
        self._month = around.replace(day=1)
        self._chosen = chosen
        self._retranslate("")

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        fit(grid, gap=0.25)
        for number, head in enumerate(self._heads):
            head.setAlignment(head.alignment().AlignCenter)
            grid.addWidget(head, 0, number)
        for number, day in enumerate(self._days):
            grid.addWidget(day, 1 + number // 7, number % 7)
            day.clicked.connect(self._day_clicked)
        return grid

    def _go_earlier(self) -> None:
        self.show_month(self._month - timedelta(days=1), self._chosen)

    def _go_later(self) -> None:
        self.show_month(
            self._month
            + timedelta(days=calendar.monthrange(self._month.year, self._month.month)[1]),
            self._chosen,
        )

    def _go_years(self, years: int) -> None:
        year = min(max(self._month.year + years, date.min.year), date.max.year - 1)
        self.show_month(self._month.replace(year=year), self._chosen)

    def _day_clicked(self) -> None:
        day = self.sender()
        if isinstance(day, _Day):
            self.picked.emit(day.day)

    def _retranslate(self, _code: str) -> None:
        self.title.set_key(
            "admin.date.month",
            year=self._month.year,
            month=tr(f"common.month.{self._month.month}"),
        )
        for head, word in zip(self._heads, tr("admin.date.weekdays").split(), strict=True):
            head.set_text(word)
        # weeks begin on Sunday
        first = self._month - timedelta(days=(self._month.weekday() + 1) % 7)
        for number, button in enumerate(self._days):
            day = first + timedelta(days=number)
            button.show_day(
                day,
                within=day.month == self._month.month,
                chosen=day == self._chosen,
                name=self._name,
            )


class DateField(Field):
    """A field for an optional date.

    The line edit is ``name``, the buttons ``<name>Open`` and ``<name>Clear``, the calendar
    ``<name>Month``. The calendar is created when it is first opened, at the month of ``today``.
    """

    picked = Signal(object)

    def __init__(self, key: str, name: str, *, today: Callable[[], date] = date.today) -> None:
        super().__init__(key, name, max_length=14, hints=Qt.InputMethodHint.ImhDate)
        self._today = today
        self._editable = True
        self.opener = Button("", icon="calendar", name=f"{name}Open")
        self.clearer = Button("", "ghost", "cross", name=f"{name}Clear")
        keep_room(self.clearer)
        self._month: MonthGrid | None = None
        layout = self.layout()
        assert layout is not None
        layout.removeWidget(self.edit)
        line = row(self.edit, self.opener, self.clearer)
        line.setStretch(0, 1)
        layout.insertLayout(1, line)  # type: ignore[attr-defined]
        self.opener.clicked.connect(self._toggle)
        self.clearer.clicked.connect(self._clear)
        self.edit.textChanged.connect(self._typed)
        self.edit.editingFinished.connect(self._finished)
        self._retranslate()
        self._typed("")

    @property
    def month(self) -> MonthGrid:
        """The calendar below the line edit."""
        if self._month is None:
            self._month = MonthGrid(f"{self.edit.objectName()}Month", self._today)
            self._month.picked.connect(self._pick)
            self._month.hide()
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._month)
        return self._month

    def day(self) -> date | None:
        """The date, or ``None`` if empty. Raise ``ValueError`` for text that is not a date."""
        return parse_date(self.text())

    def set_day(self, day: date | None) -> None:
        """Show ``day``."""
        self.set_text(day.isoformat() if day else "")

    def valid(self) -> bool:
        """Whether the field is empty or a date; shows an error below the field otherwise."""
        try:
            self.day()
        except ValueError:
            self.set_error("admin.date.invalid")
            return False
        return True

    def set_editable(self, editable: bool) -> None:
        """Make the field editable or read-only."""
        self._editable = editable
        self.edit.setReadOnly(not editable)
        self.opener.setVisible(editable)
        self._typed(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._month is not None and self._month.isVisible():
            self.close_month()
            self.opener.setFocus()
        else:
            super().keyPressEvent(event)

    def close_month(self) -> None:
        """Close the calendar."""
        if self._month is not None:
            self._month.hide()

    def _toggle(self) -> None:
        if self.month.isVisible():
            self.month.hide()
            return
        try:
            chosen = self.day()
        except ValueError:
            chosen = None
        self.month.show_month(chosen or self._today(), chosen)
        self.month.show()
        reveal(self.month)

    def _clear(self) -> None:
        self.set_text("")
        self.close_month()
        self.edit.setFocus()

    def _pick(self, day: object) -> None:
        if isinstance(day, date):
            self.set_day(day)
        self.close_month()
        self.picked.emit(day)

    def _typed(self, text: str) -> None:
        self.clearer.setVisible(bool(text) and self._editable)

    def _finished(self) -> None:
        if self.text() and self.valid():
            self.set_day(self.day())

    def _retranslate(self, *_: object) -> None:
        super()._retranslate()
        self.edit.setPlaceholderText(tr("admin.date.placeholder"))
        if hasattr(self, "opener"):
            self.opener.set_hint("admin.date.open", what=self.label.text())
            self.clearer.set_hint("admin.date.clear", what=self.label.text())


def keep_room(widget: QWidget) -> None:
    """Let a hidden ``widget`` keep its place, so that what lies beside it does not move."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)
