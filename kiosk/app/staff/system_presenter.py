"""The check of the machine, the settings in use and the versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from kiosk.access.lock_controller import LockController
from kiosk.app.doctor.camera_checks import camera_in_use
from kiosk.app.doctor.door_check import door_in_service
from kiosk.app.doctor.examination import examine
from kiosk.app.doctor.lock_checks import lock_in_use
from kiosk.app.doctor.machine_checks import versions
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.settings import setting_rows
from kiosk.core.statistics import RuntimeStats
from kiosk.core.view_models import Check, DoorView
from kiosk.services.support_file import SupportReport
from kiosk.services.system_check import SystemCheckService
from kiosk.ui.screens.system.system_screen import SystemScreen


class SystemPresenter(QObject):
    """Answers the System page on a thread of its own: a check may take long."""

    def __init__(
        self,
        page: SystemScreen,
        context: StaffContext,
        config: LiveConfig,
        data_dir: Path,
        lock: LockController,
        view: Callable[[], DoorView],
        stats: Callable[[], RuntimeStats],
    ) -> None:
        super().__init__()
        self._page = page
        self._session = context.session
        self._config = config
        self._data_dir = data_dir
        self._lock = lock
        self._view = view
        self._stats = stats
        self._checks: Sequence[Check] = ()
        self._worker = Worker(context.tasks, "doctor")
        page.refreshRequested.connect(self._check)
        context.navigation.pageOpened.connect(self._page_opened)

    def stop(self) -> None:
        """Wait for the check in progress."""
        self._worker.stop()

    def report(self) -> SupportReport:
        """Return what the page shows."""
        return SupportReport(self._checks, setting_rows(self._config.value), versions())

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == "system":
            self._check()

    @Slot()
    def _check(self) -> None:
        config = self._config.value
        view = self._view()
        camera = camera_in_use(view, self._stats().camera_fps)
        lock = lock_in_use(config.door.lock, self._lock.reachable)

        def show(checks: Sequence[Check]) -> None:
            self._checks = [*door_in_service(view), *checks]
            self._page.show_checks(self._checks)
            self._page.show_settings(setting_rows(config))
            self._page.show_versions(versions())

        service = SystemCheckService(lambda: examine(config, self._data_dir, camera, lock))
        actor = self._session.account
        self._worker.run(lambda: service.run(actor), show, shown_by(self._page.show_error))
