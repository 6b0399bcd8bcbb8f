"""The card that opens the door once, with a reason."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column

REASONS = ("visitor", "delivery", "recognition", "other")
NO_REASON = "none"
"""Value of the chips before a reason was chosen; it has no chip."""


class OpenOnceCard(Card):
    """``openRequested``: reason (one of ``REASONS``), words, and name and PIN of a second
    administrator where one is asked for.

    The first button only asks why; the door opens at the second, which lies elsewhere and is
    enabled once there is a reason. ``asked``: the question was shown.
    """

    openRequested = Signal(str, str, str, str)
    asked = Signal()

    def __init__(self) -> None:
        self.start = Button("open_once.start", "primary", "door", name="openOnce", large=True)
        self.note = Label("open_once.note", quiet=True, wrap=True, name="openOnceNote")
        self.reasons = ChipRow(
            "openOnceReason",
            [(value, f"open_once.reason.{value}") for value in REASONS],
            value=REASONS[0],
        )
        self.words = Field("open_once.words", "openOnceWords", max_length=120)
        self.second = SecondAdmin("openOnceSecond")
        self.second.hide()
        also = QWidget()
        also.setLayout(column(self.reasons, self.words, self.second, gap=1.5))
        self.confirm = Confirm(
            "openOnceConfirm",
            title="open_once.ask",
            yes="open_once.yes",
            no="common.cancel",
            also=also,
        )
        super().__init__(
            Label("open_once.title", size=SIZES[2], bold=True, wrap=True),
            self.start,
            self.note,
            self.confirm,
            name="openOnceCard",
            gap=1.5,
        )
        self._reason = NO_REASON
        self._seconds = 0.0
        self._has_lock = True
        self.start.clicked.connect(self._ask)
        self.reasons.chosen.connect(self._choose)
        self.words.changed.connect(self._words_changed)
        self.confirm.confirmed.connect(self._confirmed)
        self.confirm.no.clicked.connect(self.reset)

    def set_door(self, seconds: float, *, has_lock: bool = True) -> None:
        """Say for how many ``seconds`` the door will open; without a lock nothing opens."""
        self._seconds = seconds
        self._has_lock = has_lock

    def set_two_admins(self, needed: bool) -> None:
        """Ask for a second administrator, or not."""
        self.second.setVisible(needed)

    def reset(self) -> None:
        """Take the question back."""
        self.confirm.hide()
        self.second.clear()
        self.words.set_text("")
        self.start.setEnabled(True)
        self.note.set_tone("quiet")
        self.note.set_key("open_once.note")

    def show_opened(self, seconds: float) -> None:
        """Show that the door is open now, for ``seconds``, or what was done without a lock."""
        self.reset()
        self.note.set_tone("accept")
        if self._has_lock:
            self.note.set_key("open_once.opened", seconds=f"{seconds:g}")
        else:
            self.note.set_key("open_once.recorded")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the door stays locked."""
        self.start.setEnabled(True)
        self.note.set_tone("reject")
        self.note.set_key(key, **values)

    def _ask(self) -> None:
        self.reset()
        self._reason = NO_REASON
        self.reasons.clear_choice()
        self._words_changed()
        self.start.setEnabled(False)
        if self._has_lock:
            self.confirm.ask("open_once.ask_text", seconds=f"{self._seconds:g}")
        else:
            self.confirm.ask("open_once.ask_recorded")
        self.asked.emit()

    def _choose(self, reason: str) -> None:
        self._reason = reason
        self._words_changed()

    def _words_changed(self) -> None:
        said = self._reason != NO_REASON and (self._reason != "other" or bool(self.words.text()))
        self.confirm.yes.setEnabled(said)

    def _confirmed(self) -> None:
        name, pin = self.second.take()
        self.openRequested.emit(self._reason, self.words.text(), name, pin)
