"""The period in which a person may enter: two days, a time of day, and ready-made ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLayout, QWidget

from kiosk.core.passes import PassPreset, parse_time, pass_end
from kiosk.core.people import Person
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.folding_row import FoldingRow
from kiosk.ui.widgets.forms.date_field import DateField
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.layouts import column


class PeriodFields(QWidget):
    """First and last day, the time at which the last one ends, and buttons that fill them in.

    A button is named ``<name>Preset.<preset>``; it changes the end only. ``now``: the time on a
    clock beside the door, by which the period is judged there. ``wide``: the two days side by side.
    """

    submitted = Signal()

    def __init__(
        self,
        name: str,
        keys: tuple[str, str],
        now: Callable[[], datetime],
        *,
        wide: bool = False,
    ) -> None:
        super().__init__()
        self._now = now
        self._semester_ends: Sequence[str] = ()
        self.valid_from, self.valid_until = (
            DateField(key, f"{name}{which}", today=lambda: now().date())
            for key, which in zip(keys, ("From", "Until"), strict=True)
        )
        self.time = Field(
            "people.period.time", f"{name}UntilTime", max_length=5, hints=Qt.InputMethodHint.ImhTime
        )
        self._presets = QWidget()
        flow = FlowLayout()
        for preset in PassPreset:
            button = Button(f"people.period.{preset}", "chip", name=f"{name}Preset.{preset.value}")
            button.setProperty("chip", True)
            button.setProperty("value", preset.value)
            button.clicked.connect(self._fill_in)
            flow.addWidget(button)
        self._presets.setLayout(flow)
        days: QLayout = column(self.valid_from, self.valid_until, gap=0.75)
        if wide:
            days = column(FoldingRow(self.valid_from, self.valid_until, gap=3, top=True))
        self.setLayout(column(days, self._presets, self.time, gap=0.75))
        for field in (self.valid_from, self.valid_until, self.time):
            field.submitted.connect(self.submitted)

    def set_semester_ends(self, days: Sequence[str]) -> None:
        """Offer the end of the semester on these days of every year, as month-day."""
        self._semester_ends = tuple(days)

    def set_editable(self, editable: bool) -> None:
        """Allow or forbid changes."""
        self.valid_from.set_editable(editable)
        self.valid_until.set_editable(editable)
        self.time.edit.setReadOnly(not editable)
        self._presets.setVisible(editable)

    def show_period(self, person: Person) -> None:
        """Show the period of ``person``."""
        self.valid_from.set_day(person.valid_from)
        self.valid_until.set_day(person.valid_until)
        self.time.set_text(
            person.until_time.isoformat(timespec="minutes") if person.until_time else ""
        )
        for field in (self.valid_from, self.valid_until, self.time):
            field.clear_error()
        for dates in (self.valid_from, self.valid_until):
            dates.close_month()

    def until_time(self) -> time | None:
        """The time of the last day; raises ``ValueError`` for text that is none."""
        return parse_time(self.time.text())

    def check(self, today: date | None = None) -> bool:
        """Whether the period is valid; shows errors below the fields.

        ``today``: a last day before it is refused too.
        """
        if not all([self.valid_from.valid(), self.valid_until.valid(), self._check_time()]):
            return False
        problem = until_problem(self.valid_from.day(), self.valid_until.day(), today)
        if problem:
            self.valid_until.set_error(problem)
        return not problem

    def _check_time(self) -> bool:
        try:
            moment = self.until_time()
        except ValueError:
            self.time.set_error("people.period.time_invalid")
            return False
        if moment is not None and not self.valid_until.text():
            self.valid_until.set_error("error.time_without_day")
            return False
        return True

    def _fill_in(self) -> None:
        preset = PassPreset(str(self.sender().property("value")))
        end = pass_end(preset, self._now(), self._semester_ends)
        if end is None:
            return
        self.valid_until.set_day(end.day)
        self.time.set_text(end.at.isoformat(timespec="minutes") if end.at else "")
        for field in (self.valid_until, self.time):
            field.clear_error()


def until_problem(start: date | None, end: date | None, today: date | None) -> str:
    """The message key of what is wrong with a last day, or an empty string."""
    if end is None:
        return ""
    if start is not None and end < start:
        return "enrol.who.until_before_from"
    return "enrol.who.until_past" if today is not None and end < today else ""
