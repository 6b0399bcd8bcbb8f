"""Who may enter now, or at another time, by the rules as they are edited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from kiosk.core.access_rules import MINUTES, Entrant, EntryPreview
from kiosk.ui.fitting import fit
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.access.time_stepper import STEP, TimeStepper
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.forms.date_field import DateField
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import clear, column

MOST = 100
"""People listed; the counts are of all."""


class EntryPreviewPanel(QWidget):
    """``asked`` carries a wall-clock time of the door, or ``None`` for now."""

    asked = Signal(object)

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._preview: EntryPreview | None = None
        self.when = ChipRow(
            "whoWhen", [("now", "rules.who.now"), ("then", "rules.who.then")], value="now"
        )
        self.day = DateField("rules.who.day", "whoDay", today=self._today)
        self.time = TimeStepper("rules.who.time", "whoTime", most=MINUTES - STEP)
        self.moment = QWidget()
        moment = FlowLayout(gap=2)
        for part in (self.day, self.time):
            moment.addWidget(part)
        self.moment.setLayout(moment)
        self.title = Label("", bold=True, wrap=True, name="whoTitle")
        self.note = Label("", size=SIZES[0], wrap=True, name="whoNote")
        # without words until the people are counted
        self.which = ChipRow("whoWhich", [("may", ""), ("not", "")], value="may")
        self.more = Label("", size=SIZES[0], quiet=True, wrap=True, name="whoMore")
        self._grid = QGridLayout()
        fit(self._grid, across=2, down=0.75)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self.setLayout(
            column(
                Card(self.when, self.moment, gap=1.5),
                Card(self.title, self.note, self.which, self._grid, self.more, gap=1.5),
                gap=2,
            )
        )
        self.moment.hide()
        self.when.chosen.connect(self._when_chosen)
        self.day.changed.connect(self._day_changed)
        self.time.changed.connect(self._ask_then)
        self.which.chosen.connect(self._show)
        self._show()  # nothing yet

    def ask(self) -> None:
        """Ask for the time that is chosen."""
        if self.when.value() == "now":
            self.asked.emit(None)
            return
        try:
            day = self.day.day()
        except ValueError:
            return  # still being typed
        if day is not None:
            self.asked.emit(datetime.combine(day, time()) + timedelta(minutes=self.time.minute))

    def show_preview(self, preview: EntryPreview) -> None:
        """Show who may enter."""
        self._preview = preview
        self._show()

    def show_error(self, key: str, **values: object) -> None:
        """Show why nobody can tell."""
        self._preview = None
        self._show()
        self.note.set_tone("reject")
        self.note.set_key(key, **values)
        self.note.show()

    def _today(self) -> date:
        return self._now().date()

    def _when_chosen(self, choice: str) -> None:
        now = self._now()
        if choice == "then" and not self.day.text():
            self.day.set_day(now.date())
            self.time.show_minute((60 * now.hour + now.minute) // STEP * STEP)
        self.moment.setVisible(choice == "then")
        self.ask()

    def _day_changed(self, _text: str) -> None:
        self.ask()

    def _ask_then(self, _minute: int) -> None:
        self.ask()

    def _show(self, _choice: str = "") -> None:
        clear(self._grid)
        preview = self._preview
        self.which.setVisible(preview is not None)
        if preview is None:
            self.title.set_key("")
            self.more.set_key("")
            return
        groups = {True: [], False: []}  # type: dict[bool, list[Entrant]]
        for entrant in preview.entrants:
            groups[entrant.reason is None].append(entrant)
        self.title.set_key("rules.who.at", at=preview.at.strftime("%Y-%m-%d %H:%M"))
        self.which.set_words("may", "rules.who.may", n=count_text(len(groups[True])))
        self.which.set_words("not", "rules.who.not", n=count_text(len(groups[False])))
        key = "rules.who.free" if preview.free else "rules.who.holiday" if preview.holiday else ""
        self.note.set_tone("wait")
        self.note.set_key(key)
        self.note.setVisible(bool(key))
        chosen = groups[self.which.value() == "may"]
        for place, entrant in enumerate(chosen[:MOST]):
            self._add(place, entrant)
        rest = len(chosen) - MOST
        self.more.set_key("rules.who.more" if rest > 0 else "", n=count_text(rest))

    def _add(self, place: int, entrant: Entrant) -> None:
        person = entrant.person
        who = Label("rules.who.person", wrap=True, who=person.name, number=person.number)
        self._grid.addWidget(who, place, 0)
        who.show()  # a layout shows what is added to a visible widget only later
        if entrant.reason is not None:
            why = Label(f"log.reason.{entrant.reason.value}", size=SIZES[0], quiet=True, wrap=True)
            self._grid.addWidget(why, place, 1)
            why.show()
