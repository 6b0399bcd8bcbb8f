"""The access log: filtered, paged, looked into, exported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import Signal

from kiosk.types import AccountRole, LogEntry
from kiosk.ui.format import count_text
from kiosk.ui.models import log_model
from kiosk.ui.screens.log_filter import LogFilterBar
from kiosk.ui.screens.log_panel import EntryDetails
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.basics import Button, Label, Screen, SegmentedControl, column, row
from kiosk.ui.widgets.progress import TaskProgress
from kiosk.ui.widgets.side_panel import SidePanel
from kiosk.ui.widgets.table import PagedTable
from kiosk.views import LogPage

KINDS = ("csv", "jsonl", "xlsx")


class LogScreen(Screen):
    """A table in pages: ``pageRequested(LogFilter, offset, limit, Order)`` asks, ``show_page`` answers.

    ``exportRequested(LogFilter, kind)`` with a kind of ``KINDS`` is answered by ``show_export_progress`` and
    one of ``show_export_done`` and ``show_export_failed``; after ``exportCancelled`` answers are ignored.
    """

    pageRequested = Signal(object, int, int, object)
    exportRequested = Signal(object, str)
    exportCancelled = Signal()

    def __init__(self, today: Callable[[], date] = date.today) -> None:
        super().__init__("logScreen")
        self.title = Label("log.title", size=SIZES[3], bold=True)
        self.count = Label("", quiet=True, name="logCount")
        self.kind = SegmentedControl("logKind", [(kind, f"log.export_panel.{kind}") for kind in KINDS])
        self.export = Button("log.export", "primary", "download", name="logExport")
        self.progress = TaskProgress("logProgress", "log.export_panel.running")
        self.filter = LogFilterBar(today)
        self.error = Label("", wrap=True, name="logError")
        self.error.set_tone("reject")
        self.error.hide()
        self.model = log_model()
        self.table = PagedTable("logTable", self.model, "log.empty")
        self.panel = SidePanel(self, "logPanel")
        self.panel.title.set_key("log.panel.title")
        self.details = EntryDetails()
        self.panel.set_content(self.details)
        head = row(self.title, self.count, None, self.kind, self.export, gap=2)
        layout = column(head, self.progress, self.filter, self.error, self.table, gap=1.5, margin=3)
        layout.setStretch(4, 1)
        self.setLayout(layout)
        self.export.setEnabled(False)
        self._connect()

    def set_role(self, role: AccountRole) -> None:
        """Staff see today and take nothing away; administrators see and export all."""
        admin = role is AccountRole.ADMIN
        self.filter.set_locked(not admin)
        self.kind.setVisible(admin)
        self.export.setVisible(admin)

    def reset(self) -> None:
        """Begin as for somebody who has just signed in."""
        self.panel.close_panel()
        self.filter.reset()
        self.model.reset_order()
        self.progress.finish("text", "")
        self.progress.hide()

    def opened(self) -> None:
        """The page came to the front: new rows may have come."""
        self.refresh()

    def refresh(self) -> None:
        """Ask for the list again."""
        self.error.hide()
        self.model.restart()

    def show_page(self, page: LogPage) -> None:
        """Take in some rows."""
        self.model.accept(page.rows, page.total, page.offset)
        self.count.set_key("log.count", total=count_text(page.total))
        self._enable_export()

    def show_error(self, key: str, **values: object) -> None:
        """Say why there are no rows."""
        self.model.forget_questions()
        self.error.set_key(key, **values)
        self.error.show()

    def show_export_progress(self, done: int, total: int, seconds: float) -> None:
        """``done`` of ``total`` rows are written after ``seconds``."""
        if self.progress.running:
            self.progress.advance(done, total, seconds)

    def show_export_done(self, path_text: str) -> None:
        """The file is complete."""
        if self.progress.running:
            self.progress.finish("accept", "log.export_panel.done", "log.export_panel.done_text", path=path_text)
            self._enable_export()

    def show_export_failed(self, key: str, **values: object) -> None:
        """There is no file, and why."""
        if self.progress.running:
            self.progress.finish("reject", "log.export_panel.failed", key, **values)
            self._enable_export()

    def _connect(self) -> None:
        self.model.pageWanted.connect(self._ask)
        self.filter.changed.connect(self._filter_changed)
        self.table.chosen.connect(self._open)
        self.panel.closed.connect(self.table.clear_choice)
        self.export.clicked.connect(self._export)
        self.progress.cancelled.connect(self._cancel)

    def _ask(self, offset: int, limit: int) -> None:
        self.pageRequested.emit(self.filter.wanted(), offset, limit, self.model.order)

    def _filter_changed(self) -> None:
        self.panel.close_panel()
        self.table.view.scrollToTop()
        self.refresh()

    def _open(self, entry: object) -> None:
        if isinstance(entry, LogEntry):
            self.details.show_entry(entry)
            self.panel.open_panel()

    def _export(self) -> None:
        self.progress.start()
        self._enable_export()
        self.exportRequested.emit(self.filter.wanted(), self.kind.value())

    def _cancel(self) -> None:
        self.progress.finish("wait", "log.export_panel.cancelled")
        self._enable_export()
        self.exportCancelled.emit()

    def _enable_export(self) -> None:
        self.export.setEnabled(self.model.total > 0 and not self.progress.running)
