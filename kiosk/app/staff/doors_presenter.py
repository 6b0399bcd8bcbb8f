"""The page of the fleet: nodes, requests to join, conflicts, lock-down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker
from kiosk.core.errors import KioskError
from kiosk.core.fleet_status import SyncStatus
from kiosk.core.fleet_view import FleetView
from kiosk.services.fleet_service import FleetService
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.screens.fleet.doors_screen import DoorsScreen

PAGE = "fleet"

LOOK_TICKS = 3
"""Seconds between two looks while the page is shown."""


class DoorsPresenter(QObject):
    """Answers the page on threads of its own: the centre may be away.

    ``service``: makes the use cases when they are first needed. ``status``: how following the fleet
    is doing.
    """

    def __init__(
        self,
        page: DoorsScreen,
        context: StaffContext,
        service: Callable[[], FleetService],
        status: Callable[[], SyncStatus] = SyncStatus,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._make_service = service
        self._status = status
        self._made: FleetService | None = None
        self._worker = Worker(context.tasks, "fleet-task")
        self._looker = Worker(context.tasks, "fleet-view")
        self._looking = False
        self._ticks = 0
        context.navigation.pageOpened.connect(self._page_opened)
        page.admitted.connect(self._admit)
        page.revoked.connect(self._revoke)
        page.settled.connect(self._settle)
        page.lockRequested.connect(self._lock)
        page.openRequested.connect(self._open_once)
        page.backRequested.connect(self._go_back)

    def stop(self) -> None:
        """Wait for the work in progress."""
        self._worker.stop()
        self._looker.stop()

    def tick(self) -> None:
        """Look at the fleet every few seconds while the page is shown."""
        self._ticks += 1
        if self._ticks % LOOK_TICKS == 0 and self._context.navigation.is_shown(PAGE):
            self._look()

    def _service(self) -> FleetService:
        if self._made is None:
            self._made = self._make_service()
        return self._made

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == PAGE:
            self._look()

    def _look(self) -> None:
        if self._looking:
            return
        self._looking = True
        actor = self._context.session.account

        def view() -> tuple[FleetView, bool]:
            service = self._service()
            return service.view(actor), service.needs_two

        def show(found: tuple[FleetView, bool]) -> None:
            self._looking = False
            self._page.show_fleet(found[0], local_now(), two_admins=found[1])
            status = self._status()
            self._page.show_problem(status.problem if status.connected else None)

        def failed(error: KioskError) -> None:
            self._looking = False
            self._page.show_nothing(error.key, **error.values)

        self._looker.run(view, show, failed)

    @Slot(str, bool, str, str)
    def _admit(self, node: str, staff: bool, name: str, pin: str) -> None:
        actor = self._context.session.account
        self._do(
            lambda: self._service().admit(actor, node, staff=staff, name=name, pin=pin),
            "doors.admitted",
        )

    @Slot(str, str, str)
    def _revoke(self, node: str, name: str, pin: str) -> None:
        actor = self._context.session.account
        self._do(lambda: self._service().revoke(actor, node, name, pin), "doors.revoked_note")

    @Slot(int, bool, str, str)
    def _settle(self, conflict: int, keep_mine: bool, name: str, pin: str) -> None:
        actor = self._context.session.account
        self._do(
            lambda: self._service().settle(actor, conflict, keep_mine, name, pin), "doors.settled"
        )

    @Slot(str, bool)
    def _lock(self, node: str, locked: bool) -> None:
        actor = self._context.session.account
        service = self._service
        if locked:
            self._do(lambda: service().lock_down(actor, (node,)), "doors.locked")
        else:
            self._do(lambda: service().end_lock_down(actor, (node,)), "doors.unlocked")

    @Slot(str)
    def _open_once(self, node: str) -> None:
        actor = self._context.session.account
        self._do(lambda: self._service().open_once(actor, node), "doors.opening")

    def _do(self, work: Callable[[], Any], done_key: str) -> None:
        """Do ``work``, say what came of it, and look again."""
        self._page.show_note("quiet", "doors.working")

        def done(said: object) -> None:
            self._page.show_note("accept", done_key, name=said if isinstance(said, str) else "")
            self._look()

        def failed(error: KioskError) -> None:
            self._page.show_note("reject", error.key, **error.values)

        self._worker.run(work, done, failed)

    @Slot()
    def _go_back(self) -> None:
        self._context.navigation.open_page("system")
