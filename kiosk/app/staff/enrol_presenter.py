"""The guided enrolment, which the engine runs on the inference thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from kiosk.app.capture_thread import BGRAImage
from kiosk.app.engine_client import EngineClient
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core.errors import KioskError
from kiosk.core.people import Account, Person
from kiosk.core.people_filter import PeopleFilter
from kiosk.core.view_models import EnrolView
from kiosk.services.administer import AdministerService
from kiosk.services.door_pin_service import DoorPinService
from kiosk.ui.screens.enrol.enrol_screen import EnrolScreen

T = TypeVar("T")


class EnrolPresenter(QObject):
    """Sends the page's commands to the engine, and the engine's views to the page."""

    def __init__(
        self,
        page: EnrolScreen,
        context: StaffContext,
        engine: EngineClient,
        admin: AdministerService,
        door_pins: DoorPinService,
        expiry_days: int,
    ) -> None:
        super().__init__()
        self.page = page
        self._context = context
        self._engine = engine
        self._admin = admin
        self._door_pins = door_pins
        self._expiry_days = expiry_days
        self._advance: tuple[int, float] = (0, 0.0)
        self._kept: tuple[str, Person] | None = None
        page.checkNumberRequested.connect(self._check_number)
        page.started.connect(self._start)
        page.addRequested.connect(self._add)
        page.cancelled.connect(self._cancel)
        page.retryRequested.connect(self._retry)
        page.saveRequested.connect(self._save)
        context.session.ended.connect(self._discard)
        context.session.signedIn.connect(self._bring_back)
        context.navigation.pageOpened.connect(self._page_opened)

    def show(self, view: EnrolView) -> None:
        """Show how far the enrolment is; a capture that advances counts as a touch."""
        advance = (len(view.captured), view.progress)
        if advance > self._advance:
            self._context.navigation.keep_awake()
        self._advance = advance
        self.page.show_view(view)
        self._context.events.enrolmentShown.emit(view)

    def show_frame(self, picture: BGRAImage) -> None:
        """Show a camera picture."""
        self.page.preview.set_frame(picture)

    @Slot(object)
    def begin_with(self, person: Person) -> None:
        """Open the page to enrol ``person`` again."""
        self._context.navigation.open_page("enrol")
        self.page.begin_with(person)

    def keep_form(self) -> None:
        """Keep what was typed for the account that is signed out because it was left alone."""
        typed = self.page.form()
        self._kept = (self._context.session.account.name, typed) if typed else None

    @Slot(object)
    def _bring_back(self, account: Account) -> None:
        """Show what the same account had typed; another account ends that."""
        kept, self._kept = self._kept, None
        if kept is not None and kept[0] == account.name:
            self._context.navigation.open_page("enrol")
            self.page.fill(kept[1])

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name != "enrol":
            self.page.leave()
            return
        actor = self._context.session.account
        only = PeopleFilter(ends_within_days=self._expiry_days)
        self._context.worker.run(
            lambda: self._admin.people_count(actor, only),
            lambda people: self.page.who.show_expiring(people, self._expiry_days),
            shown_by(self.page.show_error),
        )

    @Slot()
    def _discard(self) -> None:
        self._engine.discard_enrolment()
        self.page.reset()

    @Slot(str)
    def _check_number(self, number: str) -> None:
        actor = self._context.session.account

        def show(owner: Person | None) -> None:
            self.page.show_number_taken(owner.name if owner else "")

        self._context.worker.run(
            lambda: self._admin.number_owner(actor, number), show, shown_by(self.page.show_error)
        )

    @Slot(object)
    def _start(self, person: Person) -> None:
        self._follow(self._engine.start_enrolment(self._context.session.account, person))

    @Slot(object, str)
    def _add(self, person: Person, pin: str) -> None:
        """Store a person without a face, with the PIN that they chose."""
        actor = self._context.session.account

        def add() -> tuple[Person, KioskError | None]:
            added = self._admin.add_person(actor, person)
            if not pin or added.id is None:
                return added, None
            try:
                self._door_pins.set_pin(actor, added.id, pin)
            except KioskError as error:  # the person is enrolled all the same
                return added, error
            return replace(added, has_pin=True), None

        self._context.worker.run(add, self._added, shown_by(self.page.show_error))

    def _added(self, done: tuple[Person, KioskError | None]) -> None:
        person, error = done
        self.page.show_added(person)
        if error is not None:
            self.page.show_pin_error(error.key, **error.values)

    @Slot()
    def _cancel(self) -> None:
        self._follow(self._engine.cancel_enrolment())

    @Slot()
    def _retry(self) -> None:
        self._follow(self._engine.retry_enrolment())

    @Slot()
    def _save(self) -> None:
        self._follow(self._engine.save_enrolment(), self.show)

    def _follow(self, future: Future[T], done: Callable[[T], None] = lambda _: None) -> None:
        """Without ``done`` the engine's next step shows the result."""
        self._context.tasks.watch(future, done, shown_by(self.page.show_error))
