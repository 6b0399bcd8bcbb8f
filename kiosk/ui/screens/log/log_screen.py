"""The access log: filter, pages, details and export."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from kiosk.core.decisions import LogEntry
from kiosk.core.people import AccountRole
from kiosk.core.reports import Action
from kiosk.core.view_models import ActionsPage, LogPage
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.log.log_details import ActionDetails, EntryDetails
from kiosk.ui.screens.log.log_filter import LogFilterBar
from kiosk.ui.screens.log.log_table import actions_model, log_model
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.side_panel import SidePanel
from kiosk.ui.widgets.table.paged_model import PagedModel
from kiosk.ui.widgets.table.paged_table import PagedTable
from kiosk.ui.widgets.task_progress import TaskProgress

KINDS = ("csv", "jsonl", "xlsx")


class LogScreen(Screen):
    """A paged table of the access log, and one of the audit log.

    ``pageRequested(LogFilter, offset, limit, Order)`` is answered by ``show_page``,
    ``actionsRequested`` by ``show_actions``. ``exportRequested(LogFilter, kind)`` with a kind of
    ``KINDS``, or ``actionsExportRequested``, is answered by ``show_export_progress`` and then by
    ``show_export_done`` or ``show_export_failed``; after ``exportCancelled`` answers are ignored.
    """

    pageRequested = Signal(object, int, int, object)
    actionsRequested = Signal(object, int, int)
    exportRequested = Signal(object, str)
    actionsExportRequested = Signal(object, str)
    exportCancelled = Signal()

    def __init__(self, today: Callable[[], date] = date.today) -> None:
        super().__init__("logScreen")
        self.title = Label("log.title", size=SIZES[3], bold=True)
        self.count = Label("", quiet=True, name="logCount")
        self.kind = SegmentedControl(
            "logKind", [(kind, f"log.export_panel.{kind}") for kind in KINDS]
        )
        self.export = Button("log.export", "primary", "download", name="logExport")
        self.progress = TaskProgress("logProgress", "log.export_panel.running")
        self.filter = LogFilterBar(today)
        self.error = Label("", wrap=True, name="logError")
        self.error.set_tone("reject")
        self.error.hide()
        self.model = log_model()
        self.table = PagedTable("logTable", self.model, "log.empty")
        self.actions_model = actions_model()
        self.actions_table = PagedTable("actionsTable", self.actions_model, "log.empty")
        self._tables = QStackedWidget()
        self._tables.addWidget(self.table)
        self._tables.addWidget(self.actions_table)
        self.panel = SidePanel(self, "logPanel")
        self.panel.title.set_key("log.panel.title")
        self.details = EntryDetails()
        self.action_details = ActionDetails()
        self._details = QStackedWidget()
        self._details.addWidget(self.details)
        self._details.addWidget(self.action_details)
        self.panel.set_content(self._details)
        head = flow(self.title, self.count, None, self.kind, self.export, gap=2)
        layout = column(
            head, self.progress, self.filter, self.error, self._tables, gap=1.5, margin=3
        )
        layout.setStretch(4, 1)
        self.setLayout(layout)
        self.export.setEnabled(False)
        self._connect()

    def set_role(self, role: AccountRole) -> None:
        """Restrict staff to viewing today; administrators view and export everything."""
        admin = role is AccountRole.ADMIN
        self.filter.set_locked(not admin)
        self.kind.setVisible(admin)
        self.export.setVisible(admin)

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.panel.close_panel()
        self.filter.reset()
        self.model.reset_order()
        self.progress.finish("text", "")
        self.progress.hide()

    def opened(self) -> None:
        """Refresh the list."""
        self.refresh()

    def refresh(self) -> None:
        """Request the list again."""
        self.error.hide()
        self._tables.setCurrentWidget(
            self.actions_table if self.filter.shows_actions else self.table
        )
        self._model.restart()

    def show_page(self, page: LogPage) -> None:
        """Show a page of the access log."""
        self.model.accept(page.rows, page.total, page.offset)
        self.count.set_key("log.count" if page.total else "", total=count_text(page.total))
        self._enable_export()

    def show_actions(self, page: ActionsPage) -> None:
        """Show a page of the audit log."""
        self.actions_model.accept(page.rows, page.total, page.offset)
        self.count.set_key("log.count" if page.total else "", total=count_text(page.total))
        self._enable_export()

    def show_error(self, key: str, **values: object) -> None:
        """Show why there are no rows."""
        self._model.drop_requests()
        self.error.set_key(key, **values)
        self.error.show()

    def show_export_progress(self, done: int, total: int, seconds: float) -> None:
        """Show that ``done`` of ``total`` rows were written after ``seconds``."""
        if self.progress.running:
            self.progress.advance(done, total, seconds)

    def show_export_done(self, path_text: str) -> None:
        """Show that the file is complete."""
        if self.progress.running:
            self.progress.finish(
                "accept", "log.export_panel.done", "log.export_panel.done_text", path=path_text
            )
            self._enable_export()

    def show_export_failed(self, key: str, **values: object) -> None:
        """Show why there is no file."""
        if self.progress.running:
            self.progress.finish("reject", "log.export_panel.failed", key, **values)
            self._enable_export()

    @property
    def _model(self) -> PagedModel:
        """The model of the visible table."""
        return self.actions_model if self.filter.shows_actions else self.model

    def _connect(self) -> None:
        self.model.pageWanted.connect(self._ask)
        self.actions_model.pageWanted.connect(self._ask_actions)
        self.actions_table.chosen.connect(self._open_action)
        self.panel.closed.connect(self.actions_table.clear_choice)
        self.filter.changed.connect(self._filter_changed)
        self.table.chosen.connect(self._open)
        self.panel.closed.connect(self.table.clear_choice)
        self.export.clicked.connect(self._export)
        self.progress.cancelled.connect(self._cancel)

    def _ask(self, offset: int, limit: int) -> None:
        self.pageRequested.emit(self.filter.current_filter(), offset, limit, self.model.order)

    def _ask_actions(self, offset: int, limit: int) -> None:
        self.actionsRequested.emit(self.filter.current_filter(), offset, limit)

    def _filter_changed(self) -> None:
        self.panel.close_panel()
        for table in (self.table, self.actions_table):
            table.view.scrollToTop()
        self.refresh()

    def _open(self, entry: object) -> None:
        if isinstance(entry, LogEntry):
            self.details.show_entry(entry)
            self._details.setCurrentWidget(self.details)
            self.panel.open_panel()

    def _open_action(self, action: object) -> None:
        if isinstance(action, Action):
            self.action_details.show_action(action)
            self._details.setCurrentWidget(self.action_details)
            self.panel.open_panel()

    def _export(self) -> None:
        self.progress.start()
        self._enable_export()
        requested = (
            self.actionsExportRequested if self.filter.shows_actions else self.exportRequested
        )
        requested.emit(self.filter.current_filter(), self.kind.value())

    def _cancel(self) -> None:
        self.progress.finish("wait", "log.export_panel.cancelled")
        self._enable_export()
        self.exportCancelled.emit()

    def _enable_export(self) -> None:
        self.export.setEnabled(self._model.total > 0 and not self.progress.running)
