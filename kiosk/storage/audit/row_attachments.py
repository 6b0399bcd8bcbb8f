"""What belongs to a row of the access log without being hashed itself: its person and its frames.

Both can go without the row: a deletion clears the person's id, and frames are kept in a table of
their own. So the row has two columns that never change and are hashed: ``subject``, the id as
written, and ``trace_digest``. Rows of older programs have neither.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from kiosk.storage.audit.trace_store import trace_digest


class RowAttachments:
    """Compares person and frames of rows, in the order of their ids, with what was hashed."""

    def __init__(self, sql: sqlite3.Connection, columns: Sequence[str]) -> None:
        self._sql = sql
        self._at = {name: columns.index(name) for name in ("id", "person_id")}
        self._hashed = [
            columns.index(name) for name in ("subject", "trace_digest") if name in columns
        ]
        self._traces: Iterator[Any] = iter(
            sql.execute("SELECT log_id, trace FROM log_traces ORDER BY log_id")
        )
        self._trace: Any = next(self._traces, None)

    def finding(self, row: Sequence[Any]) -> str:
        """Return the key of what is wrong with a row whose own cells are as written; "" if none."""
        trace = self._trace_of(row[self._at["id"]])
        if not self._hashed or row[self._hashed[0]] is None:  # of an older program
            return ""
        subject, digest = (row[index] for index in self._hashed)
        if trace_digest(trace) != digest:
            return "trace_changed"
        person = row[self._at["person_id"]]
        if person is None:
            return "person_changed" if subject and self._is_enrolled(subject) else ""
        return "" if person == subject else "person_changed"

    def _trace_of(self, row_id: int) -> bytes:
        """Return the frames of a row, b"" for a row without."""
        while self._trace is not None and self._trace[0] < row_id:
            self._trace = next(self._traces, None)
        if self._trace is None or self._trace[0] != row_id:
            return b""
        return bytes(self._trace[1])

    def _is_enrolled(self, person_id: int) -> bool:
        """Return whether the person is there, so that no deletion has cleared their id."""
        row = self._sql.execute("SELECT 1 FROM people WHERE id = ?", [person_id]).fetchone()
        return row is not None
