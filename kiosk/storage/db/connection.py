"""From a path to a sound, migrated, writable connection; a file that is not ours is never touched.

Order matters: the file is first read through a read-only connection, which cannot write even a
checkpoint into it. Only a sound database of ours, not newer than this program, is opened for writing.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import sqlite_utils

from kiosk.core.errors import StorageError
from kiosk.core.files import sync_folder
from kiosk.storage.db import schema_steps
from kiosk.storage.db.sqlite_errors import files_explained, sqlite_explained, storage_error

log = logging.getLogger(__name__)


def prepare(path: Path) -> None:
    """Make the folder (0700) and an empty file (0600) where they are missing; close the file to other users.

    Raises ``StorageError`` where that is impossible.
    """
    with files_explained(path, "created"):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            sync_folder(path.parent)
    if not path.is_file():
        raise storage_error(
            path, "is not a file; move it away or choose another --data-dir", "not_ours"
        )
    with suppress(
        OSError
    ):  # somebody else's file, or a read-only disk: SQLite says below whether it can be used
        path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)


def inspect(path: Path, busy_timeout_s: float) -> None:
    """Raise ``StorageError`` unless the file is empty or a sound database of this or an older Munjigi."""
    # an interrupted first start leaves a rollback journal, which only a writable connection may play back
    mode = "rw" if path.with_name(path.name + "-journal").exists() else "ro"
    with sqlite_explained(path), closing(connection_to(path, mode, busy_timeout_s)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise storage_error(
                path, "is damaged; move it away and put a backup in its place", "damaged"
            )
        database = sqlite_utils.Database(connection, execute_plugins=False)
        recognise(path, database)


def recognise(path: Path, database: sqlite_utils.Database) -> None:
    """Raise ``StorageError`` unless the database is empty or one of this or an older Munjigi."""
    tables = (
        database.table_names()
    )  # read first: whoever makes them just now commits the id together with them
    owner = database.execute("PRAGMA application_id").fetchone()[0]
    if owner != schema_steps.APPLICATION_ID and (owner or tables):
        raise storage_error(
            path, "belongs to another program; choose another --data-dir", "not_ours"
        )
    if schema_steps.unknown(database):
        raise storage_error(
            path,
            "was written by a newer Munjigi; update this program or put a backup in its place",
            "newer",
        )


def connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """A writable connection with WAL, full synchronisation and foreign keys; for this thread only. Raises ``StorageError``."""
    with sqlite_explained(path):
        connection = connection_to(path, "rw", busy_timeout_s)
        try:
            _set_up(path, connection)
        except BaseException:
            connection.close()
            raise
        return connection


def connect_read_only(path: Path, busy_timeout_s: float = 5.0) -> sqlite3.Connection:
    """A connection for this thread that can only read, beside the one that writes. Raises ``StorageError``."""
    if not path.is_file():
        raise storage_error(path, "does not exist; check --data-dir", "unreadable")
    with sqlite_explained(path):
        return connection_to(path, "ro", busy_timeout_s)


def connection_to(path: Path, mode: str, busy_timeout_s: float = 5.0) -> sqlite3.Connection:
    """A bare connection; ``mode``: "ro" or "rw". SQLite's own errors come out."""
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,
    )


def _set_up(path: Path, connection: sqlite3.Connection) -> None:
    journal = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if journal != "wal":
        raise storage_error(
            path, "cannot keep a write-ahead log; put the data on a local disk", "unreadable"
        )
    connection.execute("PRAGMA synchronous = FULL")  # a committed row survives a power cut
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(
        "PRAGMA secure_delete = ON"
    )  # deleted templates are overwritten, not only forgotten


def empty_journal(path: Path, connection: sqlite3.Connection) -> bool:
    """Empty the write-ahead log if nobody reads it just now, so that what was deleted is gone from it too; whether it is.

    Never waits: a decision may be next in the queue.
    """
    patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        with sqlite_explained(path):
            return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except StorageError as error:
        log.warning("deleted rows stay in the write-ahead log until the kiosk is closed: %s", error)
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(patience)}")


@contextmanager
def transaction(database: sqlite_utils.Database) -> Iterator[None]:
    """A transaction that takes the write lock first, so that it cannot fail half-way for want of it.

    Inside another one it is a savepoint. Everything or nothing.
    """
    if database.conn.in_transaction:
        with database.atomic():
            yield
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        database.rollback()  # does nothing where the error itself has rolled back
        raise


def refuse_closed(path: Path) -> StorageError:
    """What a call on a closed database is told."""
    return storage_error(path, "is closed; start the kiosk again", "closed")
