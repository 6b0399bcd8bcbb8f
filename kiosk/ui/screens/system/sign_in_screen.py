"""Signing in: a name, then its PIN."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

MAX_NAME = 60
MAX_PIN = 12


class SignInScreen(Screen):
    """The name at the left, the keypad at the right.

    Names are typed: a list would tell everybody who passes whom to pretend to be.
    """

    submitted = Signal(str, str)
    cancelled = Signal()
    forgotten = Signal()

    def __init__(self) -> None:
        super().__init__("sign_in")
        self.name = Field(
            "sign_in.name",
            "sign_in.name",
            max_length=MAX_NAME,
            hints=Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhSensitiveData,
        )
        self.entry = KeypadEntry(
            "sign_in.pin", secret=True, max_length=MAX_PIN, hint="sign_in.placeholder"
        )
        self.submit = Button(
            "sign_in.submit", "primary", "check", name="sign_in.submit", large=True
        )
        self.cancel = Button("common.back", "ghost", "back", name="sign_in.cancel", large=True)
        self.forgot = Button("sign_in.forgot", "ghost", "key", name="sign_in.forgot")
        self.forgot.hide()  # shown where somebody answers it
        title = Label("sign_in.title", size=SIZES[3], bold=True)
        self.setLayout(
            column(
                row(self.cancel, title, None, gap=2), None, self._middle(), None, gap=1, margin=3
            )
        )
        self.submit.clicked.connect(self.entry.submit)
        self.cancel.clicked.connect(self.cancelled)
        self.forgot.clicked.connect(self.forgotten)
        self.name.submitted.connect(self.entry.setFocus)
        self.name.changed.connect(self._refresh)
        self.entry.submitted.connect(self._submit)
        self.entry.cancelled.connect(self.cancelled)
        self.entry.changed.connect(self._refresh)
        self.setFocusProxy(self.name.edit)
        self._refresh()

    def _middle(self) -> QWidget:
        who = Card(
            Label("sign_in.who", size=SIZES[2], bold=True),
            self.name,
            Label("sign_in.who_text", size=SIZES[0], quiet=True, wrap=True),
            self.forgot,
            None,
            gap=2,
            name="sign_in.who",
        )
        pin = Card(
            Label("sign_in.pin", size=SIZES[2], bold=True), self.entry, self.submit, None, gap=2
        )
        middle = QWidget()
        middle.setMaximumWidth(960)
        cards = row(who, pin, gap=2)
        cards.setStretch(0, 1)
        cards.setStretch(1, 1)
        middle.setLayout(cards)
        holder = QWidget()
        centred = row(None, middle, None)
        centred.setStretch(1, 100)
        holder.setLayout(centred)
        return holder

    def show_error(self, key: str, **values: object) -> None:
        """Show why signing in failed and clear the PIN; the name stays."""
        self.entry.set_error(key, **values)
        if self.name.text():
            self.entry.setFocus()

    def reset(self) -> None:
        """Clear name and PIN."""
        self.name.set_text("")
        self.entry.clear()
        self.entry.error.set_key("")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reset()
        self.name.edit.setFocus()

    def _refresh(self) -> None:
        self.submit.setEnabled(bool(self.name.text() and self.entry.text()))

    def _submit(self, pin: str) -> None:
        if self.name.text():
            self.submitted.emit(self.name.text(), pin)
        else:
            self.name.edit.setFocus()
