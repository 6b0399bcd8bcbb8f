"""Hours of presence on screen, and their export."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import OfferFile, StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core import paths
from kiosk.core.ports import Clock
from kiosk.services.attendance_service import AttendanceLine, AttendanceService
from kiosk.services.export_service import free_name
from kiosk.ui.screens.log.attendance_screen import AttendanceScreen

DAYS = {"today": 1, "week": 7, "month": 31}
PAGE = "attendance"
FIRST = 100
"""Rows that are shown at first."""


class AttendancePresenter(QObject):
    """Answers the page of hours of presence; ``offer`` shows ways to take the export along."""

    def __init__(
        self,
        page: AttendanceScreen,
        context: StaffContext,
        service: AttendanceService,
        data_dir: Path,
        clock: Clock,
        offer: OfferFile = lambda path, page: None,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._service = service
        self._folder = paths.exports_dir(data_dir)
        self._clock = clock
        self._offer = offer
        self._all: tuple[AttendanceLine, ...] = ()
        self._loaded: tuple[date, date] | None = None
        self.lines: tuple[AttendanceLine, ...] = ()  # nothing once the account is signed out
        page.show_on(service.enabled)
        page.set_leaving(service.knows_leaving)
        page.rowsRequested.connect(self._show)
        page.pageWanted.connect(self._show_page)
        page.exportRequested.connect(self._export)
        page.backRequested.connect(self._go_back)
        context.session.ended.connect(self._forget)
        context.navigation.pageOpened.connect(self._page_opened)

    @Slot(str, str)
    def _show(self, period: str, text: str) -> None:
        """Show a period; a search in it asks nobody again, so that it is recorded once."""
        days = self._days(period)
        if days == self._loaded:
            self._find(text)
            return
        actor = self._context.session.account

        def take(lines: tuple[AttendanceLine, ...]) -> None:
            self._all, self._loaded = lines, days
            self._find(text)

        self._context.worker.run(
            lambda: self._service.lines(actor, *days), take, shown_by(self._page.show_error)
        )

    def _find(self, text: str) -> None:
        wanted = text.casefold().strip()
        self.lines = tuple(
            line
            for line in self._all
            if wanted in line.name.casefold() or wanted in line.number.casefold()
        )
        self._page.show_rows(len(self.lines), self.lines[:FIRST])

    @Slot(int, int)
    def _show_page(self, offset: int, limit: int) -> None:
        self._page.show_page(len(self.lines), self.lines[offset : offset + limit], offset)

    @Slot(str, str, str)
    def _export(self, period: str, text: str, kind: str) -> None:
        actor = self._context.session.account
        since, until = self._days(period)
        path = free_name(self._folder / f"attendance-{since}-{until}.{kind}")

        def done(_: int) -> None:
            self._page.show_exported(path.name)
            self._offer(path, PAGE)

        self._context.worker.run(
            lambda: self._service.export(actor, since, until, path, text),
            done,
            shown_by(self._page.show_error),
        )

    def _days(self, period: str) -> tuple[date, date]:
        today = self._clock().date()
        return today - timedelta(days=DAYS[period] - 1), today

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name != PAGE:
            self._forget()

    @Slot()
    def _forget(self) -> None:
        self._all = self.lines = ()
        self._loaded = None

    @Slot()
    def _go_back(self) -> None:
        self._context.navigation.open_page("statistics")
