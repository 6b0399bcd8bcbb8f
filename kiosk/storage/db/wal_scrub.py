"""Empty the write-ahead log after a deletion, so that the deleted rows are gone from it too."""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime
from pathlib import Path

import sqlite_utils

from kiosk.storage.db import connection
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import iso

_PURPOSE = "journal to be emptied"
"""The row of ``vault_keys`` that records a pending scrub."""

log = logging.getLogger(__name__)


def begin(sql: sqlite3.Connection, now: datetime) -> None:
    """Record, in the transaction that deletes, that the write-ahead log must be emptied.

    The record survives a restart: a reader may block the emptying for a long time.
    """
    sql.execute(
        "INSERT OR REPLACE INTO vault_keys (purpose, key_id, since) VALUES (?, '', ?)",
        [_PURPOSE, iso(now)],
    )


def pending(sql: sqlite3.Connection) -> bool:
    """Return whether the write-ahead log must still be emptied."""
    row = sql.execute("SELECT 1 FROM vault_keys WHERE purpose = ?", [_PURPOSE]).fetchone()
    return row is not None


def finish(path: Path, database: sqlite_utils.Database) -> bool:
    """Empty the write-ahead log if that is pending; return whether nothing is pending afterwards.

    While another connection reads, the log stays as it is and ``finish`` must be called again.
    """
    if not pending(database.conn):
        return True
    if not connection.empty_journal(path, database.conn):
        return False
    with connection.transaction(database):
        database.execute("DELETE FROM vault_keys WHERE purpose = ?", [_PURPOSE])
    return True


class WalScrub:
    """Maintenance task: retries a pending scrub. Callable from any thread but the database's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: datetime) -> bool:
        """Return whether a scrub is pending."""
        return self._database.call(lambda: pending(self._database.connection))

    def run(self, now: datetime) -> None:
        """Empty the log, unless another connection is still reading."""
        if not self._database.call(lambda: finish(self._database.path, self._database.sqlite)):
            log.warning("deleted rows stay in the write-ahead log while it is read; retrying later")
