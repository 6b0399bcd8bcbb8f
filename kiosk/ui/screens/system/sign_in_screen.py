"""Signing in: an account, then its PIN."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QScrollArea, QVBoxLayout, QWidget

from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import DOOR_TOUCH, SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row, spacing
from kiosk.ui.widgets.style_property import set_property

MAX_PIN = 12


class AccountButton(Button):
    """A button for an account, named ``sign_in.account.<name>``."""

    def __init__(self, account: str) -> None:
        self.account = account
        super().__init__("", "secondary", "person", name=f"sign_in.account.{account}", large=True)
        self.setCheckable(True)
        set_property(self, "bare", False)
        set_property(self, "choice", True)

    def _retranslate(self) -> None:
        self.setText("  " + self.account.replace("&", "&&"))
        self.setAccessibleName(self.account)


class SignInScreen(Screen):
    """Accounts at the left, the keypad at the right."""

    submitted = Signal(str, str)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__("sign_in")
        self._group = QButtonGroup(self)
        self._accounts: list[AccountButton] = []
        self._list = QWidget()
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(0, 0, spacing(1), 0)
        self._rows.setSpacing(spacing(1))
        self.entry = KeypadEntry(
            "sign_in.pin", secret=True, max_length=MAX_PIN, hint="sign_in.placeholder"
        )
        self.submit = Button(
            "sign_in.submit", "primary", "check", name="sign_in.submit", large=True
        )
        self.cancel = Button("common.back", "ghost", "back", name="sign_in.cancel", large=True)
        title = Label("sign_in.title", size=SIZES[3], bold=True)
        self.setLayout(
            column(
                row(self.cancel, title, None, gap=2), None, self._middle(), None, gap=1, margin=3
            )
        )
        self.submit.clicked.connect(self.entry.submit)
        self.cancel.clicked.connect(self.cancelled)
        self.entry.submitted.connect(self._submit)
        self.entry.cancelled.connect(self.cancelled)
        self.entry.changed.connect(self._refresh)
        self._group.buttonClicked.connect(self._picked)
        self.setFocusProxy(self.entry)
        self.show_accounts([])

    def _middle(self) -> QWidget:
        scroll = QScrollArea()
        scroll.setWidget(self._list)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.nobody = Label(
            "sign_in.nobody", size=SIZES[1], quiet=True, wrap=True, name="sign_in.nobody"
        )
        who = Card(
            Label("sign_in.who", size=SIZES[2], bold=True),
            self.nobody,
            scroll,
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

    def show_accounts(self, names: Sequence[str]) -> None:
        """Show these accounts; the first one is selected."""
        self._forget_accounts()
        for name in names:
            button = AccountButton(name)
            self._group.addButton(button)
            self._accounts.append(button)
            self._rows.addWidget(button)
        self._rows.addStretch(1)
        self._list.setMinimumHeight(len(names) * (DOOR_TOUCH + spacing(1)))
        if self._accounts:
            self._accounts[0].setChecked(True)
        self.nobody.setVisible(not names)
        self._refresh()

    def account(self) -> str:
        """The selected account; empty without one."""
        return next((button.account for button in self._accounts if button.isChecked()), "")

    def show_error(self, key: str, **values: object) -> None:
        """Show why signing in failed and clear the PIN."""
        self.entry.set_error(key, **values)

    def reset(self) -> None:
        """Clear the PIN."""
        self.entry.clear()
        self.entry.error.set_key("")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reset()
        self.entry.setFocus()

    def _forget_accounts(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._accounts.clear()

    def _picked(self) -> None:
        self.reset()
        self.entry.setFocus()
        self._refresh()

    def _refresh(self) -> None:
        self.submit.setEnabled(bool(self.account() and self.entry.text()))

    def _submit(self, pin: str) -> None:
        if self.account():
            self.submitted.emit(self.account(), pin)
