"""Hands the kiosk to a person: consents and the PIN for the door; the staff's PIN takes it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from kiosk.app.bootstrap.consent_factory import ConsentForm
from kiosk.app.staff.context import StaffContext
from kiosk.app.staff.documents import write_document
from kiosk.app.tasks import shown_by
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.errors import KioskError, SignInError
from kiosk.core.people import Account, CredentialMode, Person
from kiosk.services.administer import AdministerService
from kiosk.services.consent_service import ConsentAnswer, ConsentService
from kiosk.services.door_pin_service import DoorPinService
from kiosk.storage.people.file_erasure import RECEIPT
from kiosk.ui.screens.consent.hand_over_screen import HandOverScreen
from kiosk.ui.screens.system.admin_screen import AdminScreen

HAND_OVER = "hand_over"
"""Name of the screen."""


@dataclass(frozen=True, slots=True)
class PinPage:
    """The page that a person's PIN was asked for on: whose it is, and how the page is answered."""

    person: Person
    done: Callable[[], None]
    failed: Callable[..., None]


class HandOverPresenter(QObject):
    """Between the pages *Enrol* and *People* and the screen that the person holds."""

    def __init__(
        self,
        screen: HandOverScreen,
        pages: AdminScreen,
        context: StaffContext,
        admin: AdministerService,
        door_pins: DoorPinService,
        consents: ConsentService,
        exports: Path,
        form: Callable[[], ConsentForm],
    ) -> None:
        """``form``: publishes the texts of consent of this moment; for the worker's thread."""
        super().__init__()
        self._screen = screen
        self._pages = pages
        self._context = context
        self._admin = admin
        self._door_pins = door_pins
        self._consents = consents
        self._exports = exports
        self._form = form
        self._asked_again: Person | None = None
        self._pin_page: PinPage | None = None
        screen.pinEntered.connect(self._check)
        screen.left.connect(self._leave)
        context.session.ended.connect(screen.reset)

    @Slot(object)
    def begin(self, person: Person) -> None:
        """Hand the kiosk over in the course of an enrolment."""
        self._context.worker.run(
            self._form,
            lambda form: self._show(form, person, again=False),
            shown_by(self._pages.enrol.show_error),
        )

    @Slot(object)
    def begin_again(self, person: Person) -> None:
        """Hand the kiosk over to somebody enrolled, who decides once more."""
        self._context.worker.run(
            self._form,
            lambda form: self._show(form, person, again=True),
            shown_by(self._pages.people.show_error),
        )

    @Slot(object)
    def begin_pin_of_enrolment(self, person: Person) -> None:
        """Let somebody who was just enrolled choose a PIN."""
        page = PinPage(person, self._pages.enrol.show_pin_set, self._pages.enrol.show_pin_error)
        self._begin_pin(page)

    @Slot(object)
    def begin_pin_of_details(self, person: Person) -> None:
        """Let somebody whose details are shown choose a PIN."""
        self._begin_pin(
            PinPage(person, self._pages.people.show_pin_set, self._pages.people.show_error)
        )

    def _begin_pin(self, page: PinPage) -> None:
        """Let a person who is enrolled choose a PIN."""
        self._asked_again, self._pin_page = None, page
        self._screen.begin_pin(page.person, self._context.session.account.name)
        self._context.navigation.show(HAND_OVER)

    def _show(self, form: ConsentForm, person: Person, *, again: bool) -> None:
        """Show the texts that were published, unless the staff left the pages meanwhile."""
        if not self._context.navigation.shows("admin"):
            return
        self._asked_again, self._pin_page = person if again else None, None
        self._screen.consent.text.set_form(form.terms, form.site)
        self._screen.begin(person, self._context.session.account.name, again=again)
        self._context.navigation.show(HAND_OVER)

    @Slot(str)
    def _check(self, pin: str) -> None:
        """Check the PIN of the account that handed the kiosk over, on the worker's thread."""
        name = self._context.session.account.name
        self._context.worker.run(
            lambda: self._admin.sign_in(name, pin),
            self._take_back,
            self._refuse,
        )

    def _refuse(self, error: KioskError) -> None:
        """Say why not; the page asks for no name, so that a wrong PIN is said to be only that."""
        wrong_pin = error.key == SignInError.key
        self._screen.show_error("hand_over.wrong_pin" if wrong_pin else error.key, **error.values)

    def _take_back(self, _account: Account) -> None:
        """Go on with what was begun, unless the screen was left before the answer came."""
        if not self._screen.finished or not self._context.navigation.shows(HAND_OVER):
            return
        choice, pin = self._screen.choice, self._screen.pin or ""
        self._context.navigation.show("admin")
        if self._pin_page is not None:
            self._set_pin(self._pin_page, pin)
        elif self._asked_again is not None and choice is not None:
            self._give_again(self._asked_again, choice, pin)
        elif choice is not None:
            self._pages.enrol.decided(choice, pin)
        self._pin_page = None
        self._screen.reset()

    def _set_pin(self, page: PinPage, pin: str) -> None:
        """Store the PIN that the person chose; without one nothing changes."""
        actor = self._context.session.account
        person_id = page.person.id
        if not pin or person_id is None:
            page.failed("people.pin.not_chosen")
            return
        self._context.worker.run(
            lambda: self._door_pins.set_pin(actor, person_id, pin),
            lambda _: page.done(),
            shown_by(page.failed),
        )

    def _give_again(self, person: Person, choice: ConsentChoice, pin: str) -> None:
        actor = self._context.session.account
        assert person.id is not None, "only an enrolled person is asked again"
        person_id = person.id

        def give() -> tuple[ConsentAnswer, str]:
            answer = self._consents.give_again(actor, person_id, choice)
            if pin:
                self._door_pins.set_pin(actor, person_id, pin)
                answer = replace(answer, person=replace(answer.person, has_pin=True))
            receipt = answer.receipt
            if receipt is None:
                return answer, ""
            name = f"{RECEIPT}-{receipt.id}"
            return answer, str(write_document(self._exports, name, receipt.document))

        self._context.worker.run(give, self._given, shown_by(self._pages.people.show_error))

    def _given(self, done: tuple[ConsentAnswer, str]) -> None:
        """Say what was stored, what was deleted, and whether the person has a way in left."""
        answer, path = done
        person, receipt = answer.person, answer.receipt
        self._pages.people.refresh()
        if receipt is not None and receipt.unreached:
            places = ", ".join(place.place for place in receipt.unreached)
            self._pages.people.show_note("people.not_reached", path=path, places=places)
        elif receipt is not None:
            self._pages.people.show_note("people.consents_face_gone", name=person.name, path=path)
        elif answer.withdrawn:
            self._pages.people.show_note("people.consents_withdrawn", name=person.name)
        else:
            self._pages.people.show_note("people.consents_given")
        if receipt is not None and person.entry is CredentialMode.PIN and not person.has_pin:
            self._pages.people.open_person(person)
            self._pages.people.show_error("people.consents_no_way", name=person.name)

    @Slot()
    def _leave(self) -> None:
        self._context.session.end()
        self._context.navigation.to_door()
