"""The access log: order, filters, paging, indexes, and concurrent writers."""

from __future__ import annotations

import math
import sqlite3
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core.decisions import Decision, LogEntry, LogFilter, Mode, Outcome, Reason
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.core.reports import Order
from kiosk.storage.audit import log_query
from kiosk.storage.audit.access_log import AccessLog
from kiosk.storage.audit.log_export import export_log
from kiosk.storage.crypto.number_mask import NumberMask
from kiosk.storage.db.timestamps import day_end, day_start
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, SEOUL, decision, entries


@pytest.fixture
def log(store: Store) -> AccessLog:
    return store.using(zone=SEOUL).access_log


def test_a_decision_comes_back_as_given(log: AccessLog, store: Store) -> None:
    person = store.people.add(Person("2026-0001", "홍길동"))
    made = decision(person_id=person.id, mode=Mode.VERIFY, liveness=0.75)
    stored = log.append(made)
    assert asdict(stored.decision) == asdict(made)
    assert (
        stored.decision.at.isoformat() == made.at.isoformat()
    )  # the time zone too, not only the time
    assert log.latest() == stored and log.count() == 1


def test_a_committed_row_is_seen_by_others_at_once(log: AccessLog, path: Path) -> None:
    stored = log.append(decision())
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT id, at, at_us FROM log").fetchall() == [
            (stored.id, "2026-03-02T09:41:07.250000+09:00", 1_772_412_067_250_000)
        ]


def test_an_unknown_person_has_no_id(log: AccessLog) -> None:
    made = decision(
        outcome=Outcome.REJECT,
        reason=Reason.UNKNOWN_NUMBER,
        person_name="",
        person_number="1;DROP\x00",
        distance=None,
        runner_up=None,
    )
    stored = log.append(made).decision
    assert stored.person_id is None and stored.distance is None
    assert stored.person_number.startswith("•••#") and len(stored.person_number) == 10


def typed(number: str) -> Decision:
    """The decision on a number that belongs to nobody."""
    return decision(
        outcome=Outcome.REJECT,
        reason=Reason.UNKNOWN_NUMBER,
        person_name="",
        person_number=number,
        distance=None,
        runner_up=None,
    )


def test_a_number_of_nobody_is_kept_as_a_keyed_hash(
    log: AccessLog, store: Store, path: Path
) -> None:
    log.append(typed("482915"))
    with closing(sqlite3.connect(path)) as other:
        kept, folded = other.execute("SELECT person_number, folded FROM log").fetchone()
    assert kept == NumberMask(store.vault.secret.subkey).hashed("482915")
    assert folded == f"\n{kept}" and "482915" not in kept


@pytest.mark.parametrize("text", ["482915", "48-29-15", "４８２９１５", "  482915 "])
def test_a_number_of_nobody_is_found_when_it_is_given_whole(
    log: AccessLog, path: Path, store: Store, tmp_path: Path, text: str
) -> None:
    wanted = log.append(typed("482915"))
    log.append(typed("482916"))
    log.append(decision())
    assert log.query(LogFilter(text=text), 9, 0) == ([wanted], 1)
    assert log.count(LogFilter(text="4829")) == 0, "but not by a part of it"
    target = tmp_path / "out.csv"
    assert export_log(path, LogFilter(text=text), target, "csv", vault=store.vault) == 1
    assert "482915" not in target.read_text("utf-8")


def test_numbers_that_an_older_program_stored_in_clear_are_masked(
    log: AccessLog, store: Store, path: Path, tmp_path: Path
) -> None:
    class Plain(NumberMask):
        def stored(self, number: str) -> str:
            return number

    AccessLog(store.database, store.chain, Plain(store.vault.secret.subkey)).append(typed("482915"))
    rows, _ = log.query(LogFilter(text="482915"), 9, 0)
    assert [row.decision.person_number for row in rows] == ["••••••"]
    export_log(path, LogFilter(), tmp_path / "out.jsonl", "jsonl")
    assert "482915" not in (tmp_path / "out.jsonl").read_text("utf-8")


