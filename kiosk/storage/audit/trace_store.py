"""The frames behind decisions, beside the access log: what a replay needs, and nothing that shows a face."""

from __future__ import annotations

from datetime import tzinfo

from kiosk.core.decisions import LogEntry, LogFilter
from kiosk.storage.audit import log_query
from kiosk.storage.db.database import Database


def keep_trace(database: Database, log_id: int, trace: bytes) -> None:
    """Keep the frames of a row; for the database's thread, inside the transaction that writes the row."""
    if trace:
        database.sqlite.execute(
            "INSERT INTO log_traces (log_id, trace) VALUES (?, ?)", [log_id, trace]
        )


class TraceStore:
    """Reads them back; safe from any thread. ``zone``: whose days a filter means; ``None`` is the machine's."""

    def __init__(self, database: Database, zone: tzinfo | None = None) -> None:
        self._database = database
        self._zone = zone

    def recent(self, wanted: LogFilter, limit: int) -> list[tuple[LogEntry, bytes]]:
        """The newest ``limit`` rows of those wanted with their frames; no bytes where a row has none."""
        return self._database.call(self._recent, wanted, limit)

    def forget_before(self, at_us: int) -> int:
        """Drop the frames of rows older than that moment (UTC microseconds); the rows stay. Returns how many."""
        return self._database.call(self._forget, at_us)

    def _recent(self, wanted: LogFilter, limit: int) -> list[tuple[LogEntry, bytes]]:
        sql, values = log_query.condition(wanted, self._zone).where
        # the rows first, by their index, and only then the frames of those few
        text = (
            f"SELECT log.*, trace FROM (SELECT {log_query.COLUMNS} FROM log WHERE {sql} ORDER BY at_us DESC, id DESC LIMIT ?) AS log "
            "LEFT JOIN log_traces ON log_id = log.id ORDER BY log.at_us DESC, log.id DESC"
        )
        rows = self._database.sqlite.execute(text, [*values, limit]).fetchall()
        return [(log_query.entry(row), row[-1] or b"") for row in rows]

    def _forget(self, at_us: int) -> int:
        with self._database.transaction():
            found = self._database.sqlite.execute(
                "DELETE FROM log_traces WHERE log_id IN (SELECT id FROM log WHERE at_us < ?)",
                [at_us],
            )
            return int(found.rowcount)
