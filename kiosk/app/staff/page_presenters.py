"""The presenters behind the staff's pages, built with the page they belong to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from kiosk.app.bootstrap.analysis_factory import build_analysis
from kiosk.app.bootstrap.attendance_factory import build_attendance
from kiosk.app.bootstrap.use_cases import (
    build_accounts,
    build_delivery,
    build_download,
    build_export,
    build_machine,
    build_own_data,
    build_people_bulk,
    build_restored_content,
    build_stored_data,
    build_support_file,
)
from kiosk.app.kiosk_parts import KioskParts
from kiosk.app.staff.access_rules_presenter import AccessRulesPresenter
from kiosk.app.staff.accounts_presenter import AccountsPresenter
from kiosk.app.staff.analysis_presenter import AnalysisPresenter
from kiosk.app.staff.attendance_presenter import AttendancePresenter
from kiosk.app.staff.camera_setup_presenter import CameraSetupPresenter
from kiosk.app.staff.cards_presenter import CardsPresenter
from kiosk.app.staff.context import StaffContext
from kiosk.app.staff.delivery_presenter import DeliveryPresenter
from kiosk.app.staff.door_override_presenter import DoorOverridePresenter
from kiosk.app.staff.doors_presenter import DoorsPresenter
from kiosk.app.staff.download_presenter import DownloadPresenter
from kiosk.app.staff.enrol_presenter import EnrolPresenter
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
from kiosk.app.staff.privacy_presenter import PrivacyPresenter
from kiosk.app.staff.re_enrolment_presenter import ReEnrolmentPresenter
from kiosk.app.staff.reader_test_presenter import ReaderTestPresenter
from kiosk.app.staff.settings_changes import SettingsChanges
from kiosk.app.staff.settings_presenter import SettingsPresenter
from kiosk.app.staff.statistics_presenter import StatisticsPresenter
from kiosk.app.staff.support_presenter import SupportPresenter
from kiosk.app.staff.system_presenter import SystemPresenter
from kiosk.core.config import Config
from kiosk.core.people import Person
from kiosk.core.templates import EmbedderInfo
from kiosk.services.fleet_service import FleetService
from kiosk.services.kept_looks_service import KeptLooksService
from kiosk.services.re_enrolment_service import ReEnrolmentService
from kiosk.services.statistics_service import StatisticsService
from kiosk.storage.audit.entry_statistics import StatisticsStore
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.screens.access.person_cards import PersonCards
from kiosk.ui.screens.system.admin_screen import AdminScreen

PresenterT = TypeVar("PresenterT")


class PagePresenters(QObject):
    """Builds the presenters of a page when the page is built; ``screen`` holds the pages."""

    def __init__(
        self,
        parts: KioskParts,
        context: StaffContext,
        screen: AdminScreen,
        changes: SettingsChanges,
    ) -> None:
        super().__init__()
        self._parts = parts
        self._context = context
        self._screen = screen
        self._changes = changes
        self._built: dict[str, Sequence[QObject]] = {}
        self._builders: dict[str, Callable[[], Sequence[QObject]]] = {
            "people": self._people,
            "enrol": self._enrol,
            "log": self._log,
            "analysis": self._analysis,
            "statistics": self._statistics,
            "lock": self._lock,
            "rules": self._rules,
            "privacy": self._privacy,
            "accounts": self._accounts,
            "settings": self._settings,
            "system": self._system,
            "import": self._import,
            "camera": self._camera,
            "delivery": self._delivery,
            "notifications": self._notifications,
            "fleet": self._fleet,
            "attendance": self._attendance,
        }
        screen.pageBuilt.connect(self._build)
        parts.events.engineReady.connect(self._engine_ready)
        parts.config.changed.connect(self._name_controller)

    def __iter__(self) -> Iterator[tuple[str, QObject]]:
        """Return every presenter there is, with the name of its page."""
        for page, presenters in self._built.items():
            for presenter in presenters:
                yield page, presenter

    @property
    def enrol(self) -> EnrolPresenter:
        """The presenter of the enrolment; its page is built if need be."""
        return self._of("enrol", EnrolPresenter)

    def _of(self, page: str, kind: type[PresenterT]) -> PresenterT:
        self._screen.build(page)
        return next(found for found in self._built[page] if isinstance(found, kind))

    @Slot(str)
    def _build(self, name: str) -> None:
        self._built[name] = tuple(self._builders[name]())

    def _people(self) -> Sequence[QObject]:
        parts, context, page = self._parts, self._context, self._screen.people
        reload_gallery = parts.engine.reload_gallery
        enrolment = parts.config.value.enrolment
        for period in (page.details.form.period, page.selection.actions.period):
            period.set_semester_ends(enrolment.semester_ends)
        page.reEnrolRequested.connect(self._enrol_again)
        return (
            PeoplePresenter(
                page, context, parts.admin, parts.door_pins, enrolment.expiry_notice_days
            ),
            PeopleBulkPresenter(
                page,
                context,
                parts.admin,
                build_people_bulk(parts.storage, reload_gallery),
                parts.data_dir,
            ),
            LooksPresenter(page, context, KeptLooksService(parts.storage.looks, reload_gallery)),
            self._cards("people", page.details.cards),
            PersonGroupsPresenter(page.details.form.groups, context, parts.rules.rules),
            OwnDataPresenter(
                page,
                context,
                build_own_data(parts.storage, reload_gallery),
                parts.data_dir,
                self.offer_file,
            ),
            ReEnrolmentPresenter(
                page, context, ReEnrolmentService(parts.storage.re_enrolment, local_now)
            ),
        )

    def _enrol(self) -> Sequence[QObject]:
        parts, page = self._parts, self._screen.enrol
        enrolment = parts.config.value.enrolment
        page.who.period.set_semester_ends(enrolment.semester_ends)
        self._name_controller(parts.config.value, parts.config.value)
        page.existingChosen.connect(self._open_person)
        return (
            EnrolPresenter(
                page,
                self._context,
                parts.engine,
                parts.admin,
                parts.door_pins,
                enrolment.expiry_notice_days,
            ),
            self._cards("enrol", page.done.cards),
        )

    def _cards(self, page: str, part: PersonCards) -> CardsPresenter:
        parts = self._parts
        return CardsPresenter(
            part,
            self._context,
            parts.storage,
            parts.config,
            parts.data_dir,
            functools.partial(self.offer_file, came_from=page),
        )

    @Slot(object)
    def _enrol_again(self, person: Person) -> None:
        self.enrol.begin_with(person)

    @Slot(object)
    def _open_person(self, person: Person) -> None:
        self._of("people", PeoplePresenter).open_person(person)

    @Slot(object, object)
    def _name_controller(self, _before: Config, config: Config) -> None:
        if self._screen.is_built("enrol"):
            named = bool(config.privacy.controller.strip())
            self._screen.enrol.consent.show_unnamed(not named)

    def _import(self) -> Sequence[QObject]:
        parts = self._parts
        return (
            ImportPresenter(
                self._screen.importing, self._context, parts.storage, parts.config, parts.data_dir
            ),
        )

    def _log(self) -> Sequence[QObject]:
        parts = self._parts
        return (
            LogPresenter(
                self._screen.log,
                self._context,
                parts.admin,
                build_export(parts.storage),
                parts.data_dir,
                self.offer_file,
            ),
        )

    def _statistics(self) -> Sequence[QObject]:
        parts = self._parts
        return (
            StatisticsPresenter(
                self._screen.statistics,
                self._context,
                StatisticsService(StatisticsStore(parts.storage.database), local_now),
                parts.stats,
            ),
        )

    def _attendance(self) -> Sequence[QObject]:
        parts = self._parts
        return (
            AttendancePresenter(
                self._screen.attendance,
                self._context,
                build_attendance(parts.config.value, parts.storage),
                parts.data_dir,
                local_now,
                self.offer_file,
            ),
        )

    def _analysis(self) -> Sequence[QObject]:
        presenter = AnalysisPresenter(self._screen.analysis, self._context)
        if self._parts.events.embedder is not None:
            self._use_engine(presenter, self._parts.events.embedder)
        return (presenter,)

    @Slot(object)
    def _engine_ready(self, info: EmbedderInfo) -> None:
        if self._screen.is_built("analysis"):
            self._use_engine(self._of("analysis", AnalysisPresenter), info)

    def _use_engine(self, presenter: AnalysisPresenter, info: EmbedderInfo) -> None:
        parts = self._parts
        presenter.service = build_analysis(
            parts.config.value,
            parts.storage,
            parts.data_dir,
            info,
            parts.storage.audit_log,
            parts.engine.reload_gallery,
        )

    def _lock(self) -> Sequence[QObject]:
        parts, context, page = self._parts, self._context, self._screen.lock
        return (
            DoorOverridePresenter(page, context, parts.rules, parts.config),
            OpeningPresenter(
                page.opening,
                context,
                parts.rules.opening_service(lambda: parts.config.value.door, parts.decided),
                parts.config,
            ),
        )

    def _rules(self) -> Sequence[QObject]:
        parts = self._parts
        return (
            AccessRulesPresenter(self._screen.rules, self._context, parts.storage, parts.rules),
        )

    def _privacy(self) -> Sequence[QObject]:
        parts = self._parts
        self._screen.privacy.codeTaken.connect(self._offer_code)
        return (
            PrivacyPresenter(
                self._screen.privacy,
                self._context,
                build_stored_data(parts.config.value, parts.storage),
                build_restored_content(parts.storage),
                parts.restart,
            ),
        )

    def _accounts(self) -> Sequence[QObject]:
        service = build_accounts(self._parts.storage)
        return (AccountsPresenter(self._screen.accounts, self._context, service),)

    def _settings(self) -> Sequence[QObject]:
        parts = self._parts
        return (
            SettingsPresenter(
                self._screen.settings, self._context, self._changes, parts.config, parts.restart
            ),
        )

    def _system(self) -> Sequence[QObject]:
        parts, context, page = self._parts, self._context, self._screen.system
        system = SystemPresenter(
            page, context, parts.config, parts.data_dir, parts.lock, parts.view, parts.stats
        )
        return (
            system,
            ReaderTestPresenter(page.reader_test, parts.config, self._changes),
            MachinePresenter(
                page.machine,
                context,
                build_machine(parts.storage),
                parts.config,
                self._changes,
                parts.restart,
                parts.play_sample,
            ),
            SupportPresenter(
                page,
                context,
                build_support_file(parts.storage, parts.data_dir),
                system.report,
                self.offer_file,
            ),
        )

    def _camera(self) -> Sequence[QObject]:
        parts = self._parts
        self._screen.pageOpened.connect(self._follow_camera_page)
        return (
            CameraSetupPresenter(
                self._screen.camera.panel,
                self._context,
                parts.config,
                self._changes.save,
                parts.view,
            ),
        )

    @Slot(str)
    def _follow_camera_page(self, name: str) -> None:
        setup = self._of("camera", CameraSetupPresenter)
        if name == "camera":
            setup.begin()
        else:
            setup.close()

    def _notifications(self) -> Sequence[QObject]:
        return (
            NotificationsPresenter(
                self._screen.notifications, self._context, self._parts.notification_service
            ),
        )

    def _fleet(self) -> Sequence[QObject]:
        parts = self._parts

        def service() -> FleetService:
            # imports what signs and seals, which a kiosk outside a fleet never needs
            from kiosk.app.bootstrap.fleet_factory import build_fleet_service, wait_for_the_thread

            return build_fleet_service(
                parts.config.value, parts.data_dir, parts.storage, wait_for_the_thread
            )

        return (DoorsPresenter(self._screen.fleet, self._context, service, parts.fleet_status),)

    def _delivery(self) -> Sequence[QObject]:
        parts, context, page = self._parts, self._context, self._screen.delivery
        delivery = DeliveryPresenter(page, context, build_delivery(parts.storage, parts.data_dir))
        download = DownloadPresenter(
            page.download,
            context,
            build_download(parts.storage, lambda: parts.config.value.exports),
            delivery.parcel,
        )
        return delivery, download

    def offer_file(self, path: Path, came_from: str) -> None:
        """Offer an export of the page ``came_from``, unless somebody went on to another page."""
        self._of("delivery", DeliveryPresenter).offer_file(path, came_from)

    @Slot(str)
    def _offer_code(self, code: str) -> None:
        self._of("delivery", DeliveryPresenter).offer_code(code)
