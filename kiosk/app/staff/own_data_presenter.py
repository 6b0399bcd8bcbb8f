"""What a person may ask for: to be deleted, to take back their consent, to be given everything that is stored of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.staff_presenter import free_name
from kiosk.core import paths
from kiosk.core.people import Receipt
from kiosk.storage.db.sqlite_errors import files_explained
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.db.wal_scrub import OWN_DATA
from kiosk.storage.people.subject_access import own_data

if TYPE_CHECKING:
    from kiosk.app.runtime import KioskApp


class OwnDataPresenter(QObject):
    """Does it for an administrator who is asked at the People page, and leaves the documents among the exports."""

    def __init__(self, app: KioskApp) -> None:
        super().__init__()
        self._app = app
        self._page = app.staff.people
        self._page.deleted.connect(self._delete)
        self._page.withdrawn.connect(self._withdraw)
        self._page.dataRequested.connect(self._own_data)

    @Slot(int)
    def _delete(self, person_id: int) -> None:
        actor = self._app.desk.signed_in()
        self._destroy(lambda: self._app.admin.delete_person(actor, person_id), "people.deleted")

    @Slot(int)
    def _withdraw(self, person_id: int) -> None:
        actor = self._app.desk.signed_in()
        self._destroy(
            lambda: self._app.admin.withdraw_consent(actor, person_id), "people.withdrawn"
        )

    def _destroy(self, work: Callable[[], Receipt], done_key: str) -> None:
        """Delete, then leave the signed receipt and say where."""

        def destroy() -> Path:
            receipt = work()
            return write_document(
                paths.exports_dir(self._app.data_dir),
                f"deletion-receipt-{receipt.id}",
                receipt.document,
            )

        def destroyed(target: Any) -> None:
            self._page.refresh()
            self._page.show_note(done_key, path=str(target))

        self._app.desk.run(destroy, destroyed, self._page.show_error)

    @Slot(int)
    def _own_data(self, person_id: int) -> None:
        actor = self._app.desk.signed_in()
        app = self._app

        def export() -> Path:
            app.admin.export_own_data(actor, person_id)
            data = own_data(app.storage.database, person_id, local_now())
            return write_document(
                paths.exports_dir(app.data_dir), f"{OWN_DATA}-{data['person']['number']}", data
            )

        app.desk.run(
            export, lambda target: self._page.show_data_done(str(target)), self._page.show_error
        )


def write_document(folder: Path, name: str, document: object) -> Path:
    """Write ``document`` as JSON for this user only into ``folder``; returns the file. ``StorageError`` where it cannot be."""
    with files_explained(folder, "written"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = free_name(folder / f"{name}.json")
        with os.fdopen(
            os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as file:
            json.dump(document, file, ensure_ascii=False, indent=1, sort_keys=True)
    return target
