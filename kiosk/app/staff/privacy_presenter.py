"""Backups, retention, the check of the log and the keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from kiosk.app.kiosk_parts import Restart
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker
from kiosk.core.errors import KioskError
from kiosk.core.rights import Actor
from kiosk.services.restored_content import RestoredContentService
from kiosk.services.stored_data import StoredDataService
from kiosk.ui.screens.settings.privacy_screen import PrivacyScreen

T = TypeVar("T")

MAX_LISTED = 40
"""People listed on the card of a restored backup; the page People shows all."""


class PrivacyPresenter(QObject):
    """Answers the Privacy page on a thread of its own, for administrators only."""

    def __init__(
        self,
        page: PrivacyScreen,
        context: StaffContext,
        service: StoredDataService,
        restored: RestoredContentService,
        restart: Restart,
    ) -> None:
        super().__init__()
        self._page = page
        self._session = context.session
        self._service = service
        self._restored = restored
        self._restart = restart
        self._worker = Worker(context.tasks, "privacy")
        context.navigation.pageOpened.connect(self._page_opened)
        self._page.backupRequested.connect(self._back_up)
        self._page.verifyRequested.connect(self._verify)
        self._page.restoreRequested.connect(self._restore)
        self._page.codeRequested.connect(self._new_code)
        self._page.removeRequested.connect(self._remove)
        self._page.checkRequested.connect(self._check)
        self._page.restoredConfirmed.connect(self._confirm_restored)

    def stop(self) -> None:
        """Wait for the work in progress."""
        self._worker.stop()

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == "privacy":
            self._show()

    def _show(self) -> None:
        self._run("backups", self._service.view, self._page.show_view)
        self._run(
            "restored",
            lambda actor: self._restored.unconfirmed(actor, MAX_LISTED),
            self._page.show_restored,
        )

    @Slot(str, str)
    def _confirm_restored(self, name: str, pin: str) -> None:
        self._run(
            "restored",
            lambda actor: self._restored.confirm(actor, name, pin),
            lambda _: self._show(),
        )

    @Slot()
    def _back_up(self) -> None:
        self._run("backups", self._service.back_up, lambda _: self._backed_up())

    def _backed_up(self) -> None:
        self._page.show_note("backups", "privacy.backups.made")
        self._show()

    @Slot(str)
    def _verify(self, name: str) -> None:
        self._run(
            "backups",
            lambda actor: self._service.verify_backup(actor, name),
            self._page.show_backup_check,
        )

    @Slot(str, str, str)
    def _restore(self, backup: str, name: str, pin: str) -> None:
        """Verify first, so that the kiosk does not stop for a damaged backup."""
        self._run(
            "backups",
            lambda actor: self._service.restorer(actor, backup, name, pin),
            self._restart_with,
        )

    def _restart_with(self, restore_backup: Callable[[], object]) -> None:
        self._page.show_note("backups", "privacy.backups.restoring")
        self._restart(restore_backup)

    @Slot(str, str)
    def _new_code(self, name: str, pin: str) -> None:
        self._run(
            "backups",
            lambda actor: self._service.new_recovery_code(actor, name, pin),
            self._page.show_code,
        )

    @Slot(object, str, str)
    def _remove(self, day: date, name: str, pin: str) -> None:
        self._run(
            "retention",
            lambda actor: self._service.delete_rows(actor, day, name, pin),
            self._removed,
        )

    def _removed(self, rows: int) -> None:
        self._page.show_note("retention", "privacy.retention.removed", rows=f"{rows:,}")
        self._show()

    @Slot()
    def _check(self) -> None:
        self._run("log_check", self._service.verify_log, self._page.show_log_check)

    def _run(self, part: str, work: Callable[[Actor], T], done: Callable[[T], None]) -> None:
        """Run ``work`` for the actor; an error is shown in ``part`` of the page."""
        actor = self._session.account

        def failed(error: KioskError) -> None:
            self._page.show_error(part, error.key, **error.values)

        self._worker.run(lambda: work(actor), done, failed)
