"""Translate a ``LogFilter`` to SQL, for pages on screen and for exports."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from kiosk.core.decisions import Decision, LogEntry, LogFilter, Mode, Outcome, Reason
from kiosk.core.errors import StorageError
from kiosk.core.masking import masked_typed
from kiosk.core.reports import USUAL, Order
from kiosk.storage.db.timestamps import day_end, day_start
from kiosk.storage.people.normalise import search_words

COLUMNS = (
    "id, at, outcome, reason, mode, threshold, embedder_id, person_id, person_name, person_number,"
    " distance, runner_up, frames, votes, quality, liveness, at_us"
)
"""The columns of the access log, as ``entry`` reads them."""

ORDERS = {
    "": (),
    "time": (),
    "person": ("person_name = ''", "folded"),
    "outcome": ("outcome",),
    "reason": ("reason",),
    "distance": ("distance IS NULL", "distance"),
    "mode": ("mode",),
}
"""Sort keys by column of the log. Ties are sorted newest first; rows without a person or a distance
come last in ascending order."""

PAGE = 500
"""Rows read at a time."""

QUARTER = 900_000_000
"""Microseconds in a quarter of an hour; the days of every time zone begin on one."""

FEW_NAMES = 1000
"""Maximum number of names for which rows are searched by name."""

FEW_ROWS = 20_000
"""Maximum number of rows with those names."""

Row = Sequence[Any]
"""A row; its columns are those of the ``Listing``."""

Hashed = Callable[[str], str | None]
"""Returns a word of a search as it is stored if it is a typed number of nobody's, or ``None``."""

Fetch = Callable[[str, list[object]], list[Row]]
"""Returns the rows of a query with values."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A table that is listed by time, with its columns: the first is the id, the last the time."""

    table: str
    columns: str


LOG = Listing("log", COLUMNS)
"""The access log as it is listed."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on rows: ``sql`` with its values, and ``before``, the only upper time limit.

    There is only one limit, because SQLite enters an index at one limit and would read all rows
    between two. ``index``: the index to use where SQLite would choose a worse one.
    """

    sql: str = "1"
    values: tuple[object, ...] = ()
    before: str = ""
    before_values: tuple[object, ...] = ()
    index: str = ""

    def also(self, sql: str, *values: object) -> Condition:
        """Return this condition and another one combined."""
        return replace(self, sql=f"{self.sql} AND {sql}", values=self.values + values)

    def until(self, at_us: int) -> Condition:
        """Return this condition for rows before that time."""
        return replace(self, before=" AND at_us < ?", before_values=(at_us,))

    def after_row(self, at_us: int, row_id: int) -> Condition:
        """Return this condition for rows after one that met it, which implies its time limit."""
        return replace(self, before=" AND (at_us, id) < (?, ?)", before_values=(at_us, row_id))

    @property
    def where(self) -> tuple[str, list[object]]:
        """The SQL after WHERE, and its values."""
        return self.sql + self.before, [*self.values, *self.before_values]


def _unhashed(word: str) -> None:
    """Find typed numbers of nobody's by nothing: the ``Hashed`` of tables without them."""


def condition(
    log_filter: LogFilter, zone: tzinfo | None = None, hashed: Hashed = _unhashed
) -> Condition:
    """Return the condition of a filter with days in ``zone``; ``None`` is the machine's."""
    found = Condition()
    if log_filter.person_id is not None:
        found = found.also("person_id = ?", log_filter.person_id)
    if log_filter.outcome is not None:
        found = found.also("outcome = ?", log_filter.outcome.value)
    if log_filter.since is not None:
        found = found.also("at_us >= ?", day_start(log_filter.since, zone))
    if log_filter.until is not None:
        found = found.until(day_end(log_filter.until, zone))
    for sql, *values in _words(log_filter.text, hashed):
        found = found.also(sql, *values)
    return found


def _words(text: str, hashed: Hashed) -> list[list[str]]:
    """Return for each word of ``text`` the SQL that finds it in ``folded``, and its values."""
    found = []
    for word in search_words(text):
        spellings = list(filter(None, (word, hashed(word))))
        found.append([f"({' OR '.join(['instr(folded, ?) > 0'] * len(spellings))})", *spellings])
    return found


