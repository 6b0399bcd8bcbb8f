"""A month with its holidays marked; a touch on a day changes what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from PySide6.QtCore import Signal

from kiosk.core.access_rules import ClosedDays
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.forms.date_field import MonthGrid
from kiosk.ui.widgets.labels import Label


class HolidayMonth(MonthGrid):
    """Holidays are marked, and named below the month; ``toggled`` carries the day touched."""

    toggled = Signal(object)

    def __init__(self, name: str, today: Callable[[], date]) -> None:
        super().__init__(name)
        self._public: Mapping[date, str] = {}
        self._closed: Sequence[ClosedDays] = ()
        self._worked: frozenset[date] = frozenset()
        self.names = Label("", size=SIZES[0], wrap=True, quiet=True, name=f"{name}Names")
        self.body.addWidget(self.names)
        self.today.hide()  # picking a day here changes what it is
        self.picked.connect(self.toggled)
        self.show_month(today(), None)

    def show_holidays(
        self, public: Mapping[date, str], closed: Sequence[ClosedDays], worked: frozenset[date]
    ) -> None:
        """Mark the holidays: public ones by name, closed ranges, without the working days."""
        self._public, self._closed, self._worked = public, closed, worked
        self._retranslate("")

    def name_of(self, day: date) -> str | None:
        """The name of the holiday on ``day``, empty if it has none; ``None`` for other days."""
        if day in self._worked:
            return None
        own = next((days for days in self._closed if days.first <= day <= days.last), None)
        return self._public.get(day, "") or own.name if own is not None else self._public.get(day)

    def _retranslate(self, code: str) -> None:
        super()._retranslate(code)
        if not hasattr(self, "names"):  # during the construction
            return
        named = []
        for button in self._days:
            name = self.name_of(button.day)
            button.setChecked(name is not None)
            if name is not None and button.day.month == self._month.month:
                named.append(f"{button.day.day} {name}".rstrip())
        self.names.set_text(" · ".join(named))