def test_the_row_is_written_without_the_number_where_its_key_is_missing(
    store: Store, path: Path
) -> None:
    def missing(purpose: str) -> bytes:
        raise StorageError("The key is gone.")

    log = AccessLog(store.database, store.chain, NumberMask(missing))
    log.append(typed("482915"))
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT person_number FROM log").fetchall() == [("#",)]
    assert log.count(LogFilter(text="482915")) == 0


def test_a_person_deleted_meanwhile_is_logged_without_id(log: AccessLog) -> None:
    assert log.append(decision(person_id=77)).decision.person_id is None


def test_distances_without_end_are_no_distances(log: AccessLog) -> None:
    stored = log.append(
        decision(distance=math.nan, runner_up=math.inf, quality=math.nan, liveness=math.nan)
    ).decision
    assert (stored.distance, stored.runner_up, stored.quality) == (None, None, 0.0)


def test_an_invalid_decision_is_refused(log: AccessLog) -> None:
    for bad in (
        decision(at=datetime(2026, 3, 2)),
        decision(threshold=math.nan),
        decision(threshold=math.inf),
    ):
        with pytest.raises(StorageError):
            log.append(bad)
    assert log.count() == 0 and log.latest() is None


def test_newest_rows_come_first_whatever_their_zone(log: AccessLog) -> None:
    moments = [
        MORNING,
        MORNING.astimezone(UTC) + timedelta(seconds=1),
        MORNING.astimezone(timezone(timedelta(hours=-5))) - timedelta(seconds=1),
        MORNING,
    ]
    ids = [log.append(decision(at)).id for at in moments]
    assert [row.id for row in log.query(LogFilter(), 9, 0)[0]] == [ids[1], ids[3], ids[0], ids[2]]


def test_filters(log: AccessLog, store: Store) -> None:
    hong, san = (store.people.add(Person(n, name)) for n, name in (("1", "홍길동"), ("2", "이산")))
    for day, person, outcome in (
        (1, hong, Outcome.ACCEPT),
        (2, hong, Outcome.REJECT),
        (2, san, Outcome.ACCEPT),
        (3, san, Outcome.ACCEPT),
    ):
        log.append(
            decision(
                datetime(2026, 3, day, 9, tzinfo=SEOUL),
                outcome,
                person_id=person.id,
                person_name=person.name,
                person_number=f"N{person.number}",
            )
        )

    def found(**wanted: object) -> list[tuple[int, str]]:
        rows, total = log.query(LogFilter(**wanted), 9, 0)  # type: ignore[arg-type]
        assert total == len(rows) == log.count(LogFilter(**wanted))  # type: ignore[arg-type]
        return [(row.decision.at.day, row.decision.person_name) for row in rows]

    assert found(since=date(2026, 3, 2)) == [(3, "이산"), (2, "이산"), (2, "홍길동")]
    assert found(until=date(2026, 3, 2), outcome=Outcome.ACCEPT) == [(2, "이산"), (1, "홍길동")]
    assert found(since=date(2026, 3, 2), until=date(2026, 3, 2), person_id=hong.id) == [
        (2, "홍길동")
    ]
    assert found(text="n2 산", outcome=Outcome.ACCEPT) == [(3, "이산"), (2, "이산")]
    assert found(since=date(2026, 3, 3), until=date(2026, 3, 1)) == []
    assert len(found(since=date.min, until=date.max)) == 4


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ("2026-03-01T23:59:59.999999+09:00", False),
        ("2026-03-02T00:00:00+09:00", True),
        ("2026-03-02T23:59:59.999999+09:00", True),
        ("2026-03-03T00:00:00+09:00", False),
        ("2026-03-01T15:00:00+00:00", True),
        ("2026-03-02T15:00:00+00:00", False),
    ],
)
def test_dates_are_whole_local_days(log: AccessLog, at: str, inside: bool) -> None:
    log.append(decision(datetime.fromisoformat(at)))
    assert log.count(LogFilter(since=date(2026, 3, 2), until=date(2026, 3, 2))) == inside


