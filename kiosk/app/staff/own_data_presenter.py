"""A person's rights: deletion, withdrawn consent, a copy of everything stored about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import OfferFile, StaffContext
from kiosk.app.staff.documents import write_document
from kiosk.app.tasks import shown_by
from kiosk.core import paths
from kiosk.core.people import Receipt
from kiosk.services.own_data_service import OwnDataService
from kiosk.storage.people.file_erasure import RECEIPT
from kiosk.storage.people.own_data_files import OWN_DATA
from kiosk.ui.screens.people.people_screen import PeopleScreen


class OwnDataPresenter(QObject):
    """Answers those requests of the People page and leaves the documents among the exports."""

    def __init__(
        self,
        page: PeopleScreen,
        context: StaffContext,
        own_data: OwnDataService,
        data_dir: Path,
        offer: OfferFile = lambda path, page: None,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._own_data = own_data
        self._exports = paths.exports_dir(data_dir)
        self._offer = offer
        page.deleted.connect(self._delete)
        page.withdrawn.connect(self._withdraw)
        page.dataRequested.connect(self._export)

    @Slot(int)
    def _delete(self, person_id: int) -> None:
        actor = self._context.session.account
        self._destroy(lambda: self._own_data.delete(actor, person_id), "people.deleted")

    @Slot(int)
    def _withdraw(self, person_id: int) -> None:
        actor = self._context.session.account
        self._destroy(lambda: self._own_data.withdraw_consent(actor, person_id), "people.withdrawn")

    def _destroy(self, work: Callable[[], Receipt], done_key: str) -> None:
        """Delete, then write the signed receipt and show where it is."""

        def destroy() -> tuple[Path, str]:
            receipt = work()
            file = write_document(self._exports, f"{RECEIPT}-{receipt.id}", receipt.document)
            return file, ", ".join(place.place for place in receipt.unreached)

        def destroyed(done: tuple[Path, str]) -> None:
            file, unreached = done
            self._page.refresh()
            if unreached:
                self._page.show_note("people.not_reached", path=str(file), places=unreached)
            else:
                self._page.show_note(done_key, path=str(file))

        self._context.worker.run(destroy, destroyed, shown_by(self._page.show_error))

    @Slot(int)
    def _export(self, person_id: int) -> None:
        actor = self._context.session.account

        def export() -> Path:
            data = self._own_data.export(actor, person_id)
            return write_document(self._exports, f"{OWN_DATA}-{data['person']['number']}", data)

        def done(file: Path) -> None:
            self._page.show_data_done(str(file))
            self._offer(file, "people")

        self._context.worker.run(export, done, shown_by(self._page.show_error))
