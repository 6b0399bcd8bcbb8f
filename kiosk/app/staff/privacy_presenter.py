"""The privacy page at work: backups, retention, the check of the log, on a thread of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Slot

from kiosk.app.bootstrap.build import backup_job_of
from kiosk.core.errors import KioskError
from kiosk.core.people import Account
from kiosk.core.view_models import PrivacyView
from kiosk.services.two_admins import TwoAdmins
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.audit.retention import Retention
from kiosk.storage.backup import restore
from kiosk.storage.db.timestamps import local_now

if TYPE_CHECKING:
    from kiosk.app.runtime import KioskApp


class PrivacyPresenter(QObject):
    """Turns what an administrator wants on that page into work, and its results into the page."""

    def __init__(self, app: KioskApp) -> None:
        super().__init__()
        self._app = app
        self._page = app.staff.privacy
        self._keeper = backup_job_of(app.config, app.storage)
        self._retention = Retention(app.storage.database, app.config.privacy.keep_log_days)
        self._two = TwoAdmins(app.config.security.two_admins, app.storage.accounts.verify)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="privacy")
        app.staff.pageOpened.connect(self._opened)
        self._page.backupRequested.connect(self._back_up)
        self._page.verifyRequested.connect(self._verify)
        self._page.restoreRequested.connect(self._restore)
        self._page.codeRequested.connect(self._new_code)
        self._page.removeRequested.connect(self._remove)
        self._page.checkRequested.connect(self._check)

    def stop(self) -> None:
        """Let what was asked for end."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    @Slot(str)
    def _opened(self, name: str) -> None:
        if name == "privacy":
            self._show()

    def _show(self) -> None:
        self._run("backups", lambda actor: self._view(), self._page.show_view)

    def _view(self) -> PrivacyView:
        database = self._app.storage.database
        facts = database.call(lambda: database.vault.facts(database.sqlite.conn))
        names = {
            "master key": "master",
            "recovery code": "recovery",
            "signing key": "signer",
            "public key": "public",
        }
        keys = [
            ("place", database.vault.store.place),
            *((names[name], value) for name, value in facts.items()),
        ]
        return PrivacyView(
            self._retention.state(),
            tuple(keys),
            tuple(database.backups.list()),
            str(database.backups.folder),
            self._two.required,
        )

    @Slot()
    def _back_up(self) -> None:
        self._run(
            "backups",
            lambda actor: self._keeper.back_up(local_now(), "by-hand", actor.name),
            self._made,
        )

    def _made(self, _: Any) -> None:
        self._page.show_note("backups", "privacy.backups.made")
        self._show()

    @Slot(str)
    def _verify(self, name: str) -> None:
        backups = self._app.storage.database.backups
        self._run(
            "backups",
            lambda actor: restore.verify(backups, backups.file(name)),
            self._page.show_backup_check,
        )

    @Slot(str, str, str)
    def _restore(self, backup: str, name: str, pin: str) -> None:
        """Verified first, so that nothing is stopped for a backup that is none."""
        database = self._app.storage.database

        def check(actor: Account) -> Callable[[], object]:
            by = self._approved(actor, name, pin)
            file = database.backups.file(backup)
            restore.verify(database.backups, file)
            return functools.partial(
                restore.restore, database.backups, file, database.vault, local_now(), by
            )

        self._run("backups", check, self._restart)

    def _restart(self, act: Any) -> None:
        self._page.show_note("backups", "privacy.backups.restoring")
        self._app.restart_with(act)

    @Slot()
    def _new_code(self) -> None:
        self._run(
            "backups",
            lambda actor: self._keeper.new_recovery_code(local_now(), actor.name),
            self._page.show_code,
        )

    @Slot(object, str, str)
    def _remove(self, day: date, name: str, pin: str) -> None:
        before = datetime.combine(day, time.min).astimezone()

        def remove(actor: Account) -> int:
            return self._retention.run(local_now(), before, self._approved(actor, name, pin))

        self._run("retention", remove, self._removed)

    def _removed(self, rows: Any) -> None:
        self._page.show_note("retention", "privacy.retention.removed", rows=f"{rows:,}")
        self._show()

    def _approved(self, actor: Account, name: str, pin: str) -> str:
        """Who does it, as the log says; the second administrator's name and PIN count where two are asked for."""
        second = self._two.approve(actor, name, pin) if self._two.required else None
        return self._two.names(actor, second)

    @Slot()
    def _check(self) -> None:
        database = self._app.storage.database
        self._run(
            "log_check",
            lambda actor: verify_log(database.path, own=database.vault.own_signers()),
            self._page.show_log_check,
        )

    def _run(
        self, part: str, work: Callable[[Account], object], done: Callable[[Any], None]
    ) -> None:
        """``work`` for whoever is signed in, administrators only; its result or error back on this thread."""
        actor = self._app.desk.signed_in()

        def allowed() -> object:
            self._app.admin.may_administer(actor)
            return work(actor)

        def failed(error: KioskError) -> None:
            self._page.show_error(part, error.key, **error.values)

        self._app.tasks.watch(self._worker.submit(allowed), done, failed)
