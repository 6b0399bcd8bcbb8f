"""Making a file for those who help with the kiosk, from the System page."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import OfferFile, StaffContext
from kiosk.app.tasks import shown_by
from kiosk.services.support_file import SupportFileService, SupportReport
from kiosk.ui.screens.system.system_screen import SystemScreen


class SupportPresenter(QObject):
    """``report``: what the page shows. The file is offered like an export."""

    def __init__(
        self,
        page: SystemScreen,
        context: StaffContext,
        service: SupportFileService,
        report: Callable[[], SupportReport],
        offer: OfferFile,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._service = service
        self._report = report
        self._offer = offer
        page.supportRequested.connect(self._make)

    @Slot()
    def _make(self) -> None:
        actor = self._context.session.account
        report = self._report()
        self._context.worker.run(
            lambda: self._service.make(actor, report),
            lambda file: self._offer(file, "system"),
            shown_by(self._page.show_error),
        )
