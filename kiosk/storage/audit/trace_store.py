"""The frames behind decisions: what a replay needs, without images of a face."""

from __future__ import annotations

import hashlib
from datetime import tzinfo

from kiosk.core.decisions import LogEntry, LogFilter
from kiosk.storage.audit import log_query
from kiosk.storage.db.database import Database


def trace_digest(trace: bytes) -> bytes:
    """Return what the hash chain covers of the frames of a row: SHA-256, b"" without frames."""
    return hashlib.sha256(trace).digest() if trace else b""


def keep_trace(database: Database, log_id: int, trace: bytes) -> None:
    """Store the frames of a row, inside the transaction that writes the row."""
    if trace:
        database.sqlite.execute(
            "INSERT INTO log_traces (log_id, trace) VALUES (?, ?)", [log_id, trace]
        )


class TraceStore:
    """The stored frames of one database. Callable from any thread.

    ``zone``: time zone of the days in filters; ``None`` is the machine's.
    """

    def __init__(self, database: Database, zone: tzinfo | None = None) -> None:
        self._database = database
        self._zone = zone

    def recent(self, log_filter: LogFilter, limit: int) -> list[tuple[LogEntry, bytes]]:
        """Return the newest ``limit`` matching rows with their frames, b"" for rows without."""
        return self._database.call(self._recent, log_filter, limit)

    def _recent(self, log_filter: LogFilter, limit: int) -> list[tuple[LogEntry, bytes]]:
        sql, values = log_query.condition(log_filter, self._zone).where
        # first the rows, by their index, then the frames of these few rows
        text = (
            f"SELECT log.*, trace FROM (SELECT {log_query.COLUMNS} FROM log WHERE {sql}"
            " ORDER BY at_us DESC, id DESC LIMIT ?) AS log"
            " LEFT JOIN log_traces ON log_id = log.id ORDER BY log.at_us DESC, log.id DESC"
        )
        rows = self._database.sqlite.execute(text, [*values, limit]).fetchall()
        return [(log_query.entry(row), row[-1] or b"") for row in rows]
