"""New rows of the access log and the audit log, for those who act on them afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kiosk.core.decisions import LogEntry
from kiosk.core.reports import Action
from kiosk.storage.audit import audit_log, log_query
from kiosk.storage.db.database import Database

PAGE = 200
"""Rows read at a time."""


class LogFollower:
    """Reads the rows after given ids, oldest first. Callable from any thread that may block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self) -> tuple[int, int]:
        """Return the ids of the newest action and entry; 0 for an empty table."""
        rows = self._read("SELECT (SELECT max(id) FROM actions), (SELECT max(id) FROM log)")
        return rows[0][0] or 0, rows[0][1] or 0

    def actions_after(self, action_id: int) -> list[Action]:
        """Return at most ``PAGE`` actions after that id."""
        rows = self._read(
            f"SELECT {audit_log.COLUMNS} FROM actions WHERE id > ? ORDER BY id LIMIT {PAGE}",
            action_id,
        )
        return [audit_log.action(row) for row in rows]

    def entries_after(self, entry_id: int) -> list[LogEntry]:
        """Return at most ``PAGE`` entries after that id."""
        rows = self._read(
            f"SELECT {log_query.COLUMNS} FROM log WHERE id > ? ORDER BY id LIMIT {PAGE}", entry_id
        )
        return [log_query.entry(row) for row in rows]

    def _read(self, sql: str, *values: object) -> Sequence[Any]:
        return self._database.call(
            lambda: self._database.connection.execute(sql, values).fetchall()
        )
