"""Runs due maintenance tasks of the kiosk on a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Slot

from kiosk.app.bootstrap.retention_factory import retention_of
from kiosk.app.bootstrap.store_factory import backup_job_of
from kiosk.core.config import Config
from kiosk.services import maintenance
from kiosk.services.expiry_reminder import ExpiryReminder
from kiosk.services.maintenance import BACKUP, MaintenanceTask
from kiosk.storage.audit.seal_verification import SealWatch
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.db.wal_scrub import WalScrub
from kiosk.storage.people.file_retention import remove_old_files
from kiosk.storage.store import Store

EVERY_MS = 600_000
"""How often to look for due tasks."""


def maintenance_tasks(config: Config, storage: Store) -> list[MaintenanceTask]:
    """Return the tasks, most urgent first."""
    retention, archive = retention_of(config, storage)
    backup_job = backup_job_of(config, storage)
    wal_scrub = WalScrub(storage.database)

    def remove_old(now: datetime) -> None:
        """Remove old rows, then old files; neither if the clock cannot be trusted."""
        retention.run(now)
        remove_old_files(storage.database.path.parent, now - timedelta(days=retention.days))
        archive.remove_old(now)

    seals = SealWatch(storage)
    expiry = ExpiryReminder(
        storage.people,
        storage.audit_log,
        storage.settings,
        config.enrolment.expiry_notice_days,
    )
    return [
        MaintenanceTask("emptying the write-ahead log", wal_scrub.due, wal_scrub.run),
        MaintenanceTask(BACKUP, backup_job.due, backup_job.run),
        MaintenanceTask("the retention rule", retention.due, remove_old),
        MaintenanceTask("verifying the records", seals.due, seals.run),
        MaintenanceTask("telling whose period ends", expiry.due, expiry.run),
    ]


class MaintenanceTimer(QObject):
    """Runs due tasks every ten minutes, one at a time.

    ``ran``: called with the names of those that failed, on another thread.
    """

    def __init__(
        self,
        tasks: Sequence[MaintenanceTask],
        ran: Callable[[list[str]], None] = lambda failed: None,
    ) -> None:
        super().__init__()
        self._tasks = tuple(tasks)
        self._ran = ran
        self._stopped = threading.Event()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="maintenance")
        self._running: Future[list[str]] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.run_due)

    def start(self) -> None:
        """Look for due tasks now, and from then on regularly."""
        self._timer.start(EVERY_MS)
        self.run_due()

    def stop(self) -> None:
        """Wait for the task in progress, and begin no other."""
        self._stopped.set()
        self._worker.shutdown(wait=True, cancel_futures=True)

    @Slot()
    def run_due(self) -> None:
        """Run due tasks, unless some are still running."""
        if self._running is None or self._running.done():
            self._running = self._worker.submit(self._run, local_now())

    def _run(self, now: datetime) -> list[str]:
        failed = maintenance.run_due(self._tasks, now, self._stopped.is_set)
        self._ran(failed)
        return failed
