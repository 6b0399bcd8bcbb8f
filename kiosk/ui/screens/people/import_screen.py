"""Importing many people from a table: choose, preview, dry run, import."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from kiosk.core.import_plan import ImportPlan, ImportReport
from kiosk.ui.screens.people.import_pages import (
    ImportChoosePage,
    ImportPreviewPage,
)
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column


class ImportScreen(Screen):
    """Imports people from a table; for administrators, reached from the People page.

    ``planRequested(file, folder of photographs)`` is answered by ``show_plan``, ``runRequested(dry,
    leave out)`` by ``show_progress`` and ``show_report``; either by ``show_error``.
    """

    lookRequested = Signal()
    planRequested = Signal(str, str)
    runRequested = Signal(bool, bool)
    cancelled = Signal()
    backRequested = Signal()

    def __init__(self) -> None:
        super().__init__("importScreen")
        self.back = Button("import.back", "ghost", "back", name="importBack")
        self.title = Label("import.title", size=SIZES[3], bold=True)
        self.choose = ImportChoosePage()
        self.preview = ImportPreviewPage()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.choose)
        self._pages.addWidget(self.preview)
        layout = column(flow(self.back, self.title, gap=1), self._pages, gap=2, margin=3)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.back.clicked.connect(self._back)
        self.choose.look.clicked.connect(self.lookRequested)
        self.choose.previewed.connect(self.planRequested)
        self.preview.runRequested.connect(self.runRequested)
        self.preview.progress.cancelled.connect(self.cancelled)

    def opened(self) -> None:
        """Request the list of files."""
        self.lookRequested.emit()

    def reset(self) -> None:
        """Start over, as after signing in."""
        self._show(self.choose)
        self.choose.reset()
        self.preview.reset()

    def show_files(self, folder: str, files: Sequence[tuple[str, str]]) -> None:
        """Show the tables found, as (path, folder of photographs beside it or an empty string)."""
        self.choose.show_files(folder, files)

    def show_plan(self, plan: ImportPlan) -> None:
        """Show what the table would do."""
        self.choose.show_message("text", "")
        self.preview.show_plan(plan)
        self._show(self.preview)

    def show_progress(self, done: int, total: int, seconds: float) -> None:
        """Show the progress of examining photographs.

        Once all are examined, the rest cannot be cancelled any more.
        """
        self.preview.progress.advance(done, total, seconds)

    def show_report(self, plan: ImportPlan, report: ImportReport, *, stored: bool) -> None:
        """Show what was done, or would be."""
        self.preview.show_plan(plan)
        self.preview.finish(report, stored=stored)

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was done."""
        if self._pages.currentWidget() is self.preview:
            self.preview.fail(key, **values)
        else:
            self.choose.show_message("reject", key, **values)

    def _show(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        self.back.set_key("import.back" if page is self.choose else "import.other")

    def _back(self) -> None:
        if self._pages.currentWidget() is self.preview:
            self.cancelled.emit()
            self.preview.reset()
            self._show(self.choose)
            self.lookRequested.emit()
        else:
            self.backRequested.emit()
