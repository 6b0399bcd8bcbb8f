"""Signing in and out."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from kiosk.app.navigation import Navigation
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core.errors import KioskError
from kiosk.core.people import Account, AccountRole
from kiosk.services.administer import AdministerService
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen


class SignInPresenter(QObject):
    """Leads from the door to the staff's pages and back."""

    def __init__(
        self,
        page: SignInScreen,
        pages: AdminScreen,
        context: StaffContext,
        navigation: Navigation,
        admin: AdministerService,
    ) -> None:
        super().__init__()
        self._page = page
        self._pages = pages
        self._worker = context.worker
        self._session = context.session
        self._navigation = navigation
        self._admin = admin
        page.submitted.connect(self._sign_in)
        page.cancelled.connect(navigation.to_door)
        pages.signOutRequested.connect(self.sign_out)
        pages.doorRequested.connect(self.sign_out)

    @Slot()
    def ask(self) -> None:
        """Ask for name and PIN, or show the wizard while there is no administrator."""
        self._worker.run(self._admin.needs_first_admin, self._show, self._show_unreadable)

    def _show(self, needs_first_admin: bool) -> None:
        if self._navigation.screen in ("door", "idle"):  # not left before the answer came
            self._navigation.leave_door("wizard" if needs_first_admin else "sign_in")

    def _show_unreadable(self, error: KioskError) -> None:
        """Show why nobody can sign in; left alone, the screen gives way to the door."""
        self._show(False)
        self._page.show_error(error.key, **error.values)

    @Slot(str, str)
    def _sign_in(self, name: str, pin: str) -> None:
        """Check the PIN on the worker's thread: Argon2id takes a moment."""
        self._worker.run(
            lambda: self._admin.sign_in(name, pin), self._signed_in, shown_by(self._page.show_error)
        )

    def _signed_in(self, account: Account) -> None:
        """Sign in, unless the screen was left before the answer came."""
        if self._navigation.screen == "sign_in":
            self.welcome(account)

    def welcome(self, account: Account) -> None:
        """Sign ``account`` in and open its first page."""
        self._session.account = account
        self._pages.set_account(account)
        self._navigation.leave_door("admin")
        self._pages.page("enrol" if account.role is AccountRole.STAFF else "people")
        self._session.signedIn.emit(account)

    @Slot()
    def sign_out(self) -> None:
        """Return to the door; unfinished work is discarded."""
        self._session.end()
        self._navigation.to_door()
