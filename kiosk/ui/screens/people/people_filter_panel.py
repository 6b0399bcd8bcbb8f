"""Filters of the people list, in a panel beside it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.people import OFFERED_ROLES, PersonRole
from kiosk.core.people_filter import PeopleFilter, PersonState
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column

ALL = "all"
NEVER = "never"
DAYS = (30, 90, 365)
"""Days without an entry that are offered."""

_ALL = (ALL, "people.filter.all")


class PeopleFilterPanel(QWidget):
    """One choice each of role, state, last entry and end; ``changed`` after every touch.

    The chips are named ``peopleRole.<role>``, ``peopleState.<state>``, ``peopleSeen.<days>`` and
    ``peopleEnds.soon``.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._soon_days = 14
        self.role = ChipRow(
            "peopleRole",
            [
                _ALL,
                *((r.value, f"people.role.{r}") for r in (*OFFERED_ROLES, PersonRole.STUDENT)),
            ],
            value=ALL,
        )
        self.state = ChipRow(
            "peopleState",
            [_ALL, *((s.value, f"people.state.{s}") for s in reversed(PersonState))],
            value=ALL,
        )
        self.seen = ChipRow(
            "peopleSeen",
            [
                _ALL,
                *((str(days), f"people.filter.days_{days}") for days in DAYS),
                (NEVER, "people.filter.never"),
            ],
            value=ALL,
        )
        self.ends = ChipRow("peopleEnds", [_ALL, ("soon", "people.filter.soon")], value=ALL)
        self.clear = Button("people.filter.clear", icon="cross", name="peopleFilterClear")
        self._rows = (self.role, self.state, self.seen, self.ends)
        self.setLayout(
            column(
                *self._titled("people.panel.role", self.role),
                *self._titled("people.column.state", self.state),
                *self._titled("people.filter.seen", self.seen),
                *self._titled("people.column.valid", self.ends),
                self.clear,
                None,
                gap=1,
            )
        )
        for chips in self._rows:
            chips.chosen.connect(self._chosen)
        self.clear.clicked.connect(self._clear)
        self.set_soon_days(self._soon_days)

    def set_soon_days(self, days: int) -> None:
        """Let "ends soon" mean within this many days."""
        self._soon_days = days
        self.ends.set_words("soon", "people.filter.soon", days=days)

    def reset(self) -> None:
        """Show everybody, without a signal."""
        for chips in self._rows:
            chips.set_value(ALL)

    def show_soon(self) -> None:
        """Show only those whose period ends soon."""
        self.reset()
        self.ends.set_value("soon")
        self.changed.emit()

    @property
    def active(self) -> int:
        """How many of the choices leave somebody out."""
        return sum(chips.value() != ALL for chips in self._rows)

    def wanted(self, text: str) -> PeopleFilter:
        """The filter chosen here, with the words ``text``."""
        role, state, seen = self.role.value(), self.state.value(), self.seen.value()
        return PeopleFilter(
            text,
            role=None if role == ALL else PersonRole(role),
            state=None if state == ALL else PersonState(state),
            never_seen=seen == NEVER,
            unseen_days=int(seen) if seen.isdigit() else None,
            ends_within_days=self._soon_days if self.ends.value() == "soon" else None,
        )

    @staticmethod
    def _titled(key: str, chips: ChipRow) -> tuple[Label, ChipRow, int]:
        return Label(key, size=SIZES[0], quiet=True), chips, 1

    def _chosen(self, _value: str) -> None:
        self.changed.emit()

    def _clear(self) -> None:
        self.reset()
        self.changed.emit()
