"""Where the database cannot be opened: the door stays locked, the screen says why, and tries again; a backup is offered for a damaged one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from kiosk.access.drivers import make_driver
from kiosk.access.failsafe import FailsafeLocker
from kiosk.app.bootstrap.build import backups_of, open_store
from kiosk.app.tasks import Tasks
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
PULSE_MS = 1000
DAMAGED = frozenset({"error.storage_damaged", "error.storage_not_ours"})
"""What a backup helps against; a full disk or a locked file it does not."""

log = logging.getLogger(__name__)


class DatabaseRecovery(QObject):
    """Shows ``error`` until the database opens again or a backup took its place: then ``over`` is emitted."""

    over = Signal()

    def __init__(self, config: Config, data_dir: Path, error: StorageError) -> None:
        super().__init__()
        self._config = config
        self._data_dir = data_dir
        self._key = error.key
        self._backups, self._vault = backups_of(config, data_dir)
        self._locking = FailsafeLocker(make_driver(config))
        self._offer: Offer | None = None
        self._first: Account | None = None
        self._tasks = Tasks()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trouble")
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
        self._pulse = QTimer(self)
        self._timer.timeout.connect(self._try_again)
        self._pulse.timeout.connect(self._alive)
        self.screen.restoreRequested.connect(self._ask)
        self.sign_in.submitted.connect(self._signed_in)
        for back in (self.sign_in.cancelled, self.window.signedOut):
            back.connect(self._back)

    def start(self) -> None:
        """Show the window, and look for a backup where one would help."""
        log.error("the database cannot be opened (%s); the door stays locked", self._key)
        self._locking.start()  # the one before may have ended with the relay on
        self._notifier.ready()
        self._pulse.start(PULSE_MS)
        self.screen.show_trouble(self._key)
        self.window.show_kiosk()
        self.window.go("trouble")
        if self._key in DAMAGED:
            self.screen.show_searching()
            self._run(self._find, self._found)
        else:
            self._timer.start(AGAIN_MS)

    def stop(self) -> None:
        """Let go of everything."""
        if not self._is_over:
            self._notifier.stopping()
        self._timer.stop()
        self._pulse.stop()
        self._locking.stop()
        self._worker.shutdown(wait=True, cancel_futures=True)
        if self._offer is not None:
            self._offer.close()

    def _find(self) -> Offer | None:
        file = restore.newest_good(self._backups)
        return None if file is None else Offer(self._backups, file)

    def _found(self, offer: Any) -> None:
        self._offer = offer
        if offer is None:
            self.screen.show_none()
        else:
            self.screen.show_offer(offer.made_at, offer.check.people, offer.check.rows)

    @Slot()
    def _ask(self) -> None:
        if self._offer is not None:
            self._first = None
            self.sign_in.show_accounts(self._offer.names)
            self.window.go("sign_in")

    @Slot(str, str)
    def _signed_in(self, name: str, pin: str) -> None:
        offer = self._offer
        if offer is None:
            return
        two = TwoAdmins(self._config.security.two_admins, offer.sign_in)
        first = self._first

        def work() -> Account | str:
            if two.required and first is None:
                return offer.sign_in(name, pin)
            by = (
                two.names(first, two.approve(first, name, pin))
                if first
                else two.names(offer.sign_in(name, pin), None)
            )
            restore.restore(self._backups, offer.file, self._vault, local_now(), by)
            return by

        self._run(work, self._agreed, self.sign_in.show_error)

    def _agreed(self, who: Any) -> None:
        """One administrator has signed in, and another must; or all have, and the backup is in its place."""
        if isinstance(who, Account) and self._offer is not None:
            self._first = who
            self.sign_in.show_accounts([name for name in self._offer.names if name != who.name])
            self.sign_in.reset()
            self.sign_in.show_error("error.second_admin")
        else:
            self._restored(who)

    def _restored(self, by: Any) -> None:
        log.warning("a backup was restored by %s", by)
        self._end()

    @Slot()
    def _back(self) -> None:
        self.window.go("trouble")

    @Slot()
    def _try_again(self) -> None:
        self._run(self._open, self._opened, self._still)

    def _open(self) -> None:
        open_store(self._data_dir, self._config).close()

    def _opened(self, _: Any) -> None:
        self._end()

    def _end(self) -> None:
        self._is_over = True
        self.over.emit()

    @Slot()
    def _alive(self) -> None:
        """In the screen's thread: where that hangs, systemd hears nothing and starts the kiosk again."""
        self._notifier.alive(f"the database cannot be opened ({self._key})")

    def _still(self, key: str, **_: object) -> None:
        self.screen.show_trouble(key)

    def _run(
        self,
        work: Callable[[], object],
        done: Callable[[Any], None],
        failed: Callable[..., None] | None = None,
    ) -> None:
        def tell(error: KioskError) -> None:
            log.error("%s", error)
            (failed or self.screen.show_note)(error.key, **error.values)

        self._tasks.watch(self._worker.submit(work), done, tell)
