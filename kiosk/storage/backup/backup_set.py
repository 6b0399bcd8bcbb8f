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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.core import paths
from kiosk.core.errors import StorageError
from kiosk.core.files import showable, shred
from kiosk.core.people import Receipt
from kiosk.core.reports import BackupInfo, Unreached
from kiosk.storage.backup import backup_file, carried_secrets, key_destruction
from kiosk.storage.backup.backup_file import FACE_GONE, GONE, MAX_NUMBER
from kiosk.storage.backup.backup_folders import LOCK, BackupFolders
from kiosk.storage.backup.key_destruction import KeysDestroyed
from kiosk.storage.backup.scratch import clear_left_behind, scratch_folder
from kiosk.storage.crypto.key_records import has_vault
from kiosk.storage.crypto.key_store import fetch_key
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.connection import connect_read_only, connection_to
from kiosk.storage.db.sqlite_errors import files_explained, sqlite_explained

SUFFIX = ".mjb"
"""Suffix of the file names of backups."""

FORMER_DAMAGED = f"*{SUFFIX}.damaged"
"""Damaged backups that older programs moved aside."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MasterChange:
    """How many backups open with the new master key, and what may still need the former one."""

    changed: int
    held_up: tuple[Unreached, ...]


class Backups:
    """The backups of the database at ``path``. Callable from any thread and any process."""

    def __init__(self, path: Path, vault: Vault, folder: Path | None = None) -> None:
        self.path = path
        self.folder = folder or paths.backups_dir(path.parent)
        self._vault = vault
        self._folders = BackupFolders(path.parent)

    def files(self) -> list[Path]:
        """Return all backups in the order in which they were made, damaged ones first.

        The order is that of their numbers: the clock may have been wrong.
        """
        found = (file for file in self.folder.glob(f"*{SUFFIX}") if file.is_file())
        return sorted(found, key=lambda file: (_number(file), file.name))

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
            self._folders.remember(self.folder)
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
                number=min(MAX_NUMBER, 1 + max(map(_number, self.files()), default=0)),
                made_at=now.isoformat(timespec="microseconds"),
                label=label,
                version=version,
                person_keys=keys,
                opened_by=opened_by,
            )
        return target

    def destroy_key(self, person_id: int, mark: bytes = GONE) -> KeysDestroyed:
        """Destroy a person's key in every backup, in the present folder and all former ones.

        Raise ``StorageError`` if the system refuses to change one in the present folder; then none
        is changed. Damaged backups are destroyed as a whole. So are those from before templates
        were sealed, which contain them in the clear. What cannot be reached is named.
        """
        result = KeysDestroyed(unreached=self.missing())
        if self.folder.is_dir():
            with self._locked():
                key_destruction.destroy(self._writable(), person_id, mark, self.content_key, result)
        for other in self._others():
            try:
                with other._locked():
                    key_destruction.destroy(
                        other._writable(), person_id, mark, self.content_key, result
                    )
            except StorageError as error:
                log.error("%s", error)
                result.unreached.append(Unreached(str(other.folder), "refused"))
        return result

    def missing(self) -> builtins.list[Unreached]:
        """Return the folders with backups of this database that are not there."""
        return [Unreached(path, "missing") for path in self._folders.missing()]

    def damaged(self) -> builtins.list[Unreached]:
        """Return the damaged backups of all folders that are there."""
        return [
            Unreached(showable(file), "damaged")
            for folder in self._all()
            for file in (*folder.files(), *folder.folder.glob(FORMER_DAMAGED))
            if _number(file) < 0
        ]

    def forget(self, path: str) -> None:
        """Forget a folder that will never be there again; raise ``StorageError`` if there is none.

        A deletion no longer names it, and a replaced master key is not kept for it.
        """
        if not self._folders.forget(path):
            raise StorageError(
                f"No missing folder of backups is called {path}; `backup list` shows them.",
                key="error.backup_missing",
                name=path,
            )

    def set_recovery(self, recovery: tuple[str, bytes]) -> int:
        """Make ``recovery`` (id, key) the recovery key of every backup that the master key opens.

        Return how many had another one. Backups in former folders are among them.
        """
        changed = 0
        for folder in self._all():
            # a damaged backup, or one of a lost master key, stays as it is
            with suppress(StorageError), folder._locked():
                for file in folder.files():
                    with suppress(StorageError):
                        if backup_file.header(file).slots.get("recovery") != recovery[0]:
                            content = self.content_key(file)
                            backup_file.set_slot(file, "recovery", recovery, content)
                            changed += 1
        return changed

    def destroy_deleted(self, receipts: Iterable[Receipt]) -> int:
        """Destroy the keys of people who were deleted after a backup was made; return how many.

        Needed if the kiosk was killed between a deletion and the destruction of the keys, and for
        disks that were away.
        """
        known = list(receipts)
        destroyed = 0
        for folder in self._all():
            with suppress(StorageError), folder._locked():
                for file in folder.files():
                    with suppress(StorageError, ValueError):  # a damaged backup cannot be opened
                        made_at = datetime.fromisoformat(backup_file.header(file).made_at)
                        destroyed += sum(
                            backup_file.destroy_key(
                                file, receipt.person_id, FACE_GONE if receipt.face_only else GONE
                            )
                            for receipt in known
                            if receipt.at >= made_at
                        )
        return destroyed

    def change_master(self, former: tuple[str, bytes], current: tuple[str, bytes]) -> MasterChange:
        """Make the master key ``current`` (id, key) open every backup that ``former`` opens.

        Damaged backups stay as they are. Raise ``StorageError`` if the system refuses a change in
        the present folder; then no backup there is changed.
        """
        changed = 0
        held_up = self.missing()
        for folder in self._all():
            try:
                with folder._locked():
                    changed += folder._change_master(former, current)
            except StorageError as error:
                if folder is self:
                    raise
                log.error("%s", error)
                held_up.append(Unreached(str(folder.folder), "refused"))
        return MasterChange(changed, tuple(held_up))

    def _change_master(self, former: tuple[str, bytes], current: tuple[str, bytes]) -> int:
        contents = {
            file: content
            for file in self._writable()
            if (content := _content_key(file, former)) is not None
        }
        for file, content in contents.items():
            backup_file.set_slot(file, "master", current, content)
        return len(contents)

    def _others(self) -> builtins.list[Backups]:
        """Return the former folders that are there."""
        return [
            Backups(self.path, self._vault, folder) for folder in self._folders.others(self.folder)
        ]

    def _all(self) -> builtins.list[Backups]:
        """Return the folders that are there, the present one first."""
        return [folder for folder in (self, *self._others()) if folder.folder.is_dir()]

    def _info(self, file: Path) -> BackupInfo:
        try:
            about = backup_file.header(file)
            size = file.stat().st_size
            made_at = datetime.fromisoformat(about.made_at)
        except (StorageError, ValueError, OSError):
            return BackupInfo(showable(file.name), None, damaged=True)
        opens = self._vault.store.get(f"master-{about.slots.get('master', '')}") is not None
        return BackupInfo(
            showable(file.name), made_at, about.label, size, opens, "recovery" in about.slots
        )

    def _writable(self) -> builtins.list[Path]:
        """Return all backups, damaged ones too, after checking that each can be written.

        Raise ``StorageError`` if the system refuses one.
        """
        found = [*self.files(), *self.folder.glob(FORMER_DAMAGED)]
        for file in found:
            with files_explained(file, "written"), file.open("r+b"):
                pass
        return found

    def clear_leftovers(self) -> None:
        """Delete what killed processes left in the data folder and in the folders of backups.

        A folder in which another process works is left alone: that process clears it itself.
        """
        clear_left_behind(self.path.parent)
        for folder in self._all():
            try:
                handle = os.open(folder.folder / LOCK, os.O_WRONLY)
            except OSError:  # no backup was ever made there
                continue
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                folder._clear_parts()
            except OSError:  # another process works there, or the disk has no locks
                continue
            finally:
                os.close(handle)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the folder against other threads and processes; remove what a killed one left."""
        with files_explained(self.folder, "written"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / LOCK, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            with files_explained(self.folder, "written"):
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
                log.error("%s cannot be deleted (%s); delete it by hand", showable(part), error)

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


def _content_key(file: Path, master: tuple[str, bytes]) -> bytes | None:
    """Return the content key; ``None`` if ``master`` (id, key) does not open the file.

    Raise ``StorageError`` if the file cannot be read.
    """
    name, key = master
    try:
        if backup_file.header(file).slots.get("master") != name:
            return None
        return backup_file.content_key(file, "master", key)
    except StorageError as error:
        if error.key not in (key_destruction.DAMAGED, "error.backup_other_key"):
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
