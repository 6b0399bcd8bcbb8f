"""The steps of the set-up after the first administrator was created, and running them again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from kiosk.app.doctor.machine_checks import clock
from kiosk.app.doctor.storage_checks import zone_check
from kiosk.app.live_config import LiveConfig
from kiosk.app.navigation import Navigation
from kiosk.app.recovery_code_print import recovery_parcel
from kiosk.app.staff.camera_setup_presenter import CameraSetupPresenter
from kiosk.app.staff.context import StaffContext
from kiosk.app.staff.settings_changes import SettingsChanges
from kiosk.app.staff.stick_presenter import StickPresenter
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.people import AccountRole
from kiosk.core.sticks import Parcel
from kiosk.services.delivery_service import DeliveryService
from kiosk.services.single_opening import OpeningReason, SingleOpening
from kiosk.services.stored_data import StoredDataService
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.i18n import tr
from kiosk.ui.screens.system.wizard_screen import WizardScreen

T = TypeVar("T")


class WizardPresenter(QObject):
    """Each step uses the service that its page among the staff's screens uses.

    ``camera_setup``: of the wizard; ``None`` where there is no real camera.
    """

    def __init__(
        self,
        wizard: WizardScreen,
        context: StaffContext,
        navigation: Navigation,
        config: LiveConfig,
        data_dir: Path,
        settings: SettingsChanges,
        opening: SingleOpening,
        stored_data: StoredDataService,
        delivery: DeliveryService,
        camera_setup: CameraSetupPresenter | None,
    ) -> None:
        super().__init__()
        self.sticks = StickPresenter(
            wizard.recovery.stick, context, delivery, self._recovery_parcel, "wizard-stick"
        )
        self._wizard = wizard
        self._context = context
        self._navigation = navigation
        self._config = config
        self._data_dir = data_dir
        self._settings = settings
        self._opening = opening
        self._stored_data = stored_data
        self._camera_setup = camera_setup
        self._worker = Worker(context.tasks, "wizard")  # the lock may take seconds to answer
        wizard.stepOpened.connect(self._opened)
        wizard.site.saved.connect(self._save_site)
        wizard.clock.checkWanted.connect(self._check_clock)
        wizard.lock.testWanted.connect(self._test_lock)
        wizard.recovery.codeWanted.connect(self._make_code)

    def stop(self) -> None:
        """Wait for the work in progress."""
        self.sticks.stop()
        self._worker.stop()

    def tick(self) -> None:
        """Show the time and the sticks; called once a second."""
        if self._wizard.recovery.stick.isVisible():
            self.sticks.tick()
        if self._wizard.clock.isVisible():
            self._wizard.clock.show_time(datetime.now())

    @Slot()
    def again(self) -> None:
        """Run the steps again for the administrator who is signed in."""
        if self._context.session.account.role is AccountRole.ADMIN:
            self._wizard.start_again(set_up_camera=self._camera_setup is not None)
            self._navigation.leave_when_alone("wizard")  # somebody is signed in
            self._navigation.go("wizard")

    @Slot(str)
    def _opened(self, step: str) -> None:
        if step == "site":
            config = self._config.value
            self._wizard.site.show_values(
                config.door.name, config.ui.contact_name, config.ui.contact_phone
            )
        elif step == "camera" and self._camera_setup is not None:
            self._camera_setup.begin()

    @Slot(object)
    def _save_site(self, texts: dict[str, str]) -> None:
        site = self._wizard.site
        self._settings.save(dict(texts), lambda _: site.left.emit(), site.show_error)

    @Slot()
    def _check_clock(self) -> None:
        config = self._config.value
        self._run(
            lambda: (clock(), zone_check(config, self._data_dir)),
            self._wizard.clock.show_checks,
            self._wizard.clock.show_error,
        )

    @Slot()
    def _test_lock(self) -> None:
        actor = self._context.session.account
        words = tr("wizard.lock.title")
        self._run(
            lambda: self._opening.open(actor, OpeningReason.OTHER, words, "", ""),
            lambda _: self._wizard.lock.show_opened(),
            self._wizard.lock.show_error,
        )

    @Slot()
    def _make_code(self) -> None:
        actor = self._context.session.account
        self._run(
            lambda: self._stored_data.new_recovery_code(actor),
            self._wizard.recovery.show_code,
            self._wizard.recovery.show_error,
        )

    def _recovery_parcel(self) -> Parcel | None:
        """Return the code that is shown, to be saved on a stick."""
        code = self._wizard.recovery.code.pending
        return recovery_parcel(code, local_now()) if code else None

    def _run(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[..., None]
    ) -> None:
        self._worker.run(work, done, shown_by(failed))
