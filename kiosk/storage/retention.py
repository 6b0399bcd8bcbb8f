"""Old rows of the log and of the actions are removed after a number of days, and the chain still proves the rest.

What is removed is the beginning of the chain, never rows from its middle; the kiosk signs where it ended.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kiosk.storage import actions
from kiosk.storage.actions import SYSTEM
from kiosk.storage.chain import KINDS, statement
from kiosk.storage.clock import iso, microseconds
from kiosk.storage.database import Database
from kiosk.storage.faults import sqlite_explained
from kiosk.storage.opening import connect_read_only
from kiosk.types import RetentionState

BATCH = 2000
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Links ``first`` to ``last`` are removed next; ``link``: the last one of them."""

    first: int
    last: int
    link: bytes


class Retention:
    """The rule of one database: rows older than ``days`` go. Safe from any thread but the database's own, which never waits long."""

    def __init__(self, database: Database, days: int) -> None:
        self._database = database
        self.days = days

    def state(self) -> RetentionState:
        """When the rule was last applied, what it removed, and the oldest row that is kept."""
        return self._database.call(self._state)

    def due(self, now: datetime) -> bool:
        """Whether a day has passed since it was applied; after the clock was set back, too."""
        last = self.state().ran_at
        return last is None or not timedelta(0) <= now - last < DAY

    def run(self, now: datetime, before: datetime | None = None, by: str = SYSTEM) -> int:
        """Remove the rows of before ``days`` ago, or of before ``before``; how many. In batches, decisions go in between."""
        limit = before or now - self.days * DAY
        until, done = self._end(limit, now), 0
        first = self._database.call(self._first)
        while (batch := self._next(first, until)) is not None:
            done += self._database.call(self._remove, batch, now)
        self._database.call(self._note, now, limit, done, by)
        return done

    def _end(self, limit: datetime, now: datetime) -> int:
        """The last link that may go: before the first row of ``limit`` or later. Rows dated in the future do not hold it up."""
        with sqlite_explained(self._database.path), closing(connect_read_only(self._database.path)) as sql:
            ends = [_first_kept(sql, kind, microseconds(limit), microseconds(now + DAY)) for kind in range(len(KINDS))]
            kept = [end for end in ends if end is not None]
            newest: int = sql.execute("SELECT coalesce(max(seq), 0) FROM chain").fetchone()[0]
            return min(kept) - 1 if kept else newest

    def _next(self, first: int, until: int) -> _Batch | None:
        def look() -> _Batch | None:
            sql = self._database.sqlite.conn
            row = sql.execute("SELECT max(seq), count(*) FROM (SELECT seq FROM chain WHERE seq <= ? ORDER BY seq LIMIT ?)", [until, BATCH]).fetchone()
            if not row[1]:
                return None
            link = sql.execute("SELECT link FROM chain WHERE seq = ?", [row[0]]).fetchone()[0]
            return _Batch(first, row[0], link)

        return self._database.call(look)

    # below: in the database's thread

    def _first(self) -> int:
        """Where this removal begins: after the one before it."""
        return int(self._database.sqlite.conn.execute("SELECT coalesce(max(last_seq), 0) + 1 FROM removals").fetchone()[0])

    def _remove(self, batch: _Batch, now: datetime) -> int:
        sql = self._database.sqlite.conn
        signer, moment = self._database.vault.signer(sql), iso(now) or ""
        with self._database.writing():
            for number, kind in enumerate(KINDS):
                sql.execute(f"DELETE FROM {kind} WHERE id IN (SELECT row_id FROM chain WHERE kind = ? AND seq <= ?)", [number, batch.last])
            removed = sql.execute("DELETE FROM chain WHERE seq <= ?", [batch.last]).rowcount
            sql.execute("DELETE FROM checkpoints WHERE seq <= ?", [batch.last])
            sql.execute("DELETE FROM removals WHERE first_seq = ?", [batch.first])  # of this removal so far
            signature = signer.sign("log removal", statement(batch.last, batch.link, f"{batch.first} {moment}"))
            sql.execute("INSERT INTO removals (last_seq, first_seq, link, at, signer, signature) VALUES (?, ?, ?, ?, ?, ?)",
                        [batch.last, batch.first, batch.link, moment, signer.fingerprint, signature])
        return int(removed)

    def _note(self, now: datetime, limit: datetime, done: int, by: str) -> None:
        sql = self._database.sqlite.conn
        with self._database.writing():
            if done:
                actions.write(sql, self._database.chain, "log_rows_removed", by, {"rows": done, "before": iso(limit)}, now)
            total = self._state().removed + done
            sql.execute("INSERT OR REPLACE INTO settings VALUES ('retention.last', json_object('at', ?, 'removed', ?))", [iso(now), total])

    def _state(self) -> RetentionState:
        sql = self._database.sqlite.conn
        row: Any = sql.execute("SELECT json_extract(value, '$.at'), json_extract(value, '$.removed') FROM settings"
                               " WHERE key = 'retention.last'").fetchone()
        oldest = sql.execute("SELECT at FROM log ORDER BY at_us LIMIT 1").fetchone()
        return RetentionState(self.days, datetime.fromisoformat(row[0]) if row else None, row[1] if row else 0,
                              datetime.fromisoformat(oldest[0]) if oldest else None)


def _first_kept(sql: sqlite3.Connection, kind: int, limit: int, future: int) -> int | None:
    """The first link of a row of that kind which is kept; ``None`` where none is."""
    row = sql.execute(f"SELECT min(id) FROM {KINDS[kind]} WHERE at_us >= ? AND at_us < ?", [limit, future]).fetchone()
    if row[0] is None:
        return None
    found = sql.execute("SELECT min(seq) FROM chain WHERE kind = ? AND row_id >= ?", [kind, row[0]]).fetchone()[0]
    return None if found is None else int(found)
