"""Guides staff to whoever must be enrolled again: on the People page, and whoever has just stood before the door on top of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Slot

from kiosk.core.people import Account, AccountRole
from kiosk.core.view_models import ReEnrolment
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.people.re_enrolment import ReEnrolmentStore

if TYPE_CHECKING:
    from kiosk.app.runtime import KioskApp

LATELY = timedelta(hours=12)


class ReEnrolmentPresenter(QObject):
    """``embedder_id``: the network in use; empty until it is loaded, and nobody is told anything then."""

    def __init__(self, app: KioskApp) -> None:
        super().__init__()
        self._app = app
        self._store = ReEnrolmentStore(app.storage.database)
        self.embedder_id = ""
        app.desk.signedIn.connect(self._welcome)
        app.staff.pageOpened.connect(self._opened)

    @Slot(object)
    def _welcome(self, account: Account) -> None:
        """Staff begin with enrolling; where somebody waits for it, with the list that says who."""

        def show(found: Any) -> None:
            self._show(found)
            if (
                found.waiting
                and account.role is AccountRole.STAFF
                and self._app.staff.current() == "enrol"
                and self._app.staff.enrol.untouched
            ):
                self._app.staff.page("people")

        self._ask(show)

    @Slot(str)
    def _opened(self, name: str) -> None:
        if name == "people":
            self._ask(self._show)

    def _ask(self, show: Any) -> None:
        embedder = self.embedder_id
        if embedder:
            self._app.desk.run(
                lambda: self._store.campaign(embedder, local_now() - LATELY),
                show,
                self._app.staff.people.show_error,
            )

    def _show(self, found: ReEnrolment) -> None:
        self._app.staff.people.show_campaign(found)
