"""A banner over the door's picture: a fault of door or lock, or a lock-down with exceptions."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent

from kiosk.ui.i18n import language, other_language, tr_in
from kiosk.ui.theme import SIZES, text_px
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row
from kiosk.ui.widgets.style_property import set_property
from kiosk.ui.widgets.symbol import Symbol

SYMBOLS = {
    "forced": ("warning", "reject"),
    "tamper": ("warning", "reject"),
    "fleet_faces_off": ("lock", "wait"),
    "lockdown_groups": ("lock", "wait"),
}
"""Symbol and tone of the alerts; the others are a yellow warning."""


TWO_LANGUAGES = 760
"""Width in pixels at scale 1 from which the words are there in two languages."""


class DoorBanner(Card):
    """A symbol and one sentence in both languages; hidden while all is as usual.

    ``alert``: the end of a message key under ``door.alert``; empty if there is none.
    """

    def __init__(self) -> None:
        super().__init__(name="door.banner", margin=1)
        self.alert = ""
        self.symbol = Symbol(40, "door.banner.symbol")
        self.words = Label("", size=SIZES[2], bold=True, wrap=True, name="door.alert")
        self.other = Label("", size=SIZES[1], wrap=True, name="door.alert.other")
        for label in (self.words, self.other):
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        line = row(self.symbol, self.words, self.other, gap=2)
        line.setStretch(1, 3)
        line.setStretch(2, 2)
        self.body.addLayout(line)
        language().changed.connect(self._retranslate)
        self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rescale()

    def rescale(self) -> None:
        """Leave the second language out where large text leaves no room for it."""
        self.other.setVisible(self.width() >= text_px(TWO_LANGUAGES))

    def show_alert(self, alert: str) -> None:
        """Show ``alert``, or nothing if it is empty."""
        if alert == self.alert:
            return
        self.alert = alert
        self.setVisible(bool(alert))
        if not alert:
            return
        symbol, tone = SYMBOLS.get(alert, ("warning", "wait"))
        self.symbol.set_symbol(symbol, f"{tone}_text")
        set_property(self, "tone", tone)
        self.words.set_key(f"door.alert.{alert}")
        self._retranslate("")

    def _retranslate(self, _code: str) -> None:
        self.other.set_text(
            tr_in(other_language(), f"door.alert.{self.alert}") if self.alert else ""
        )
