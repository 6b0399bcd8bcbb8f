"""The access log: one row per decision, committed before the door opens and never changed."""

from __future__ import annotations

import math
import sqlite3
from datetime import tzinfo

from kiosk.core.decisions import Decision, LogEntry, LogFilter, Outcome, Reason
from kiosk.core.errors import StorageError
from kiosk.core.reports import USUAL, Order
from kiosk.storage.audit import audit_log, log_query
from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.audit.trace_store import keep_trace, trace_digest
from kiosk.storage.crypto.number_mask import NumberMask
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import iso, microseconds
from kiosk.storage.people.entry_basis import GONE, entry_basis, is_disabled
from kiosk.storage.people.normalise import loggable, search_key

EVERYTHING = LogFilter()
"""The filter that every row meets."""

_APPEND = f"""
INSERT INTO log (at, at_us, outcome, reason, mode, person_id, person_name, person_number, folded,
                 distance, runner_up, threshold, frames, votes, quality, liveness, embedder_id,
                 subject, trace_digest)
VALUES (:at, :at_us, :outcome, :reason, :mode, (SELECT id FROM people WHERE id = :person_id),
        :name, :number, :folded, :distance, :runner_up, :threshold, :frames, :votes, :quality,
        :liveness, :embedder_id,
        coalesce((SELECT id FROM people WHERE id = :person_id), 0), :trace_digest)
RETURNING {log_query.COLUMNS}
"""


class AccessLog:
    """The access log of one database. Callable from any thread.

    ``mask``: hashes the typed numbers that belong to nobody. ``zone``: time zone of the days in
    filters; ``None`` is the machine's.
    """

    def __init__(
        self, database: Database, chain: Chain, mask: NumberMask, zone: tzinfo | None = None
    ) -> None:
        self._database = database
        self._chain = chain
        self._mask = mask
        self._zone = zone

    def append(self, decision: Decision, basis: str | None = None) -> LogEntry:
        """Write and commit a row and return it as stored.

        ``basis``: the digest (``PeopleStore.basis``) that an accept stands on. If it is another one
        by now, the row is a reject: the person, their PIN or card changed meanwhile.
        If ``StorageError`` is raised the row counts as not written; after a time-out it may still
        appear, but the door stayed locked. The row of a person deleted in the meantime has name and
        number, but no id. Distances that are not finite become ``None``.
        """
        return self._database.call(self._append, decision, basis)

    def query(
        self, log_filter: LogFilter, limit: int, offset: int, order: Order = USUAL
    ) -> tuple[list[LogEntry], int]:
        """Return a page of the matching rows, and the number of all matching rows.

        They are sorted newest first or as ``order`` says. Raise ``StorageError`` for an order other
        than ``time person outcome reason distance mode``.
        """
        return self._database.call(self._query, log_filter, limit, offset, order)

    def count(self, log_filter: LogFilter = EVERYTHING) -> int:
        """Return the number of matching rows."""
        return self._database.call(self._count, log_filter)

    def latest(self) -> LogEntry | None:
        """Return the newest row."""
        rows, _ = self.query(EVERYTHING, 1, 0)
        return rows[0] if rows else None

    # below: in the database's thread

    def _append(self, decision: Decision, basis: str | None) -> LogEntry:
        sql = self._database.connection
        columns = _columns(decision, self._mask)
        with self._database.transaction():
            against = _against(sql, decision, basis)
            if against is not None:
                columns |= {"outcome": Outcome.REJECT.value, "reason": against.value}
            entry = log_query.entry(sql.execute(_APPEND, columns).fetchone())
            keep_trace(self._database, entry.id, decision.trace)
            if not self._chain.add(sql, "log", entry.id, entry.decision.at):
                audit_log.tampered(sql, self._chain, entry.decision.at)
            return entry

    def _query(
        self, log_filter: LogFilter, limit: int, offset: int, order: Order
    ) -> tuple[list[LogEntry], int]:
        where = log_query.condition_by_names(log_filter, self._zone, self._read, self._mask.word)
        rows = self._read(*log_query.page_sql(where, limit, offset, order))
        return [log_query.entry(row) for row in rows], self._total(log_filter, where)

    def _count(self, log_filter: LogFilter) -> int:
        return self._total(
            log_filter,
            log_query.condition_by_names(log_filter, self._zone, self._read, self._mask.word),
        )

    def _total(self, log_filter: LogFilter, where: log_query.Condition) -> int:
        total: int = self._read(
            *(log_query.counted(log_filter, self._zone) or log_query.count_sql(where))
        )[0][0]
        return total

    def _read(self, sql: str, values: list[object]) -> list[log_query.Row]:
        return self._database.sqlite.execute(sql, values).fetchall()


def _against(sql: sqlite3.Connection, decision: Decision, basis: str | None) -> Reason | None:
    """Return why an accept does not hold any more, inside the transaction that stores it."""
    person_id = decision.person_id
    if not decision.accepted or basis is None or person_id is None:
        return None
    if basis != GONE and entry_basis(sql, person_id) == basis:
        return None
    return Reason.DISABLED if is_disabled(sql, person_id) else Reason.CHANGED_MEANWHILE


def _columns(decision: Decision, mask: NumberMask) -> dict[str, object]:
    if not math.isfinite(decision.threshold):
        raise StorageError(
            "A decision without a finite threshold cannot be logged; check recognition.threshold."
        )
    name = loggable(decision.person_name)
    number = decision.person_number
    # what somebody types who is nobody's may be a PIN in the wrong field, or the code of a card
    number = loggable(number) if name or not number else mask.stored(number)
    return {
        "at": iso(decision.at),
        "at_us": microseconds(decision.at),
        "outcome": decision.outcome.value,
        "reason": decision.reason.value,
        "mode": decision.mode.value,
        "person_id": decision.person_id,
        "name": name,
        "number": number,
        "folded": search_key(name, number),
        "distance": _finite(decision.distance),
        "runner_up": _finite(decision.runner_up),
        "threshold": float(decision.threshold),
        "frames": int(decision.frames),
        "votes": int(decision.votes),
        "quality": _finite(decision.quality) or 0.0,
        "liveness": _finite(decision.liveness),
        "embedder_id": decision.embedder_id,
        "trace_digest": trace_digest(decision.trace),
    }


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
