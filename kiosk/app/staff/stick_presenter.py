"""Finding USB sticks and writing a parcel to one, for a page that shows a ``StickCard``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.errors import KioskError
from kiosk.core.sticks import Parcel, Stick
from kiosk.services.delivery_service import DeliveryService
from kiosk.ui.screens.delivery.stick_card import StickCard

PROGRESS_S = 0.1
"""Shortest time between two reports of progress."""


class StickPresenter(QObject):
    """Answers one card. One parcel is written at a time; signing out stops it."""

    moved = Signal(object, int, int)

    def __init__(
        self,
        card: StickCard,
        context: StaffContext,
        service: DeliveryService,
        parcel: Callable[[], Parcel | None],
        name: str,
    ) -> None:
        """``parcel``: what is to be written, while the card is shown. ``name``: of the workers."""
        super().__init__()
        self._card = card
        self._context = context
        self._service = service
        self._parcel = parcel
        self._looking = False
        self._stop = threading.Event()
        self._began = 0.0
        self.looker = Worker(context.tasks, f"{name}-finder")
        self.writer = Worker(context.tasks, f"{name}-writer")
        card.writeRequested.connect(self._write)
        card.releaseRequested.connect(self._release)
        card.cancelled.connect(self.cancel)
        self.moved.connect(self._show_progress)
        context.session.ended.connect(self.cancel)

    def stop(self) -> None:
        """Stop writing and wait for that."""
        self._stop.set()
        self.writer.stop()
        self.looker.stop()

    def tick(self) -> None:
        """Look for sticks while there is something to write; once a second."""
        if self._parcel() is None or self._looking or self._card.busy:
            return
        self._looking = True
        actor = self._context.session.account

        def found(sticks: list[Stick]) -> None:
            self._looking = False
            self._card.show_sticks(sticks)

        def failed(error: KioskError) -> None:
            self._looking = False
            self._card.show_error(error.key, **error.values)

        self.looker.run(lambda: self._service.sticks(actor), found, failed)

    @Slot()
    def cancel(self) -> None:
        """Stop writing."""
        self._stop.set()

    @Slot(object)
    def _write(self, stick: Stick) -> None:
        parcel = self._parcel()
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
                self._card.show_written(stick, names)
            else:
                self._card.show_cancelled()

        self._card.start()
        self.writer.run(
            lambda: self._service.write(actor, parcel, stick, progress, stop.is_set),
            done,
            shown_by(self._card.show_error),
        )

    @Slot(object)
    def _release(self, stick: Stick) -> None:
        actor = self._context.session.account
        self.writer.run(
            lambda: self._service.release(actor, stick),
            lambda _: self._card.show_released(),
            shown_by(self._card.show_error),
        )

    @Slot(object, int, int)
    def _show_progress(self, stop: threading.Event, done: int, total: int) -> None:
        if stop is self._stop and not stop.is_set():
            self._context.navigation.keep_awake()
            self._card.show_progress(done, total, time.monotonic() - self._began)
