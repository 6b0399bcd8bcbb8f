"""Open a connection to a sound database; a file that is not ours is never changed.

The file is first read through a read-only connection, which cannot even write a checkpoint into
it. Only a sound database of this program, not newer than it, is then opened for writing.
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
from kiosk.core.private_files import make_data_folder_private
from kiosk.storage.db import schema_steps
from kiosk.storage.db.sqlite_errors import files_explained, sqlite_explained, storage_error

log = logging.getLogger(__name__)


def prepare(path: Path) -> None:
    """Create the folder (0700) and an empty file (0600) if missing; make the file private.

    Raise ``StorageError`` if that is impossible.
    """
    with files_explained(path, "created"):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_data_folder_private(path.parent, path)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            sync_folder(path.parent)
    if not path.is_file():
        raise storage_error(
            path, "is not a file; move it away or choose another --data-dir", "not_ours"
        )
    # another user's file or a read-only disk: SQLite finds out below whether it can be used
    with suppress(OSError):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)


def inspect(path: Path, busy_timeout_s: float) -> None:
    """Raise ``StorageError`` unless the file is empty or a sound database of ours, not newer."""
    # an interrupted first start leaves a rollback journal, which needs a writable connection
    mode = "rw" if path.with_name(path.name + "-journal").exists() else "ro"
    with sqlite_explained(path), closing(connection_to(path, mode, busy_timeout_s)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise storage_error(path, "is damaged; move it away and restore a backup", "damaged")
        recognise(path, sqlite_utils.Database(connection, execute_plugins=False))


def recognise(path: Path, database: sqlite_utils.Database) -> None:
    """Raise ``StorageError`` unless the database is empty or ours, and not newer than us."""
    # before the id: a program that creates them now commits its id together with them
    tables = database.table_names()
    owner = database.execute("PRAGMA application_id").fetchone()[0]
    if owner != schema_steps.APPLICATION_ID and (owner or tables):
        raise storage_error(
            path, "belongs to another program; choose another --data-dir", "not_ours"
        )
    if schema_steps.unknown(database):
        raise storage_error(
            path,
            "was written by a newer Munjigi; update this program or restore a backup",
            "newer",
        )


def connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """Return a writable connection for this thread: WAL, full synchronisation, foreign keys.

    Raise ``StorageError`` if that is impossible.
    """
    with sqlite_explained(path):
        connection = connection_to(path, "rw", busy_timeout_s)
        try:
            _configure(path, connection)
        except BaseException:
            connection.close()
            raise
        return connection


def connect_read_only(path: Path, busy_timeout_s: float = 5.0) -> sqlite3.Connection:
    """Return a read-only connection for this thread; raise ``StorageError`` if impossible."""
    if not path.is_file():
        raise storage_error(path, "does not exist; check --data-dir", "unreadable")
    with sqlite_explained(path):
        return connection_to(path, "ro", busy_timeout_s)


def connection_to(path: Path, mode: str, busy_timeout_s: float = 5.0) -> sqlite3.Connection:
    """Return a plain connection; ``mode``: "ro" or "rw". Errors of SQLite are not translated."""
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,
    )


def _configure(path: Path, connection: sqlite3.Connection) -> None:
    journal = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if journal != "wal":
        raise storage_error(
            path, "cannot keep a write-ahead log; put the data on a local disk", "unreadable"
        )
    # a committed row survives a power cut
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # deleted templates are overwritten, not only unlinked
    connection.execute("PRAGMA secure_delete = ON")


def empty_journal(path: Path, connection: sqlite3.Connection) -> bool:
    """Empty the write-ahead log, so that deleted rows are gone from it; return whether it is empty.

    Do not wait while another connection reads it: a decision may be next in the queue.
    """
    timeout = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        with sqlite_explained(path):
            return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except StorageError as error:
        log.warning("deleted rows stay in the write-ahead log until the kiosk is closed: %s", error)
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(timeout)}")


@contextmanager
def transaction(database: sqlite_utils.Database) -> Iterator[None]:
    """Run the block in a transaction: everything is committed, or nothing.

    The write lock is taken at the beginning, so that no statement fails for lack of it. Inside
    another transaction the block is a savepoint.
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
        database.rollback()  # does nothing if the error itself rolled back
        raise


def refuse_closed(path: Path) -> StorageError:
    """Return the error for a call on a closed database."""
    return storage_error(path, "is closed; start the kiosk again", "closed")
