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

    @Slot(str)
    def _choose(self, override: str) -> None:
        actor = self._context.session.account

        def choose() -> str:
            self._rules.store_override(actor, override)
            return override

        def done(chosen: str) -> None:
            self._rules.set_override(chosen, actor.name)
            self._rules.tick()
            self.tick()

        self._context.worker.run(choose, done, shown_by(self._page.show_error))
