"""A ``LogFilter`` as SQL, for the screen's pages and for exports alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from kiosk.core.decisions import Decision, LogEntry, LogFilter, Mode, Outcome, Reason
from kiosk.core.errors import StorageError
from kiosk.core.reports import USUAL, Order
from kiosk.storage.db.timestamps import day_end, day_start
from kiosk.storage.people.normalise import search_words

COLUMNS = (
    "id, at, outcome, reason, mode, threshold, embedder_id, person_id, person_name, person_number,"
    " distance, runner_up, frames, votes, quality, liveness, at_us"
)
ORDERS = {
    "": (),
    "time": (),
    "person": ("person_name = ''", "folded"),
    "outcome": ("outcome",),
    "reason": ("reason",),
    "distance": ("distance IS NULL", "distance"),
    "mode": ("mode",),
}
"""What each column of the log is sorted by; rows that are equal there come newest first. Rows without a person or
a distance come last when ascending."""
PAGE = 500
QUARTER = 900_000_000
"""Microseconds of a quarter of an hour: every zone's days begin with one."""
FEW_NAMES = 1000
FEW_ROWS = 20_000
Row = Sequence[Any]
Fetch = Callable[[str, list[object]], list[Row]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A table that is looked at by time, and its columns; the first is the row's number, the last the time."""

    table: str
    columns: str


LOG = Listing("log", COLUMNS)


@dataclass(frozen=True, slots=True)
class Condition:
    """What rows must meet: ``sql`` with its values, and ``before``, the one upper bound of the time.

    There is only one, because SQLite enters an index by one bound and would read all rows between two. ``index``: which one
    to go by, where SQLite would guess wrong.
    """

    sql: str = "1"
    values: tuple[object, ...] = ()
    before: str = ""
    before_values: tuple[object, ...] = ()
    index: str = ""

    def also(self, sql: str, *values: object) -> Condition:
        """This condition and another one."""
        return replace(self, sql=f"{self.sql} AND {sql}", values=self.values + values)

    def until(self, at_us: int) -> Condition:
        """Only rows before that moment."""
        return replace(self, before=" AND at_us < ?", before_values=(at_us,))

    def after_row(self, at_us: int, row_id: int) -> Condition:
        """Only rows that come after this one, which met the condition: those are before its upper bound too."""
        return replace(self, before=" AND (at_us, id) < (?, ?)", before_values=(at_us, row_id))

    @property
    def where(self) -> tuple[str, list[object]]:
        """The text after WHERE and its values."""
        return self.sql + self.before, [*self.values, *self.before_values]


def condition(wanted: LogFilter, zone: tzinfo | None = None) -> Condition:
    """What ``wanted`` asks for; dates are days of ``zone`` (``None``: the machine's)."""
    found = Condition()
    if wanted.person_id is not None:
        found = found.also("person_id = ?", wanted.person_id)
    if wanted.outcome is not None:
        found = found.also("outcome = ?", wanted.outcome.value)
    if wanted.since is not None:
        found = found.also("at_us >= ?", day_start(wanted.since, zone))
    if wanted.until is not None:
        found = found.until(day_end(wanted.until, zone))
    for word in search_words(wanted.text):
        found = found.also("instr(folded, ?) > 0", word)
    return found


def page_sql(
    where: Condition, limit: int, offset: int = 0, order: Order = USUAL, listing: Listing = LOG
) -> tuple[str, list[object]]:
    """Newest rows first, or as ``order`` says; rows of the same moment by number."""
    (sql, values) = where.where
    keys = _keys(order)
    table = f"{listing.table}{where.index}"
    chosen = f"WHERE {sql} ORDER BY {keys} LIMIT ? OFFSET ?"
    if ORDERS[
        order.column
    ]:  # no index has this order: sorting numbers is a fraction of sorting whole rows
        table, chosen = (
            listing.table,
            f"WHERE id IN (SELECT id FROM {table} {chosen}) ORDER BY {keys}",
        )
    return f"SELECT {listing.columns} FROM {table} {chosen}", [*values, limit, offset]


def _keys(order: Order) -> str:
    if order.column not in ORDERS:
        raise StorageError(
            f"The log cannot be sorted by {order.column}; use one of {', '.join(filter(None, ORDERS))}."
        )
    way = " DESC" if order.descending else ""
    newest = "" if order.column == "time" and not order.descending else " DESC"
    return ", ".join(
        [*(key + way for key in ORDERS[order.column]), f"at_us{newest}", f"id{newest}"]
    )


def count_sql(where: Condition, listing: Listing = LOG) -> tuple[str, list[object]]:
    """How many rows meet the condition."""
    sql, values = where.where
    return f"SELECT count(*) FROM {listing.table}{where.index} WHERE {sql}", values


def condition_by_names(wanted: LogFilter, zone: tzinfo | None, fetch: Fetch) -> Condition:
    """As ``condition``, but words that fit few people are looked for among the names, not in every row."""
    words = search_words(wanted.text)
    if not words:
        return condition(wanted, zone)
    fits = " AND ".join(["instr(folded, ?) > 0"] * len(words))
    names, rows = fetch(
        f"SELECT count(*), coalesce(sum(n), 0) FROM log_names WHERE {fits}", [*words]
    )[0]
    if names > FEW_NAMES or rows > FEW_ROWS:  # many rows fit: the newest of them are found soon
        return condition(wanted, zone)
    found = condition(replace(wanted, text=""), zone).also(
        f"folded IN (SELECT folded FROM log_names WHERE {fits})", *words
    )
    return replace(found, index=" INDEXED BY log_folded_at")


def counted(wanted: LogFilter, zone: tzinfo | None = None) -> tuple[str, list[object]] | None:
    """How many rows are wanted, from the quarters of an hour that were counted; ``None`` where more than days and outcome is asked."""
    if wanted != LogFilter(since=wanted.since, until=wanted.until, outcome=wanted.outcome):
        return None
    sql = "SELECT coalesce(sum(n), 0) FROM log_counts WHERE 1"
    values = list[object]()
    for day, bound, edge in (
        (wanted.since, "quarter >= ?", day_start),
        (wanted.until, "quarter < ?", day_end),
    ):
        if day is not None:
            at = edge(day, zone)
            if at % QUARTER:  # a zone of another century
                return None
            sql = f"{sql} AND {bound}"
            values = [*values, at // QUARTER]
    if wanted.outcome is not None:
        sql = f"{sql} AND outcome = ?"
        values = [*values, wanted.outcome.value]
    return sql, values


def pages(fetch: Fetch, where: Condition, size: int = PAGE) -> Iterator[list[LogEntry]]:
    """All entries of the log that meet the condition, as ``row_pages`` finds them."""
    for rows in row_pages(fetch, where, LOG, size):
        yield [entry(row) for row in rows]


def row_pages(
    fetch: Fetch, where: Condition, listing: Listing, size: int = PAGE
) -> Iterator[list[Row]]:
    """All rows in pages of ``size``, each found by the key of the last row before it, so that none is read twice.

    Rows that are appended meanwhile are left out where they come after the first page's newest moment.
    """
    after = where
    while True:
        rows = fetch(*page_sql(after, size, listing=listing))
        if rows:
            yield rows
        if len(rows) < size:
            return
        after = where.after_row(rows[-1][-1], rows[-1][0])


def fetch_from(connection: sqlite3.Connection) -> Fetch:
    """Reads through ``connection`` in its own thread."""
    return lambda sql, values: connection.execute(sql, values).fetchall()


def entry(row: Row) -> LogEntry:
    """A row of ``COLUMNS``; ``StorageError`` where it says something this program does not know."""
    try:
        decision = Decision(
            datetime.fromisoformat(row[1]),
            Outcome(row[2]),
            Reason(row[3]),
            Mode(row[4]),
            *row[5:16],
        )
    except ValueError as error:
        raise StorageError(
            f"Row {row[0]} of the access log cannot be understood ({error}); put a backup in its place.",
            key="error.storage_damaged",
        ) from error
    return LogEntry(row[0], decision)