def test_a_day_of_the_clock_change_has_its_own_length() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hours = [
        (day_end(d, berlin) - day_start(d, berlin)) / 3.6e9
        for d in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25))
    ]
    assert hours == [24, 23, 25]


@given(st.dates())
def test_days_follow_each_other_without_gap(day: date) -> None:
    for zone in (None, SEOUL):
        assert day_start(day, zone) < day_end(day, zone)
        if date(2, 1, 1) < day < date.max:
            assert day_end(day - timedelta(days=1), zone) == day_start(day, zone)


_DAYS = [date(2026, 3, d) for d in (1, 2, 3)]
_WANTED = st.builds(
    LogFilter,
    since=st.sampled_from([None, *_DAYS]),
    until=st.sampled_from([None, *_DAYS]),
    text=st.sampled_from(["", "산", "홍 1", "zz"]),
    outcome=st.sampled_from([None, *Outcome]),
    person_id=st.sampled_from([None, 1, 2]),
)


@pytest.fixture
def several(log: AccessLog, store: Store) -> AccessLog:
    people = store.people
    known = [people.add(Person("1", "홍길동")), people.add(Person("2", "이산"))]

    def fill() -> None:
        for n in range(90):
            who = known[n % 2] if n % 5 else None
            at = datetime(
                2026, 3, 1 + n // 30, 9, (n // 4) % 60, tzinfo=SEOUL
            )  # groups of rows at the same time
            log.append(
                decision(
                    at,
                    list(Outcome)[n % 3 == 0],
                    person_id=who.id if who else None,
                    person_name=who.name if who else "",
                    person_number=who.number if who else "",
                )
            )

    store.database.call(fill)
    return log


