"""Scheduled backups: make one and read it back, rotate, and clean up what deletions left behind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from kiosk.storage.audit.audit_log import SYSTEM
from kiosk.storage.backup import backup_file
from kiosk.storage.backup.recovery_code import key_of, new_code
from kiosk.storage.crypto import key_rotation
from kiosk.storage.db import swap_in
from kiosk.storage.store import Store


class BackupJob:
    """The maintenance task that backs up one database. Callable from any thread but the database's.

    ``every``: interval of backups. ``keep``: how many are kept. ``set_aside``: how long a database
    that was replaced by a backup is kept.
    """

    def __init__(self, store: Store, *, every: timedelta, keep: int, set_aside: timedelta) -> None:
        self._store = store
        self._every = every
        self._keep = keep
        self._set_aside = set_aside

    def due(self, now: datetime) -> bool:
        """Return whether no backup is new enough; one of the future is not."""
        return not any(
            info.made_at is not None and timedelta(0) <= now - info.made_at < self._every
            for info in self._store.backups.list()
        )

    def run(self, now: datetime) -> None:
        """Make the scheduled backup."""
        self.back_up(now, "scheduled", SYSTEM)

    def back_up(self, now: datetime, label: str, by: str) -> Path:
        """Make a backup, read all of it back, rotate, and return the new file.

        Raise ``StorageError`` if it cannot be written or read back.
        """
        backups = self._store.backups
        file = backups.make(label, now)
        try:
            backup_file.authenticate(file, backups.content_key(file))
        except BaseException:
            # an unreadable backup must not push out a readable one
            file.unlink(missing_ok=True)
            raise
        removed = backups.rotate(self._keep)
        detail = {"backup": file.name, "size": file.stat().st_size, "rotated": removed}
        self._record("backup_made", by, detail, now)
        self._clean_up(now)
        return file

    def new_recovery_code(self, now: datetime, by: str) -> str:
        """Return a new recovery code, to be shown once.

        It opens all present and future backups; an older code opens none any more.
        """
        code = new_code()
        database = self._store.database

        def set_recovery() -> tuple[str, bytes]:
            with database.transaction():
                return self._store.vault.set_recovery(database.connection, key_of(code), now)

        recovery = database.call(set_recovery)
        changed = self._store.backups.set_recovery(recovery)
        unreached = [place.place for place in self._store.backups.missing()]
        detail = {"backups": changed} | ({"not_reached": unreached} if unreached else {})
        self._record("recovery_code_made", by, detail, now)
        return code

    def _clean_up(self, now: datetime) -> None:
        """Do what was not possible when a person was deleted or a key replaced: a disk was away."""
        backups, database, vault = self._store.backups, self._store.database, self._store.vault
        backups.destroy_deleted(self._store.people.genuine_receipts())
        recovery = database.call(lambda: vault.recovery(database.connection))
        if recovery is not None:
            backups.set_recovery(recovery)
        swap_in.forget_set_aside(self._store.database.path, now - self._set_aside)
        key_rotation.finish(self._store)

    def _record(self, event: str, by: str, detail: Mapping[str, object], now: datetime) -> None:
        self._store.using(lambda: now).audit_log.record(event, by, detail)
