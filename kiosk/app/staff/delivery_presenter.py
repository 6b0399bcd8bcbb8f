"""Handing out exported files on a USB stick."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from kiosk.app.recovery_code_print import recovery_parcel
from kiosk.app.staff.context import StaffContext
from kiosk.app.staff.stick_presenter import StickPresenter
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.sticks import Parcel
from kiosk.services.delivery_service import DeliveryService, parcel_of
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.screens.delivery.delivery_screen import DeliveryScreen

PAGE = "delivery"


class DeliveryPresenter(QObject):
    """Answers the Exported files page."""

    def __init__(
        self, page: DeliveryScreen, context: StaffContext, service: DeliveryService
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._service = service
        self._parcel: Parcel | None = None
        self._came_from = "system"
        self._looker = Worker(context.tasks, "exports")
        self.sticks = StickPresenter(page.stick, context, service, self.parcel, "stick")
        page.parcelChosen.connect(self._choose)
        page.backRequested.connect(self._go_back)
        context.navigation.pageOpened.connect(self._page_opened)
        context.session.ended.connect(self._end)

    def parcel(self) -> Parcel | None:
        """Return what the page offers."""
        return self._parcel

    def stop(self) -> None:
        """Stop writing and wait for that."""
        self.sticks.stop()
        self._looker.stop()

    def offer(self, parcel: Parcel, came_from: str) -> None:
        """Show the ways to hand out ``parcel``; *Back* leads to the page ``came_from``."""
        self._parcel = parcel
        self._came_from = came_from
        self._context.navigation.open_page(PAGE)

    def offer_file(self, path: Path, came_from: str) -> None:
        """Offer an export that has just been made, unless somebody went on to another page."""
        if self._context.navigation.is_shown(came_from):
            self.offer(parcel_of(path), came_from)

    def offer_code(self, code: str) -> None:
        """Offer a recovery code; it is stored nowhere on this machine."""
        self.offer(recovery_parcel(code, local_now()), "privacy")

    def tick(self) -> None:
        """Look for sticks while the page offers a parcel."""
        if self._context.navigation.is_shown(PAGE):
            self.sticks.tick()

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name != PAGE:
            return
        if self._parcel is None:
            self._show_list()
        else:
            self._page.show_parcel(self._parcel)
            self.tick()

    def _show_list(self) -> None:
        actor = self._context.session.account
        self._looker.run(
            lambda: self._service.parcels(actor),
            self._page.show_parcels,
            shown_by(self._page.show_error),
        )

    @Slot(object)
    def _choose(self, parcel: Parcel) -> None:
        self._parcel = parcel
        self._came_from = ""
        self._page.show_parcel(parcel)
        self.tick()

    @Slot()
    def _go_back(self) -> None:
        """From a parcel to the page that offered it, or to the list; from the list to System."""
        self.sticks.cancel()
        from_list = self._parcel is not None and not self._came_from
        self._parcel = None
        if from_list:
            self._show_list()
        else:
            self._context.navigation.open_page(self._came_from or "system")
        self._came_from = ""

    @Slot()
    def _end(self) -> None:
        self._parcel = None
        self._came_from = "system"
