"""The staff's side: its screens, and the desks behind them. Nothing at the door needs it, so the application opens it later."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.analysis_presenter import AnalysisPresenter, build_analysis
from kiosk.app.staff.import_presenter import ImportPresenter
from kiosk.app.staff.own_data_presenter import OwnDataPresenter
from kiosk.app.staff.privacy_presenter import PrivacyPresenter
from kiosk.app.staff.re_enrolment_presenter import ReEnrolmentPresenter
from kiosk.app.staff.settings_presenter import SettingsPresenter
from kiosk.app.staff.staff_presenter import StaffPresenter
from kiosk.app.staff.statistics_presenter import StatisticsPresenter
from kiosk.core.templates import EmbedderInfo
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.screens.system.wizard_screen import WizardScreen

if TYPE_CHECKING:
    from kiosk.app.runtime import KioskApp


class StaffArea(QObject):
    """Screens first; ``build`` brings the desks, which find each other and the screens through the application."""

    def __init__(self, app: KioskApp) -> None:
        super().__init__()
        self._app = app
        self.screen = AdminScreen()
        self.sign_in = SignInScreen()
        self.wizard = WizardScreen()
        app.window.add_screen(
            "sign_in", self.sign_in, staff=True
        )  # left alone, it gives way to the door
        app.window.add_screen("wizard", self.wizard, staff=not app.wizard_first)
        app.window.add_screen("admin", self.screen, staff=True)
        self.screen.enrol.consent.text.set_days(app.config.privacy.keep_log_days)
        self.screen.evidence.bar.set_two_admins(app.config.security.two_admins)

    def build(self) -> None:
        """Put the desks behind the screens."""
        app = self._app
        self.desk = StaffPresenter(app)
        self.evidence = AnalysisPresenter(self.screen.evidence, app.tasks, self.desk.signed_in)
        self.privacy = PrivacyPresenter(app)
        self.subjects = OwnDataPresenter(app)
        self.importing = ImportPresenter(app)
        self.statistics = StatisticsPresenter(app)
        self.campaign = ReEnrolmentPresenter(app)
        self.settings = SettingsPresenter(app, app.config_file, app.started_with)
        self.wizard.adminChosen.connect(self.desk.first_admin)
        self.wizard.finished.connect(self.desk.open_admin)
        self.sign_in.submitted.connect(self.desk.sign_in)
        self.sign_in.cancelled.connect(app.to_door)
        app.engineReady.connect(self._engine_ready)
        if app.embedder is not None:
            self._engine_ready(app.embedder)

    def tick(self) -> None:
        """A second has passed."""
        self.desk.show_door()
        self.statistics.tick()

    def stops(self) -> dict[str, Callable[[], None]]:
        """What lets each kind of work end, by its name."""
        return {
            "staff's work": self.desk.stop,
            "the evidence": self.evidence.stop,
            "the backups": self.privacy.stop,
            "an import": self.importing.stop,
        }

    @Slot(object)
    def _engine_ready(self, info: EmbedderInfo) -> None:
        app = self._app
        self.campaign.embedder_id = info.id
        self.evidence.service = build_analysis(
            app.config, app.storage, app.data_dir, info, app.storage.actions, app.gallery_changed
        )
