"""The staff area: its screens and their presenters.

Nothing at the door needs it, so the kiosk imports it later, and builds each part when it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Protocol, cast, runtime_checkable

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from kiosk.app.bootstrap.consent_factory import (
    ConsentForm,
    build_consents,
    consent_form,
    publish_form,
    renamed,
)
from kiosk.app.bootstrap.use_cases import build_delivery, build_pin_recovery, build_stored_data
from kiosk.app.capture_thread import BGRAImage
from kiosk.app.kiosk_parts import KioskParts
from kiosk.app.staff.camera_setup_presenter import CameraSetupPresenter
from kiosk.app.staff.context import Session, StaffContext, StaffNavigation
from kiosk.app.staff.enrol_presenter import EnrolPresenter
from kiosk.app.staff.first_admin_presenter import FirstAdminPresenter
from kiosk.app.staff.hand_over_presenter import HAND_OVER, HandOverPresenter
from kiosk.app.staff.kept_drafts import DraftPage, KeptDrafts
from kiosk.app.staff.page_presenters import PagePresenters
from kiosk.app.staff.pin_recovery_presenter import PIN_RECOVERY, PinRecoveryPresenter
from kiosk.app.staff.re_enrolment_presenter import WaitingAtSignIn
from kiosk.app.staff.settings_changes import SettingsChanges
from kiosk.app.staff.sign_in_presenter import SignInPresenter
from kiosk.app.staff.wizard_presenter import WizardPresenter
from kiosk.app.tasks import Worker
from kiosk.core import paths
from kiosk.core.people import Person
from kiosk.services.re_enrolment_service import ReEnrolmentService
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.screens.consent.hand_over_screen import HandOverScreen
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.screens.system.pin_recovery_screen import PinRecoveryScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.screens.system.wizard_screen import WizardScreen

WIZARD = "wizard"
"""Name of the set-up's screen."""

Quietly = Callable[[], AbstractContextManager[object]]
"""Entered while widgets are built, so that nothing watches their events."""


@runtime_checkable
class Ticking(Protocol):
    """Follows the time, once a second."""

    def tick(self) -> None: ...


@runtime_checkable
class Stopping(Protocol):
    """Has work in progress that can be waited for."""

    def stop(self) -> None: ...


@runtime_checkable
class FrameShowing(Protocol):
    """Shows the camera's pictures."""

    def show_frame(self, picture: BGRAImage) -> None: ...


