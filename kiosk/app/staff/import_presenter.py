"""Bulk imports: look for files, plan, examine photographs, store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from kiosk.app.bootstrap.importer import build_import, photographs_beside
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker, shown_by
from kiosk.core import paths
from kiosk.core.import_plan import ImportPlan, ImportReport, RowState
from kiosk.services.import_people import BulkImport, import_stopped
from kiosk.storage.store import Store
from kiosk.ui.screens.people.import_screen import ImportScreen

T = TypeVar("T")

PROGRESS_S = 0.1
"""Shortest time between two reports of progress."""


class ImportPresenter(QObject):
    """Answers the Import page on a thread of its own; an import can be stopped until it is stored.

    One import runs at a time. Signing out stops it.
    """

    moved = Signal(object, int, int)

    def __init__(
        self,
        page: ImportScreen,
        context: StaffContext,
        storage: Store,
        config: LiveConfig,
        data_dir: Path,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._storage = storage
        self._config = config
        self._folder = paths.imports_dir(data_dir)
        self._worker = Worker(context.tasks, "import")
        self._stop = threading.Event()
        self._began = 0.0
        self._plan: ImportPlan | None = None
        self._page.lookRequested.connect(self._look)
        self._page.planRequested.connect(self._make_plan)
        self._page.runRequested.connect(self._run)
        self._page.cancelled.connect(self._cancel)
        self.moved.connect(self._show_progress)
        context.session.ended.connect(self._cancel)

    def stop(self) -> None:
        """Stop an examination and wait for an import that is being stored."""
        self._stop.set()
        self._worker.stop()

    @Slot()
    def _look(self) -> None:
        actor = self._context.session.account

        def look() -> list[tuple[str, str]]:
            return [
                (str(file), str(photographs_beside(file) or ""))
                for file in self._importer().tables(actor, self._folder)
            ]

        self._work(look, lambda files: self._page.show_files(str(self._folder), files))

    @Slot(str, str)
    def _make_plan(self, file: str, photographs: str) -> None:
        actor = self._context.session.account

        def make() -> ImportPlan:
            return self._importer().plan(
                actor, paths.existing(file), paths.existing(photographs) if photographs else None
            )

        self._work(make, self._show_plan)

    def _show_plan(self, plan: ImportPlan) -> None:
        self._plan = plan
        self._page.show_plan(plan)

    @Slot(bool, bool)
    def _run(self, dry: bool, leave_out: bool) -> None:
        plan = self._plan
        actor = self._context.session.account
        if plan is None:
            return
        self._began = time.monotonic()
        stop = self._stop = threading.Event()
        reported = [0.0]

        def progress(done: int, total: int) -> None:
            if done == total or time.monotonic() - reported[0] >= PROGRESS_S:
                reported[0] = time.monotonic()
                self.moved.emit(stop, done, total)

        def run() -> tuple[ImportPlan, ImportReport, bool]:
            importer = self._importer()
            examined = (
                plan if plan.examined else importer.examine(actor, plan, progress, stop.is_set)
            )
            if stop.is_set():
                raise import_stopped()
            agreed = plan.count(RowState.ERROR) if leave_out else 0
            if (
                dry or examined.count(RowState.ERROR) > agreed
            ):  # what the photographs showed is looked at first
                return examined, ImportReport.of(examined), False
            # photographs take minutes: the right is that of who is signed in now
            signed_in = self._context.session.account
            return examined, importer.carry_out(signed_in, examined, leave_out), True

        self._work(run, self._done)

    def _done(self, result: tuple[ImportPlan, ImportReport, bool]) -> None:
        plan, report, stored = result
        self._plan = None if stored else plan
        if stored:
            self._context.gallery_changed()
        self._page.show_report(plan, report, stored=stored)

    @Slot()
    def _cancel(self) -> None:
        self._stop.set()

    @Slot(object, int, int)
    def _show_progress(self, stop: threading.Event, done: int, total: int) -> None:
        if stop is self._stop and not stop.is_set():
            self._context.navigation.keep_awake()
            self._page.show_progress(done, total, time.monotonic() - self._began)

    def _importer(self) -> BulkImport:
        return build_import(self._config.value, self._storage)

    def _work(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._worker.run(work, done, shown_by(self._page.show_error))
