"""Errors of SQLite and the file system as one sentence that says what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.core.errors import StorageError

# By SQLite's primary result code (https://www.sqlite.org/rescode.html).
_ADVICE: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: ("busy", "is in use by another program; close that program and try again"),
    sqlite3.SQLITE_LOCKED: (
        "busy",
        "is in use by another program; close that program and try again",
    ),
    sqlite3.SQLITE_READONLY: (
        "read_only",
        "cannot be written; give this user write permission to it and to its folder",
    ),
    sqlite3.SQLITE_PERM: (
        "read_only",
        "cannot be written; give this user write permission to it and to its folder",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "unreadable",
        "cannot be opened; check that it is a file, and its permissions",
    ),
    sqlite3.SQLITE_CORRUPT: ("damaged", "is damaged; move it away and restore a backup"),
    sqlite3.SQLITE_AUTH: (
        "damaged",
        "has a trigger that Munjigi did not make; move it away and restore a backup",
    ),
    sqlite3.SQLITE_NOTADB: (
        "not_ours",
        "is not a database; move it away or choose another --data-dir",
    ),
    sqlite3.SQLITE_FULL: ("full", "cannot grow because the disk is full; free some space"),
    sqlite3.SQLITE_IOERR: ("unreadable", "cannot be read or written; check the disk"),
}


def storage_error(path: Path, problem: str, key: str) -> StorageError:
    """Return the error "The database PATH PROBLEM." with the key error.storage_KEY."""
    return StorageError(
        f"The database {path} {problem}.", key=f"error.storage_{key}", path=str(path)
    )


def explained(error: sqlite3.Error, path: Path) -> StorageError | None:
    """Return ``error`` as a sentence for people; ``None`` if it is a defect of the program."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code & 0xFF not in _ADVICE:
        return None
    key, advice = _ADVICE[code & 0xFF]
    return storage_error(path, advice, key)


@contextmanager
def sqlite_explained(path: Path) -> Iterator[None]:
    """Raise errors of SQLite about ``path`` as ``StorageError``; defects are not changed."""
    try:
        yield
    except sqlite3.Error as error:
        kind = explained(error, path)
        if kind is None:
            raise
        raise kind from error


@contextmanager
def files_explained(path: Path, action: str) -> Iterator[None]:
    """Raise ``OSError`` as ``StorageError``; ``action``: "written", "created", ... of ``path``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"{path} cannot be {action} because the disk is full;"
                " free some space and try again.",
                key="error.storage_full",
                path=str(path),
            ) from error
        raise StorageError(
            f"{path} cannot be {action} ({error.strerror or error});"
            " check the path and its permissions.",
            key="error.storage_unreadable",
            path=str(path),
        ) from error
