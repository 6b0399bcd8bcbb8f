"""Keeps the door locked after a restore until an administrator has looked at who came back.

Where the database that a backup replaced could not be read, nobody knows who was disabled or
dismissed since the backup was made.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.storage.audit import audit_log
from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.crypto.row_seals import RowSeals
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock

UNCONFIRMED = "restore.unconfirmed"
"""Key of the setting that names the backup which nobody has confirmed yet."""

CONFIRMED = "restore_confirmed"
"""Event of the audit log: an administrator looked at who came back with a backup."""


class RestoreConfirmation:
    """What is to be confirmed in one open database. Callable from any thread."""

    def __init__(self, database: Database, chain: Chain, seals: RowSeals, clock: Clock) -> None:
        self._database = database
        self._chain = chain
        self._seals = seals
        self._clock = clock

    def pending(self) -> str | None:
        """Return the name of the backup that is to be confirmed; ``None`` if there is none."""
        return self._database.call(self._pending)

    def require_confirmed(self) -> None:
        """Raise ``StorageError`` while a restored backup is not confirmed."""
        backup = self.pending()
        if backup is not None:
            raise StorageError(
                f"The backup {backup} was restored, and nobody knows who was disabled since it was"
                " made; an administrator confirms the people and accounts in it on the page"
                " Privacy, or with `backup confirm`.",
                key="error.restore_unconfirmed",
            )

    def confirm(self, by: str) -> None:
        """Take people and accounts as they are now; nothing happens if that is not needed."""
        self._database.call(self._confirm, by)

    def _pending(self) -> str | None:
        """Ask the log, too, where somebody may have removed the row that says it."""
        sql = self._database.connection
        with self._database.snapshot():
            backup = unconfirmed_in(sql)
            if backup is not None or self._settings_whole(sql):
                return backup
            return _restored_last(sql)

    def _settings_whole(self, sql: sqlite3.Connection) -> bool:
        try:
            return self._seals.broken_rows(sql, "settings")[1]
        except StorageError:  # the key of the seals is away: nobody is let in anyway
            return True

    def _confirm(self, by: str) -> None:
        sql = self._database.connection
        with self._database.transaction():
            backup = self._pending()
            if backup is None:
                return
            sql.execute("DELETE FROM settings WHERE key = ?", [UNCONFIRMED])
            detail: dict[str, Any] = {"backup": backup}
            audit_log.write(sql, self._chain, CONFIRMED, by, detail, self._clock())


def unconfirmed_in(sql: sqlite3.Connection) -> str | None:
    """Return the backup to be confirmed in a database; any such row counts, even a forged one."""
    row = sql.execute("SELECT value FROM settings WHERE key = ?", [UNCONFIRMED]).fetchone()
    return None if row is None else str(json.loads(row[0]))


def _restored_last(sql: sqlite3.Connection) -> str | None:
    """Return the backup that was restored and not confirmed since, by the audit log."""
    row = sql.execute(
        "SELECT event, json_extract(detail, '$.backup') FROM actions"
        " WHERE event IN ('backup_restored', ?) ORDER BY id DESC LIMIT 1",
        [CONFIRMED],
    ).fetchone()
    return None if row is None or row[0] == CONFIRMED else str(row[1])


def mark_unconfirmed(sql: sqlite3.Connection, backup: str | None) -> None:
    """Note in the caller's transaction which backup is to be confirmed; ``None``: none is."""
    sql.execute("DELETE FROM settings WHERE key = ?", [UNCONFIRMED])
    if backup is not None:
        row = [UNCONFIRMED, json.dumps(backup, ensure_ascii=False)]
        sql.execute("INSERT INTO settings (key, value) VALUES (?, ?)", row)
