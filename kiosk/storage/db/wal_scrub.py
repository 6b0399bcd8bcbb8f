"""What a deletion leaves behind: old pages in the write-ahead log, and documents of one's own among the exports."""

from __future__ import annotations

import json
import logging
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import sqlite_utils

from kiosk.core import paths
from kiosk.storage.db import connection
from kiosk.storage.db.sqlite_errors import files_explained
from kiosk.storage.db.timestamps import iso

if TYPE_CHECKING:
    from kiosk.storage.db.database import Database

OWN_DATA = "own-data"
"""How the names of documents begin in which one person's data were written out."""
_JOURNAL = "journal to be emptied"

log = logging.getLogger(__name__)


def begin(sql: sqlite3.Connection, now: datetime) -> None:
    """Remember, in the transaction that deletes, that the write-ahead log is to be emptied: a reader may be in the way for long."""
    sql.execute(
        "INSERT OR REPLACE INTO vault_keys (purpose, key_id, since) VALUES (?, '', ?)",
        [_JOURNAL, iso(now)],
    )


def pending(sql: sqlite3.Connection) -> bool:
    """Whether the write-ahead log is still to be emptied."""
    return (
        sql.execute("SELECT 1 FROM vault_keys WHERE purpose = ?", [_JOURNAL]).fetchone() is not None
    )


def finish(path: Path, database: sqlite_utils.Database) -> bool:
    """Empty the write-ahead log if that is still to be done; whether all is well. Where somebody reads just now it is tried again later."""
    if not pending(database.conn):
        return True
    if not connection.empty_journal(path, database.conn):
        return False
    with connection.writing(database):
        database.execute("DELETE FROM vault_keys WHERE purpose = ?", [_JOURNAL])
    return True


class WalScrub:
    """The chore that empties the write-ahead log after a deletion that could not. Safe from any thread but the database's own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: datetime) -> bool:
        """Whether a deletion left it to be done."""
        return self._database.call(lambda: pending(self._database.sqlite.conn))

    def run(self, now: datetime) -> None:
        """Do it, unless somebody reads again."""
        if not self._database.call(lambda: finish(self._database.path, self._database.sqlite)):
            log.warning(
                "what was deleted stays in the write-ahead log while somebody reads; it is tried again"
            )


def forget_own_data(database: Path, person_id: int) -> int:
    """Delete the documents among the exports that hold all of that person's data; how many. ``StorageError`` where one stays."""
    gone = 0
    for file in paths.exports_dir(database.parent).glob(f"{OWN_DATA}-*.json"):
        with files_explained(file, "deleted"):
            if _whose(file) == person_id:
                file.unlink()
                gone += 1
    return gone


def _whose(file: Path) -> object:
    try:
        return json.loads(file.read_bytes())["person"]["id"]
    except (ValueError, TypeError, KeyError):  # nothing that we wrote, or cut off
        return None
