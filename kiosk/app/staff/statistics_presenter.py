"""The Statistics page's other side: counts off the main thread, and the pulse of camera and networks once a second while it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from kiosk.core.statistics import RuntimeStats
from kiosk.services.statistics_service import StatisticsService
from kiosk.storage.audit.entry_statistics import StatisticsStore
from kiosk.storage.db.timestamps import local_now

if TYPE_CHECKING:
    from kiosk.app.runtime import KioskApp


class StatisticsPresenter(QObject):
    """Answers the page."""

    def __init__(self, app: KioskApp) -> None:
        super().__init__()
        self._app = app
        self._page = app.staff.statistics
        self._service = StatisticsService(StatisticsStore(app.storage.database), local_now)
        self._page.entriesRequested.connect(self._show)

    def tick(self) -> None:
        """A second has passed."""
        if self._app.window.current == "admin" and self._app.staff.current() == "statistics":
            self._page.show_pulse(self.pulse())

    def pulse(self) -> RuntimeStats:
        """Camera and networks at this moment."""
        app = self._app
        view = app.view
        dropped = {
            "preview": app.capture.preview.dropped,
            "inference": app.capture.inference.dropped,
            "screen": app.inference.steps.dropped,
        }
        return RuntimeStats(
            view.camera_title,
            view.camera_ok,
            view.frames_per_s,
            view.latency_ms,
            app.metrics.stages(),
            dropped,
            app.metrics.losses(),
            len(app.watchdog.restarts()),
            app.lock.reachable,
        )

    @Slot(str)
    def _show(self, wanted: str) -> None:
        actor = self._app.desk.signed_in()
        self.tick()
        self._app.desk.run(
            lambda: self._service.entries(actor, wanted),
            self._page.show_entries,
            self._page.show_error,
        )
