"""Accounts of staff and administrators."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core.people import Account, AccountRole
from kiosk.services.account_service import AccountService
from kiosk.ui.screens.settings.accounts_screen import AccountsScreen


class AccountsPresenter(QObject):
    """Answers the Accounts page and shows the list again after each change."""

    def __init__(
        self, page: AccountsScreen, context: StaffContext, service: AccountService
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._service = service
        page.added.connect(self._add)
        page.pinChosen.connect(self._set_pin)
        page.ownPinChosen.connect(self._change_own_pin)
        page.enabledChosen.connect(self._set_enabled)
        context.navigation.pageOpened.connect(self._page_opened)

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == "accounts":
            self._show()

    def _show(self) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._service.accounts(actor),
            self._page.show_page,
            shown_by(self._page.show_error),
        )

    @Slot(str, object, str, str, str)
    def _add(
        self, name: str, role: AccountRole, pin: str, second: str = "", second_pin: str = ""
    ) -> None:
        self._change(lambda actor: self._service.add(actor, name, role, pin, second, second_pin))

    @Slot(int, str, str, str)
    def _set_pin(self, account_id: int, pin: str, second: str = "", second_pin: str = "") -> None:
        self._change(
            lambda actor: self._service.set_pin(actor, account_id, pin, second, second_pin)
        )

    @Slot(str, str)
    def _change_own_pin(self, old: str, pin: str) -> None:
        self._change(lambda actor: self._service.change_own_pin(actor, old, pin))

    @Slot(int, bool, str, str)
    def _set_enabled(
        self, account_id: int, enabled: bool, second: str = "", second_pin: str = ""
    ) -> None:
        self._change(
            lambda actor: self._service.set_enabled(actor, account_id, enabled, second, second_pin)
        )

    def _change(self, change: Callable[[Account], object]) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: change(actor), lambda _: self._show(), shown_by(self._page.show_error)
        )
