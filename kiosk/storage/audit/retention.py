"""Old rows of the log and of the actions are removed after a number of days, and the chain still proves the rest.

What is removed is the beginning of the chain, never rows from its middle; the kiosk signs where it ended. A wrong clock
removes nothing: neither one that is behind the log, nor one that is far ahead of what was seen of it last.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.reports import RetentionState
from kiosk.storage.audit import audit_log
from kiosk.storage.audit.audit_log import SYSTEM
from kiosk.storage.audit.hash_chain import KINDS, statement
from kiosk.storage.audit.trusted_clock import CONFIRMS, TOLERANCE, TrustedClock
from kiosk.storage.db.connection import connect_read_only
from kiosk.storage.db.sqlite_errors import sqlite_explained
from kiosk.storage.db.timestamps import iso, microseconds
from kiosk.storage.store import Store

BATCH = 2000
DAY = timedelta(days=1)
AHEAD = timedelta(days=7)
"""How far the clock may have gone on since the rule was applied last; beyond that an administrator says whether it is right."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Links ``first`` to ``last`` are removed next; ``link``: the last one of them."""

    first: int
    last: int
    link: bytes


class Retention:
    """The rule of one database: rows older than ``days`` go. Safe from any thread but the database's own, which never waits long."""

    def __init__(self, store: Store, days: int) -> None:
        self._database = store.database
        self._vault = store.vault
        self._chain = store.chain
        self.days = days

    def state(self) -> RetentionState:
        """When the rule was last applied, what it removed, and the oldest row that is kept."""
        return self._database.call(self._state)

    def due(self, now: datetime) -> bool:
        """Whether a day has passed since it was applied; after the clock was set back, too."""
        last = self.state().ran_at
        return last is None or not timedelta(0) <= now - last < DAY

    def run(self, now: datetime, before: datetime | None = None, by: str = SYSTEM) -> int:
        """Remove the rows of before ``days`` ago, or of before ``before``; how many. In batches, decisions go in between.

        ``StorageError``, and nothing is removed, where the clock is behind the log, or, without ``before``, far ahead.
        """
        TrustedClock(self._database, lambda: now)()
        if before is None:
            self._refuse_far_ahead(now)
        limit = before or now - self.days * DAY
        until = self._end(limit, now)
        done = 0
        first = self._database.call(self._first)
        while (batch := self._next(first, until)) is not None:
            done += self._database.call(self._remove, batch, now)
        self._database.call(self._note, now, limit, done, by)
        return done

    def _refuse_far_ahead(self, now: datetime) -> None:
        """A clock that jumped forward makes every row look old; rows written since prove nothing, they have its date."""
        before = self.state().ran_at or TrustedClock(self._database).newest()
        if (
            before is not None
            and now - before > AHEAD
            and not self._database.call(self._confirmed, now)
        ):
            raise StorageError(
                f"The clock says {now:%Y-%m-%d %H:%M}, but was last seen at {before:%Y-%m-%d %H:%M}, so no old rows are removed;"
                " sign in as an administrator if it is right.",
                key="error.clock_ahead",
            )

    def _end(self, limit: datetime, now: datetime) -> int:
        """The last link that may go: of an old row, before the first row of ``limit`` or later. A row dated in the future says
        nothing of its age: it goes with old ones after it, and never by itself."""
        with (
            sqlite_explained(self._database.path),
            closing(connect_read_only(self._database.path)) as sql,
        ):
            ends = [
                _first_kept(sql, kind, microseconds(limit), microseconds(now + DAY))
                for kind in range(len(KINDS))
            ]
            newest: int = sql.execute("SELECT coalesce(max(seq), 0) FROM chain").fetchone()[0]
            return _last_old(
                sql,
                min([newest, *(end - 1 for end in ends if end is not None)]),
                microseconds(limit),
            )

    def _next(self, first: int, until: int) -> _Batch | None:
        def look() -> _Batch | None:
            sql = self._database.connection
            row = sql.execute(
                "SELECT max(seq), count(*) FROM (SELECT seq FROM chain WHERE seq <= ? ORDER BY seq LIMIT ?)",
                [until, BATCH],
            ).fetchone()
            if not row[1]:
                return None
            link = sql.execute("SELECT link FROM chain WHERE seq = ?", [row[0]]).fetchone()[0]
            return _Batch(first, row[0], link)

        return self._database.call(look)

    # below: in the database's thread

    def _confirmed(self, now: datetime) -> bool:
        """Whether an administrator signed in by this very clock."""
        times = [microseconds(now - AHEAD), microseconds(now + TOLERANCE)]
        return (
            self._database.connection.execute(
                f"SELECT 1 FROM actions WHERE at_us BETWEEN ? AND ? AND {CONFIRMS} LIMIT 1", times
            ).fetchone()
            is not None
        )

    def _first(self) -> int:
        """Where this removal begins: after the one before it."""
        return int(
            self._database.connection.execute(
                "SELECT coalesce(max(last_seq), 0) + 1 FROM removals"
            ).fetchone()[0]
        )

    def _remove(self, batch: _Batch, now: datetime) -> int:
        sql = self._database.connection
        signer = self._vault.signer(sql)
        moment = iso(now) or ""
        with self._database.transaction():
            for number, kind in enumerate(KINDS):
                sql.execute(
                    f"DELETE FROM {kind} WHERE id IN (SELECT row_id FROM chain WHERE kind = ? AND seq <= ?)",
                    [number, batch.last],
                )
            removed = sql.execute("DELETE FROM chain WHERE seq <= ?", [batch.last]).rowcount
            sql.execute("DELETE FROM checkpoints WHERE seq <= ?", [batch.last])
            sql.execute(
                "DELETE FROM removals WHERE first_seq = ?", [batch.first]
            )  # of this removal so far
            signature = signer.sign(
                "log removal", statement(batch.last, batch.link, f"{batch.first} {moment}")
            )
            sql.execute(
                "INSERT INTO removals (last_seq, first_seq, link, at, signer, signature) VALUES (?, ?, ?, ?, ?, ?)",
                [batch.last, batch.first, batch.link, moment, signer.fingerprint, signature],
            )
        return int(removed)

    def _note(self, now: datetime, limit: datetime, done: int, by: str) -> None:
        sql = self._database.connection
        with self._database.transaction():
            if done:
                audit_log.write(
                    sql,
                    self._chain,
                    "log_rows_removed",
                    by,
                    {"rows": done, "before": iso(limit)},
                    now,
                )
            total = self._state().removed + done
            sql.execute(
                "INSERT OR REPLACE INTO settings VALUES ('retention.last', json_object('at', ?, 'removed', ?))",
                [iso(now), total],
            )

    def _state(self) -> RetentionState:
        sql = self._database.connection
        row: Any = sql.execute(
            "SELECT json_extract(value, '$.at'), json_extract(value, '$.removed') FROM settings"
            " WHERE key = 'retention.last'"
        ).fetchone()
        oldest = sql.execute("SELECT at FROM log ORDER BY at_us LIMIT 1").fetchone()
        return RetentionState(
            self.days,
            datetime.fromisoformat(row[0]) if row else None,
            row[1] if row else 0,
            datetime.fromisoformat(oldest[0]) if oldest else None,
        )


def _first_kept(sql: sqlite3.Connection, kind: int, limit: int, future: int) -> int | None:
    """The first link of a row of that kind which is kept; ``None`` where none is."""
    row = sql.execute(
        f"SELECT min(id) FROM {KINDS[kind]} WHERE at_us >= ? AND at_us < ?", [limit, future]
    ).fetchone()
    if row[0] is None:
        return None
    found = sql.execute(
        "SELECT min(seq) FROM chain WHERE kind = ? AND row_id >= ?", [kind, row[0]]
    ).fetchone()[0]
    return None if found is None else int(found)


def _last_old(sql: sqlite3.Connection, end: int, limit: int) -> int:
    """The newest link, at most ``end``, of a row of before ``limit``; 0 where there is none."""
    row = sql.execute(
        "SELECT seq FROM chain LEFT JOIN log ON kind = 0 AND log.id = row_id LEFT JOIN actions ON kind = 1 AND actions.id = row_id"
        " WHERE seq <= ? AND coalesce(log.at_us, actions.at_us) < ? ORDER BY seq DESC LIMIT 1",
        [end, limit],
    ).fetchone()
    return int(row[0]) if row else 0
