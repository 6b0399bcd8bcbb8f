"""Selecting people in the list by touch, and acting on all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.people import Person
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.people.bulk_bar import BulkBar
from kiosk.ui.screens.people.bulk_panel import BulkPanel
from kiosk.ui.widgets.side_panel import SidePanel

MARKS = ("☐", "☑")
"""Before the number of a person who is not, and who is, selected."""


class PeopleSelection(QObject):
    """The selected people of a page. ``changed`` when the marks in the list must be drawn again.

    ``edited(ids, dict)`` and ``deleted(ids)`` are answered by ``show_done`` or ``show_error``.
    """

    changed = Signal()
    allWanted = Signal()
    edited = Signal(object, object)
    deleted = Signal(object)
    undoWanted = Signal()

    def __init__(self, page: QWidget, now: Callable[[], datetime]) -> None:
        super().__init__(page)
        self.on = False
        self._ids: set[int] = set()
        self._listed = 0
        self.bar = BulkBar()
        self.panel = SidePanel(page, "peopleBulkPanel")
        self.actions = BulkPanel(now)
        self.panel.set_content(self.actions)
        self.bar.allWanted.connect(self.allWanted)
        self.bar.noneWanted.connect(self.clear)
        self.bar.actWanted.connect(self._open)
        self.actions.edited.connect(lambda edit: self.edited.emit(self.ids, edit))
        self.actions.deleted.connect(lambda: self.deleted.emit(self.ids))
        self.actions.undoWanted.connect(self.undoWanted)

    @property
    def ids(self) -> frozenset[int]:
        """The ids of the selected people."""
        return frozenset(self._ids)

    def mark(self, person: Person) -> str:
        """What stands before a person's number in the list."""
        return f"{MARKS[person.id in self._ids]} " if self.on else ""

    def switch(self, on: bool) -> None:
        """Begin or end selecting; nobody is selected then."""
        self.on = on
        self.panel.close_panel()
        self.bar.setVisible(on)
        self.clear()

    def toggle(self, person: Person) -> None:
        """Select a person, or no longer."""
        if person.id is not None:
            self._ids ^= {person.id}
            self._show()

    def take(self, ids: Collection[int]) -> None:
        """Select these people instead."""
        self._ids = set(ids)
        self._show()

    def clear(self) -> None:
        """Select nobody."""
        self.take(())

    def show_listed(self, total: int) -> None:
        """Show how many people the list has."""
        self._listed = total
        self.bar.show_count(len(self._ids), total)

    def _show(self) -> None:
        self.bar.show_count(len(self._ids), self._listed)
        self.changed.emit()

    def _open(self) -> None:
        self.panel.title.set_key("people.bulk.title", n=count_text(len(self._ids)))
        self.actions.begin(len(self._ids))
        self.panel.open_panel()
