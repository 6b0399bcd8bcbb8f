"""Handing out exported files on a USB stick."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.errors import KioskError
from kiosk.core.sticks import HandOut, Parcel, Stick
from kiosk.services.delivery_service import DeliveryService, parcel_of
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.formatting import moment_text
from kiosk.ui.i18n import tr
from kiosk.ui.screens.delivery.delivery_screen import DeliveryScreen

PAGE = "delivery"

PROGRESS_S = 0.1
"""Shortest time between two reports of progress."""


class DeliveryPresenter(QObject):
    """Answers the Exported files page. One parcel is written at a time; signing out stops it."""

    moved = Signal(object, int, int)

    def __init__(
        self, page: DeliveryScreen, context: StaffContext, service: DeliveryService
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._service = service
        self._parcel: Parcel | None = None
        self._came_from = "system"
        self._looking = False
        self._stop = threading.Event()
        self._began = 0.0
        self._looker = Worker(context.tasks, "sticks")
        self._writer = Worker(context.tasks, "stick-writer")
        page.parcelChosen.connect(self._choose)
        page.backRequested.connect(self._go_back)
        page.stick.writeRequested.connect(self._write)
        page.stick.releaseRequested.connect(self._release)
        page.stick.cancelled.connect(self._cancel)
        self.moved.connect(self._show_progress)
        context.navigation.pageOpened.connect(self._page_opened)
        context.session.ended.connect(self._end)

    def parcel(self) -> Parcel | None:
        """Return what the page offers."""
        return self._parcel

    def stop(self) -> None:
        """Stop writing and wait for that."""
        self._stop.set()
        self._writer.stop()
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
        now = local_now()
        lines = (
            tr("delivery.code.title"),
            tr("delivery.code.made", at=moment_text(now)),
            code,
            tr("delivery.code.keep"),
        )
        text = "\r\n".join(lines) + "\r\n"
        name = f"munjigi-recovery-code-{now:%Y%m%d}.txt"
        self.offer(Parcel(name, (HandOut(name, content=text.encode()),)), "privacy")

    def tick(self) -> None:
        """Look for sticks while the page offers a parcel."""
        shown = self._context.navigation.is_shown(PAGE) and self._parcel is not None
        if not shown or self._looking or self._page.stick.busy:
            return
        self._looking = True
        actor = self._context.session.account

        def found(sticks: list[Stick]) -> None:
            self._looking = False
            self._page.stick.show_sticks(sticks)

        def failed(error: KioskError) -> None:
            self._looking = False
            self._page.stick.show_error(error.key, **error.values)

        self._looker.run(lambda: self._service.sticks(actor), found, failed)

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
        self._cancel()
        from_list = self._parcel is not None and not self._came_from
        self._parcel = None
        if from_list:
            self._show_list()
        else:
            self._context.navigation.open_page(self._came_from or "system")
        self._came_from = ""

    @Slot(object)
    def _write(self, stick: Stick) -> None:
        parcel = self._parcel
        if parcel is None:
            return
        actor = self._context.session.account
        stop = self._stop = threading.Event()
        self._began = time.monotonic()
        reported = [0.0]

        def progress(done: int, total: int) -> None:
            if done == total or time.monotonic() - reported[0] >= PROGRESS_S:
                reported[0] = time.monotonic()
                self.moved.emit(stop, done, total)

        def done(names: tuple[str, ...]) -> None:
            if names:
                self._page.stick.show_written(stick, names)
            else:
                self._page.stick.show_cancelled()

        self._page.stick.start()
        self._writer.run(
            lambda: self._service.write(actor, parcel, stick, progress, stop.is_set),
            done,
            shown_by(self._page.stick.show_error),
        )

    @Slot(object)
    def _release(self, stick: Stick) -> None:
        actor = self._context.session.account
        self._writer.run(
            lambda: self._service.release(actor, stick),
            lambda _: self._page.stick.show_released(),
            shown_by(self._page.stick.show_error),
        )

    @Slot()
    def _cancel(self) -> None:
        self._stop.set()

    @Slot()
    def _end(self) -> None:
        self._cancel()
        self._parcel = None
        self._came_from = "system"

    @Slot(object, int, int)
    def _show_progress(self, stop: threading.Event, done: int, total: int) -> None:
        if stop is self._stop and not stop.is_set():
            self._context.navigation.keep_awake()
            self._page.stick.show_progress(done, total, time.monotonic() - self._began)
