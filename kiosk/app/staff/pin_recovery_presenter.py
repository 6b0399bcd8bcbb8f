"""An administrator who forgot the PIN, before anybody is signed in."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from kiosk.app.navigation import Navigation
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.services.pin_recovery import PinRecoveryService
from kiosk.ui.screens.system.pin_recovery_screen import PinRecoveryScreen

PIN_RECOVERY = "pin_recovery"
"""Name of the window's page."""


class PinRecoveryPresenter(QObject):
    """Answers the recovery, which leads back to the sign-in."""

    def __init__(
        self,
        page: PinRecoveryScreen,
        context: StaffContext,
        navigation: Navigation,
        service: PinRecoveryService,
    ) -> None:
        super().__init__()
        self._page = page
        self._worker = context.worker
        self._navigation = navigation
        self._service = service
        page.left.connect(self._close)
        page.codeGiven.connect(self._by_code)
        page.adminGiven.connect(self._by_admin)

    @Slot()
    def _close(self) -> None:
        self._navigation.go("sign_in")

    @Slot(str, str, str)
    def _by_code(self, name: str, code: str, pin: str) -> None:
        self._worker.run(
            lambda: self._service.by_code(name, code, pin),
            lambda _: self._page.show_done(),
            shown_by(self._page.show_error),
        )

    @Slot(str, str, str, str)
    def _by_admin(self, name: str, other: str, other_pin: str, pin: str) -> None:
        self._worker.run(
            lambda: self._service.by_admin(name, other, other_pin, pin),
            lambda _: self._page.show_done(),
            shown_by(self._page.show_error),
        )
