"""The looks of a person: the day of each, and a button that removes one kept later."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from kiosk.core.member_looks import ENROLMENT, Look, LookHistory
from kiosk.ui.fitting import fit
from kiosk.ui.formatting import day_of
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import clear, column


class KeptLooks(QWidget):
    """A heading and a line for each look; hidden for people who have the enrolment alone.

    The buttons are named ``lookRemoveN``; removing one asks for confirmation.
    """

    removed = Signal(int)
    """The number of a look."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("personLooks")
        self._may_remove = True
        self._history = LookHistory()
        self._chosen = 0
        self._grid = QGridLayout()
        fit(self._grid, gap=1)
        self._grid.setColumnStretch(0, 1)
        self.confirm = Confirm(
            "lookRemoveConfirm",
            title="people.looks.remove_title",
            yes="people.looks.remove_yes",
            no="people.panel.delete_no",
        )
        self.setLayout(
            column(Label("people.looks.title", bold=True), self._grid, self.confirm, gap=0.75)
        )
        self.confirm.confirmed.connect(self._remove)
        self.hide()

    def set_may_remove(self, may: bool) -> None:
        """Allow or forbid removing looks."""
        self._may_remove = may
        self.show_looks(self._history)

    def show_looks(self, history: LookHistory) -> None:
        """Show a person's looks, the enrolment first."""
        self._history = history
        self.confirm.hide()
        clear(self._grid)
        for place, look in enumerate(history.looks):
            self._add(place, look)
        self.setVisible(bool(history.later))

    def _add(self, place: int, look: Look) -> None:
        key = "people.looks.enrolled" if look.number == ENROLMENT else "people.looks.kept"
        words = Label(
            key, size=SIZES[0], wrap=True, day=day_of(look.kept_at), templates=look.templates
        )
        self._grid.addWidget(words, place, 0, Qt.AlignmentFlag.AlignVCenter)
        if look.number == ENROLMENT or not self._may_remove:
            return
        button = Button("people.looks.remove", icon="trash", name=f"lookRemove{look.number}")
        button.clicked.connect(partial(self._ask, look))
        self._grid.addWidget(button, place, 1)

    def _ask(self, look: Look) -> None:
        self._chosen = look.number
        self.confirm.ask("people.looks.remove_text", day=day_of(look.kept_at))

    def _remove(self) -> None:
        self.removed.emit(self._chosen)
