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
    """Shows the progress on the People page once the network is known."""

    def __init__(
        self, page: PeopleScreen, context: StaffContext, service: ReEnrolmentService
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._service = service
        context.navigation.pageOpened.connect(self._page_opened)

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        embedder = self._context.events.embedder
        actor = self._context.session.account
        if name == "people" and embedder is not None:
            self._context.worker.run(
                lambda: self._service.waiting(actor, embedder.id),
                self._page.show_re_enrolment,
                shown_by(self._page.show_error),
            )


class WaitingAtSignIn(QObject):
    """Staff begin on the enrolment's page; if people are waiting, opens their list instead.

    ``enrol_untouched``: whether nothing was typed on the enrolment's page. ``show_error``: of that
    page.
    """

    def __init__(
        self,
        context: StaffContext,
        service: ReEnrolmentService,
        enrol_untouched: Callable[[], bool],
        show_error: Callable[..., None],
    ) -> None:
        super().__init__()
        self._context = context
        self._service = service
        self._enrol_untouched = enrol_untouched
        self._show_error = show_error
        context.session.signedIn.connect(self._signed_in)

    @Slot(object)
    def _signed_in(self, account: Account) -> None:
        embedder = self._context.events.embedder
        if embedder is not None and account.role is AccountRole.STAFF:
            self._context.worker.run(
                lambda: self._service.waiting(account, embedder.id),
                self._open_list,
                shown_by(self._show_error),
            )

    def _open_list(self, found: ReEnrolment) -> None:
        navigation = self._context.navigation
        if found.waiting and navigation.is_open("enrol") and self._enrol_untouched():
            navigation.open_page("people")
