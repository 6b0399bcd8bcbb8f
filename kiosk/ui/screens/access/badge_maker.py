"""Make an access QR: choose how long it is valid, then show it for a phone's camera."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.card_facts import ShownBadge
from kiosk.ui.screens.access.qr_view import QrView
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.scrolling import reveal

DAYS = (1, 7, 30, 180, 365)
"""Validities offered, in days; the last but one is chosen, as by the command."""


class BadgeMaker(Card):
    """Emits ``chosen`` with a number of days, and ``saved`` with the badge that is shown.

    Its chips are named ``badgeDays.<days>``, its buttons ``badgeMake``, ``badgeSave`` and
    ``badgeClose``. The code is forgotten when it is closed: it is stored nowhere.
    """

    chosen = Signal(int)
    saved = Signal(object)

    def __init__(self) -> None:
        self._badge: ShownBadge | None = None
        self._replaces = False
        self.replaces = Label("cards.replaces", size=SIZES[0], wrap=True, name="badgeReplaces")
        self.replaces.set_tone("wait")
        self.days = ChipRow(
            "badgeDays", [(str(d), f"cards.days.{d}") for d in DAYS], value=str(DAYS[-2])
        )
        self.valid_for = Label("cards.valid_for", size=SIZES[0], quiet=True)
        self.make = Button("cards.make_now", "primary", "check", name="badgeMake")
        self.code = QrView("badgeCode", "cards.code")
        self.until = Label("", bold=True, wrap=True, name="badgeUntil")
        self.how = Label("cards.how", size=SIZES[0], quiet=True, wrap=True)
        self.save = Button("cards.save", icon="download", name="badgeSave")
        self.close_button = Button("admin.close", name="badgeClose")
        super().__init__(
            self.replaces,
            self.valid_for,
            self.days,
            self.make,
            self.until,
            self.code,
            self.how,
            margin=2,
            name="badgeMaker",
        )
        buttons = FlowLayout()
        for button in (self.save, self.close_button):
            buttons.addWidget(button)
        self.body.addLayout(buttons)
        self._choices: tuple[QWidget, ...] = (self.valid_for, self.days, self.make)
        self._shown: tuple[QWidget, ...] = (self.until, self.code, self.how, self.save)
        self.make.clicked.connect(self._choose)
        self.save.clicked.connect(self._save)
        self.close_button.clicked.connect(self.put_away)
        self.hide()

    def set_replaces(self, replaces: bool) -> None:
        """Warn that an earlier access QR becomes void."""
        self._replaces = replaces

    def open(self) -> None:
        """Offer the choice of a validity."""
        self._show(None)
        self.show()
        reveal(self)

    def put_away(self) -> None:
        """Close and forget the code."""
        self._show(None)
        self.hide()

    def show_badge(self, badge: ShownBadge) -> None:
        """Show a new access QR."""
        self._show(badge)
        self.show()
        reveal(self)

    def set_busy(self, busy: bool) -> None:
        """Make nothing while the last request is on its way."""
        self.make.setEnabled(not busy)

    def _show(self, badge: ShownBadge | None) -> None:
        self._badge = badge
        self.set_busy(False)
        for widget in self._choices:
            widget.setVisible(badge is None)
        for widget in self._shown:
            widget.setVisible(badge is not None)
        self.replaces.setVisible(badge is None and self._replaces)
        if badge is None:
            self.code.forget()
        else:
            self.code.show_code(badge.code)
            self.until.set_key("cards.until", name=badge.name, day=badge.until.isoformat())

    def _choose(self) -> None:
        self.chosen.emit(int(self.days.value()))

    def _save(self) -> None:
        if self._badge is not None:
            self.saved.emit(self._badge)
