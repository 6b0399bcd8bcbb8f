"""The list of people: paging, changing a person, PINs for the door."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core.people import Person
from kiosk.core.people_filter import PeopleFilter
from kiosk.core.reports import Order
from kiosk.services.administer import AdministerService
from kiosk.services.door_pin_service import DoorPinService
from kiosk.ui.screens.people.people_screen import PeopleScreen


class PeoplePresenter(QObject):
    """Answers the People page; ``expiry_days``: how long before its end a period is told of."""

    def __init__(
        self,
        page: PeopleScreen,
        context: StaffContext,
        admin: AdministerService,
        door_pins: DoorPinService,
        expiry_days: int = 14,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._admin = admin
        self._door_pins = door_pins
        self._expiry_days = expiry_days
        self._show_error = shown_by(page.show_error)
        page.pageRequested.connect(self._show_rows)
        page.saved.connect(self._save)
        context.navigation.pageOpened.connect(self._page_opened)
        page.lookAlikesRequested.connect(self._show_look_alikes)

    @Slot(str, int, int, object)
    def _show_rows(self, text: str, offset: int, limit: int, order: Order) -> None:
        """With the filter "enrol again", only people without templates of the network in use."""
        embedder = self._context.events.embedder
        without = embedder.id if embedder and self._page.only_again else ""
        only = replace(self._page.wanted(text), without=without)
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._admin.people(actor, only, offset, limit, order),
            self._page.show_page,
            self._show_error,
        )

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        """Tell whose period ends soon."""
        if name != "people":
            return
        actor = self._context.session.account
        only = PeopleFilter(ends_within_days=self._expiry_days)
        self._context.worker.run(
            lambda: self._admin.people_count(actor, only),
            lambda people: self._page.show_expiring(people, self._expiry_days),
            self._show_error,
        )

    @Slot(object)
    def open_person(self, person: Person) -> None:
        """Open the page with the details of ``person``."""
        self._context.navigation.open_page("people")
        self._page.open_person(person)

    @Slot(object)
    def _save(self, person: Person) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._admin.save_person(actor, person),
            lambda _: self._page.refresh(),
            self._show_error,
        )

    @Slot(int)
    def _show_look_alikes(self, person_id: int) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._door_pins.look_alikes(actor, person_id),
            lambda names: self._page.show_look_alikes(person_id, names),
            self._show_error,
        )
