"""The log of decisions and actions, and its export."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from kiosk.app.staff.context import OfferFile, StaffContext
from kiosk.app.tasks import Worker, shown_by
from kiosk.core import paths
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import KioskError
from kiosk.core.reports import Order
from kiosk.services.administer import AdministerService
from kiosk.services.export_service import ExportService
from kiosk.ui.screens.log.log_screen import LogScreen


class LogPresenter(QObject):
    """Answers the Log page. One export runs at a time, on a thread of its own."""

    exportMoved = Signal(object, int, int)

    def __init__(
        self,
        page: LogScreen,
        context: StaffContext,
        admin: AdministerService,
        exports: ExportService,
        data_dir: Path,
        offer: OfferFile = lambda path, page: None,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._admin = admin
        self._exports = exports
        self._folder = paths.exports_dir(data_dir)
        self._offer = offer
        self._exporter = Worker(context.tasks, "export")
        self._cancel_export = threading.Event()
        self._export_began = 0.0
        page.pageRequested.connect(self._show_decisions)
        page.actionsRequested.connect(self._show_actions)
        page.exportRequested.connect(self._export_decisions)
        page.actionsExportRequested.connect(self._export_actions)
        page.exportCancelled.connect(self._stop_export)
        self.exportMoved.connect(self._show_progress)
        context.session.ended.connect(self._stop_export)

    def stop(self) -> None:
        """Cancel the export and wait for its end."""
        self._cancel_export.set()
        self._exporter.stop()

    @Slot(object, int, int, object)
    def _show_decisions(self, log_filter: LogFilter, offset: int, limit: int, order: Order) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._admin.log(actor, log_filter, offset, limit, order),
            self._page.show_page,
            shown_by(self._page.show_error),
        )

    @Slot(object, int, int)
    def _show_actions(self, log_filter: LogFilter, offset: int, limit: int) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._admin.actions(actor, log_filter, offset, limit),
            self._page.show_actions,
            shown_by(self._page.show_error),
        )

    @Slot(object, str)
    def _export_decisions(self, log_filter: LogFilter, kind: str) -> None:
        self._export(log_filter, kind, "log")

    @Slot(object, str)
    def _export_actions(self, log_filter: LogFilter, kind: str) -> None:
        self._export(log_filter, kind, "actions")

    def _export(self, log_filter: LogFilter, kind: str, table: str) -> None:
        actor = self._context.session.account
        self._stop_export()
        stop = self._cancel_export = threading.Event()
        self._export_began = time.monotonic()

        def export() -> Path:
            return self._exports.export_into(
                actor,
                table,
                log_filter,
                kind,
                self._folder,
                lambda done, total: self.exportMoved.emit(stop, done, total),
                stop.is_set,
            )

        def done(target: Path) -> None:
            if not stop.is_set():
                self._page.show_export_done(str(target))
                self._offer(target, "log")

        def failed(error: KioskError) -> None:
            if not stop.is_set():
                self._page.show_export_failed(error.key, **error.values)

        self._exporter.run(export, done, failed)

    @Slot()
    def _stop_export(self) -> None:
        """Each export has its own event, so that a new one never revives a cancelled one."""
        self._cancel_export.set()

    @Slot(object, int, int)
    def _show_progress(self, stop: threading.Event, done: int, total: int) -> None:
        if not stop.is_set():
            self._page.show_export_progress(done, total, time.monotonic() - self._export_began)
