"""The first administrator, whom the wizard creates."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from kiosk.app.navigation import Navigation
from kiosk.app.staff.context import StaffContext
from kiosk.app.staff.sign_in_presenter import SignInPresenter
from kiosk.app.tasks import shown_by
from kiosk.core.people import Account
from kiosk.services.administer import AdministerService
from kiosk.ui.screens.system.wizard_screen import WizardScreen


class FirstAdminPresenter(QObject):
    """Creates the account and signs it in; ``set_up_camera``: there is a camera to set up."""

    def __init__(
        self,
        wizard: WizardScreen,
        sign_in: SignInPresenter,
        context: StaffContext,
        navigation: Navigation,
        admin: AdministerService,
        *,
        set_up_camera: bool = False,
    ) -> None:
        super().__init__()
        self._wizard = wizard
        self._sign_in = sign_in
        self._context = context
        self._navigation = navigation
        self._admin = admin
        self._set_up_camera = set_up_camera
        wizard.adminChosen.connect(self._create)
        wizard.finished.connect(self._leave)

    @Slot(str, str)
    def _create(self, name: str, pin: str) -> None:
        self._context.worker.run(
            lambda: self._admin.first_admin(name, pin),
            self._created,
            shown_by(self._wizard.show_error),
        )

    def _created(self, account: Account) -> None:
        self._context.session.account = account
        self._wizard.show_created(set_up_camera=self._set_up_camera)
        self._navigation.leave_when_alone("wizard")  # an account is signed in now

    @Slot()
    def _leave(self) -> None:
        """Go on from the wizard's last page to enrolling the first people."""
        account = self._context.session.account
        if account.enabled:
            self._sign_in.welcome(account)
            self._context.navigation.open_page("enrol")
