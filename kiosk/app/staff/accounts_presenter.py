"""Accounts of staff and administrators."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core.people import Account, AccountRole
from kiosk.services.administer import AdministerService
from kiosk.ui.screens.settings.accounts_screen import AccountsScreen


class AccountsPresenter(QObject):
    """Answers the Accounts page and shows the list again after each change."""

    def __init__(
        self, page: AccountsScreen, context: StaffContext, admin: AdministerService
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._admin = admin
        page.added.connect(self._add)
        page.pinChosen.connect(self._set_pin)
        page.enabledChosen.connect(self._set_enabled)
        context.navigation.pageOpened.connect(self._page_opened)

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == "accounts":
            self._show()

    def _show(self) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._admin.accounts(actor),
            self._page.show_page,
            shown_by(self._page.show_error),
        )

    @Slot(str, object, str)
    def _add(self, name: str, role: AccountRole, pin: str) -> None:
        self._change(lambda actor: self._admin.add_account(actor, name, role, pin))

    @Slot(int, str)
    def _set_pin(self, account_id: int, pin: str) -> None:
        self._change(lambda actor: self._admin.set_pin(actor, account_id, pin))

    @Slot(int, bool)
    def _set_enabled(self, account_id: int, enabled: bool) -> None:
        self._change(lambda actor: self._admin.set_account_enabled(actor, account_id, enabled))

    def _change(self, change: Callable[[Account], object]) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: change(actor), lambda _: self._show(), shown_by(self._page.show_error)
        )