def page_sql(
    where: Condition, limit: int, offset: int = 0, order: Order = USUAL, listing: Listing = LOG
) -> tuple[str, list[object]]:
    """Return the SQL of a page: newest rows first, or as ``order`` says; ties by id."""
    sql, values = where.where
    keys = _keys(order)
    table = f"{listing.table}{where.index}"
    selection = f"WHERE {sql} ORDER BY {keys} LIMIT ? OFFSET ?"
    if ORDERS[order.column]:
        # no index has this order, and sorting ids is much cheaper than sorting whole rows
        selection = f"WHERE id IN (SELECT id FROM {table} {selection}) ORDER BY {keys}"
        table = listing.table
    return f"SELECT {listing.columns} FROM {table} {selection}", [*values, limit, offset]


def _keys(order: Order) -> str:
    if order.column not in ORDERS:
        raise StorageError(
            f"The log cannot be sorted by {order.column};"
            f" use one of {', '.join(filter(None, ORDERS))}."
        )
    direction = " DESC" if order.descending else ""
    newest = "" if order.column == "time" and not order.descending else " DESC"
    return ", ".join(
        [*(key + direction for key in ORDERS[order.column]), f"at_us{newest}", f"id{newest}"]
    )


def count_sql(where: Condition, listing: Listing = LOG) -> tuple[str, list[object]]:
    """Return the SQL that counts the rows that meet the condition."""
    sql, values = where.where
    return f"SELECT count(*) FROM {listing.table}{where.index} WHERE {sql}", values


def condition_by_names(
    log_filter: LogFilter, zone: tzinfo | None, fetch: Fetch, hashed: Hashed = _unhashed
) -> Condition:
    """Return a condition like ``condition``, which searches rare words by name, not in all rows."""
    words = _words(log_filter.text, hashed)
    if not words:
        return condition(log_filter, zone)
    matches = " AND ".join(sql for sql, *_ in words)
    values = [value for _, *own in words for value in own]
    names, rows = fetch(
        f"SELECT count(*), coalesce(sum(n), 0) FROM log_names WHERE {matches}", [*values]
    )[0]
    if names > FEW_NAMES or rows > FEW_ROWS:  # with many matches the newest are found quickly
        return condition(log_filter, zone, hashed)
    found = condition(replace(log_filter, text=""), zone).also(
        f"folded IN (SELECT folded FROM log_names WHERE {matches})", *values
    )
    return replace(found, index=" INDEXED BY log_folded_at")


def counted(log_filter: LogFilter, zone: tzinfo | None = None) -> tuple[str, list[object]] | None:
    """Return the SQL that counts rows by the counts per quarter of an hour.

    ``None`` if the filter has more than days and outcome.
    """
    if log_filter != LogFilter(
        since=log_filter.since, until=log_filter.until, outcome=log_filter.outcome
    ):
        return None
    sql = "SELECT coalesce(sum(n), 0) FROM log_counts WHERE 1"
    values = list[object]()
    for day, bound, edge in (
        (log_filter.since, "quarter >= ?", day_start),
        (log_filter.until, "quarter < ?", day_end),
    ):
        if day is not None:
            at = edge(day, zone)
            if at % QUARTER:  # a historical time zone
                return None
            sql = f"{sql} AND {bound}"
            values = [*values, at // QUARTER]
    if log_filter.outcome is not None:
        sql = f"{sql} AND outcome = ?"
        values = [*values, log_filter.outcome.value]
    return sql, values


def pages(fetch: Fetch, where: Condition, size: int = PAGE) -> Iterator[list[LogEntry]]:
    """Yield all entries of the access log that meet the condition, page by page."""
    for rows in row_pages(fetch, where, LOG, size):
        yield [entry(row) for row in rows]


def row_pages(
    fetch: Fetch, where: Condition, listing: Listing, size: int = PAGE
) -> Iterator[list[Row]]:
    """Yield all rows in pages of ``size``, newest first.

    Each page begins after the last row of the page before, so that no row is read twice. Rows
    appended meanwhile that are newer than the first page are not included.
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
    """Return a ``Fetch`` that reads through ``connection``, in its own thread."""
    return lambda sql, values: connection.execute(sql, values).fetchall()


def entry(row: Row) -> LogEntry:
    """Return the entry in a row of ``COLUMNS``; raise ``StorageError`` for unknown values.

    A typed number that belongs to nobody is masked.
    """
    shown = list(row)
    if not row[8]:
        shown[9] = masked_typed(row[9])
    try:
        decision = Decision(
            datetime.fromisoformat(row[1]),
            Outcome(row[2]),
            Reason(row[3]),
            Mode(row[4]),
            *shown[5:16],
        )
    except ValueError as error:
        raise StorageError(
            f"Row {row[0]} of the access log is damaged ({error}); restore a backup.",
            key="error.storage_damaged",
        ) from error
    return LogEntry(row[0], decision)
