"""Time pages, searches, new rows, an export and the chain's check on a log of five million rows.

    python benchmarks/long_log.py --rows 5000000 --people 50000

The database is made in a temporary folder (about 2 GB for five million rows) and removed at the
end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kiosk.core.decisions import Decision, LogFilter, Mode, Outcome, Reason
from kiosk.storage.audit import hash_chain
from kiosk.storage.audit.access_log import AccessLog
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.audit.entry_statistics import StatisticsStore
from kiosk.storage.audit.log_export import export_log
from kiosk.storage.audit.retention import Retention
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.store import Store

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
STEP_S = 1.55
"""Seconds between rows; five million rows are a quarter of a year."""


def fill(store: Store, rows: int, people: int) -> None:
    """Insert rows as the door writes them, with the links of their hash chain."""
    sql = store.database.connection
    with store.database.transaction():
        sql.executemany(
            "INSERT INTO people (number, name, folded, role, enabled, created_at) "
            "VALUES (?, ?, ?, 'student', 1, ?)",
            (
                (f"2026-{n:05}", f"이름{n}", f"이름{n}\n2026-{n:05}", BEGIN.isoformat())
                for n in range(people)
            ),
        )
        sql.execute(
            f"""
            INSERT INTO log (at, at_us, outcome, reason, mode, person_id, person_name,
                             person_number, folded, threshold, frames, votes, quality,
                             embedder_id, distance, runner_up)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
            SELECT strftime('%Y-%m-%dT%H:%M:%S', {BEGIN.timestamp()} + i * {STEP_S}, 'unixepoch')
                       || '.000000+00:00',
                   CAST(({BEGIN.timestamp()} + i * {STEP_S}) * 1000000 AS INTEGER),
                   CASE i % 9 WHEN 0 THEN 'REJECT' ELSE 'ACCEPT' END,
                   CASE i % 9 WHEN 0 THEN 'unknown' ELSE 'match' END, '1:N',
                   CASE i % 9 WHEN 0 THEN NULL ELSE 1 + i % {people} END,
                   CASE i % 9 WHEN 0 THEN '' ELSE '이름' || (i % {people}) END,
                   CASE i % 9 WHEN 0 THEN '' ELSE printf('2026-%05d', i % {people}) END,
                   CASE i % 9 WHEN 0 THEN char(10)
                       ELSE '이름' || (i % {people}) || char(10)
                           || printf('2026-%05d', i % {people}) END,
                   0.8, 6, 4, 0.9, 'dlib@377d4af1', 0.41, 0.97
            FROM n"""
        )
    with store.database.transaction():
        cursor = sql.execute("SELECT * FROM log ORDER BY id")
        columns = [column[0] for column in cursor.description]
        link = hash_chain.START

        def links() -> object:
            nonlocal link
            for seq, row in enumerate(cursor, 1):
                link = hash_chain.next_link(link, "log", columns, row)
                yield seq, row[0], link

        with closing(store.database.connection.cursor()) as writer:
            writer.executemany(
                "INSERT INTO chain (seq, kind, row_id, link) VALUES (?, 0, ?, ?)", links()
            )
        store.chain._sign(sql, rows, link, BEGIN)


def timed(work: Callable[[], object], times: int = 7) -> tuple[float, float]:
    """Return the median and the longest of several runs, in milliseconds."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    return spent[len(spent) // 2], spent[-1]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--people", type=int, default=50_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data" / "munjigi.db"
        with Store.open(path) as store:
            began = time.perf_counter()
            store.database.call(fill, store, args.rows, args.people, timeout=7200)
            print(
                f"{args.rows:,} rows, {args.people:,} people: {path.stat().st_size / 1e9:.2f} GB, "
                f"made in {time.perf_counter() - began:.0f} s"
            )
            measure(store, store.using(zone=UTC).access_log, store.people, args.rows)
            began = time.perf_counter()
            rows = export_log(
                path,
                LogFilter(since=date(2026, 1, 10), until=date(2026, 1, 12)),
                Path(folder) / "x.csv",
                "csv",
                zone=UTC,
            )
            print(
                f"export of three days: {rows:,} rows, "
                f"{rows / (time.perf_counter() - began):,.0f} a second"
            )
            began = time.perf_counter()
            check = verify_log(path)
            print(
                f"log verify: {check.rows / (time.perf_counter() - began):,.0f} rows a second, "
                f"{check.finding or 'sound'}"
            )
            began = time.perf_counter()
            removed = Retention(store, 90).run(
                BEGIN + timedelta(seconds=args.rows * STEP_S + 60), BEGIN + timedelta(days=1)
            )
            print(f"retention: {removed:,} rows removed in {time.perf_counter() - began:.1f} s")
    return 0


def measure(store: Store, log: AccessLog, people: PeopleStore, rows: int) -> None:
    """Time what the screens ask for."""
    counts = StatisticsStore(store.database, UTC)
    month = LogFilter(date(2026, 2, 1), date(2026, 2, 28))
    made = Decision(
        BEGIN + timedelta(seconds=rows * STEP_S + 60),
        Outcome.ACCEPT,
        Reason.MATCH,
        Mode.IDENTIFY,
        0.8,
        "net",
        1,
        "이름1",
        "2026-00001",
        0.4,
        0.9,
        6,
        4,
        0.9,
    )
    for name, work in {
        "first page": lambda: log.query(LogFilter(), 100, 0),
        "first page of a month": lambda: log.query(month, 100, 0),
        "rejects of a month": lambda: log.query(
            LogFilter(month.since, month.until, outcome=Outcome.REJECT), 100, 0
        ),
        "one person": lambda: log.query(LogFilter(person_id=77), 100, 0),
        "page 1,000 of a month": lambda: log.query(month, 100, 100_000),
        "words, today": lambda: log.query(
            LogFilter(date(2026, 3, 1), date(2026, 3, 1), "이름77"), 100, 0
        ),
        "words, a month": lambda: log.query(LogFilter(month.since, month.until, "이름77"), 100, 0),
        "words, everything": lambda: log.query(LogFilter(text="이름77"), 100, 0),
        "a row appended": lambda: log.append(made),
        "people found by name": lambda: people.search("이름77", 100, 0),
        "people, first page": lambda: people.search("", 100, 0),
        "statistics, one day": lambda: counts.entries(
            month.since or BEGIN.date(), month.since or BEGIN.date()
        ),
        "statistics, everything": lambda: counts.entries(
            BEGIN.date(), BEGIN.date() + timedelta(days=366)
        ),
    }.items():
        median, worst = timed(work)
        print(f"{name:<24} {median:>9.1f} ms, worst {worst:>9.1f} ms")


if __name__ == "__main__":
    sys.exit(main())
