"""A person's cards and access QR: register at the reader, make, show, save and revoke."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from kiosk.core.card_facts import CardKind, PersonCard, ShownBadge, masked_card
from kiosk.core.config import CardsConfig
from kiosk.core.people import Person
from kiosk.core.reader_pattern import ReaderPattern, ReaderVerdict
from kiosk.ui.fitting import fit
from kiosk.ui.formatting import day_of
from kiosk.ui.reader_trial import ReaderTrial
from kiosk.ui.screens.access.badge_maker import BadgeMaker
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import clear, column
from kiosk.ui.widgets.scrolling import reveal


class PersonCards(QWidget):
    """A line for each card, and what registers a card or makes an access QR.

    While it waits for a card, keys reach nothing else. The owner answers ``listRequested`` with
    ``show_cards``, the other signals with ``show_cards`` and a ``show_…``, or ``show_error``. Its
    buttons are named ``cardRegister``, ``cardCancel``, ``badgeOpen`` and ``cardRevoke<id>``.
    """

    listRequested = Signal(object)
    cardRead = Signal(object, str)
    badgeRequested = Signal(object, int)
    """The person, and for how many days."""
    saveRequested = Signal(object)
    """The ``ShownBadge`` to write to a file."""
    revoked = Signal(object, int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("personCards")
        self._person = Person("", "")
        self._settings = CardsConfig()
        self._may_change = True
        self._chosen = 0
        self._cards: tuple[PersonCard, ...] = ()
        self._trial = ReaderTrial()
        self.none = Label("cards.none", size=SIZES[0], quiet=True, wrap=True)
        self._grid = fit(QGridLayout(), gap=1)
        self._grid.setColumnStretch(0, 1)
        self.confirm = Confirm(
            "cardRevokeConfirm",
            title="cards.revoke_title",
            yes="cards.revoke",
            no="people.panel.delete_no",
        )
        self.register = Button("cards.register", icon="key", name="cardRegister")
        self.open_badge = Button("cards.make", icon="keypad", name="badgeOpen")
        self.cancel = Button("admin.cancel", name="cardCancel")
        self.waiting = Card(
            Label("cards.waiting", wrap=True, bold=True),
            Label("cards.waiting_note", wrap=True, size=SIZES[0], quiet=True),
            self.cancel,
            margin=2,
            name="cardWaiting",
        )
        self.badge = BadgeMaker()
        self.note = Label("", size=SIZES[0], wrap=True, name="cardNote")
        self._lay_out()
        self._connect()
        self.show_person(self._person)

    def set_may_change(self, may: bool) -> None:
        """Show the whole part only to accounts that may change cards."""
        self._may_change = may
        self.setVisible(may)

    @property
    def may_change(self) -> bool:
        """Whether the account may change cards."""
        return self._may_change

    def set_settings(self, settings: CardsConfig) -> None:
        """Judge readers by ``settings`` from now on."""
        self._settings = settings

    def show_person(self, person: Person) -> None:
        """Show ``person`` and request their cards."""
        same = person.id == self._person.id
        self._person = person
        if not same:
            self._end()
            self.show_cards(person.id, ())
            self._say("", "quiet")
        if person.id is not None and self._may_change:
            self.listRequested.emit(person)

    def show_cards(self, person_id: int | None, cards: Sequence[PersonCard]) -> None:
        """Show the cards of a person; ignored if another person is shown by now."""
        if person_id != self._person.id:
            return
        self._cards = tuple(cards)
        self.confirm.hide()
        clear(self._grid)
        for place, card in enumerate(self._cards):
            self._add(place, card)
        self.none.setVisible(not self._cards)
        self.badge.set_replaces(any(card.kind is CardKind.BADGE for card in self._cards))
        self._reveal_note()  # a further line has pushed it down

    def show_registered(self, code: str, *, new: bool) -> None:
        """Show that a card was registered, or that the person had it already."""
        self._say("cards.registered" if new else "cards.own", "accept", code=masked_card(code))

    def show_badge(self, badge: ShownBadge) -> None:
        """Show a new access QR; ignored if the panel was closed or shows another person by now."""
        if not self.isVisible():
            self._end()
        elif badge.person_id == self._person.id:
            self._say("", "quiet")
            self.badge.show_badge(badge)

    def show_saved(self, path: str) -> None:
        """Show the name of the printable access QR among the exports."""
        self._say("cards.saved", "accept", path=path)

    def show_revoked(self) -> None:
        """Show that a card was revoked."""
        self.badge.put_away()
        self._say("cards.revoked", "accept")

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was changed."""
        self.badge.set_busy(False)
        self._say(key, "reject", **values)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._end()

    def _lay_out(self) -> None:
        buttons = FlowLayout()
        buttons.addWidget(self.register)
        buttons.addWidget(self.open_badge)
        self.setLayout(
            column(
                Label("cards.title", bold=True),
                self.none,
                self._grid,
                self.confirm,
                buttons,
                self.waiting,
                self.badge,
                self.note,
                gap=0.75,
            )
        )

    def _connect(self) -> None:
        self.register.clicked.connect(self._wait)
        self.cancel.clicked.connect(self._end)
        self._trial.typed.connect(self._typed)
        self._trial.cancelled.connect(self._end)
        self.open_badge.clicked.connect(self._open_badge)
        self.badge.chosen.connect(self._make)
        self.badge.saved.connect(self.saveRequested)
        self.confirm.confirmed.connect(self._revoke)

    def _add(self, place: int, card: PersonCard) -> None:
        key = f"cards.{card.kind.value}" + ("_until" if card.valid_until else "")
        until = card.valid_until.isoformat() if card.valid_until else ""
        words = Label(key, size=SIZES[0], wrap=True, day=day_of(card.added_at), until=until)
        self._grid.addWidget(words, place, 0, Qt.AlignmentFlag.AlignVCenter)
        button = Button("cards.revoke", icon="trash", name=f"cardRevoke{card.id}")
        button.clicked.connect(partial(self._ask, card))
        self._grid.addWidget(button, place, 1)
        for widget in (words, button):
            widget.show()  # a layout shows what is added to a visible widget only later

    def _wait(self) -> None:
        self._end()
        self._say("", "quiet")
        self.waiting.show()
        self._trial.watch(True)
        reveal(self.waiting)

    def _end(self) -> None:
        """Wait for no card any more, and forget a code that was shown."""
        self._trial.watch(False)
        self.waiting.hide()
        self.badge.put_away()

    def _typed(self, pattern: ReaderPattern) -> None:
        verdict = pattern.verdict(self._settings)
        if verdict is not ReaderVerdict.READ:  # keep waiting: it may be held to the reader again
            self._say(f"cards.unread.{verdict.value}", "reject")
            return
        self._end()
        self._say("admin.waiting", "quiet")
        self.cardRead.emit(self._person, pattern.typed)

    def _open_badge(self) -> None:
        self._end()
        self._say("", "quiet")
        self.badge.open()

    def _make(self, days: int) -> None:
        self.badge.set_busy(True)
        self.badgeRequested.emit(self._person, days)

    def _ask(self, card: PersonCard) -> None:
        self._end()
        self._chosen = card.id
        self.confirm.ask(f"cards.revoke_{card.kind.value}", day=day_of(card.added_at))

    def _revoke(self) -> None:
        self._say("admin.waiting", "quiet")
        self.revoked.emit(self._person, self._chosen)

    def _say(self, key: str, tone: str, **values: object) -> None:
        self.note.set_tone(tone)
        self.note.set_key(key, **values)
        self.note.setVisible(bool(key))
        self._reveal_note()

    def _reveal_note(self) -> None:
        if self.note.text() and self.isVisible():
            reveal(self.note)
