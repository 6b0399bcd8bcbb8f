"""Offering the parcel of the Exported files page on the local network."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.sticks import Parcel
from kiosk.services.download_service import DownloadService, OfferedDownload
from kiosk.ui.screens.delivery.download_card import DownloadCard
from kiosk.vision.detection.code_reader import qr_code

HOLDS_S = 300.0
"""How long a code holds."""

FINISH_S = 60.0
"""How much longer a file may take that is being downloaded when the code is over."""


class DownloadPresenter(QObject):
    """Answers the card. A code ends after ``HOLDS_S``, once everything was downloaded, and with the
    page: who leaves it or signs out, takes it back. What is being downloaded then is cut off after
    ``FINISH_S`` more, in which it does not keep the account signed in: its speed is the client's.

    ``parcel``: what the page shows.
    """

    def __init__(
        self,
        card: DownloadCard,
        context: StaffContext,
        service: DownloadService,
        parcel: Callable[[], Parcel | None],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._card = card
        self._context = context
        self._service = service
        self._parcel = parcel
        self._steady = steady
        self._offer: OfferedDownload | None = None
        self._until = 0.0
        self._worker = Worker(context.tasks, "download-offer")
        card.startRequested.connect(self._start)
        card.stopRequested.connect(self._take_back)
        context.navigation.pageOpened.connect(self._page_opened)
        context.session.ended.connect(self.end)

    def stop(self) -> None:
        """Take the code back and wait for that."""
        self.end()
        self._worker.stop()

    def end(self) -> None:
        """Take the code back, if there is one."""
        offer = self._offer
        self._offer = None
        self._card.reset()
        if offer is not None:
            self._worker.run(offer.stop, lambda _: None, shown_by(self._card.show_error))

    def tick(self) -> None:
        """Count down, and end what is over."""
        offer = self._offer
        if offer is None:
            return
        left = self._until - self._steady()
        if offer.finished:
            self._end_with("download.finished", "accept")
        elif left <= -FINISH_S or (left <= 0 and not offer.busy):
            self._end_with("download.over", "wait")
        else:
            if offer.busy and left > 0:
                self._context.navigation.keep_awake()
            self._card.show_left(left)

    @Slot(str)
    def _page_opened(self, _name: str) -> None:
        self.end()
        self._card.setVisible(self._service.allowed)

    @Slot()
    def _start(self) -> None:
        parcel = self._parcel()
        if parcel is None:
            return
        actor = self._context.session.account

        def offered(offer: OfferedDownload) -> None:
            if self._context.session.account is not actor or self._parcel() is not parcel:
                self._worker.run(offer.stop, lambda _: None, shown_by(self._card.show_error))
                return
            self._offer = offer
            self._until = self._steady() + HOLDS_S
            self._card.show_offer(offer.url, qr_code(offer.url), offer.fingerprint, HOLDS_S)

        self._worker.run(
            lambda: self._service.offer(actor, parcel), offered, shown_by(self._card.show_error)
        )

    @Slot()
    def _take_back(self) -> None:
        self._end_with("download.stopped", "quiet")

    def _end_with(self, key: str, tone: str) -> None:
        self.end()
        self._card.show_ended(key, tone)
