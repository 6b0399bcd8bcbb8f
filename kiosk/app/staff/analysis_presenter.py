"""Threshold analysis: distances, decisions replayed with another threshold, changing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.threshold_analysis import AnalysisView, Source
from kiosk.core.thresholds import Choice
from kiosk.services.analysis import AnalysisService
from kiosk.ui.screens.analysis.analysis_screen import AnalysisScreen

T = TypeVar("T")


class AnalysisPresenter(QObject):
    """Answers the Evidence page in order, on its own thread: replaying decisions takes a while.

    ``service`` is ``None`` until the network is loaded.
    """

    def __init__(self, page: AnalysisScreen, context: StaffContext) -> None:
        super().__init__()
        self._page = page
        self._session = context.session
        self.service: AnalysisService | None = None
        self._worker = Worker(context.tasks, "analysis")
        self._latest_request = 0
        page.viewRequested.connect(self._view)
        page.previewRequested.connect(self._preview)
        page.applied.connect(self._apply)

    def stop(self) -> None:
        """Wait for the work in progress."""
        self._worker.stop()

    @Slot(str)
    def _view(self, source: str) -> None:
        self._latest_request += 1
        request = self._latest_request
        actor = self._session.account

        def show(view: AnalysisView) -> None:
            if request == self._latest_request:  # no other source was requested since
                self._page.show_view(view)

        self._run(lambda service: service.view(actor, Source(source)), show)

    @Slot(object)
    def _preview(self, choice: Choice | None) -> None:
        actor = self._session.account
        self._run(lambda service: service.preview(actor, choice), self._page.show_preview)

    @Slot(object)
    def _apply(self, choice: Choice | None) -> None:
        actor = self._session.account
        name, pin = self._page.bar.second.take()
        self._run(
            lambda service: service.apply(actor, choice, name, pin),
            lambda _: self._page.show_applied(),
        )

    def _run(self, work: Callable[[AnalysisService], T], done: Callable[[T], None]) -> None:
        service = self.service
        if service is None:
            self._page.show_error("error.engine_loading")
            return
        self._worker.run(lambda: work(service), done, shown_by(self._page.show_error))
