"""The backups of one database: made while the door goes on deciding, each encrypted in one file."""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from kiosk import paths
from kiosk.storage import backup_file
from kiosk.storage.backup_file import GONE
from kiosk.storage.faults import files_explained, sqlite_explained
from kiosk.storage.opening import connect_read_only, connection_to, sync_folder
from kiosk.storage.vault import Vault, has_vault

SUFFIX = ".mjb"


class Backups:
    """The folder of backups beside the database at ``path``; safe from any thread and any process."""

    def __init__(self, path: Path, vault: Vault) -> None:
        self.path = path
        self.folder = paths.backups_dir(path.parent)
        self._vault = vault

    def files(self) -> list[Path]:
        """Every backup, oldest first."""
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def make(self, label: str, now: datetime) -> Path:
        """Back the database up as it is committed just now; returns the new file.

        Reads through a connection of its own, so that rows are written meanwhile. ``StorageError`` where the
        master key is missing or the folder cannot be written; no half file is left.
        """
        target = self.folder / f"munjigi-{now.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{label}{SUFFIX}"
        with self._alone(), self._copied() as copy, sqlite_explained(copy), closing(connection_to(copy, "rw")) as sql:
            version, opened_by = _version(sql), self._vault.openers(sql)
            keys = self._vault.person_keys(sql) if has_vault(sql) else None
            _without_keys(sql, keys)
            sql.close()
            backup_file.write(target, copy, made_at=now.isoformat(timespec="seconds"), label=label, version=version,
                              person_keys=keys, opened_by=opened_by)
            with files_explained(target, "written"):
                sync_folder(self.folder)
        return target

    def destroy_key(self, person_id: int, mark: bytes = GONE) -> int:
        """Destroy a person's key in every backup; in how many there was one. ``StorageError`` where one cannot be changed.

        Backups from before templates were sealed hold them openly inside: these are deleted.
        """
        with self._alone():
            return sum([self._destroy(file, person_id, mark) for file in self.files()])

    def open_with(self, present: tuple[str, bytes], former: tuple[str, bytes]) -> int:
        """Let the master key ``present`` (id, key) open every backup that ``former`` opens; how many that were."""
        changed = 0
        with self._alone():
            for file in self.files():
                if backup_file.header(file).slots.get("master") == former[0]:
                    backup_file.set_slot(file, "master", present, backup_file.content_key(file, "master", former[1]))
                    changed += 1
        return changed

    def _destroy(self, file: Path, person_id: int, mark: bytes) -> bool:
        if not backup_file.header(file).sealed:
            with files_explained(file, "deleted"):
                file.unlink()
            return True
        return backup_file.destroy_key(file, person_id, mark)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time, whatever program; what a killed one left is cleared away."""
        with files_explained(self.folder, "written"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / ".lock", os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            for part in self.folder.glob("*.part*"):
                part.unlink(missing_ok=True)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def _copied(self) -> Iterator[Path]:
        copy = self.folder / f"{secrets.token_hex(4)}.part"
        try:
            with files_explained(copy, "written"):
                os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with sqlite_explained(copy), closing(connect_read_only(self.path)) as source, closing(connection_to(copy, "rw")) as into:
                source.backup(into)
            yield copy
        finally:
            for left in self.folder.glob(f"{copy.name}*"):
                left.unlink(missing_ok=True)


def _version(sql: sqlite3.Connection) -> str:
    return str(sql.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'munjigi' ORDER BY rowid DESC").fetchone()[0])


def _without_keys(sql: sqlite3.Connection, keys: Mapping[int, bytes] | None) -> None:
    """The people's keys go into records of their own, so that each can be destroyed later; here they are overwritten."""
    sql.execute("PRAGMA journal_mode = DELETE")
    sql.execute("PRAGMA secure_delete = ON")
    if keys is not None:
        sql.execute("DELETE FROM person_keys")
