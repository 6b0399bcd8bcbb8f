"""The staff's side: its screens, and the desks behind them. Nothing at the door needs it, so the application opens it later."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from kiosk.app.campaign_desk import CampaignDesk
from kiosk.app.evidence import EvidenceDesk, build_evidence
from kiosk.app.import_desk import ImportDesk
from kiosk.app.privacy import PrivacyDesk
from kiosk.app.settings_desk import SettingsDesk
from kiosk.app.staff import StaffDesk
from kiosk.app.statistics_desk import StatisticsDesk
from kiosk.app.subjects import SubjectDesk
from kiosk.types import EmbedderInfo
from kiosk.ui.screens.admin import AdminScreen
from kiosk.ui.screens.sign_in import SignInScreen
from kiosk.ui.screens.wizard import WizardScreen

if TYPE_CHECKING:
    from kiosk.app.kiosk import KioskApp


class Office(QObject):
    """Screens first; ``furnish`` brings the desks, which find each other and the screens through the application."""

    def __init__(self, app: KioskApp) -> None:
        super().__init__()
        self._app = app
        self.screen, self.sign_in, self.wizard = AdminScreen(), SignInScreen(), WizardScreen()
        app.window.add_screen("sign_in", self.sign_in, staff=True)  # left alone, it gives way to the door
        app.window.add_screen("wizard", self.wizard, staff=not app.wizard_first)
        app.window.add_screen("admin", self.screen, staff=True)
        self.screen.enrol.consent.text.set_days(app.config.privacy.keep_log_days)
        self.screen.evidence.bar.set_two_admins(app.config.security.two_admins)

    def furnish(self) -> None:
        """Put the desks behind the screens."""
        app = self._app
        self.desk = StaffDesk(app)
        self.evidence = EvidenceDesk(self.screen.evidence, app.tasks, self.desk.signed_in)
        self.privacy, self.subjects, self.importing = PrivacyDesk(app), SubjectDesk(app), ImportDesk(app)
        self.statistics = StatisticsDesk(app)
        self.campaign = CampaignDesk(app)
        self.settings = SettingsDesk(app, app.config_file, app.started_with)
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
        return {"staff's work": self.desk.stop, "the evidence": self.evidence.stop, "the backups": self.privacy.stop, "an import": self.importing.stop}

    @Slot(object)
    def _engine_ready(self, info: EmbedderInfo) -> None:
        app = self._app
        self.campaign.embedder_id = info.id
        self.evidence.service = build_evidence(app.config, app.storage, app.data_dir, info, app.storage.actions, app.gallery_changed)
