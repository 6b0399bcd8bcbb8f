"""The backups of one database: made while the door goes on deciding, each encrypted in one file."""

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
from kiosk.core.people import Receipt
from kiosk.core.reports import BackupInfo
from kiosk.storage.backup import backup_file
from kiosk.storage.backup.backup_file import FACE_GONE, GONE
from kiosk.storage.crypto.key_store import fetch
from kiosk.storage.crypto.vault import Vault, has_vault
from kiosk.storage.db.connection import connect_read_only, connection_to
from kiosk.storage.db.sqlite_errors import files_explained, sqlite_explained

SUFFIX = ".mjb"
ASIDE = ".damaged"
DAMAGED = "error.backup_damaged"

log = logging.getLogger(__name__)


class Backups:
    """The folder of backups beside the database at ``path``; safe from any thread and any process."""

    def __init__(self, path: Path, vault: Vault, folder: Path | None = None) -> None:
        self.path = path
        self.folder = folder or paths.backups_dir(path.parent)
        self._vault = vault

    def files(self) -> list[Path]:
        """Every backup in the order in which they were made, whatever the clock said then; damaged ones first."""
        return sorted(self.folder.glob(f"*{SUFFIX}"), key=lambda file: (_number(file), file.name))

    def file(self, name: str) -> Path:
        """The backup of that name, or at that path; ``StorageError`` where there is none."""
        for path in (self.folder / Path(name).name, Path(name)):
            if path.is_file():
                return path
        raise StorageError(
            f"There is no backup {name} in {self.folder}; `backup list` shows what there is.",
            key="error.backup_missing",
            name=name,
        )

    def list(self) -> builtins.list[BackupInfo]:
        """What each backup says of itself, newest first."""
        return [self._info(file) for file in reversed(self.files())]

    def newest(self) -> datetime | None:
        """When the newest readable backup was made."""
        return next((info.made_at for info in self.list() if info.made_at is not None), None)

    def rotate(self, keep: int) -> int:
        """Delete all but the ``keep`` that were made last; how many."""
        with self._alone():
            old = self.files()[:-keep]
            for file in old:
                with files_explained(file, "deleted"):
                    file.unlink(missing_ok=True)
        return len(old)

    def content_key(self, file: Path, recovery: bytes | None = None) -> bytes:
        """What opens ``file``: the master key that it names, or the ``recovery`` key. ``StorageError`` where that is missing or another."""
        if recovery is not None:
            return backup_file.content_key(file, "recovery", recovery)
        name = backup_file.header(file).slots.get("master", "")
        return backup_file.content_key(file, "master", fetch(self._vault.store, "master", name))

    def make(self, label: str, now: datetime) -> Path:
        """Back the database up as it is committed just now; returns the new file.

        Reads through a connection of its own, so that rows are written meanwhile. ``StorageError`` where the
        master key is missing or the folder cannot be written; no half file is left.
        """
        target = self.folder / f"munjigi-{now.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{label}{SUFFIX}"
        with (
            self._alone(),
            self._copied() as copy,
            sqlite_explained(copy),
            closing(connection_to(copy, "rw")) as sql,
        ):
            version = _version(sql)
            opened_by = self._vault.openers(sql)
            keys = self._vault.person_keys(sql) if has_vault(sql) else None
            _without_keys(sql, keys)
            _carry(sql, self._vault.carried(sql))
            sql.close()
            number = 1 + max(map(_number, self.files()), default=0)
            backup_file.write(
                target,
                copy,
                number=number,
                made_at=now.isoformat(timespec="microseconds"),
                label=label,
                version=version,
                person_keys=keys,
                opened_by=opened_by,
            )
        return target

    def destroy_key(self, person_id: int, mark: bytes = GONE) -> int:
        """Destroy a person's key in every backup; in how many there was one. ``StorageError`` where one cannot be changed: then none is.
        One that is damaged opens for nobody; it is moved aside.

        Backups from before templates were sealed hold them openly inside: these are deleted.
        """
        with self._alone():
            return sum([self._destroy(file, person_id, mark) for file in self._sound()])

    def recover_with(self, recovery: tuple[str, bytes]) -> int:
        """Let the recovery key (id, key) open every backup that the master key opens, in place of one before; how many that were."""
        changed = 0
        with self._alone():
            for file in self.files():
                with suppress(
                    StorageError
                ):  # a damaged one, or of a lost master key: it is as before
                    backup_file.set_slot(file, "recovery", recovery, self.content_key(file))
                    changed += 1
        return changed

    def destroy_deleted(self, receipts: Iterable[Receipt]) -> int:
        """Destroy the keys of those who were deleted after a backup was made, in case a kiosk was killed between the two; how many."""
        done = 0
        with self._alone():
            for file in self.files():
                with suppress(StorageError, ValueError):  # a damaged one opens for nobody
                    made_at = datetime.fromisoformat(backup_file.header(file).made_at)
                    done += sum(
                        backup_file.destroy_key(
                            file, r.person_id, FACE_GONE if r.face_only else GONE
                        )
                        for r in receipts
                        if r.at >= made_at
                    )
        return done

    def open_with(self, present: tuple[str, bytes], former: tuple[str, bytes]) -> int:
        """Let the master key ``present`` (id, key) open every backup that ``former`` opens; how many that were."""
        with self._alone():
            theirs = [
                file
                for file in self._sound()
                if backup_file.header(file).slots.get("master") == former[0]
            ]
            contents = {
                file: content
                for file in theirs
                if (content := _content(file, former[1])) is not None
            }
            for file, content in contents.items():
                backup_file.set_slot(file, "master", present, content)
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

    def _sound(self) -> builtins.list[Path]:
        """Every backup that can be changed, all looked at before any is; ``StorageError`` for one that the system refuses."""
        sound = []
        for file in self.files():
            try:
                backup_file.header(file)
            except StorageError as error:
                if error.key != DAMAGED:
                    raise
                self._set_aside(file)
                continue
            with files_explained(file, "written"), file.open("r+b"):
                sound.append(file)
        return sound

    def _set_aside(self, file: Path) -> None:
        log.warning(
            "the backup %s is damaged, so nobody can open it; it is kept as %s%s",
            file.name,
            file.name,
            ASIDE,
        )
        with files_explained(file, "written"):
            file.rename(file.with_name(file.name + ASIDE))

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
            with (
                sqlite_explained(copy),
                closing(connect_read_only(self.path)) as source,
                closing(connection_to(copy, "rw")) as into,
            ):
                source.backup(into)
            yield copy
        finally:
            for left in self.folder.glob(f"{copy.name}*"):
                left.unlink(missing_ok=True)


