"""The filter of the log: chips, dates and search text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.decisions import LogFilter, Outcome
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.folding_row import FoldingRow
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.forms.date_field import DateField
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.table.search_box import SearchBox

RANGES = ("today", "week", "month", "all", "custom")
_DAYS_BACK = {"today": 0, "week": 6, "month": 29}


class LogFilterBar(QWidget):
    """Emits ``changed`` when ``current_filter`` changes."""

    changed = Signal()

    def __init__(self, today: Callable[[], date]) -> None:
        super().__init__()
        self._today = today
        self.search = SearchBox("logSearch", "log.search")
        self.what = ChipRow(
            "logWhat",
            [(what, f"log.what.{what}") for what in ("decisions", "actions")],
            value="decisions",
        )
        self.range = ChipRow("logRange", [(r, f"log.range.{r}") for r in RANGES], value="today")
        self.outcome = ChipRow(
            "logOutcome",
            [("all", "log.outcome.all"), *((o.value, f"log.outcome.{o.value}") for o in Outcome)],
            value="all",
        )
        self.locked = Label("log.today_only", quiet=True, wrap=True, name="logTodayOnly")
        self.since = DateField("log.range.from", "logFrom", today=today)
        self.until = DateField("log.range.until", "logUntil", today=today)
        self.dates = Card(FoldingRow(self.since, self.until, gap=3, top=True), margin=1.5)
        chips = FlowLayout(gap=3)
        chips.addWidget(self.what)
        chips.addWidget(self.range)
        chips.addWidget(self.outcome)
        self.setLayout(column(self.search, chips, self.dates, self.locked, gap=1.5))
        self._last = LogFilter()
        self._connect()
        self.set_locked(False)
        self.reset()

    def current_filter(self) -> LogFilter:
        """The chosen filter; while the typed dates are invalid, the last valid one."""
        since, until = self._span()
        outcome = self.outcome.value()
        return replace(
            self._last,
            since=since,
            until=until,
            text=self.search.words(),
            outcome=None if outcome == "all" else Outcome(outcome),
        )

    @property
    def shows_actions(self) -> bool:
        """Whether the actions of staff are shown instead of the decisions of the door."""
        return self.what.value() == "actions"

    def set_locked(self, locked: bool) -> None:
        """Restrict the filter to today, for staff."""
        self._locked = locked
        self.range.setVisible(not locked)
        self.what.setVisible(not locked)
        self.locked.setVisible(locked)
        self.reset()

    def reset(self) -> None:
        """Reset to today and everybody without emitting a signal."""
        self.search.reset()
        self.what.set_value("decisions")
        self.outcome.setVisible(True)
        self.range.set_value("today")
        self.outcome.set_value("all")
        for field in (self.since, self.until):
            field.set_text("")
            field.close_month()
        self.dates.hide()
        self._last = LogFilter(self._today(), self._today())

    def _span(self) -> tuple[date | None, date | None]:
        chosen = "today" if self._locked else self.range.value()
        if chosen == "all":
            return None, None
        if chosen == "custom":
            return self._last.since, self._last.until
        return self._today() - timedelta(days=_DAYS_BACK[chosen]), self._today()

    def _connect(self) -> None:
        self.search.searched.connect(self._emit_changed)
        self.what.chosen.connect(self._what_chosen)
        self.outcome.chosen.connect(self._emit_changed)
        self.range.chosen.connect(self._range_chosen)
        for field in (self.since, self.until):
            field.edit.editingFinished.connect(self._dates_edited)
            field.picked.connect(self._dates_edited)
            field.clearer.clicked.connect(self._dates_edited)

    def _what_chosen(self, _: str) -> None:
        self.outcome.set_value("all")
        self.outcome.setVisible(not self.shows_actions)
        self._emit_changed()

    def _range_chosen(self, value: str) -> None:
        if value == "custom":
            self.since.set_day(self._last.since)
            self.until.set_day(self._last.until)
        self.dates.setVisible(value == "custom")
        self._emit_changed()

    def _dates_edited(self, _: object = None) -> None:
        if not (self.since.valid() and self.until.valid()):
            return
        since = self.since.day()
        until = self.until.day()
        if since and until and until < since:
            self.until.set_error("enrol.who.until_before_from")
            return
        self.until.clear_error()
        if (since, until) != (self._last.since, self._last.until):
            self._last = replace(self._last, since=since, until=until)
            self._emit_changed()

    def _emit_changed(self, _: object = None) -> None:
        self._last = self.current_filter()
        self.changed.emit()
