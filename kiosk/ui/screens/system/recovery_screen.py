"""The screen of a kiosk that cannot start: the cause, and the backup to restore."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal

from kiosk.ui.formatting import count_text, moment_text
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.appearance_switches import LanguageSwitch
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.notice import Notice


class RecoveryScreen(Screen):
    """Shows the cause and offers a backup; emits ``restoreRequested``."""

    restoreRequested = Signal()

    def __init__(self) -> None:
        super().__init__("troubleScreen")
        self.notice = Notice()
        self.offer = Label("", wrap=True, lines=2, name="troubleOffer")
        self.note = Label("", size=SIZES[0], wrap=True, name="troubleNote")
        self.restore = Button(
            "trouble.restore", "primary", "refresh", name="troubleRestore", large=True
        )
        self.card = Card(
            self.offer, self.note, row(None, self.restore), gap=1.5, name="troubleCard"
        )
        self.card.hide()
        self.restore.clicked.connect(self.restoreRequested)
        layout = column(
            row(None, LanguageSwitch("troubleLanguage")), self.notice, self.card, gap=2, margin=3
        )
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def show_trouble(self, key: str) -> None:
        """Show the cause; the kiosk retries by itself."""
        self.notice.show_notice("warning", "door.out_of_service.title", key, "reject")

    def show_searching(self) -> None:
        """Show that the backups are being examined."""
        self._offer("trouble.searching", can=False)

    def show_none(self) -> None:
        """Show that there is no usable backup."""
        self._offer("trouble.none", can=False)

    def show_offer(self, made_at: datetime, people: int, rows: int) -> None:
        """Offer the newest good backup."""
        self._offer(
            "trouble.offer",
            can=True,
            made_at=moment_text(made_at),
            people=count_text(people),
            rows=count_text(rows),
        )

    def show_note(self, key: str, **values: object) -> None:
        """Show what happens, or why nothing was done."""
        self.note.set_key(key, **values)

    def _offer(self, key: str, *, can: bool, **values: object) -> None:
        self.offer.set_key(key, **values)
        self.note.set_key("trouble.set_aside" if can else "")
        self.restore.setVisible(can)
        self.card.show()
