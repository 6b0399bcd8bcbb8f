"""The accounts that may sign in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from kiosk.core.people import Account, AccountRole
from kiosk.core.view_models import AccountsPage
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.settings.accounts_panel import AccountDetails, NewAccountForm
from kiosk.ui.screens.settings.accounts_table import accounts_model
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.side_panel import SidePanel
from kiosk.ui.widgets.table.paged_model import PAGE
from kiosk.ui.widgets.table.paged_table import PagedTable

_SORT_KEYS: dict[str, Callable[[Account], Any]] = {
    "name": lambda account: account.name.casefold(),
    "role": lambda account: account.role.value,
    "created": lambda account: account.created_at.timestamp() if account.created_at else 0.0,
    "state": lambda account: account.enabled,
}


class AccountsScreen(Screen):
    """A list, and a panel to add or change an account.

    A request succeeded when ``show_page`` follows, and failed when ``show_error`` does. The last
    two arguments of a request are name and PIN of the second administrator, if one is asked for.
    """

    added = Signal(str, object, str, str, str)
    pinChosen = Signal(int, str, str, str)
    ownPinChosen = Signal(str, str)
    """The present PIN and the new one."""
    enabledChosen = Signal(int, bool, str, str)

    def __init__(self) -> None:
        super().__init__("accountsScreen")
        self._accounts: tuple[Account, ...] = ()
        self._signed_in: Account | None = None
        self._two_admins = False
        self._note = ""
        self.title = Label("accounts.title", size=SIZES[3], bold=True)
        self.count = Label("", quiet=True, name="accountsCount")
        self.add = Button("accounts.add", "primary", "plus", name="accountAdd")
        self.intro = Label("accounts.intro", quiet=True, wrap=True)
        self.error = Label("", wrap=True, name="accountsError")
        self.error.set_tone("reject")
        self.error.hide()
        self.model = accounts_model()
        self.table = PagedTable("accountsTable", self.model, "accounts.empty")
        self.panel = SidePanel(self, "accountPanel")
        self.new = NewAccountForm()
        self.details = AccountDetails()
        self._inside = QStackedWidget()
        self._inside.addWidget(self.new)
        self._inside.addWidget(self.details)
        self.panel.set_content(self._inside)
        head = flow(self.title, self.count, None, self.add, gap=2)
        layout = column(head, self.intro, self.error, self.table, gap=2, margin=3)
        layout.setStretch(3, 1)
        self.setLayout(layout)
        self._connect()

    def set_account(self, account: Account) -> None:
        """Set the signed-in account, which cannot be disabled."""
        self._signed_in = account

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.panel.close_panel()
        self.new.second.clear()
        self.details.clear_pins()
        self.model.reset_order()
        self._note = ""

    def opened(self) -> None:
        """Prepare the page for display; the owner brings the list."""
        self.error.hide()

    def show_page(self, page: AccountsPage) -> None:
        """Show all accounts; a pending request has succeeded."""
        note = self._note
        self._note = ""
        self._accounts = page.rows
        self._two_admins = page.two_admins
        self.error.hide()
        self.count.set_key("accounts.count", total=count_text(len(page.rows)))
        self._serve_page(0, PAGE)
        if self.panel.is_open:
            self._show_result(note)

    def show_error(self, key: str, **values: object) -> None:
        """Show an error in the open panel, or above the table."""
        self._note = ""
        if self.panel.is_open:
            page = self.new if self._inside.currentWidget() is self.new else self.details
            page.show_error(key, **values)
            return
        self.error.set_key(key, **values)
        self.error.show()

    def _show_result(self, note: str) -> None:
        if self._inside.currentWidget() is self.new:
            if note:
                self.panel.close_panel()
            return
        shown = next((a for a in self._accounts if a.id == self.details.account.id), None)
        if shown is None:
            self.panel.close_panel()
        else:
            self._show_details(shown, note)

    def _show_details(self, account: Account, note: str = "") -> None:
        own = self._signed_in is not None and account.id == self._signed_in.id
        self.details.show_account(
            account, fixed=self._why_fixed(account), note=note, own=own, two=self._two_admins
        )

    def _connect(self) -> None:
        self.model.pageWanted.connect(self._serve_page)
        self.table.chosen.connect(self._open)
        self.add.clicked.connect(self._open_new)
        self.panel.closed.connect(self.table.clear_choice)
        self.new.added.connect(self._add)
        self.details.pinChosen.connect(self._choose_pin)
        self.details.ownPinChosen.connect(self._choose_own_pin)
        self.details.enabledChosen.connect(self._choose_enabled)

    def _serve_page(self, offset: int, limit: int) -> None:
        """Serve a page of the table: all accounts are loaded already."""
        order = self.model.order
        rows = sorted(self._accounts, key=_SORT_KEYS[order.column], reverse=order.descending)
        self.model.accept(rows[offset : offset + limit], len(rows), offset)

    def _open(self, account: object) -> None:
        if isinstance(account, Account):
            self._show_details(account)
            self.panel.title.set_text(account.name)
            self._inside.setCurrentWidget(self.details)
            self.panel.open_panel()

    def _open_new(self) -> None:
        self.table.clear_choice()
        self.panel.title.set_key("accounts.panel.add_title")
        self._inside.setCurrentWidget(self.new)
        self.panel.open_panel()
        self.new.begin(frozenset(account.name for account in self._accounts), two=self._two_admins)

    def _why_fixed(self, account: Account) -> str:
        if not account.enabled:
            return ""
        admins = [a for a in self._accounts if a.role is AccountRole.ADMIN and a.enabled]
        if account.role is AccountRole.ADMIN and len(admins) == 1:
            return "accounts.last_admin"
        return (
            "accounts.panel.yourself"
            if self._signed_in is not None and account.id == self._signed_in.id
            else ""
        )

    def _add(self, name: str, role: object, pin: str, second: str, second_pin: str) -> None:
        self._note = "accounts.panel.created"
        self.added.emit(name, role, pin, second, second_pin)

    def _choose_pin(self, account_id: int, pin: str, second: str, second_pin: str) -> None:
        self._note = "accounts.panel.pin_given"
        self.pinChosen.emit(account_id, pin, second, second_pin)

    def _choose_own_pin(self, old: str, pin: str) -> None:
        self._note = "accounts.panel.pin_set"
        self.ownPinChosen.emit(old, pin)

    def _choose_enabled(self, account_id: int, enabled: bool, second: str, second_pin: str) -> None:
        self.enabledChosen.emit(account_id, enabled, second, second_pin)
