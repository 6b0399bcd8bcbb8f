"""Counts of entries by hour, day and reason, and the present state of camera and networks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core.statistics import RuntimeStats
from kiosk.services.statistics_service import StatisticsService
from kiosk.ui.screens.analysis.statistics_screen import StatisticsScreen


class StatisticsPresenter(QObject):
    """Answers the Statistics page. ``stats``: camera and networks at this moment."""

    def __init__(
        self,
        page: StatisticsScreen,
        context: StaffContext,
        service: StatisticsService,
        stats: Callable[[], RuntimeStats],
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._service = service
        self._stats = stats
        page.entriesRequested.connect(self._show)

    def tick(self) -> None:
        """Bring camera and networks up to date while the page is shown."""
        if self._context.navigation.is_shown("statistics"):
            self._page.show_pulse(self._stats())

    @Slot(str)
    def _show(self, period: str) -> None:
        actor = self._context.session.account
        self.tick()
        self._context.worker.run(
            lambda: self._service.entries(actor, period),
            self._page.show_entries,
            shown_by(self._page.show_error),
        )
