"""The panel beside the live picture: state, distance, decision, help and whom to ask."""

from __future__ import annotations

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget

from kiosk.core.door_state import DoorState
from kiosk.core.view_models import DoorView
from kiosk.ui.screens.door.challenge_page import ChallengePage
from kiosk.ui.screens.door.decision_page import DecisionPage
from kiosk.ui.screens.door.door_words import NUMBER_IS_NO_HELP
from kiosk.ui.screens.door.live_page import LivePage
from kiosk.ui.screens.door.look_page import LookPage
from kiosk.ui.screens.door.way_out import Contact, ContactPage
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.animation import Clock
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area
from kiosk.ui.widgets.style_property import set_property
from kiosk.ui.widgets.symbol import Symbol


class HelpPage(QWidget):
    """How to enter, in four lines."""

    LINES = (("face", "look"), ("chart", "distance"), ("keypad", "number"), ("shield", "privacy"))

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("door.help_card")
        lines = [self._line(icon, key) for icon, key in self.LINES]
        self.setLayout(
            column(
                Label("door.help_card.title", size=SIZES[3], bold=True, wrap=True),
                *lines,
                None,
                gap=3,
            )
        )

    @staticmethod
    def _line(icon: str, key: str) -> QWidget:
        symbol = Symbol(32)
        symbol.set_symbol(icon, "accent_text")
        line = QWidget()
        words = row(column(symbol, None), Label(f"door.help_card.{key}", wrap=True), gap=2)
        words.setStretch(1, 1)
        line.setLayout(words)
        return line


class DoorPanel(Card):
    """A card with pages of the same size: live, challenge, decision, look, help, contact.

    ``asked``: the page that somebody asked for, help or contact; ``None`` for the live one.
    """

    claimCancelled = Signal()
    lookAnswered = Signal(bool)
    numberRequested = Signal()
    contactRequested = Signal()
    staffCalled = Signal()

    def __init__(self, clock: Clock = time.monotonic) -> None:
        super().__init__(name="door.panel", margin=2.5)
        self.live = LivePage(clock)
        self.challenge = ChallengePage()
        self.decision = DecisionPage()
        self.look = LookPage()
        self.help = HelpPage()
        self.contact = ContactPage()
        self.pages = QStackedWidget()
        self._areas = dict[QWidget, QScrollArea]()
        for page in (
            self.live,
            self.challenge,
            self.decision,
            self.look,
            self.help,
            self.contact,
        ):
            self._areas[page] = scroll_area(page)
            self.pages.addWidget(self._areas[page])
        self.body.addWidget(self.pages)
        self.asked: QWidget | None = None
        self.live.claimCancelled.connect(self.claimCancelled)
        self.look.answered.connect(self.lookAnswered)
        self.contact.called.connect(self.staffCalled)
        self.contact.closed.connect(self._close_contact)
        for way in (self.live, self.decision):
            way.numberRequested.connect(self.numberRequested)
            way.contactRequested.connect(self.contactRequested)

    def set_contact(self, contact: Contact) -> None:
        """Name whom people can ask."""
        for page in (self.live, self.decision, self.contact):
            page.set_contact(contact)

    def show_view(self, view: DoorView) -> None:
        """Show the most important page.

        In this order: look, challenge, accept, what was asked for, reject, live.
        """
        self.live.show_view(view)
        decided = view.decision if view.state in (DoorState.ACCEPTED, DoorState.REJECTED) else None
        if decided is not None:
            self.decision.show_view(view, decided)
            self.live.way_out.offer_number(decided.reason not in NUMBER_IS_NO_HELP)
        if view.challenge is not None:
            self.challenge.show_view(view.challenge)
        if view.look is not None:
            self.look.show_view(view, view.look)
        page: QWidget = self.live if decided is None else self.decision
        if self.asked is not None and (decided is None or not decided.accepted):
            page = self.asked
        if decided is None and view.challenge is not None:
            page = self.challenge
        if view.look is not None:
            page = self.look
        tone = "" if decided is None else "accept" if decided.accepted else "reject"
        set_property(self, "tone", tone)
        self.pages.setCurrentWidget(self._areas[page])

    @property
    def page(self) -> QWidget:
        """The page that is shown."""
        shown = self.pages.currentWidget()
        return next(page for page, area in self._areas.items() if area is shown)

    def ask_for(self, page: QWidget | None) -> None:
        """Show help or contact, or the door again; what is more important stays in front."""
        self.asked = page
        if self.page in (self.live, self.help, self.contact):
            self.pages.setCurrentWidget(self._areas[page or self.live])

    def _close_contact(self) -> None:
        self.ask_for(None)