def _number(file: Path) -> int:
    try:
        return backup_file.header(file).number
    except (StorageError, OSError):
        return -1


def _content(file: Path, master: bytes) -> bytes | None:
    """The content key; ``None`` where the file does not open, so that no key would help."""
    try:
        return backup_file.content_key(file, "master", master)
    except StorageError as error:
        if error.key != "error.backup_other_key":
            raise
        log.warning("%s", error)
        return None


def _version(sql: sqlite3.Connection) -> str:
    return str(
        sql.execute(
            "SELECT name FROM _sqlite_migrations WHERE migration_set = 'munjigi' ORDER BY rowid DESC"
        ).fetchone()[0]
    )


def _carry(sql: sqlite3.Connection, carried: Mapping[str, bytes]) -> None:
    sql.execute("DROP TABLE IF EXISTS carried")
    sql.execute("CREATE TABLE carried (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT")
    sql.executemany("INSERT INTO carried VALUES (?, ?)", carried.items())
    sql.commit()


def take_carried(sql: sqlite3.Connection) -> dict[str, bytes]:
    """What ``make`` put beside the tables, taken out of them again; nothing of an older program's backup."""
    if sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'carried'").fetchone() is None:
        return {}
    found = dict(sql.execute("SELECT name, value FROM carried"))
    sql.execute("DROP TABLE carried")
    return found


def _without_keys(sql: sqlite3.Connection, keys: Mapping[int, bytes] | None) -> None:
    """The people's keys go into records of their own, so that each can be destroyed later; here they are overwritten."""
    sql.execute("PRAGMA journal_mode = DELETE")
    sql.execute("PRAGMA secure_delete = ON")
    if keys is not None:
        sql.execute("DELETE FROM person_keys")