class StaffArea(QObject):
    """Composes the staff's side from the parts of the kiosk.

    Built at once are the sign-in and the frame around the staff's pages. The pages, the set-up, the
    recovery of a PIN and the hand-over follow when they are first used, so that no step keeps the
    main thread for long.
    """

    def __init__(self, parts: KioskParts, quietly: Quietly = nullcontext) -> None:
        """Add the staff's screens to the window and put the presenters behind them."""
        super().__init__()
        self._parts = parts
        self._quietly = quietly
        self.screen = AdminScreen(parts.rules.door_time, quietly)
        self.sign_in_screen = SignInScreen()
        self.context = StaffContext(
            parts.tasks,
            Worker(parts.tasks, "staff-task"),
            Session(),
            StaffNavigation(parts.navigation, self.screen),
            parts.events,
            parts.engine.reload_gallery,
        )
        self._consent_form = consent_form(parts.config.value)
        self._changes = SettingsChanges(self.context, parts.storage, parts.config)
        self.screen.pageBuilt.connect(self._page_built)
        self.pages = PagePresenters(parts, self.context, self.screen, self._changes)
        self._late: dict[str, tuple[QObject, ...]] = {}
        self._add_screens()
        self.sign_in = SignInPresenter(
            self.sign_in_screen, self.screen, self.context, parts.navigation, parts.admin
        )
        self.drafts = KeptDrafts(self.context, self._page_with_drafts)
        self._waiting = WaitingAtSignIn(
            self.context,
            ReEnrolmentService(parts.storage.re_enrolment, local_now),
            lambda: self.screen.enrol.untouched,
            lambda key, **values: self.screen.enrol.show_error(key, **values),
        )

    def _add_screens(self) -> None:
        """Left alone, they give way to the door, except for the wizard as first screen."""
        window = self._parts.window
        window.add_screen("sign_in", self.sign_in_screen, staff=True)
        window.add_screen("admin", self.screen, staff=True)
        window.add_screen_later(WIZARD, lambda: self.wizard, staff=not self._parts.wizard_first)
        window.add_screen_later(PIN_RECOVERY, self._pin_recovery_screen, staff=True)
        window.add_screen_later(HAND_OVER, lambda: self._hand_over[0], staff=True)
        self.sign_in_screen.forgot.show()
        self.sign_in_screen.forgotten.connect(self._open_pin_recovery)

    @property
    def enrol(self) -> EnrolPresenter:
        """The presenter of the enrolment."""
        return self.pages.enrol

    def _page_with_drafts(self, name: str) -> DraftPage | None:
        """Return a page of ``DRAFT_PAGES`` if it is there."""
        return cast(DraftPage, self.screen.build(name)) if self.screen.is_built(name) else None

    def left_alone(self) -> None:
        """Sign out; what was typed and not saved is kept for a while for the same account."""
        if self.screen.is_built("enrol"):
            self.enrol.keep_form()
        self.drafts.keep(self.screen.current())
        self.sign_in.sign_out()

    def tick(self) -> None:
        """Bring what changes by itself up to date; called once a second."""
        for _, presenter in self._presenters():
            if isinstance(presenter, Ticking):
                presenter.tick()

    def show_frame(self, picture: BGRAImage) -> None:
        """Show a camera picture on the page that shows one."""
        for _, presenter in self._presenters():
            if isinstance(presenter, FrameShowing):
                presenter.show_frame(picture)

    def stops(self) -> dict[str, Callable[[], None]]:
        """Return what waits for each kind of work to end, by its name."""
        return {
            "staff's work": self.context.worker.stop,
            **{
                f"{type(presenter).__name__} of {page}": presenter.stop
                for page, presenter in self._presenters()
                if isinstance(presenter, Stopping)
            },
        }

    def _presenters(self) -> Iterator[tuple[str, QObject]]:
        """Return every presenter there is, with the name of its page or screen."""
        yield from self.pages
        for screen, presenters in self._late.items():
            for presenter in presenters:
                yield screen, presenter

    @Slot(str)
    def _page_built(self, name: str) -> None:
        """Connect what leads from a page to another screen."""
        if name == "enrol":
            self.screen.enrol.testRequested.connect(self.sign_in.sign_out)
            self.screen.enrol.handOverRequested.connect(self._hand_over_to)
            self.screen.enrol.pinRequested.connect(self._hand_over_for_pin)
        elif name == "people":
            self.screen.people.details.consentsRequested.connect(self._hand_over_again)
            self.screen.people.details.pinRequested.connect(self._hand_over_for_new_pin)
        elif name == "system":
            self.screen.system.setupRequested.connect(self._set_up_again)

    @cached_property
    def wizard(self) -> WizardScreen:
        """The screen of the set-up."""
        return self._set_up[0]

    @cached_property
    def _set_up(self) -> tuple[WizardScreen, WizardPresenter]:
        parts = self._parts
        with self._quietly():
            screen = WizardScreen()
        camera = CameraSetupPresenter(
            screen.camera, self.context, parts.config, self._changes.save, parts.view
        )
        screen.cameraLeft.connect(camera.close)
        steps = WizardPresenter(
            screen,
            self.context,
            parts.navigation,
            parts.config,
            parts.data_dir,
            self._changes,
            parts.rules.opening_service(lambda: parts.config.value.door, parts.decided),
            build_stored_data(parts.config.value, parts.storage),
            build_delivery(parts.storage, parts.data_dir),
            camera if parts.real_camera else None,
        )
        first_admin = FirstAdminPresenter(
            screen,
            self.sign_in,
            self.context,
            parts.navigation,
            parts.admin,
            set_up_camera=parts.real_camera,
        )
        self._late[WIZARD] = (steps, first_admin, camera)
        return screen, steps

    @Slot()
    def _set_up_again(self) -> None:
        self._set_up[1].again()

    def _pin_recovery_screen(self) -> QWidget:
        parts = self._parts
        with self._quietly():
            screen = PinRecoveryScreen()
        service = build_pin_recovery(
            parts.storage, lambda: parts.config.value.security.recovery_code_resets_pin
        )
        presenter = PinRecoveryPresenter(screen, self.context, parts.navigation, service)
        self._late[PIN_RECOVERY] = (presenter,)
        return screen

    @Slot()
    def _open_pin_recovery(self) -> None:
        self._parts.navigation.go(PIN_RECOVERY)

    @cached_property
    def _hand_over(self) -> tuple[HandOverScreen, HandOverPresenter]:
        parts = self._parts
        with self._quietly():
            screen = HandOverScreen()
        presenter = HandOverPresenter(
            screen,
            self.screen,
            self.context,
            parts.admin,
            parts.door_pins,
            build_consents(parts.storage, parts.config.value, parts.engine.reload_gallery),
            paths.exports_dir(parts.data_dir),
            self._publish_consent,
        )
        return screen, presenter

    @Slot(object)
    def _hand_over_to(self, person: Person) -> None:
        self._hand_over[1].begin(person)

    @Slot(object)
    def _hand_over_again(self, person: Person) -> None:
        self._hand_over[1].begin_again(person)

    @Slot(object)
    def _hand_over_for_pin(self, person: Person) -> None:
        self._hand_over[1].begin_pin_of_enrolment(person)

    @Slot(object)
    def _hand_over_for_new_pin(self, person: Person) -> None:
        self._hand_over[1].begin_pin_of_details(person)

    def _publish_consent(self) -> ConsentForm:
        """Publish the texts with the names of this moment and return them."""
        form = renamed(self._consent_form, self._parts.config.value)
        publish_form(self._parts.storage, form)
        return form
