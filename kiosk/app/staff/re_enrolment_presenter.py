"""Re-enrolment after a change of network: who is still waiting, latest visitors first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core.people import Account, AccountRole
from kiosk.core.view_models import ReEnrolment
from kiosk.services.re_enrolment_service import ReEnrolmentService
from kiosk.ui.screens.people.people_screen import PeopleScreen


class ReEnrolmentPresenter(QObject):
    """Shows the progress on the People page once the network is known.

    ``enrol_untouched``: whether nothing was typed on the enrolment's page.
    """

    def __init__(
        self,
        page: PeopleScreen,
        context: StaffContext,
        service: ReEnrolmentService,
        enrol_untouched: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._service = service
        self._enrol_untouched = enrol_untouched
        context.session.signedIn.connect(self._signed_in)
        context.navigation.pageOpened.connect(self._page_opened)

    @Slot(object)
    def _signed_in(self, account: Account) -> None:
        """Staff begin on the enrolment's page; if people are waiting, open their list instead."""

        def show(found: ReEnrolment) -> None:
            self._page.show_re_enrolment(found)
            if (
                found.waiting
                and account.role is AccountRole.STAFF
                and self._context.navigation.is_open("enrol")
                and self._enrol_untouched()
            ):
                self._context.navigation.open_page("people")

        self._find(show)

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == "people":
            self._find(self._page.show_re_enrolment)

    def _find(self, show: Callable[[ReEnrolment], None]) -> None:
        embedder = self._context.events.embedder
        actor = self._context.session.account
        if embedder is not None:
            self._context.worker.run(
                lambda: self._service.waiting(actor, embedder.id),
                show,
                shown_by(self._page.show_error),
            )
