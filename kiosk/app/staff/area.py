"""The staff area: its screens and their presenters.

Nothing at the door needs it, so the kiosk imports and builds it later.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from kiosk.app.bootstrap.analysis_factory import build_analysis
from kiosk.app.bootstrap.attendance_factory import build_attendance
from kiosk.app.bootstrap.consent_factory import (
    ConsentForm,
    build_consents,
    consent_form,
    publish_form,
    renamed,
)
from kiosk.app.bootstrap.use_cases import (
    build_accounts,
    build_delivery,
    build_download,
    build_export,
    build_machine,
    build_own_data,
    build_people_bulk,
    build_pin_recovery,
    build_restored_content,
    build_stored_data,
    build_support_file,
)
from kiosk.app.capture_thread import BGRAImage
from kiosk.app.kiosk_parts import KioskParts
from kiosk.app.staff.access_rules_presenter import AccessRulesPresenter
from kiosk.app.staff.accounts_presenter import AccountsPresenter
from kiosk.app.staff.analysis_presenter import AnalysisPresenter
from kiosk.app.staff.attendance_presenter import AttendancePresenter
from kiosk.app.staff.camera_setup_presenter import CameraSetupPresenter
from kiosk.app.staff.cards_presenter import CardsPresenter
from kiosk.app.staff.context import Session, StaffContext, StaffNavigation
from kiosk.app.staff.delivery_presenter import DeliveryPresenter
from kiosk.app.staff.door_override_presenter import DoorOverridePresenter
from kiosk.app.staff.download_presenter import DownloadPresenter
from kiosk.app.staff.enrol_presenter import EnrolPresenter
from kiosk.app.staff.hand_over_presenter import HAND_OVER, HandOverPresenter
from kiosk.app.staff.import_presenter import ImportPresenter
from kiosk.app.staff.log_presenter import LogPresenter
from kiosk.app.staff.looks_presenter import LooksPresenter
from kiosk.app.staff.machine_presenter import MachinePresenter
from kiosk.app.staff.notifications_presenter import NotificationsPresenter
from kiosk.app.staff.opening_presenter import OpeningPresenter
from kiosk.app.staff.own_data_presenter import OwnDataPresenter
from kiosk.app.staff.people_bulk_presenter import PeopleBulkPresenter
from kiosk.app.staff.people_presenter import PeoplePresenter
from kiosk.app.staff.person_groups_presenter import PersonGroupsPresenter
from kiosk.app.staff.pin_recovery_presenter import PIN_RECOVERY, PinRecoveryPresenter
from kiosk.app.staff.privacy_presenter import PrivacyPresenter
from kiosk.app.staff.re_enrolment_presenter import ReEnrolmentPresenter
from kiosk.app.staff.reader_test_presenter import ReaderTestPresenter
from kiosk.app.staff.settings_presenter import SettingsPresenter
from kiosk.app.staff.sign_in_presenter import SignInPresenter
from kiosk.app.staff.statistics_presenter import StatisticsPresenter
from kiosk.app.staff.support_presenter import SupportPresenter
from kiosk.app.staff.system_presenter import SystemPresenter
from kiosk.app.staff.wizard_presenter import WizardPresenter
from kiosk.app.tasks import Worker
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.templates import EmbedderInfo
from kiosk.services.kept_looks_service import KeptLooksService
from kiosk.services.re_enrolment_service import ReEnrolmentService
from kiosk.services.statistics_service import StatisticsService
from kiosk.storage.audit.entry_statistics import StatisticsStore
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.screens.consent.hand_over_screen import HandOverScreen
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.screens.system.pin_recovery_screen import PinRecoveryScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.screens.system.wizard_screen import WizardScreen


class StaffArea(QObject):
    """Composes the staff's side from the parts of the kiosk."""

    def __init__(self, parts: KioskParts) -> None:
        super().__init__()
        self._parts = parts
        self.screen = AdminScreen(parts.rules.door_time)
        self.sign_in_screen = SignInScreen()
        self.pin_recovery_screen = PinRecoveryScreen()
        self.wizard = WizardScreen()
        self.hand_over_screen = HandOverScreen()
        self.context = StaffContext(
            parts.tasks,
            Worker(parts.tasks, "staff-task"),
            Session(),
            StaffNavigation(parts.navigation, self.screen),
            parts.events,
            parts.engine.reload_gallery,
        )

    @classmethod
    def build(cls, parts: KioskParts) -> StaffArea:
        """Add the staff's screens to the window and put the presenters behind them."""
        area = cls(parts)
        area._add_screens()
        area._build_delivery()
        area._build_notifications()
        area._build_administration()
        area._build_camera_setup()
        area._build_people()
        area._build_analysis()
        return area

    def left_alone(self) -> None:
        """Sign out; what was typed for an enrolment is kept for the same account."""
        self.enrol.keep_form()
        self.sign_in.sign_out()

    def tick(self) -> None:
        """Bring what changes by itself up to date; called once a second."""
        self.door_override.tick()
        self.statistics.tick()
        self.wizard_steps.tick()
        self.delivery.tick()
        self.download.tick()
        self.notifications.tick()
        for setup in self.camera_setups:
            setup.tick()

    def show_frame(self, picture: BGRAImage) -> None:
        """Show a camera picture on the page that shows one."""
        self.enrol.show_frame(picture)
        for setup in self.camera_setups:
            setup.show_frame(picture)

    def stops(self) -> dict[str, Callable[[], None]]:
        """Return what waits for each kind of work to end, by its name."""
        return {
            "deletions": self.people_bulk.stop,
            "staff's work": self.context.worker.stop,
            "an opening of the door": self.opening.stop,
            "an export": self.log.stop,
            "a copy to a USB stick": self.delivery.stop,
            "a download": self.download.stop,
            "what the machine was asked": self.machine.stop,
            "the check of the machine": self.system.stop,
            "the set-up": self.wizard_steps.stop,
            "a test of notifications": self.notifications.stop,
            "the analysis": self.analysis.stop,
            "the backups": self.privacy.stop,
            "an import": self.importing.stop,
            **{f"camera set-up {n}": s.stop for n, s in enumerate(self.camera_setups)},
        }

    def _add_screens(self) -> None:
        """Left alone, they give way to the door, except for the wizard as first screen."""
        window = self._parts.window
        config = self._parts.config.value
        window.add_screen("sign_in", self.sign_in_screen, staff=True)
        window.add_screen(PIN_RECOVERY, self.pin_recovery_screen, staff=True)
        window.add_screen("wizard", self.wizard, staff=not self._parts.wizard_first)
        window.add_screen("admin", self.screen, staff=True)
        window.add_screen(HAND_OVER, self.hand_over_screen, staff=True)
        self._consent_form = consent_form(config)
        self._name_controller(config, config)
        self._parts.config.changed.connect(self._name_controller)
        people = self.screen.people
        for period in (
            self.screen.enrol.who.period,
            people.details.form.period,
            people.selection.actions.period,
        ):
            period.set_semester_ends(config.enrolment.semester_ends)

    def _name_controller(self, _before: Config, config: Config) -> None:
        self.screen.enrol.consent.show_unnamed(not config.privacy.controller.strip())

    def _publish_consent(self) -> ConsentForm:
        """Publish the texts with the names of this moment and return them."""
        form = renamed(self._consent_form, self._parts.config.value)
        publish_form(self._parts.storage, form)
        return form

    def _build_people(self) -> None:
        parts = self._parts
        screen = self.screen
        context = self.context
        self.wizard_steps = WizardPresenter(
            self.wizard,
            screen.system,
            context,
            parts.navigation,
            parts.config,
            parts.data_dir,
            self.settings,
            parts.rules.opening_service(lambda: parts.config.value.door, parts.decided),
            build_stored_data(parts.config.value, parts.storage),
            build_delivery(parts.storage, parts.data_dir),
            self.camera_setups[0] if parts.real_camera else None,
        )
        self.sign_in = SignInPresenter(
            self.sign_in_screen,
            self.wizard,
            screen,
            context,
            parts.navigation,
            parts.admin,
            self.camera_setups[0] if parts.real_camera else None,
        )
        self.pin_recovery = PinRecoveryPresenter(
            self.pin_recovery_screen,
            self.sign_in_screen,
            context,
            parts.navigation,
            build_pin_recovery(
                parts.storage, lambda: parts.config.value.security.recovery_code_resets_pin
            ),
        )
        self.enrol = EnrolPresenter(
            screen.enrol,
            context,
            parts.engine,
            parts.admin,
            parts.door_pins,
            parts.config.value.enrolment.expiry_notice_days,
        )
        self.hand_over = HandOverPresenter(
            self.hand_over_screen,
            screen.enrol,
            screen.people,
            context,
            parts.admin,
            parts.door_pins,
            build_consents(parts.storage, parts.config.value, parts.engine.reload_gallery),
            paths.exports_dir(parts.data_dir),
            self._publish_consent,
        )
        self.people = PeoplePresenter(
            screen.people,
            context,
            parts.admin,
            parts.door_pins,
            parts.config.value.enrolment.expiry_notice_days,
        )
        self.people_bulk = PeopleBulkPresenter(
            screen.people,
            context,
            parts.admin,
            build_people_bulk(parts.storage, parts.engine.reload_gallery),
            parts.data_dir,
        )
        self.looks = LooksPresenter(
            screen.people,
            context,
            KeptLooksService(parts.storage.looks, parts.engine.reload_gallery),
        )
        self.cards = tuple(
            CardsPresenter(
                part,
                context,
                parts.storage,
                parts.config,
                parts.data_dir,
                functools.partial(self.delivery.offer_file, came_from=page),
            )
            for page, part in (
                ("people", screen.people.details.cards),
                ("enrol", screen.enrol.done.cards),
            )
        )
        self.person_groups = PersonGroupsPresenter(
            screen.people.details.form.groups, context, parts.rules.rules
        )
        self.own_data = OwnDataPresenter(
            screen.people,
            context,
            build_own_data(parts.storage, parts.engine.reload_gallery),
            parts.data_dir,
            self.delivery.offer_file,
        )
        self.importing = ImportPresenter(
            screen.importing, context, parts.storage, parts.config, parts.data_dir
        )
        self.re_enrolment = ReEnrolmentPresenter(
            screen.people,
            context,
            ReEnrolmentService(parts.storage.re_enrolment, local_now),
            lambda: screen.enrol.untouched,
        )
        screen.enrol.testRequested.connect(self.sign_in.sign_out)
        screen.people.reEnrolRequested.connect(self.enrol.begin_with)
        screen.enrol.existingChosen.connect(self.people.open_person)

    def _build_administration(self) -> None:
        parts = self._parts
        screen = self.screen
        context = self.context
        self.accounts = AccountsPresenter(screen.accounts, context, build_accounts(parts.storage))
        self.access_rules = AccessRulesPresenter(screen.rules, context, parts.storage, parts.rules)
        self.door_override = DoorOverridePresenter(screen.lock, context, parts.rules, parts.config)
        self.opening = OpeningPresenter(
            screen.lock.opening,
            context,
            parts.rules.opening_service(lambda: parts.config.value.door, parts.decided),
            parts.config,
        )
        self.privacy = PrivacyPresenter(
            screen.privacy,
            context,
            build_stored_data(parts.config.value, parts.storage),
            build_restored_content(parts.storage),
            parts.restart,
        )
        self.settings = SettingsPresenter(
            screen.settings, context, parts.storage, parts.config, parts.restart
        )
        self.reader_test = ReaderTestPresenter(
            screen.system.reader_test, parts.config, self.settings
        )
        self.machine = MachinePresenter(
            screen.system.machine,
            context,
            build_machine(parts.storage),
            parts.config,
            self.settings,
            parts.restart,
            parts.play_sample,
        )
        self.system = SystemPresenter(
            screen.system,
            context,
            parts.config,
            parts.data_dir,
            parts.lock,
            parts.view,
            parts.stats,
        )
        self.support = SupportPresenter(
            screen.system,
            context,
            build_support_file(parts.storage, parts.data_dir),
            self.system.report,
            self.delivery.offer_file,
        )

    def _build_notifications(self) -> None:
        self.notifications = NotificationsPresenter(
            self.screen.notifications, self.context, self._parts.notification_service
        )

    def _build_delivery(self) -> None:
        parts = self._parts
        self.delivery = DeliveryPresenter(
            self.screen.delivery,
            self.context,
            build_delivery(parts.storage, parts.data_dir),
        )
        self.screen.privacy.codeTaken.connect(self.delivery.offer_code)
        self.download = DownloadPresenter(
            self.screen.delivery.download,
            self.context,
            build_download(parts.storage, lambda: parts.config.value.exports),
            self.delivery.parcel,
        )

    def _build_camera_setup(self) -> None:
        parts = self._parts
        self.camera_setups = tuple(
            CameraSetupPresenter(panel, self.context, parts.config, self.settings.save, parts.view)
            for panel in (self.wizard.camera, self.screen.camera.panel)
        )
        self.wizard.cameraLeft.connect(self.camera_setups[0].close)
        self.screen.pageOpened.connect(self._page_opened)

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == "camera":
            self.camera_setups[1].begin()
        else:
            self.camera_setups[1].close()

    def _build_analysis(self) -> None:
        parts = self._parts
        screen = self.screen
        context = self.context
        storage = parts.storage
        self.log = LogPresenter(
            screen.log,
            context,
            parts.admin,
            build_export(storage),
            parts.data_dir,
            self.delivery.offer_file,
        )
        self.statistics = StatisticsPresenter(
            screen.statistics,
            context,
            StatisticsService(StatisticsStore(storage.database), local_now),
            parts.stats,
        )
        self.attendance = AttendancePresenter(
            screen.attendance,
            context,
            build_attendance(parts.config.value, storage),
            parts.data_dir,
            local_now,
            self.delivery.offer_file,
        )
        self.analysis = AnalysisPresenter(screen.analysis, context)
        parts.events.engineReady.connect(self._engine_ready)
        if parts.events.embedder is not None:
            self._engine_ready(parts.events.embedder)

    @Slot(object)
    def _engine_ready(self, info: EmbedderInfo) -> None:
        parts = self._parts
        self.analysis.service = build_analysis(
            parts.config.value,
            parts.storage,
            parts.data_dir,
            info,
            parts.storage.audit_log,
            parts.engine.reload_gallery,
        )
