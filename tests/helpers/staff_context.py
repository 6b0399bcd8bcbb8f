"""The context of a presenter of the staff area, without the kiosk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from kiosk.app.events import KioskEvents
from kiosk.app.staff.context import Session, StaffContext
from kiosk.app.tasks import Tasks, Worker
from kiosk.core.errors import KioskError
from kiosk.core.people import Account, AccountRole

ADMIN = Account("관리자", AccountRole.ADMIN, id=1)


class FakeNavigation(QObject):
    """Pages without a window; ``opened`` lists the requested ones."""

    pageOpened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def open_page(self, name: str) -> None:
        self.opened.append(name)

    def is_open(self, page: str) -> bool:
        return self.opened[-1:] == [page]

    def is_shown(self, page: str) -> bool:
        return self.is_open(page)

    def to_door(self) -> None:
        self.opened.append("door")

    def keep_awake(self) -> None:
        pass


class ImmediateWorker:
    """A ``Worker`` that works in the caller's thread."""

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Any) -> None:
        try:
            result = work()
        except KioskError as error:
            failed(error)
        else:
            done(result)

    def stop(self) -> None:
        pass


def staff_context(
    account: Account = ADMIN,
    worker: Worker | ImmediateWorker | None = None,
    gallery_changed: Callable[[], None] = lambda: None,
) -> StaffContext:
    """Return a context with ``account`` signed in; without ``worker``, work is done at once."""
    session = Session()
    session.account = account
    return StaffContext(
        Tasks(),
        worker or ImmediateWorker(),  # type: ignore[arg-type]
        session,
        FakeNavigation(),  # type: ignore[arg-type]
        KioskEvents(),
        gallery_changed,
    )
