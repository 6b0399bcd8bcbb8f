"""Holidays: a country's public ones, the site's own closed days, and working days nevertheless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.access_rules import AccessRules, ClosedDays, PublicHoliday, RulesView
from kiosk.ui.screens.access.holiday_month import HolidayMonth
from kiosk.ui.screens.access.listed_line import add_line
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.forms.date_field import DateField
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import clear, column, row

KOREA = "KR"


class HolidaysPanel(QWidget):
    """Emits ``edited`` with the rules; a touch on a day makes it a holiday or a working day."""

    edited = Signal(object)

    def __init__(self, today: Callable[[], date]) -> None:
        super().__init__()
        self._rules = AccessRules()
        self._public: tuple[PublicHoliday, ...] = ()
        self._country = KOREA
        self.country = ChipRow(
            "holidayCountry",
            [("on", "rules.public.on"), ("off", "rules.public.off")],
            value="off",
        )
        self.month = HolidayMonth("holidayMonth", today)
        self.first = DateField("rules.first_day", "closedFirst", today=today)
        self.last = DateField("rules.last_day", "closedLast", today=today)
        self.name = Field("rules.days_name", "closedName", max_length=60)
        self.add = Button("rules.add_days", "primary", "plus", name="closedAdd")
        self._list = column(gap=1)
        dates = FlowLayout(gap=2)
        for part in (self.first, self.last, self.name):
            dates.addWidget(part)
        self.none = Label("rules.no_days", size=SIZES[0], quiet=True, wrap=True)
        self.setLayout(
            column(
                Card(
                    self.country,
                    Label("rules.public.note", size=SIZES[0], quiet=True, wrap=True),
                    gap=1.5,
                ),
                self.month,
                Card(
                    Label("rules.own_days", bold=True, wrap=True),
                    self.none,
                    self._list,
                    dates,
                    row(self.add, None),
                    gap=1.5,
                ),
                gap=2,
            )
        )
        self.country.chosen.connect(self._choose_country)
        self.month.toggled.connect(self._toggle)
        self.add.clicked.connect(self._add)

    def show_rules(self, rules: AccessRules, view: RulesView) -> None:
        """Show the holidays of ``rules``, as edited since ``view``."""
        self._rules = rules
        self._public = view.public_holidays
        self._country = view.rules.country or KOREA
        self.country.set_words("on", "rules.public.on", country=self._country)
        self.country.set_value("on" if rules.country else "off")
        public = {day.day: day.name for day in self._public} if rules.country else {}
        self.month.show_holidays(public, rules.closed, rules.worked)
        clear(self._list)
        for days in rules.closed:
            self._line("rules.days", partial(self._remove, days), days.first, days=_range(days))
        for day in sorted(rules.worked):
            self._line("rules.worked", partial(self._unwork, day), day, days=day.isoformat())
        self.none.setVisible(not rules.closed and not rules.worked)

    def _line(self, key: str, remove: Callable[[], None], day: date, days: str) -> None:
        words = Label(key, wrap=True, days=days)
        button = Button("", icon="trash", name=f"dayRemove.{day}", hint="rules.remove_yes")
        button.clicked.connect(remove)
        add_line(self._list, words, button)

    def _choose_country(self, choice: str) -> None:
        self._edit(country=self._country if choice == "on" else "")

    def _toggle(self, day: date) -> None:
        rules = self._rules
        public = bool(rules.country) and any(own.day == day for own in self._public)
        closed = next((own for own in rules.closed if own.first <= day <= own.last), None)
        if day in rules.worked:
            self._unwork(day)
        elif closed is not None and closed.first == closed.last and not public:
            self._remove(closed)
        elif public or closed is not None:
            self._edit(worked=rules.worked | {day})
        else:
            self._edit(closed=tuple(sorted((*rules.closed, ClosedDays(day, day)))))

    def _add(self) -> None:
        if not (self.first.valid() and self.last.valid()):
            return
        first = self.first.day()
        if first is None:
            self.first.set_error("rules.first_missing")
            return
        last = self.last.day() or first
        if last < first:
            self.last.set_error("error.rules_days_order")
            return
        other = next((o for o in self._rules.closed if o.first <= last and first <= o.last), None)
        if other is not None:
            self.first.set_error(
                "error.rules_days_overlap", first=str(other.first), second=str(first)
            )
            return
        own = ClosedDays(first, last, " ".join(self.name.text().split()))
        for field in (self.first, self.last, self.name):
            field.set_text("")
        self._edit(closed=tuple(sorted((*self._rules.closed, own))))

    def _remove(self, days: ClosedDays) -> None:
        self._edit(closed=tuple(own for own in self._rules.closed if own != days))

    def _unwork(self, day: date) -> None:
        self._edit(worked=self._rules.worked - {day})

    def _edit(self, **changes: object) -> None:
        self.edited.emit(replace(self._rules, **changes))  # type: ignore[arg-type]


def _range(days: ClosedDays) -> str:
    text = str(days.first) if days.first == days.last else f"{days.first} – {days.last}"
    return f"{text} {days.name}".rstrip()
