"""The door as an administrator sees and sets it: normal, lock-down or open to everybody."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from kiosk.app.access_policy_controller import AccessPolicyController
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.screens.system.door_admin_page import DoorAdminPage

PAGE = "lock"


class DoorOverridePresenter(QObject):
    """Answers the Door page."""

    def __init__(
        self,
        page: DoorAdminPage,
        context: StaffContext,
        rules: AccessPolicyController,
        config: LiveConfig,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._rules = rules
        self._service = rules.override_service()
        self._config = config
        page.overrideChosen.connect(self._choose)
        context.navigation.pageOpened.connect(self._page_opened)

    def tick(self) -> None:
        """Bring the page up to date while it is shown."""
        if self._context.navigation.is_shown(PAGE):
            self._page.show_facts(self._rules.facts(self._config.value.door.lock, local_now()))

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == PAGE:
            self.tick()
            actor = self._context.session.account
            self._context.worker.run(
                lambda: self._service.needs_two(actor),
                self._page.set_two_admins,
                shown_by(self._page.show_error),
            )

    @Slot(str, str, str)
    def _choose(self, override: str, name: str, pin: str) -> None:
        actor = self._context.session.account

        def done(by: str) -> None:
            self._rules.set_override(override, by)
            self._rules.tick()
            self.tick()

        self._context.worker.run(
            lambda: self._service.store(actor, override, name, pin),
            done,
            shown_by(self._page.show_error),
        )
