"""The days of a schedule that have hours of their own, whatever weekday or holiday they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from PySide6.QtCore import Qt, Signal

from kiosk.core.access_rules import Block, WeekPlan, block_of, block_text, painted
from kiosk.core.passes import parse_time
from kiosk.ui.i18n import tr
from kiosk.ui.screens.access.listed_line import add_line
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.date_field import DateField
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import clear, column, row


class DatedHoursPanel(Card):
    """Emits ``changed`` with the plan. The fields are ``planDate``, ``planDateFrom`` and
    ``planDateTo``, the buttons ``planDateAdd`` and ``planDateRemove.<2026-12-24>``.
    """

    changed = Signal(object)

    def __init__(self, today: Callable[[], date]) -> None:
        self._plan = WeekPlan("")
        self.none = Label("rules.no_dates", size=SIZES[0], quiet=True, wrap=True)
        self._list = column(gap=1)
        self.day = DateField("rules.date", "planDate", today=today)
        self.begin, self.end = (
            Field(f"rules.date_{which}", f"planDate{which.capitalize()}", max_length=5, hints=hint)
            for which, hint in (
                ("from", Qt.InputMethodHint.ImhTime),
                ("to", Qt.InputMethodHint.ImhTime),
            )
        )
        self.add = Button("rules.add_date", "primary", "plus", name="planDateAdd")
        fields = FlowLayout(gap=2)
        for part in (self.day, self.begin, self.end):
            fields.addWidget(part)
        super().__init__(
            Label("rules.dates", bold=True, wrap=True),
            self.none,
            self._list,
            fields,
            row(self.add, None),
            gap=1.5,
        )
        self.add.clicked.connect(self._add)
        self.end.submitted.connect(self._add)

    def show_plan(self, plan: WeekPlan) -> None:
        """Show the days of ``plan``."""
        self._plan = plan
        clear(self._list)
        for day in sorted(plan.dates):
            hours = ", ".join(block_text(block) for block in plan.dates[day])
            words = Label("", wrap=True)
            words.set_text(f"{day.isoformat()} · {hours or tr('rules.date_closed')}")
            name = f"planDateRemove.{day.isoformat()}"
            button = Button("", icon="trash", name=name, hint="rules.remove_yes")
            button.clicked.connect(partial(self._remove, day))
            add_line(self._list, words, button)
        self.none.setVisible(not plan.dates)

    def _remove(self, day: date) -> None:
        self.changed.emit(self._plan.with_date(day, None))

    def _add(self) -> None:
        if not self.day.valid():
            return
        day = self.day.day()
        if day is None:
            self.day.set_error("rules.first_missing")
            return
        try:
            blocks = self._blocks()
        except ValueError:
            self.end.set_error("rules.date_hours")
            return
        before = self._plan.dates.get(day, ())
        for begin, end in blocks:
            before = painted(before, begin, end)
        for field in (self.day, self.begin, self.end):
            field.set_text("")
        self.changed.emit(self._plan.with_date(day, before if blocks else ()))

    def _blocks(self) -> tuple[Block, ...]:
        """Return the hours typed, none for a closed day; raise ``ValueError`` for half of them."""
        begin, end = parse_time(self.begin.text()), parse_time(self.end.text())
        if begin is None and end is None:
            return ()
        if begin is None or end is None:
            raise ValueError("one of two times")
        return (block_of(begin, end),)
