"""What runs while the database cannot be opened.

The door stays locked, the screen says why, and the database is tried again. For a damaged one a
backup is offered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from kiosk.access.drivers import make_driver
from kiosk.access.failsafe import FailsafeLocker
from kiosk.app.bootstrap.store_factory import backups_of, open_store
from kiosk.app.tasks import Tasks, Worker
from kiosk.core.config import Config
from kiosk.core.errors import KioskError, StorageError
from kiosk.core.people import Account
from kiosk.services.systemd_notify import Notifier
from kiosk.services.two_admins import TwoAdmins
from kiosk.storage.backup import restore
from kiosk.storage.backup.restore import Offer
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.i18n import language
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.system.recovery_screen import RecoveryScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.theme import theme

AGAIN_MS = 10_000
"""How often the database is tried again."""

HEARTBEAT_MS = 1000
"""How often systemd hears that the kiosk is alive."""

DAMAGED = frozenset({"error.storage_damaged", "error.storage_not_ours"})
"""Errors that a backup repairs, unlike a full disk or a locked file."""

log = logging.getLogger(__name__)

T = TypeVar("T")


class DatabaseRecovery(QObject):
    """Shows ``error`` until the database opens or a backup replaces it; then emits ``over``."""

    over = Signal()

    def __init__(self, config: Config, data_dir: Path, error: StorageError) -> None:
        super().__init__()
        self._locker = FailsafeLocker(make_driver(config))
        self._locker.start()  # first: an earlier process may have left the relay on
        self._config = config
        self._data_dir = data_dir
        self._key = error.key
        self._backups, self._vault = backups_of(config, data_dir)
        self._offer: Offer | None = None
        self._first: Account | None = None
        self._worker = Worker(Tasks(), "recovery")
        language().use(config.ui.language)
        theme().use(config.ui.theme)
        self.window = MainWindow(windowed=config.ui.windowed)
        self.screen = RecoveryScreen()
        self.sign_in = SignInScreen()
        self.window.add_screen("trouble", self.screen)
        self.window.add_screen("sign_in", self.sign_in, staff=True)
        self._notifier = Notifier()
        self._is_over = False
        self._timer = QTimer(self)
        self._heartbeat = QTimer(self)
        self._timer.timeout.connect(self._try_again)
        self._heartbeat.timeout.connect(self._beat)
        self.screen.restoreRequested.connect(self._ask)
        self.sign_in.submitted.connect(self._signed_in)
        for back in (self.sign_in.cancelled, self.window.signedOut):
            back.connect(self._back)

    def start(self) -> None:
        """Show the window, and look for a backup if one would help."""
        log.error("the database cannot be opened (%s); the door stays locked", self._key)
        self._notifier.ready()
        self._heartbeat.start(HEARTBEAT_MS)
        self.screen.show_trouble(self._key)
        self.window.show_kiosk()
        self.window.go("trouble")
        if self._key in DAMAGED:
            self.screen.show_searching()
            self._run(self._find_backup, self._show_backup)
        else:
            self._timer.start(AGAIN_MS)

    def stop(self) -> None:
        """Stop timers, threads and the lock."""
        if not self._is_over:
            self._notifier.stopping()
        self._timer.stop()
        self._heartbeat.stop()
        self._locker.stop()
        self._worker.stop()
        if self._offer is not None:
            self._offer.close()

    def _find_backup(self) -> Offer | None:
        file = restore.newest_good(self._backups)
        return None if file is None else Offer(self._backups, file)

    def _show_backup(self, offer: Offer | None) -> None:
        self._offer = offer
        if offer is None:
            self.screen.show_none()
        else:
            self.screen.show_offer(offer.made_at, offer.check.people, offer.check.rows)

    @Slot()
    def _ask(self) -> None:
        if self._offer is not None:
            self._first = None
            self.window.go("sign_in")

    @Slot(str, str)
    def _signed_in(self, name: str, pin: str) -> None:
        offer = self._offer
        if offer is None:
            return
        required = self._config.security.two_admins
        two_admins = TwoAdmins(lambda: required or offer.two_admins(), offer.sign_in, local_now)
        first = self._first

        def approve() -> Account | str:
            """Return the first of two administrators, or who restored the backup."""
            if two_admins.required and first is None:
                return offer.sign_in(name, pin)
            if first is None:
                by = two_admins.names(offer.sign_in(name, pin), None)
            else:
                by = two_admins.agreed(first, name, pin)
            restore.restore(self._backups, offer.file, self._vault, local_now(), by)
            return by

        self._run(approve, self._approved, self.sign_in.show_error)

    def _approved(self, by: Account | str) -> None:
        """Ask for the second administrator, or end: the backup has been restored."""
        if isinstance(by, Account) and self._offer is not None:
            self._first = by
            self.sign_in.reset()
            self.sign_in.show_error("error.second_admin")
        else:
            self._restored(by)

    def _restored(self, by: Account | str) -> None:
        log.warning("a backup was restored by %s", by)
        self._end()

    @Slot()
    def _back(self) -> None:
        self.window.go("trouble")

    @Slot()
    def _try_again(self) -> None:
        self._run(self._open, lambda _: self._end(), self._show_trouble)

    def _open(self) -> None:
        open_store(self._data_dir, self._config).close()

    def _end(self) -> None:
        self._is_over = True
        self.over.emit()

    @Slot()
    def _beat(self) -> None:
        """On the main thread: if it hangs, systemd hears nothing and restarts the kiosk."""
        self._notifier.alive(f"the database cannot be opened ({self._key})")

    def _show_trouble(self, key: str, **_: object) -> None:
        self.screen.show_trouble(key)

    def _run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        show_error: Callable[..., None] | None = None,
    ) -> None:
        def failed(error: KioskError) -> None:
            log.error("%s", error)
            (show_error or self.screen.show_note)(error.key, **error.values)

        self._worker.run(work, done, failed)
