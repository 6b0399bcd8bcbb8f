"""What staff, administrators and the kiosk itself did: rows in the same chain as the decisions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from kiosk.core.decisions import LogFilter
from kiosk.core.reports import Action
from kiosk.storage.audit import log_query
from kiosk.storage.audit.hash_chain import DOUBT, Chain
from kiosk.storage.audit.log_query import Condition, Row
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, iso, local_now, microseconds
from kiosk.storage.people.normalise import loggable, search_key

COLUMNS = "id, at, event, actor, detail, at_us"
SYSTEM = "system"


class AuditLog:
    """The actions of one database; safe from any thread. ``zone``: whose days a filter means; ``None`` is the machine's."""

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
        """Write down and commit what ``actor`` did; ``detail`` holds plain values. ``StorageError`` where it cannot be written."""

        def work() -> None:
            with self._database.transaction():
                write(
                    self._database.connection,
                    self._chain,
                    event,
                    actor,
                    detail,
                    self._clock(),
                )

        self._database.call(work)

    def query(self, wanted: LogFilter, limit: int, offset: int) -> tuple[list[Action], int]:
        """Actions ``offset`` to ``offset + limit`` of those wanted, newest first, and how many there are in all.

        Of the filter only days and words count.
        """
        return self._database.call(self._query, wanted, limit, offset)

    def _query(self, wanted: LogFilter, limit: int, offset: int) -> tuple[list[Action], int]:
        where = condition(wanted, self._zone)
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
    """Add an action and its link in the caller's transaction; its number. Where the chain was broken before, that too."""
    number = _insert(sql, event, actor, detail, now)
    if not chain.add(sql, "actions", number, now):
        tampered(sql, chain, now)
    return number


def tampered(sql: sqlite3.Connection, chain: Chain, now: datetime) -> None:
    """Say in the chain itself that what stood before was not as it had been signed."""
    number = _insert(sql, DOUBT, SYSTEM, {}, now)
    chain.add(sql, "actions", number, now)


def condition(wanted: LogFilter, zone: tzinfo | None = None) -> Condition:
    """What ``wanted`` asks of actions."""
    return log_query.condition(LogFilter(wanted.since, wanted.until, wanted.text), zone)


def action(row: Row) -> Action:
    """A row of ``COLUMNS``."""
    return Action(row[0], datetime.fromisoformat(row[1]), row[2], row[3], json.loads(row[4]))


def pages(fetch: log_query.Fetch, where: Condition) -> Iterator[list[Action]]:
    """All actions that meet the condition, newest first, a page at a time."""
    for rows in log_query.row_pages(fetch, where, LISTING):
        yield [action(row) for row in rows]


LISTING = log_query.Listing("actions", COLUMNS)


def _insert(
    sql: sqlite3.Connection, event: str, actor: str, detail: Mapping[str, object], now: datetime
) -> int:
    who = loggable(actor) or SYSTEM
    words = json.dumps(detail, ensure_ascii=False, sort_keys=True, allow_nan=False, default=str)
    row: Any = sql.execute(
        "INSERT INTO actions (at, at_us, event, actor, detail, folded) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        [iso(now), microseconds(now), event, who, words, search_key(who, event, loggable(words))],
    ).fetchone()
    return int(row[0])
