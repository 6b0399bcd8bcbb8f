"""The Import page's other side: what an administrator wants is done on a thread of its own, and can be stopped until it is stored."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from kiosk.app.bootstrap.importer import Importer, found_tables, photographs_beside
from kiosk.core import paths
from kiosk.core.errors import KioskError
from kiosk.core.import_plan import ImportPlan, ImportReport, RowState
from kiosk.services.import_people import import_stopped

if TYPE_CHECKING:
    from kiosk.app.runtime import KioskApp

MOVE_S = 0.1


class ImportPresenter(QObject):
    """One import at a time. A plan that was stopped, or left, answers nobody any more."""

    moved = Signal(object, int, int)

    def __init__(self, app: KioskApp) -> None:
        super().__init__()
        self._app = app
        self._page = app.staff.importing
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")
        self._stop = threading.Event()
        self._began = 0.0
        self._plan: ImportPlan | None = None
        self._page.lookRequested.connect(self._look)
        self._page.planRequested.connect(self._make_plan)
        self._page.runRequested.connect(self._run)
        self._page.cancelled.connect(self._cancel)
        self.moved.connect(self._moved)
        app.staff.signOutRequested.connect(self._cancel)
        app.window.signedOut.connect(self._cancel)

    def stop(self) -> None:
        """Stop what is being looked at, and let what is being stored end."""
        self._stop.set()
        self._worker.shutdown(wait=True, cancel_futures=True)

    @Slot()
    def _look(self) -> None:
        folder = paths.imports_dir(self._app.data_dir)

        def look() -> list[tuple[str, str]]:
            return [
                (str(file), str(photographs_beside(file) or "")) for file in found_tables(folder)
            ]

        self._work(look, lambda files: self._page.show_files(str(folder), files))

    @Slot(str, str)
    def _make_plan(self, file: str, photographs: str) -> None:
        def make() -> ImportPlan:
            return self._importer().plan(
                paths.expanded(file), paths.expanded(photographs) if photographs else None
            )

        self._work(make, self._show_plan)

    def _show_plan(self, plan: Any) -> None:
        self._plan = plan
        self._page.show_plan(plan)

    @Slot(bool, bool)
    def _run(self, dry: bool, leave_out: bool) -> None:
        plan = self._plan
        actor = self._app.desk.signed_in()
        began = time.monotonic()
        if plan is None:
            return
        self._began = began
        stop = self._stop = threading.Event()
        told = [0.0]

        def progress(done: int, total: int) -> None:
            if done == total or time.monotonic() - told[0] >= MOVE_S:
                told[0] = time.monotonic()
                self.moved.emit(stop, done, total)

        def run() -> tuple[ImportPlan, ImportReport, bool]:
            importer = self._importer()
            examined = plan if plan.examined else importer.examine(plan, progress, stop.is_set)
            if stop.is_set():
                raise import_stopped()
            agreed = plan.count(RowState.ERROR) if leave_out else 0
            if (
                dry or examined.count(RowState.ERROR) > agreed
            ):  # what the photographs showed is looked at first
                return examined, ImportReport.of(examined), False
            self._app.admin.may_administer(self._app.desk.signed_in())  # photographs take minutes
            return examined, importer.carry_out(examined, actor.name, leave_out), True

        self._work(run, self._done)

    def _done(self, result: Any) -> None:
        plan, report, stored = result
        self._plan = None if stored else plan
        if stored:
            self._app.gallery_changed()
        self._page.show_report(plan, report, stored=stored)

    @Slot()
    def _cancel(self) -> None:
        self._stop.set()

    @Slot(object, int, int)
    def _moved(self, stop: threading.Event, done: int, total: int) -> None:
        if stop is self._stop and not stop.is_set():
            self._app.window.touched()  # whoever waits for it uses the kiosk
            self._page.show_progress(done, total, time.monotonic() - self._began)

    def _importer(self) -> Importer:
        return Importer(self._app.config, self._app.storage)

    def _work(self, work: Callable[[], object], done: Callable[[Any], None]) -> None:
        """For an administrator only; the result, or the error, back on this thread."""
        actor = self._app.desk.signed_in()

        def allowed() -> object:
            self._app.admin.may_administer(actor)
            return work()

        def failed(error: KioskError) -> None:
            self._page.show_error(error.key, **error.values)

        self._app.tasks.watch(self._worker.submit(allowed), done, failed)
