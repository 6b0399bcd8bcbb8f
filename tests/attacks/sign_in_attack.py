"""A stranger at the screen where staff sign in."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from kiosk.app.bootstrap.administer_factory import build_administer
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.staff.sign_in_presenter import SignInPresenter
from kiosk.core.errors import SignInError
from kiosk.core.people import AccountRole
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.people.account_store import AccountStore
from kiosk.storage.store import Store
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from tests.attacks.table import Outcome, attack
from tests.helpers.staff_context import staff_context

PIN = "482915"
LONGEST_S = 300
"""How long a stranger may keep an administrator waiting."""


class _Clock:
    def __init__(self) -> None:
        self.now = local_now()

    def __call__(self) -> datetime:
        return self.now


def _wait_of(accounts: AccountStore, name: str, pin: str) -> float | None:
    """Try to sign in; return the wait that is asked for, 0 for a wrong PIN, None if it was."""
    try:
        accounts.verify(name, pin)
    except SignInError as refused:
        return float(str(refused.values.get("seconds", 0)))
    return None


@attack("B12", "a stranger keeps an administrator out from the screen", tries=30, short=8)
def keeps_out(folder: Path, tries: int) -> Outcome:
    """Enter wrong PINs whenever that is possible; the administrator comes at any moment."""
    clock = _Clock()
    succeeded = 0
    longest = 0.0
    with open_store(folder / "data") as store:
        accounts = store.using(clock).accounts
        accounts.create("her", AccountRole.ADMIN, PIN)
        for _ in range(tries):
            while _wait_of(accounts, "her", "739164") == 0:
                pass
            wait = _wait_of(accounts, "her", PIN) or 0.0
            longest = max(longest, wait)
            succeeded += wait > LONGEST_S
            clock.now += timedelta(seconds=wait)
        succeeded += _wait_of(accounts, "her", PIN) is not None
    return tries, succeeded, f"she waits {longest:.0f} s at most"


@attack("B12", "a stranger learns at the screen which names sign in", tries=40, short=20)
def learns_names(folder: Path, tries: int) -> Outcome:
    """Look at the screen, and compare the answers for a name that there is with another."""
    succeeded = 0
    with open_store(folder / "data") as store:
        store.accounts.create("her", AccountRole.ADMIN, PIN)
        succeeded += any("her" in text.split() for text in _texts(store))
    clock = _Clock()
    answers: dict[str, list[float | None]] = {}
    for name in ("her", "nobody"):
        with open_store(folder / name) as store:
            accounts = store.using(clock).accounts
            accounts.create("her", AccountRole.ADMIN, PIN)
            answers[name] = [_wait_of(accounts, name, "739164") for _ in range(tries // 4)]
    pairs = list(zip(answers["her"], answers["nobody"], strict=True))
    succeeded += sum(known != unknown for known, unknown in pairs)
    return 1 + len(pairs), succeeded, ""


def _texts(store: Store) -> list[str]:
    """Return everything that is written where staff sign in."""
    application = _application()
    page = SignInScreen()
    context = staff_context()
    presenter = SignInPresenter(page, AdminScreen(), context, _Screens(), build_administer(store))
    presenter.ask()
    page.show()
    application.processEvents()
    labels = [label.text() for label in page.findChildren(QLabel)]
    buttons = [button.text() for button in page.findChildren(QPushButton)]
    page.hide()
    return labels + buttons


def _application() -> QApplication:
    application = QApplication.instance()
    return application if isinstance(application, QApplication) else QApplication([])


class _Screens:
    """A navigation without a window."""

    screen = "door"

    def leave_door(self, screen: str) -> None:
        self.screen = screen

    def to_door(self) -> None:
        self.screen = "door"


@attack("B12", "what staff copied or opened is there after they left", tries=20, short=6)
def left_behind(folder: Path, tries: int) -> Outcome:
    """Copy from a staff page, open its context menu, sign out, and look."""
    application = _application()
    window = MainWindow(windowed=True)
    window.add_screen("door", QWidget())
    page = QWidget()
    line = QLineEdit()
    QVBoxLayout(page).addWidget(line)
    window.add_screen("admin", page, staff=True)
    window.show()
    succeeded = 0
    for number in range(tries):
        window.go("admin")
        line.setText(f"2026-{number:04}")
        line.selectAll()
        line.copy()
        menu = line.createStandardContextMenu()
        menu.popup(line.mapToGlobal(line.rect().center()))
        window.go("door")
        application.processEvents()
        popup = QApplication.activePopupWidget()
        succeeded += popup is not None or bool(application.clipboard().text())
        menu.close()
        menu.deleteLater()
    window.close()
    return tries, succeeded, ""
