"""Backups, retention, the check of the log and the keys."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date, datetime, time
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from kiosk.app.bootstrap.build import backup_job_of
from kiosk.app.kiosk_parts import Restart
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.people import Account
from kiosk.core.view_models import PrivacyView
from kiosk.services.two_admins import TwoAdmins
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.audit.retention import Retention
from kiosk.storage.backup import restore
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.ui.screens.settings.privacy_screen import PrivacyScreen

T = TypeVar("T")


class PrivacyPresenter(QObject):
    """Answers the Privacy page on a thread of its own, for administrators only."""

    def __init__(
        self,
        page: PrivacyScreen,
        context: StaffContext,
        storage: Store,
        config: Config,
        restart: Restart,
    ) -> None:
        super().__init__()
        self._page = page
        self._session = context.session
        self._storage = storage
        self._restart = restart
        self._backup_job = backup_job_of(config, storage)
        self._retention = Retention(storage, config.privacy.keep_log_days)
        self._two_admins = TwoAdmins(config.security.two_admins, storage.accounts.verify)
        self._worker = Worker(context.tasks, "privacy")
        context.navigation.pageOpened.connect(self._page_opened)
        self._page.backupRequested.connect(self._back_up)
        self._page.verifyRequested.connect(self._verify)
        self._page.restoreRequested.connect(self._restore)
        self._page.codeRequested.connect(self._new_code)
        self._page.removeRequested.connect(self._remove)
        self._page.checkRequested.connect(self._check)

    def stop(self) -> None:
        """Wait for the work in progress."""
        self._worker.stop()

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == "privacy":
            self._show()

    def _show(self) -> None:
        self._run("backups", lambda actor: self._view(), self._page.show_view)

    def _view(self) -> PrivacyView:
        store = self._storage
        facts = store.key_facts()
        names = {
            "master key": "master",
            "recovery code": "recovery",
            "signing key": "signer",
            "public key": "public",
        }
        keys = [
            ("place", store.vault.store.place),
            *((names[name], value) for name, value in facts.items()),
        ]
        return PrivacyView(
            self._retention.state(),
            tuple(keys),
            tuple(store.backups.list()),
            str(store.backups.folder),
            self._two_admins.required,
        )

    @Slot()
    def _back_up(self) -> None:
        self._run(
            "backups",
            lambda actor: self._backup_job.back_up(local_now(), "by-hand", actor.name),
            lambda _: self._backed_up(),
        )

    def _backed_up(self) -> None:
        self._page.show_note("backups", "privacy.backups.made")
        self._show()

    @Slot(str)
    def _verify(self, name: str) -> None:
        backups = self._storage.backups
        self._run(
            "backups",
            lambda actor: restore.verify(backups, backups.file(name)),
            self._page.show_backup_check,
        )

    @Slot(str, str, str)
    def _restore(self, backup: str, name: str, pin: str) -> None:
        """Verify first, so that the kiosk does not stop for a damaged backup."""
        store = self._storage

        def check(actor: Account) -> Callable[[], object]:
            by = self._approved(actor, name, pin)
            file = store.backups.file(backup)
            restore.verify(store.backups, file)
            return functools.partial(
                restore.restore, store.backups, file, store.vault, local_now(), by
            )

        self._run("backups", check, self._restart_with)

    def _restart_with(self, restore_backup: Callable[[], object]) -> None:
        self._page.show_note("backups", "privacy.backups.restoring")
        self._restart(restore_backup)

    @Slot()
    def _new_code(self) -> None:
        self._run(
            "backups",
            lambda actor: self._backup_job.new_recovery_code(local_now(), actor.name),
            self._page.show_code,
        )

    @Slot(object, str, str)
    def _remove(self, day: date, name: str, pin: str) -> None:
        before = datetime.combine(day, time.min).astimezone()

        def remove(actor: Account) -> int:
            return self._retention.run(local_now(), before, self._approved(actor, name, pin))

        self._run("retention", remove, self._removed)

    def _removed(self, rows: int) -> None:
        self._page.show_note("retention", "privacy.retention.removed", rows=f"{rows:,}")
        self._show()

    def _approved(self, actor: Account, name: str, pin: str) -> str:
        """Return who does it, for the log; ``name`` and ``pin`` are the second administrator's."""
        second = self._two_admins.approve(actor, name, pin) if self._two_admins.required else None
        return self._two_admins.names(actor, second)

    @Slot()
    def _check(self) -> None:
        store = self._storage
        self._run(
            "log_check",
            lambda actor: verify_log(store.database.path, own=store.vault.own_signers()),
            self._page.show_log_check,
        )

    def _run(self, part: str, work: Callable[[Account], T], done: Callable[[T], None]) -> None:
        """Run ``work`` for an administrator; an error is shown in ``part`` of the page."""
        actor = self._session.account

        def allowed() -> T:
            self._session.require_admin(actor)
            return work(actor)

        def failed(error: KioskError) -> None:
            self._page.show_error(part, error.key, **error.values)

        self._worker.run(allowed, done, failed)
