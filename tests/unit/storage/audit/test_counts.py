"""The stored counts and names of the log equal a fresh count, whatever is written and removed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core.decisions import LogFilter, Outcome
from kiosk.storage.audit import log_query
from kiosk.storage.audit.retention import Retention
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, SEOUL, decision, entries


def tables(store: Store) -> tuple[list, list, list, list]:
    def read() -> tuple[list, list, list, list]:
        sql = store.database.connection
        return tuple(
            sql.execute(query).fetchall()
            for query in (  # type: ignore[return-value]
                "SELECT * FROM log_counts",
                "SELECT at_us / 900000000, outcome, count(*) FROM log GROUP BY 1, 2 ORDER BY 1, 2",
                "SELECT * FROM log_names",
                "SELECT folded, count(*) FROM log GROUP BY 1 ORDER BY 1",
            )
        )

    return store.database.call(read)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 200),
            st.sampled_from(["", "홍길동", "이산", "Ada"]),
            st.sampled_from(list(Outcome)),
        ),
        max_size=12,
    ),
    st.integers(0, 200),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_they_follow_every_row_and_every_removal(
    store: Store, rows: list[tuple[int, str, Outcome]], days: int
) -> None:
    log = store.using(zone=SEOUL).access_log
    for back, name, outcome in rows:
        log.append(
            decision(
                MORNING - timedelta(hours=7 * back),
                outcome,
                person_name=name,
                person_number=name and "1",
            )
        )
    for _ in range(2):
        counts, counted, names, named = tables(store)
        assert counts == counted and names == named
        Retention(store, 90).run(MORNING, MORNING - timedelta(days=days))


@pytest.mark.parametrize("few", [0, 10_000])
@pytest.mark.parametrize("text", ["홍", "길동 1", "n", "없음", "%"])
def test_both_ways_of_looking_for_words_find_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, text: str, few: int
) -> None:
    log = store.using(zone=SEOUL).access_log
    for n in range(60):
        log.append(
            decision(
                MORNING + timedelta(minutes=n),
                list(Outcome)[n % 2],
                person_name=["홍길동", "홍길순", "Ann"][n % 3],
                person_number=f"N{n % 7}",
            )
        )
    log_filter = LogFilter(
        since=MORNING.date(), until=MORNING.date(), text=text, outcome=Outcome.ACCEPT
    )
    plain = [row.id for row in entries(log, log_filter)]
    monkeypatch.setattr(log_query, "FEW_NAMES", few)
    rows, total = log.query(log_filter, 100, 0)
    assert [row.id for row in rows] == plain and total == len(plain) == log.count(log_filter)


def test_counts_are_used_only_for_days_and_outcome() -> None:
    assert log_query.counted(LogFilter(), SEOUL) is not None
    assert (
        log_query.counted(LogFilter(text="홍"), SEOUL) is None
        and log_query.counted(LogFilter(person_id=1), SEOUL) is None
    )
