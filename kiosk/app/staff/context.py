"""What every presenter of the staff area gets beside its own page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from kiosk.app.events import KioskEvents
from kiosk.app.navigation import Navigation
from kiosk.app.tasks import Tasks, Worker
from kiosk.core.people import Account, AccountRole
from kiosk.ui.screens.system.admin_screen import AdminScreen

OfferFile = Callable[[Path, str], None]
"""Called with an export that has just been made and the page that made it."""

NOBODY = Account("", AccountRole.STAFF, enabled=False)
"""The account while none is signed in; it has no rights."""


class Session(QObject):
    """Who is signed in."""

    signedIn = Signal(object)
    """An ``Account`` was signed in and its first page is open."""

    ended = Signal()
    """The account was signed out."""

    def __init__(self) -> None:
        super().__init__()
        self.account = NOBODY

    def end(self) -> None:
        """Sign out."""
        self.account = NOBODY
        self.ended.emit()


class StaffNavigation:
    """Changes between the pages of the staff area, and to the door."""

    def __init__(self, navigation: Navigation, pages: AdminScreen) -> None:
        self._navigation = navigation
        self._pages = pages
        self.pageOpened = pages.pageOpened
        """Signal with the name of the page."""

    def open_page(self, name: str) -> None:
        """Open the page ``name``, or the People page if the account may not open it."""
        self._pages.page(name)

    def is_open(self, page: str) -> bool:
        """Return whether ``page`` is open, even behind the door's screen."""
        return self._pages.current() == page

    def is_shown(self, page: str) -> bool:
        """Return whether ``page`` is on the screen."""
        return self._navigation.screen == "admin" and self.is_open(page)

    def show(self, screen: str) -> None:
        """Show a screen of the window; the door stays paused."""
        self._navigation.go(screen)

    def shows(self, screen: str) -> bool:
        """Return whether the window shows ``screen``."""
        return self._navigation.screen == screen

    def to_door(self) -> None:
        """Show the door and verify again."""
        self._navigation.to_door()

    def keep_awake(self) -> None:
        """Count as a touch, as for work in progress that the page shows."""
        self._navigation.keep_awake()


@dataclass(frozen=True, slots=True)
class StaffContext:
    """``worker`` does its work in the order requested; ``tasks`` serves other workers."""

    tasks: Tasks
    worker: Worker
    session: Session
    navigation: StaffNavigation
    events: KioskEvents
    gallery_changed: Callable[[], None]