@given(wanted=_WANTED, size=st.integers(1, 40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_pages_together_equal_a_filter_in_python(
    several: AccessLog, wanted: LogFilter, size: int
) -> None:
    everything = list(entries(several))
    assert len(everything) == 90
    chosen = [
        row
        for row in everything
        if (
            (wanted.since is None or row.decision.at.date() >= wanted.since)
            and (wanted.until is None or row.decision.at.date() <= wanted.until)
            and wanted.outcome in (None, row.decision.outcome)
            and wanted.person_id in (None, row.decision.person_id)
            and all(
                w in f"{row.decision.person_name}\n{row.decision.person_number}"
                for w in wanted.text.split()
            )
        )
    ]
    chosen.sort(key=lambda row: (row.decision.at, row.id), reverse=True)
    paged = []
    offset = 0
    while rows := several.query(wanted, size, offset)[0]:
        paged += rows
        offset += size
    ids = [row.id for row in chosen]
    assert [row.id for row in paged] == [row.id for row in entries(several, wanted)] == ids
    assert several.count(wanted) == len(ids)


_SORT_KEYS = {
    "time": lambda row: row.decision.at,
    "person": lambda row: (
        row.decision.person_name == "",
        row.decision.person_name,
        row.decision.person_number,
    ),
    "outcome": lambda row: row.decision.outcome.value,
    "reason": lambda row: row.decision.reason.value,
    "distance": lambda row: math.inf if row.decision.distance is None else row.decision.distance,
    "mode": lambda row: row.decision.mode.value,
}


@pytest.fixture
def varied(log: AccessLog) -> AccessLog:
    names = ("홍길동", "", "이산", "가온", "Ada")
    for n in range(60):
        log.append(
            decision(
                MORNING + timedelta(minutes=n * 37 % 60),
                list(Outcome)[n % 2],
                reason=list(Reason)[n % 5],
                mode=list(Mode)[n % 3 == 0],
                person_name=names[n % 5],
                person_number=str(n % 5) if names[n % 5] else "",
                distance=None if n % 7 == 0 else (n * 13 % 40) / 40,
            )
        )
    return log


@pytest.mark.parametrize("column", _SORT_KEYS)
@pytest.mark.parametrize("descending", [False, True])
def test_pages_are_sorted_by_any_column_over_the_whole_log(
    varied: AccessLog, column: str, descending: bool
) -> None:
    newest_first = list(entries(varied))
    wanted = sorted(
        newest_first, key=_SORT_KEYS[column], reverse=descending
    )  # stable: equal rows stay newest first
    paged: list[LogEntry] = []
    while rows := varied.query(LogFilter(), 7, len(paged), Order(column, descending))[0]:
        paged += rows
    assert len(paged) == 60
    if column == "time":  # rows at the same time are reversed too
        assert paged == (newest_first if descending else newest_first[::-1])
    else:
        assert paged == wanted


def test_filters_hold_for_sorted_pages_too(varied: AccessLog) -> None:
    rows, total = varied.query(LogFilter(outcome=Outcome.REJECT), 100, 0, Order("distance"))
    assert total == len(rows) == 30 and {row.decision.outcome for row in rows} == {Outcome.REJECT}


def test_the_log_is_sorted_by_its_columns_only(log: AccessLog) -> None:
    with pytest.raises(StorageError, match="cannot be sorted by at; DROP TABLE log"):
        log.query(LogFilter(), 10, 0, Order("at; DROP TABLE log"))


def test_rows_appended_meanwhile_do_not_shift_an_iteration(
    log: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_query.pages, "__defaults__", (10,))
    ids = [log.append(decision(MORNING + timedelta(seconds=n))).id for n in range(35)]
    seen = []
    for row in entries(log):
        seen.append(row.id)
        log.append(decision(MORNING + timedelta(hours=1, seconds=len(seen))))
    assert seen == ids[::-1]


def test_a_row_of_a_newer_program_is_an_error(log: AccessLog, store: Store) -> None:
    log.append(decision())
    store.database.call(
        lambda: store.database.sqlite.execute("UPDATE log SET reason = 'telepathy'")
    )
    with pytest.raises(StorageError, match="Row 1"):
        log.latest()


# another writer


@pytest.fixture
def holder(path: Path, store: Store) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def test_a_row_that_cannot_be_written_is_an_error_and_nothing_is_lost(
    log: AccessLog, holder: sqlite3.Connection
) -> None:
    before = log.append(decision())
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="another program") as caught:
        log.append(decision())
    assert caught.value.key == "error.storage_busy"
    assert log.query(LogFilter(), 9, 0) == ([before], 1)  # readers do not wait
    holder.execute("ROLLBACK")
    after = log.append(decision())
    assert [row.id for row in entries(log)] == [after.id, before.id]


def test_a_short_lock_is_waited_for(path: Path) -> None:
    with (
        Store.open(path, busy_timeout_s=30) as patient,
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as holder,
    ):
        holder.execute("BEGIN IMMEDIATE")
        waiting = patient.database.submit(patient.access_log.append, decision())
        threading.Timer(0.05, holder.execute, ["COMMIT"]).start()
        assert waiting.result(30).id == 1


def test_many_threads_lose_nothing(log: AccessLog) -> None:
    def knock(n: int) -> None:
        for k in range(20):
            log.append(decision(person_number=f"{n}-{k}"))

    threads = [threading.Thread(target=knock, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    rows = list(entries(log))
    assert {row.decision.person_number for row in rows} == {
        f"{n}-{k}" for n in range(4) for k in range(20)
    }
    assert len({row.id for row in rows}) == 80


# a long log


ROWS = 200_000


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, AccessLog]]:
    """200,000 rows of a year, of 100 people and of unknown visitors."""
    with Store.open(tmp_path_factory.mktemp("long") / "munjigi.db") as store:
        log = store.using(zone=SEOUL).access_log
        people = store.people

        def fill() -> None:
            with store.database.transaction():
                for n in range(100):
                    people.add(Person(f"2026-{n}", f"이름{n}"))
                first = log.append(decision()).id
                store.database.sqlite.execute(
                    """
                    INSERT INTO log (at, at_us, outcome, reason, mode, person_id, person_name,
                                     person_number, folded, threshold, frames, votes, quality,
                                     embedder_id, distance)
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                    SELECT strftime('%Y-%m-%dT%H:%M:%S', 1767225600 + i * 150, 'unixepoch')
                               || '.000000+00:00', (1767225600 + i * 150) * 1000000,
                           CASE i % 3 WHEN 0 THEN 'REJECT' ELSE 'ACCEPT' END, 'match', '1:N',
                           nullif(i % 101, 0), '이름', 'N', '이름' || char(10) || 'n',
                           0.8, 6, 4, 0.9, 'net', 0.4
                    FROM n""",
                    [ROWS],
                )
                store.database.sqlite.execute("DELETE FROM log WHERE id = ?", [first])

        store.database.call(fill, timeout=120)
        yield store, log


MARCH = LogFilter(date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (LogFilter(), "log_at"),
        (MARCH, "log_at"),
        (replace(MARCH, outcome=Outcome.REJECT), "log_outcome_at"),
        (replace(MARCH, person_id=7), "log_person_at"),
        (LogFilter(person_id=7), "log_person_at"),
        (replace(MARCH, person_id=7, outcome=Outcome.ACCEPT), "log_person_at"),
        (replace(MARCH, person_id=7, outcome=Outcome.ACCEPT, text="이름"), "log_person_at"),
    ],
)
def test_pages_come_out_of_an_index_in_order(
    long_log: tuple[Store, AccessLog], wanted: LogFilter, index: str
) -> None:
    store, log = long_log

    def plan(sql: str, values: list[object]) -> list[str]:
        return [
            row[-1]
            for row in store.database.sqlite.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        ]

    where = log_query.condition(wanted, SEOUL)
    later = where.after_row(1_772_412_067_250_000, 5)
    for sql, values in (
        log_query.page_sql(where, 50, 100),
        log_query.page_sql(later, 50),
        log_query.count_sql(where),
    ):
        steps = store.database.call(plan, sql, values)
        assert len(steps) == 1 and f"INDEX {index}" in steps[0], (
            steps
        )  # one step: no sorting in a temporary B-tree
        assert wanted == LogFilter() or steps[0].startswith("SEARCH"), steps
    rows, total = log.query(wanted, 50, 100)
    assert total > 100 and all(a.decision.at >= b.decision.at for a, b in pairwise(rows))


