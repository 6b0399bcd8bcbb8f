"""The audit log: actions of people and of the kiosk itself, in the chain of the access log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from kiosk.core.decisions import LogFilter
from kiosk.core.reports import Action
from kiosk.storage.audit import log_query
from kiosk.storage.audit.hash_chain import NOT_AS_SIGNED, Chain
from kiosk.storage.audit.log_query import Condition, Hashed, Row
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, iso, local_now, microseconds
from kiosk.storage.people.normalise import loggable, search_key

COLUMNS = "id, at, event, actor, detail, at_us"
"""The columns of an action, as ``action`` reads them."""

SYSTEM = "system"
"""The actor of what the kiosk does by itself."""


class AuditLog:
    """The audit log of one database. Callable from any thread.

    ``zone``: time zone of the days in filters; ``None`` is the machine's.
    """

    def __init__(
        self,
        database: Database,
        chain: Chain,
        clock: Clock = local_now,
        zone: tzinfo | None = None,
    ) -> None:
        self._database = database
        self._chain = chain
        self._clock = clock
        self._zone = zone

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        """Record and commit what ``actor`` did; ``detail`` must be JSON.

        Raise ``StorageError`` if it cannot be written.
        """

        def write_entry() -> None:
            with self._database.transaction():
                write(
                    self._database.connection,
                    self._chain,
                    event,
                    actor,
                    detail,
                    self._clock(),
                )

        self._database.call(write_entry)

    def query(self, log_filter: LogFilter, limit: int, offset: int) -> tuple[list[Action], int]:
        """Return a page of the matching actions, newest first, and the number of all of them.

        Only the days and words of the filter apply.
        """
        return self._database.call(self._query, log_filter, limit, offset)

    def _query(self, log_filter: LogFilter, limit: int, offset: int) -> tuple[list[Action], int]:
        where = condition(log_filter, self._zone)
        fetch = log_query.fetch_from(self._database.connection)
        rows = fetch(*log_query.page_sql(where, limit, offset, listing=LISTING))
        return [action(row) for row in rows], fetch(*log_query.count_sql(where, LISTING))[0][0]


def write(
    sql: sqlite3.Connection,
    chain: Chain,
    event: str,
    actor: str,
    detail: Mapping[str, object],
    now: datetime,
) -> int:
    """Add an action and its link in the caller's transaction, and return its id.

    If the chain was not as signed before, record that too.
    """
    number = _insert(sql, event, actor, detail, now)
    if not chain.add(sql, "actions", number, now):
        tampered(sql, chain, now)
    return number


def tampered(sql: sqlite3.Connection, chain: Chain, now: datetime) -> None:
    """Record in the chain itself that the rows before were not as signed."""
    number = _insert(sql, NOT_AS_SIGNED, SYSTEM, {}, now)
    chain.add(sql, "actions", number, now)


def condition(
    log_filter: LogFilter, zone: tzinfo | None = None, hashed: Hashed = lambda word: None
) -> Condition:
    """Return the condition that ``log_filter`` means for actions, which name no typed numbers."""
    return log_query.condition(LogFilter(log_filter.since, log_filter.until, log_filter.text), zone)


def action(row: Row) -> Action:
    """Return the action in a row of ``COLUMNS``."""
    return Action(row[0], datetime.fromisoformat(row[1]), row[2], row[3], json.loads(row[4]))


def pages(fetch: log_query.Fetch, where: Condition) -> Iterator[list[Action]]:
    """Yield all actions that meet the condition, newest first, page by page."""
    for rows in log_query.row_pages(fetch, where, LISTING):
        yield [action(row) for row in rows]


LISTING = log_query.Listing("actions", COLUMNS)
"""The audit log as it is listed."""


def _insert(
    sql: sqlite3.Connection, event: str, actor: str, detail: Mapping[str, object], now: datetime
) -> int:
    actor = loggable(actor) or SYSTEM
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True, allow_nan=False, default=str)
    folded = search_key(actor, event, loggable(text))
    row: Any = sql.execute(
        "INSERT INTO actions (at, at_us, event, actor, detail, folded)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        [iso(now), microseconds(now), event, actor, text, folded],
    ).fetchone()
    return int(row[0])
