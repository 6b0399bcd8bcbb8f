"""Entries and rejects by hour, day and reason, from the counts that triggers keep: no row of the log is read."""

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
FAULTS = (
    "door_forced",
    "door_held_open",
    "tamper",
    "lock_lost",
    "lock_answered_too_late",
    "clock_changed",
    "clock_behind",
    "log_not_as_signed",
    "settings_not_written",
)
"""Actions that nobody wants to see."""

_ACCEPTED = Outcome.ACCEPT.value
Counts = Iterable[tuple[int, str, int]]
"""(quarter of an hour since 1970, outcome or reason, how often)."""


class StatisticsStore:
    """The counts of one database; safe from any thread. ``zone``: whose days and hours; ``None`` is the machine's."""

    def __init__(self, database: Database, zone: tzinfo | None = None) -> None:
        self._database = database
        self._zone = zone

    def entries(self, since: date, until: date) -> EntryCounts:
        """The days ``since`` to ``until``, both included."""
        begin = day_start(since, self._zone)
        end = day_end(until, self._zone)
        outcomes, reasons, faults = self._database.call(self._read, begin, end)
        hours = [[0, 0] for _ in range(24)]
        days = dict[date, list[int]]()
        for quarter, outcome, n in outcomes:
            at = datetime.fromtimestamp(quarter * QUARTER_S, self._zone)
            which = int(outcome != _ACCEPTED)
            hours[at.hour][which] += n
            days.setdefault(at.date(), [0, 0])[which] += n
        return EntryCounts(
            since,
            until,
            tuple((a, b) for a, b in hours),
            tuple((day, (a, b)) for day, (a, b) in sorted(days.items())),
            _ranked(reasons),
            _ranked(faults),
        )

    def first_day(self) -> date | None:
        """The day of the oldest row that is left."""
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
        marks = ", ".join("?" * len(FAULTS))
        return (
            sql.execute(
                "SELECT quarter, outcome, n FROM log_counts WHERE quarter >= ? AND quarter < ?",
                quarters,
            ).fetchall(),
            sql.execute(
                "SELECT reason, sum(n) FROM log_reasons WHERE quarter >= ? AND quarter < ? GROUP BY reason",
                quarters,
            ).fetchall(),
            sql.execute(
                f"SELECT event, count(*) FROM actions WHERE at_us >= ? AND at_us < ? AND event IN ({marks}) GROUP BY event",
                [begin, end, *FAULTS],
            ).fetchall(),
        )


def _ranked(counts: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(dict(counts)).most_common())