def test_the_last_page_costs_no_more_than_the_first(long_log: tuple[Store, AccessLog]) -> None:
    store, _ = long_log

    def cost(sql: str, values: list[object]) -> tuple[log_query.Row, int]:
        steps: list[int] = []
        store.database.connection.set_progress_handler(lambda: steps.append(1), 10)
        try:
            return store.database.sqlite.execute(sql, values).fetchall()[-1], len(steps)
        finally:
            store.database.connection.set_progress_handler(None, 0)

    where = log_query.condition(MARCH, SEOUL)
    last_of_first, first = store.database.call(cost, *log_query.page_sql(where, 100))
    _, second = store.database.call(
        cost, *log_query.page_sql(where.after_row(last_of_first[-1], last_of_first[0]), 100)
    )
    near_the_end = day_start(date(2026, 3, 2), SEOUL)
    _, last = store.database.call(cost, *log_query.page_sql(where.after_row(near_the_end, 0), 100))
    assert first > 10 and second < 2 * first and last < 2 * first


def test_deleting_a_person_finds_their_rows_by_index(long_log: tuple[Store, AccessLog]) -> None:
    store, _ = long_log
    [step] = store.database.call(
        lambda: store.database.sqlite.execute(
            "EXPLAIN QUERY PLAN UPDATE log SET person_id = NULL WHERE person_id = 3"
        ).fetchall()
    )
    assert step[-1].startswith("SEARCH")


def test_iterating_keeps_memory_constant(long_log: tuple[Store, AccessLog]) -> None:
    _, log = long_log
    wanted = replace(MARCH, outcome=Outcome.ACCEPT)
    tracemalloc.start()
    try:
        number = sum(1 for _ in entries(log, wanted))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert number == log.count(wanted) > 10_000
    assert peak < 4_000_000  # 500 rows at a time; all of them would take several times that
