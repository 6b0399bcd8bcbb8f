"""One round of keeping a database safe: a backup that was read back, old ones rotated, and what deletions left behind cleared away."""

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
    """The backups of one database as the settings want them; ``every``: how often, ``keep``: how many, ``set_aside``: how long databases
    stay that a backup replaced. Safe from any thread but the database's own."""

    def __init__(self, store: Store, *, every: timedelta, keep: int, set_aside: timedelta) -> None:
        self._store = store
        self._every = every
        self._keep = keep
        self._set_aside = set_aside

    def due(self, now: datetime) -> bool:
        """Whether the newest backup is too old; after the clock was set back, too."""
        newest = self._store.backups.newest()
        return newest is None or not timedelta(0) <= now - newest < self._every

    def run(self, now: datetime) -> None:
        """The backup that is due."""
        self.back_up(now, "scheduled", SYSTEM)

    def back_up(self, now: datetime, label: str, by: str) -> Path:
        """Make a backup and read all of it back, then rotate; the new file. ``StorageError`` where it is not good."""
        backups = self._store.backups
        file = backups.make(label, now)
        try:
            backup_file.authenticate(file, backups.content_key(file))
        except BaseException:
            file.unlink(
                missing_ok=True
            )  # a backup that cannot be read must not push out one that can
            raise
        removed = backups.rotate(self._keep)
        self._record(
            "backup_made",
            by,
            {"backup": file.name, "size": file.stat().st_size, "rotated": removed},
            now,
        )
        self._tidy(now)
        return file

    def new_recovery_code(self, now: datetime, by: str) -> str:
        """A new recovery code, to be shown once: it opens every backup from now on, the ones that there are too; an older code opens none."""
        code = new_code()

        def keep() -> tuple[str, bytes]:
            database = self._store.database
            with database.transaction():
                return self._store.vault.set_recovery(database.connection, key_of(code), now)

        backups = self._store.backups.recover_with(self._store.database.call(keep))
        self._record("recovery_code_made", by, {"backups": backups}, now)
        return code

    def _tidy(self, now: datetime) -> None:
        self._store.backups.destroy_deleted(self._store.people.receipts())
        swap_in.forget_set_aside(self._store.database.path, now - self._set_aside)
        key_rotation.finish(self._store)

    def _record(self, event: str, by: str, detail: Mapping[str, object], now: datetime) -> None:
        self._store.using(lambda: now).audit_log.record(event, by, detail)
