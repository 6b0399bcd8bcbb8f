"""The door itself: its lock, what it does over every schedule, and what happened there lately."""

from __future__ import annotations

from PySide6.QtCore import Signal

from kiosk.core.view_models import DoorFacts
from kiosk.ui.formatting import moment_text
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.key_value_list import KeyValueList
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area

CHOICES = ("normal", "free", "lockdown")


class DoorAdminPage(Screen):
    """``overrideChosen`` asks for one of ``CHOICES``; what differs from the rules is confirmed in place first."""

    overrideChosen = Signal(str)

    def __init__(self) -> None:
        super().__init__("lockScreen")
        self._asked = ""
        self._facts = DoorFacts()
        self.choice = SegmentedControl(
            "doorOverride", [(value, f"door_page.override.{value}") for value in CHOICES]
        )
        self.note = Label("", wrap=True, quiet=True, name="doorOverrideNote")
        self.confirm = Confirm(
            "doorOverrideConfirm", title="door_page.sure", yes="door_page.yes", no="common.cancel"
        )
        self.facts = KeyValueList("doorFacts", name_width=200)
        self.events = KeyValueList("doorEvents", name_width=200)
        self.none = Label("door_page.no_events", quiet=True, name="doorNoEvents")
        first = Card(
            Label("door_page.section.override", size=SIZES[2], bold=True),
            self.choice,
            self.note,
            self.confirm,
            gap=1.5,
        )
        second = Card(
            Label("door_page.section.lock", size=SIZES[2], bold=True), self.facts, gap=1.5
        )
        third = Card(
            Label("door_page.section.events", size=SIZES[2], bold=True),
            self.none,
            self.events,
            gap=1.5,
        )
        inner = Screen("doorPageInner")
        inner.setLayout(column(first, second, third, None, gap=2))
        layout = column(
            row(Label("door_page.title", size=SIZES[3], bold=True), None),
            scroll_area(inner),
            gap=2,
            margin=3,
        )
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.choice.chosen.connect(self._choose)
        self.confirm.confirmed.connect(self._confirmed)
        self.confirm.no.clicked.connect(self._back)
        self.show_facts(self._facts)

    def opened(self) -> None:
        """The page came to the front; its owner keeps it up to date."""

    def reset(self) -> None:
        """Begin as for somebody who has just signed in."""
        self.confirm.hide()
        self._back()

    def show_facts(self, facts: DoorFacts) -> None:
        """Show the door as it is; a question that is being asked stays."""
        self._facts = facts
        if not self._asked:
            self.choice.set_value(facts.override)
            self.note.set_key(f"door_page.note.{facts.override}")
        state = (
            "lost"
            if not facts.reachable
            else "held"
            if facts.held_for
            else "open"
            if facts.open
            else "locked"
        )
        self.facts.show_facts(
            [
                ("door_page.fact.driver", facts.driver),
                ("door_page.fact.state", f"=door_page.state.{state}"),
                ("door_page.fact.alert", f"=door.alert.{facts.alert}" if facts.alert else "–"),
                ("door_page.fact.way", f"=door_page.way.{facts.way}"),
                ("door_page.fact.inside", str(facts.inside)),
            ]
        )
        self.none.setVisible(not facts.events)
        self.events.setVisible(bool(facts.events))
        self.events.show_facts(
            [(f"door_page.event.{name}", moment_text(at)) for at, name in facts.events]
        )

    def show_error(self, key: str, **values: object) -> None:
        """Say why nothing was changed."""
        self._back()
        self.note.set_key(key, **values)

    def retranslate(self) -> None:
        self.show_facts(self._facts)

    def _choose(self, value: str) -> None:
        self.confirm.hide()
        if value == self._facts.override:
            self._asked = ""
        elif value == "normal":
            self._asked = ""
            self.overrideChosen.emit(value)
        else:
            self._asked = value
            self.confirm.ask(f"door_page.ask.{value}")

    def _confirmed(self) -> None:
        asked = self._asked
        self._asked = ""
        if asked:
            self.overrideChosen.emit(asked)

    def _back(self) -> None:
        self._asked = ""
        self.choice.set_value(self._facts.override)
