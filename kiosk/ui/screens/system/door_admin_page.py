"""The door page: opening once, lock, override of the schedule, and recent events."""

from __future__ import annotations

from PySide6.QtCore import Signal

from kiosk.core.config.lock_settings import NO_DRIVER
from kiosk.core.people import AccountRole
from kiosk.core.view_models import DoorFacts
from kiosk.ui.formatting import moment_text
from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.system.open_once_card import OpenOnceCard
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.key_value_list import KeyValueList
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area

CHOICES = ("normal", "free", "lockdown")


class DoorAdminPage(Screen):
    """Emits ``overrideChosen`` with one of ``CHOICES``; an override is confirmed in place first.

    Name and PIN of a second administrator follow, which only "free" asks for. ``opening`` opens the
    door once; staff see that card and the state of the lock only.
    """

    overrideChosen = Signal(str, str, str)

    def __init__(self) -> None:
        super().__init__("lockScreen")
        self._pending_override = ""
        self._facts = DoorFacts()
        self._two_admins = False
        self.opening = OpenOnceCard()
        self.choice = SegmentedControl(
            "doorOverride", [(value, f"door_page.override.{value}") for value in CHOICES]
        )
        self.note = Label("", wrap=True, quiet=True, name="doorOverrideNote")
        self.second = SecondAdmin("doorSecond")
        self.confirm = Confirm(
            "doorOverrideConfirm",
            title="door_page.sure",
            yes="door_page.yes",
            no="common.cancel",
            also=self.second,
        )
        self.facts = KeyValueList("doorFacts", name_width=200)
        self.events = KeyValueList("doorEvents", name_width=200)
        self.none = Label("door_page.no_events", quiet=True, name="doorNoEvents")
        override = Card(
            Label("door_page.section.override", size=SIZES[2], bold=True, wrap=True),
            self.choice,
            self.note,
            self.confirm,
            gap=1.5,
        )
        state = Card(
            Label("door_page.section.lock", size=SIZES[2], bold=True, wrap=True),
            self.facts,
            gap=1.5,
        )
        events = Card(
            Label("door_page.section.events", size=SIZES[2], bold=True, wrap=True),
            self.none,
            self.events,
            gap=1.5,
        )
        self._admin_only = (override, events)
        inner = Screen("doorPageInner")
        inner.setLayout(column(self.opening, override, state, events, None, gap=2))
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
        self.confirm.no.clicked.connect(self._restore_choice)
        self.show_facts(self._facts)

    def opened(self) -> None:
        """Prepare the page for display; the owner keeps it up to date."""

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.confirm.hide()
        self.second.clear()
        self.opening.reset()
        self._restore_choice()

    def set_role(self, role: AccountRole) -> None:
        """Hide what only administrators may see and do."""
        for card in self._admin_only:
            card.setVisible(role is AccountRole.ADMIN)

    def set_two_admins(self, needed: bool) -> None:
        """Ask for a second administrator before the door is opened to everybody."""
        self._two_admins = needed

    def show_facts(self, facts: DoorFacts) -> None:
        """Show the state of the door; an open question stays."""
        self._facts = facts
        if not self._pending_override:
            self.choice.set_value(facts.override)
            self.note.set_key(f"door_page.note.{facts.override}")
        has_lock = facts.driver != NO_DRIVER
        state = (
            "none"
            if not has_lock
            else "lost"
            if not facts.reachable
            else "held"
            if facts.held_for
            else "open"
            if facts.open
            else "locked"
        )
        self.facts.show_facts(
            [
                ("door_page.fact.driver", facts.driver if has_lock else "=door_page.no_lock"),
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
        """Show why nothing was changed."""
        self._restore_choice()
        self.note.set_key(key, **values)

    def retranslate(self) -> None:
        self.show_facts(self._facts)

    def _choose(self, value: str) -> None:
        self.confirm.hide()
        if value == self._facts.override:
            self._pending_override = ""
        elif value == "normal":
            self._pending_override = ""
            self.overrideChosen.emit(value, "", "")
        else:
            self._pending_override = value
            self.second.setVisible(self._two_admins and value == "free")
            self.confirm.ask(f"door_page.ask.{value}")

    def _confirmed(self) -> None:
        override = self._pending_override
        self._pending_override = ""
        if override:
            self.overrideChosen.emit(override, *self.second.take())

    def _restore_choice(self) -> None:
        self._pending_override = ""
        self.choice.set_value(self._facts.override)
