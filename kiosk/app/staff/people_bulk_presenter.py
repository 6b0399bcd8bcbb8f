"""Changes of many selected people at once, on the People page."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.staff.documents import write_document
from kiosk.app.tasks import Failed, Worker, shown_by
from kiosk.core import paths
from kiosk.core.people import Account
from kiosk.services.administer import AdministerService
from kiosk.services.people_bulk import BulkDeleted, BulkDone, BulkEdit, PeopleBulkService
from kiosk.storage.people.file_erasure import RECEIPT
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.people.people_screen import PeopleScreen

T = TypeVar("T")
V = TypeVar("V")


class PeopleBulkPresenter(QObject):
    """Answers the selection of the People page."""

    _deleted_one = Signal(int, int)

    def __init__(
        self,
        page: PeopleScreen,
        context: StaffContext,
        admin: AdministerService,
        bulk: PeopleBulkService,
        data_dir: Path,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._admin = admin
        self._bulk = bulk
        self._exports = paths.exports_dir(data_dir)
        self._last = BulkDone()
        self._stopping = threading.Event()
        # deletions take long, and the staff's worker checks PINs too
        self._deletions = Worker(context.tasks, "deletions")
        self._show_error = shown_by(page.selection.actions.show_error)
        context.session.ended.connect(self._forget)
        page.selection.allWanted.connect(self._take_all)
        page.selection.edited.connect(self._edit)
        page.selection.deleted.connect(self._delete)
        page.selection.undoWanted.connect(self._undo)

        self._deleted_one.connect(page.selection.actions.show_progress)

    def stop(self) -> None:
        """Delete nobody more, and wait for the deletion in progress."""
        self._stopping.set()
        self._deletions.stop()

    @Slot()
    def _forget(self) -> None:
        """Keep nothing for the next account, and delete nobody more for this one."""
        self._last = BulkDone()
        self._stopping.set()

    def _run(
        self,
        worker: Worker,
        actor: Account,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Failed | None = None,
    ) -> None:
        """Run ``work`` for ``actor``; who signed in meanwhile is shown nothing of it."""

        def unless_gone(show: Callable[[V], None]) -> Callable[[V], None]:
            return lambda value: show(value) if actor is self._context.session.account else None

        worker.run(work, unless_gone(done), unless_gone(failed or self._show_error))

    @Slot()
    def _take_all(self) -> None:
        actor = self._context.session.account
        embedder = self._context.events.embedder
        without = embedder.id if embedder and self._page.only_again else ""
        only = replace(self._page.wanted(self._page.search.words()), without=without)
        self._run(
            self._context.worker,
            actor,
            lambda: self._admin.people_ids(actor, only),
            self._page.selection.take,
            shown_by(self._page.show_error),
        )

    @Slot(object, object)
    def _edit(self, ids: frozenset[int], values: Mapping[str, Any]) -> None:
        actor = self._context.session.account
        work = functools.partial(self._bulk.edit, actor, ids, BulkEdit(**values))
        self._run(self._context.worker, actor, work, self._edited)

    def _edited(self, done: BulkDone) -> None:
        self._last = done
        self._page.model.restart()
        self._page.selection.actions.show_done(
            "people.bulk.done",
            undo=bool(done.changed),
            changed=count_text(len(done.changed)),
            unchanged=count_text(done.unchanged),
            refused=count_text(done.refused),
        )

    @Slot()
    def _undo(self) -> None:
        actor = self._context.session.account
        last, self._last = self._last, BulkDone()
        self._run(self._context.worker, actor, lambda: self._bulk.undo(actor, last), self._undone)

    def _undone(self, done: BulkDone) -> None:
        self._page.model.restart()
        self._page.selection.actions.show_done(
            "people.bulk.undone",
            changed=count_text(len(done.changed)),
            refused=count_text(done.refused),
        )

    @Slot(object)
    def _delete(self, ids: frozenset[int]) -> None:
        """Delete, then write a receipt for each person; the selection is empty afterwards."""
        actor = self._context.session.account
        stopping = self._stopping = threading.Event()

        def delete() -> BulkDeleted:
            done = self._bulk.delete(
                actor,
                sorted(ids),
                lambda n: self._deleted_one.emit(n, len(ids)),
                stopping.is_set,
            )
            for receipt in done.receipts:
                write_document(self._exports, f"{RECEIPT}-{receipt.id}", receipt.document)
            return done

        self._run(self._deletions, actor, delete, self._deleted)

    def _deleted(self, done: BulkDeleted) -> None:
        self._page.selection.clear()
        self._page.model.restart()
        if done.error is not None:
            self._page.selection.actions.show_error(done.error.key, **done.error.values)
            return
        self._page.selection.actions.show_done(
            "people.bulk.deleted",
            n=count_text(len(done.receipts)),
            unreached=count_text(sum(bool(receipt.unreached) for receipt in done.receipts)),
            folder=str(self._exports),
        )
