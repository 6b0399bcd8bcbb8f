"""The folder with the backups of one database, each encrypted in a file of its own."""

from __future__ import annotations

import builtins
import fcntl
import logging
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from kiosk.core import paths
from kiosk.core.errors import StorageError
from kiosk.core.files import shred
from kiosk.core.people import Receipt
from kiosk.core.reports import BackupInfo
from kiosk.storage.backup import backup_file, carried_secrets
from kiosk.storage.backup.backup_file import FACE_GONE, GONE
from kiosk.storage.backup.scratch import clear_left_behind, scratch_folder
from kiosk.storage.crypto.key_records import has_vault
from kiosk.storage.crypto.key_store import fetch_key
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.connection import connect_read_only, connection_to
from kiosk.storage.db.sqlite_errors import files_explained, sqlite_explained

SUFFIX = ".mjb"
"""Suffix of the file names of backups."""

DAMAGED_SUFFIX = ".damaged"
"""Appended to the name of a damaged backup that was moved aside."""

DAMAGED = "error.backup_damaged"
"""Key of the error for a damaged backup."""

log = logging.getLogger(__name__)


class Backups:
    """The backups of the database at ``path``. Callable from any thread and any process."""

    def __init__(self, path: Path, vault: Vault, folder: Path | None = None) -> None:
        self.path = path
        self.folder = folder or paths.backups_dir(path.parent)
        self._vault = vault

    def files(self) -> list[Path]:
        """Return all backups in the order in which they were made, damaged ones first.

        The order is that of their numbers: the clock may have been wrong.
        """
        return sorted(self.folder.glob(f"*{SUFFIX}"), key=lambda file: (_number(file), file.name))

    def file(self, name: str) -> Path:
        """Return the backup with that name or path; raise ``StorageError`` if there is none."""
        for path in (self.folder / Path(name).name, Path(name)):
            if path.is_file():
                return path
        raise StorageError(
            f"There is no backup {name} in {self.folder}; `backup list` shows what there is.",
            key="error.backup_missing",
            name=name,
        )

    def list(self) -> builtins.list[BackupInfo]:
        """Return a description of each backup, newest first."""
        return [self._info(file) for file in reversed(self.files())]

    def newest(self) -> datetime | None:
        """Return when the newest readable backup was made."""
        return next((info.made_at for info in self.list() if info.made_at is not None), None)

    def rotate(self, keep: int) -> int:
        """Delete all but the last ``keep`` backups and return how many were deleted."""
        with self._locked():
            old = self.files()[:-keep]
            for file in old:
                with files_explained(file, "deleted"):
                    file.unlink(missing_ok=True)
        return len(old)

    def content_key(self, file: Path, recovery: bytes | None = None) -> bytes:
        """Return the content key of ``file``, opened with the master key or the ``recovery`` key.

        Raise ``StorageError`` if that key is missing or does not open it.
        """
        if recovery is not None:
            return backup_file.content_key(file, "recovery", recovery)
        name = backup_file.header(file).slots.get("master", "")
        master = fetch_key(self._vault.store, "master", name)
        return backup_file.content_key(file, "master", master)

    def make(self, label: str, now: datetime) -> Path:
        """Back up the committed state of the database and return the new file.

        It is read through a separate connection, so that rows can be written meanwhile. Raise
        ``StorageError`` if the master key is missing or the folder cannot be written; no partial
        file is left then.
        """
        target = self.folder / f"munjigi-{now.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{label}{SUFFIX}"
        content = secrets.token_bytes(32)
        with (
            self._locked(),
            self._copied() as copy,
            sqlite_explained(copy),
            closing(connection_to(copy, "rw")) as sql,
        ):
            version = _version(sql)
            opened_by = self._vault.backup_openers(sql)
            keys = self._vault.person_keys(sql) if has_vault(sql) else None
            _remove_person_keys(sql, keys)
            carried_secrets.put(sql, self._vault.exported_secrets(sql), content)
            sql.close()
            backup_file.write(
                target,
                copy,
                content,
                number=1 + max(map(_number, self.files()), default=0),
                made_at=now.isoformat(timespec="microseconds"),
                label=label,
                version=version,
                person_keys=keys,
                opened_by=opened_by,
            )
        return target

    def destroy_key(self, person_id: int, mark: bytes = GONE) -> int:
        """Destroy a person's key in every backup and return in how many there was one.

        Raise ``StorageError`` if one backup cannot be changed; then none is. Damaged backups, which
        cannot be opened, are moved aside. Backups from before templates were sealed contain them in
        the clear and are deleted.
        """
        with self._locked():
            return sum([self._destroy(file, person_id, mark) for file in self._changeable()])

    def set_recovery(self, recovery: tuple[str, bytes]) -> int:
        """Make ``recovery`` (id, key) the recovery key of every backup that the master key opens.

        Return how many there are.
        """
        changed = 0
        with self._locked():
            for file in self.files():
                # a damaged backup, or one of a lost master key, stays as it is
                with suppress(StorageError):
                    backup_file.set_slot(file, "recovery", recovery, self.content_key(file))
                    changed += 1
        return changed

    def destroy_deleted(self, receipts: Iterable[Receipt]) -> int:
        """Destroy the keys of people who were deleted after a backup was made; return how many.

        Needed if the kiosk was killed between a deletion and the destruction of the keys.
        """
        destroyed = 0
        with self._locked():
            for file in self.files():
                with suppress(StorageError, ValueError):  # a damaged backup cannot be opened
                    made_at = datetime.fromisoformat(backup_file.header(file).made_at)
                    destroyed += sum(
                        backup_file.destroy_key(
                            file, receipt.person_id, FACE_GONE if receipt.face_only else GONE
                        )
                        for receipt in receipts
                        if receipt.at >= made_at
                    )
        return destroyed

    def change_master(self, former: tuple[str, bytes], current: tuple[str, bytes]) -> int:
        """Make the master key ``current`` (id, key) open every backup that ``former`` opens.

        Return how many there are.
        """
        with self._locked():
            sealed_by_former = [
                file
                for file in self._changeable()
                if backup_file.header(file).slots.get("master") == former[0]
            ]
            contents = {
                file: content
                for file in sealed_by_former
                if (content := _content_key(file, former[1])) is not None
            }
            for file, content in contents.items():
                backup_file.set_slot(file, "master", current, content)
        return len(contents)

    def _info(self, file: Path) -> BackupInfo:
        try:
            about = backup_file.header(file)
            size = file.stat().st_size
            made_at = datetime.fromisoformat(about.made_at)
        except (StorageError, ValueError, OSError):
            return BackupInfo(file.name, None, damaged=True)
        opens = self._vault.store.get(f"master-{about.slots.get('master', '')}") is not None
        return BackupInfo(file.name, made_at, about.label, size, opens, "recovery" in about.slots)

    def _changeable(self) -> builtins.list[Path]:
        """Return all undamaged backups, after checking that each can be written.

        Raise ``StorageError`` if the system refuses one.
        """
        found = []
        for file in self.files():
            try:
                backup_file.header(file)
            except StorageError as error:
                if error.key != DAMAGED:
                    raise
                self._move_aside(file)
                continue
            with files_explained(file, "written"), file.open("r+b"):
                found.append(file)
        return found

    def _move_aside(self, file: Path) -> None:
        aside = file.with_name(file.name + DAMAGED_SUFFIX)
        log.warning("the backup %s is damaged and cannot be opened; see %s", file.name, aside.name)
        with files_explained(file, "written"):
            file.rename(aside)

    def _destroy(self, file: Path, person_id: int, mark: bytes) -> bool:
        if not backup_file.header(file).sealed:
            with files_explained(file, "deleted"):
                file.unlink()
            return True
        return backup_file.destroy_key(file, person_id, mark)

    def clear_leftovers(self) -> None:
        """Delete what killed processes left in the data folder and in the folder of backups.

        The folder of backups is left alone while another process works in it: it clears it itself.
        """
        clear_left_behind(self.path.parent)
        try:
            handle = os.open(self.folder / ".lock", os.O_WRONLY)
        except OSError:  # no backup was ever made there, or its disk is away
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._clear_parts()
        except OSError:  # another process works there, or the disk has no locks
            return
        finally:
            os.close(handle)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the folder against other threads and processes; remove what a killed one left."""
        with files_explained(self.folder, "written"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / ".lock", os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._clear_parts()
            yield
        finally:
            os.close(handle)

    def _clear_parts(self) -> None:
        """Overwrite and delete unfinished backups: those of older programs are not encrypted."""
        for part in self.folder.glob("*.part*"):
            try:
                shred(part)
            except FileNotFoundError:
                continue
            except OSError as error:
                log.error("%s cannot be deleted (%s); delete it by hand", part, error)

    @contextmanager
    def _copied(self) -> Iterator[Path]:
        """Copy the database into the data folder for the duration of the block."""
        with scratch_folder(self.path.parent) as folder:
            copy = folder / "copy.db"
            with files_explained(copy, "written"):
                os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with (
                sqlite_explained(copy),
                closing(connect_read_only(self.path)) as source,
                closing(connection_to(copy, "rw")) as target,
            ):
                source.backup(target)
            yield copy


def _number(file: Path) -> int:
    """Return the number of a backup, -1 for a damaged one."""
    try:
        return backup_file.header(file).number
    except (StorageError, OSError):
        return -1


def _content_key(file: Path, master: bytes) -> bytes | None:
    """Return the content key; ``None`` if ``master`` does not open the file."""
    try:
        return backup_file.content_key(file, "master", master)
    except StorageError as error:
        if error.key != "error.backup_other_key":
            raise
        log.warning("%s", error)
        return None


def _version(sql: sqlite3.Connection) -> str:
    """Return the name of the last migration step."""
    row = sql.execute(
        "SELECT name FROM _sqlite_migrations WHERE migration_set = 'munjigi' ORDER BY rowid DESC"
    ).fetchone()
    return str(row[0])


def _remove_person_keys(sql: sqlite3.Connection, keys: Mapping[int, bytes] | None) -> None:
    """Remove the people's keys from the copy, overwriting them.

    They go into records of the backup, where each can be destroyed later. A journal on disk would
    keep them.
    """
    sql.execute("PRAGMA journal_mode = MEMORY")
    sql.execute("PRAGMA secure_delete = ON")
    if keys is not None:
        sql.execute("DELETE FROM person_keys")
