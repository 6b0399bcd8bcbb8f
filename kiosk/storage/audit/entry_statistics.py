"""Entries and rejects by hour, day and reason, from counts that triggers maintain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, tzinfo

from kiosk.core.decisions import Outcome
from kiosk.core.statistics import EntryCounts
from kiosk.storage.audit.log_query import QUARTER
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import day_end, day_start

QUARTER_S = QUARTER // 1_000_000
"""Seconds in a quarter of an hour."""

FAULTS = (
    "door_forced",
    "door_held_open",
    "tamper",
    "lock_lost",
    "lock_answered_too_late",
    "clock_changed",
    "clock_behind",
    "log_not_as_signed",
    "log_rolled_back",
    "rows_not_as_sealed",
    "settings_not_written",
    "fleet_refused",
    "fleet_problem",
)
"""Events of the audit log that count as faults."""

_ACCEPTED = Outcome.ACCEPT.value
Counts = Iterable[tuple[int, str, int]]
"""(quarter of an hour since 1970, outcome or reason, count)."""


class StatisticsStore:
    """The statistics of one database. Callable from any thread.

    ``zone``: time zone of days and hours; ``None`` is the machine's.
    """

    def __init__(self, database: Database, zone: tzinfo | None = None) -> None:
        self._database = database
        self._zone = zone

    def entries(self, since: date, until: date) -> EntryCounts:
        """Return the counts of the days from ``since`` to ``until``, inclusive."""
        begin = day_start(since, self._zone)
        end = day_end(until, self._zone)
        outcomes, reasons, faults = self._database.call(self._read, begin, end)
        hours = [[0, 0] for _ in range(24)]
        days = dict[date, list[int]]()
        for quarter, outcome, n in outcomes:
            if outcome == Outcome.UNFINISHED.value:
                continue
            at = datetime.fromtimestamp(quarter * QUARTER_S, self._zone)
            index = int(outcome != _ACCEPTED)
            hours[at.hour][index] += n
            days.setdefault(at.date(), [0, 0])[index] += n
        return EntryCounts(
            since,
            until,
            tuple((a, b) for a, b in hours),
            tuple((day, (a, b)) for day, (a, b) in sorted(days.items())),
            _ranked(reasons),
            _ranked(faults),
        )

    def first_day(self) -> date | None:
        """Return the day of the oldest row."""
        row = self._database.call(
            lambda: self._database.connection.execute(
                "SELECT min(quarter) FROM log_counts"
            ).fetchone()
        )
        return (
            None
            if row[0] is None
            else datetime.fromtimestamp(row[0] * QUARTER_S, self._zone).date()
        )

    def _read(
        self, begin: int, end: int
    ) -> tuple[list[tuple[int, str, int]], list[tuple[str, int]], list[tuple[str, int]]]:
        sql = self._database.connection
        quarters = [begin // QUARTER, end // QUARTER]
        placeholders = ", ".join("?" * len(FAULTS))
        return (
            sql.execute(
                "SELECT quarter, outcome, n FROM log_counts WHERE quarter >= ? AND quarter < ?",
                quarters,
            ).fetchall(),
            sql.execute(
                "SELECT reason, sum(n) FROM log_reasons WHERE quarter >= ? AND quarter < ?"
                " GROUP BY reason",
                quarters,
            ).fetchall(),
            sql.execute(
                "SELECT event, count(*) FROM actions WHERE at_us >= ? AND at_us < ?"
                f" AND event IN ({placeholders}) GROUP BY event",
                [begin, end, *FAULTS],
            ).fetchall(),
        )


def _ranked(counts: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(dict(counts)).most_common())
