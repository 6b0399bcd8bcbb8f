"""The looks of the person in the panel of the People page."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core.member_looks import LookHistory
from kiosk.core.rights import Actor
from kiosk.services.kept_looks_service import KeptLooksService
from kiosk.ui.screens.people.people_screen import PeopleScreen


class LooksPresenter(QObject):
    """Shows a person's looks, and removes one."""

    def __init__(self, page: PeopleScreen, context: StaffContext, looks: KeptLooksService) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._looks = looks
        page.looksRequested.connect(self._show)
        page.lookRemoved.connect(self._remove)

    @Slot(int)
    def _show(self, person_id: int) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._looks.history(actor, person_id),
            lambda history: self._page.show_looks(person_id, history),
            shown_by(self._page.show_error),
        )

    @Slot(int, int)
    def _remove(self, person_id: int, number: int) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._removed(actor, person_id, number),
            lambda history: self._page.show_look_removed(person_id, history),
            shown_by(self._page.show_error),
        )

    def _removed(self, actor: Actor, person_id: int, number: int) -> LookHistory:
        self._looks.remove(actor, person_id, number)
        return self._looks.history(actor, person_id)
