"""Retention: remove old rows of the access log and the audit log; the chain still proves the rest.

Only the beginning of the chain is removed, never rows from its middle, and the kiosk signs where
the removed part ends. Nothing is removed by a wrong clock: one that is behind the log, or far ahead
of when it was last seen.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.reports import RetentionState
from kiosk.storage import settings_store
from kiosk.storage.audit import audit_log
from kiosk.storage.audit.audit_log import SYSTEM
from kiosk.storage.audit.chain_verification import sentence, verify_log
from kiosk.storage.audit.hash_chain import KINDS, statement
from kiosk.storage.audit.staff_log_archive import StaffLogArchive
from kiosk.storage.audit.trusted_clock import CONFIRMS, TOLERANCE, TrustedClock
from kiosk.storage.crypto.row_seals import genuine
from kiosk.storage.db.connection import connect_read_only
from kiosk.storage.db.sqlite_errors import sqlite_explained
from kiosk.storage.db.timestamps import iso, microseconds
from kiosk.storage.store import Store

BATCH = 2000
"""Rows removed in one transaction."""

DAY = timedelta(days=1)
"""Interval of the task, and tolerance for rows dated in the future."""

AHEAD = timedelta(days=7)
"""Maximum time since the last run; after more an administrator must confirm the clock."""

HARMLESS = ("", "doubted", "newest_unsigned")
"""Findings with which old rows are removed as usual: those of a signing key that was away."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """The links to remove next, from ``first`` to ``last``; ``link`` is the last of them."""

    first: int
    last: int
    link: bytes


class Retention:
    """Maintenance task: removes rows older than ``days``.

    Callable from any thread but the database's. ``archive``: keeps rows of the staff log before
    they are removed.
    """

    def __init__(self, store: Store, days: int, archive: StaffLogArchive | None = None) -> None:
        self._archive = archive
        self._database = store.database
        self._vault = store.vault
        self._chain = store.chain
        self._guard = store.roll_back_guard.require_newest
        self.days = days

    def state(self) -> RetentionState:
        """Return when the task last ran, how many rows it removed, and the oldest row left."""
        return self._database.call(self._state)

    def due(self, now: datetime) -> bool:
        """Return whether a day has passed since the last run, or the clock was set back."""
        last = self.state().ran_at
        return last is None or not timedelta(0) <= now - last < DAY

    def run(self, now: datetime, before: datetime | None = None, by: str = SYSTEM) -> int:
        """Remove the rows older than ``days``, or older than ``before``; return how many.

        They are removed in batches, between which decisions can be logged. Raise ``StorageError``,
        removing nothing, if the clock is behind the log, the log has lost its end, or, without
        ``before``, if the clock is far ahead or the log was changed.
        """
        TrustedClock(self._database, lambda: now, self._guard)()
        if before is None:
            self._refuse_far_ahead(now)
        limit = before or now - self.days * DAY
        until = self._end(limit, now)
        removed = 0
        first = self._database.call(self._first)
        finding = self._changed() if until >= first else ""
        if finding and before is None:
            raise StorageError(
                f"No old rows are removed, because the log is not as it was written: {finding}."
                " Look into it; `log remove` removes them all the same.",
                key="error.log_changed",
            )
        if until >= first and self._archive is not None:
            self._archive.keep(limit)
        while (batch := self._next(first, until)) is not None:
            removed += self._database.call(self._remove, batch, now)
        self._database.call(self._record, now, limit, removed, by, finding)
        return removed

    def _changed(self) -> str:
        """Return what is wrong with the log, in English, "" for nothing.

        A changed date must not make the kiosk remove the evidence and sign that it was old.
        """
        check = verify_log(self._database.path, own=self._vault.own_signers())
        return "" if check.finding in HARMLESS else sentence(check)

    def _refuse_far_ahead(self, now: datetime) -> None:
        """Raise ``StorageError`` if the clock jumped forward, which makes every row look old.

        Rows written since are no evidence: they have the date of that clock.
        """
        last_seen = self.state().ran_at or TrustedClock(self._database).newest()
        if last_seen is None or now - last_seen <= AHEAD:
            return
        if not self._database.call(self._confirmed, now):
            raise StorageError(
                f"The clock says {now:%Y-%m-%d %H:%M}, but was last seen at"
                f" {last_seen:%Y-%m-%d %H:%M}, so no old rows are removed;"
                " sign in as an administrator if it is right.",
                key="error.clock_ahead",
            )

    def _end(self, limit: datetime, now: datetime) -> int:
        """Return the last link to remove: that of the last old row before the first one to keep.

        The date of a row in the future says nothing about its age: it is removed only together with
        old rows after it.
        """
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
        def read() -> _Batch | None:
            sql = self._database.connection
            row = sql.execute(
                "SELECT max(seq), count(*) FROM"
                " (SELECT seq FROM chain WHERE seq <= ? ORDER BY seq LIMIT ?)",
                [until, BATCH],
            ).fetchone()
            if not row[1]:
                return None
            link = sql.execute("SELECT link FROM chain WHERE seq = ?", [row[0]]).fetchone()[0]
            return _Batch(first, row[0], link)

        return self._database.call(read)

    # below: in the database's thread

    def _confirmed(self, now: datetime) -> bool:
        """Return whether an administrator signed in at about the current time of this clock."""
        times = [microseconds(now - AHEAD), microseconds(now + TOLERANCE)]
        return (
            self._database.connection.execute(
                f"SELECT 1 FROM actions WHERE at_us BETWEEN ? AND ? AND {CONFIRMS} LIMIT 1", times
            ).fetchone()
            is not None
        )

    def _first(self) -> int:
        """Return the first link of this removal, after the previous removal."""
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
                    f"DELETE FROM {kind} WHERE id IN"
                    " (SELECT row_id FROM chain WHERE kind = ? AND seq <= ?)",
                    [number, batch.last],
                )
            removed = sql.execute("DELETE FROM chain WHERE seq <= ?", [batch.last]).rowcount
            sql.execute("DELETE FROM checkpoints WHERE seq <= ?", [batch.last])
            # the record of the batches of this removal so far
            sql.execute("DELETE FROM removals WHERE first_seq = ?", [batch.first])
            signature = signer.sign(
                "log removal", statement(batch.last, batch.link, f"{batch.first} {moment}")
            )
            sql.execute(
                "INSERT INTO removals (last_seq, first_seq, link, at, signer, signature)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [batch.last, batch.first, batch.link, moment, signer.fingerprint, signature],
            )
        return int(removed)

    def _record(self, now: datetime, limit: datetime, removed: int, by: str, finding: str) -> None:
        sql = self._database.connection
        with self._database.transaction():
            if removed:
                audit_log.write(
                    sql,
                    self._chain,
                    "log_rows_removed",
                    by,
                    {"rows": removed, "before": iso(limit)}
                    | ({"finding": finding} if finding else {}),
                    now,
                )
            total = self._state().removed + removed
            state = json.dumps({"at": iso(now), "removed": total})
            settings_store.put(sql, "retention.last", state)

    def _state(self) -> RetentionState:
        sql = self._database.connection
        row: Any = sql.execute(
            "SELECT json_extract(value, '$.at'), json_extract(value, '$.removed') FROM settings"
            f" WHERE key = 'retention.last' AND {genuine('settings')}"
        ).fetchone()
        oldest = sql.execute("SELECT at FROM log ORDER BY at_us LIMIT 1").fetchone()
        return RetentionState(
            self.days,
            datetime.fromisoformat(row[0]) if row else None,
            row[1] if row else 0,
            datetime.fromisoformat(oldest[0]) if oldest else None,
        )


def _first_kept(sql: sqlite3.Connection, kind: int, limit: int, future: int) -> int | None:
    """Return the first link of a row of that kind to keep; ``None`` if there is none."""
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
    """Return the newest link up to ``end`` of a row older than ``limit``; 0 if there is none."""
    row = sql.execute(
        "SELECT seq FROM chain LEFT JOIN log ON kind = 0 AND log.id = row_id"
        " LEFT JOIN actions ON kind = 1 AND actions.id = row_id"
        " WHERE seq <= ? AND coalesce(log.at_us, actions.at_us) < ? ORDER BY seq DESC LIMIT 1",
        [end, limit],
    ).fetchone()
    return int(row[0]) if row else 0
