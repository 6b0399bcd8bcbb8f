"""Statistics equal a count of the rows by hour and day; migration counts old logs."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlite_utils
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core.decisions import Outcome, Reason
from kiosk.storage.audit import entry_statistics
from kiosk.storage.audit.entry_statistics import StatisticsStore
from kiosk.storage.audit.retention import Retention
from kiosk.storage.db.timestamps import microseconds
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, SEOUL, decision, entries, taken_until

REASONS = [Reason.UNKNOWN, Reason.EXPIRED, Reason.TRACK_LOST]


@pytest.mark.slow
@pytest.mark.parametrize("zone", [SEOUL, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/New_York")])
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 40 * 96), st.none() | st.sampled_from(REASONS)), max_size=12
    ),
    gone=st.integers(0, 40),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
def test_statistics_equal_a_count_of_the_rows(tmp_path: Path, zone, rows, gone) -> None:
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}" / "munjigi.db"
    with Store.open(path) as store:
        log = store.using(zone=zone).access_log
        statistics = StatisticsStore(store.database, zone)
        for quarters, reason in rows:
            at = MORNING - timedelta(minutes=15 * quarters)
            if reason is Reason.TRACK_LOST:  # one who left is in no statistic of rejects
                log.append(decision(at, Outcome.UNFINISHED, reason=reason))
                continue
            at = MORNING - timedelta(minutes=15 * quarters)
            log.append(
                decision(
                    at,
                    Outcome.REJECT if reason else Outcome.ACCEPT,
                    **({"reason": reason} if reason else {}),
                )
            )
        for _ in range(2):
            left = [
                entry.decision
                for entry in entries(log)
                if entry.decision.outcome is not Outcome.UNFINISHED
            ]
            found = statistics.entries(date(2026, 1, 1), MORNING.astimezone(zone).date())
            local = [(made.at.astimezone(zone), made) for made in left]
            assert [found.hours[hour] for hour in range(24)] == [
                tuple(
                    sum(at.hour == hour and made.accepted is wanted for at, made in local)
                    for wanted in (True, False)
                )
                for hour in range(24)
            ]
            assert dict(found.days) == {
                day: tuple(
                    sum(at.date() == day and made.accepted is wanted for at, made in local)
                    for wanted in (True, False)
                )
                for day in {at.date() for at, _ in local}
            }
            assert dict(found.reasons) == Counter(
                made.reason.value for made in left if not made.accepted
            )
            assert statistics.first_day() == min(
                (entry.decision.at.astimezone(zone).date() for entry in entries(log)), default=None
            )
            Retention(store, 90).run(MORNING, MORNING - timedelta(days=gone))


def test_one_day_has_its_own_rows_and_faults_only(store: Store) -> None:
    log = store.using(zone=SEOUL).access_log
    statistics = StatisticsStore(store.database, SEOUL)
    midnight = MORNING.replace(hour=0, minute=0, second=0, microsecond=0)
    for at in (
        midnight - timedelta(seconds=1),
        midnight,
        midnight + timedelta(hours=23, minutes=59),
        midnight + timedelta(days=1),
    ):
        log.append(decision(at, Outcome.REJECT))
    actions = store.using(lambda: MORNING).audit_log
    for event in ("door_forced", "tamper", "door_forced", "signed_in"):
        actions.record(event, "door", {})
    found = statistics.entries(midnight.date(), midnight.date())
    assert found.total == (0, 2) and found.hours[0] == (0, 1) and found.hours[23] == (0, 1)
    assert found.incidents == (("door_forced", 2), ("tamper", 1)) and found.reasons == (
        ("unknown", 2),
    )
    assert (
        statistics.entries(
            midnight.date() + timedelta(days=2), midnight.date() + timedelta(days=2)
        ).incidents
        == ()
    )


def old_row(store: Store, outcome: str) -> None:
    """Write a row like an older program."""
    values = [
        MORNING.isoformat(),
        microseconds(MORNING),
        outcome,
        "unknown" if outcome == "REJECT" else "match",
    ]
    store.database.call(
        lambda: store.database.sqlite.execute(
            "INSERT INTO log (at, at_us, outcome, reason, mode, person_name, person_number,"
            " folded, threshold, frames, votes, quality, embedder_id)"
            " VALUES (?, ?, ?, ?, '1:N', '', '', '', 0.8, 6, 4, 0.9, 'net')",
            values,
        )
    )


def test_rows_of_an_older_program_are_counted_when_its_log_is_opened(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.storage.db.schema_steps.steps", taken_until("0010_log_counts"))
    with Store.open(path) as store:
        for n in range(3):
            old_row(store, "REJECT" if n else "ACCEPT")
    monkeypatch.undo()
    with Store.open(path) as store:
        assert StatisticsStore(store.database, SEOUL).entries(
            MORNING.date(), MORNING.date()
        ).reasons == (("unknown", 2),)
    with closing(sqlite3.connect(path)) as raw:
        assert sqlite_utils.Database(raw)["log_reasons"].count == 1


def test_every_fault_has_words() -> None:
    from kiosk.ui.catalogue import catalogue

    for code in ("ko", "en"):
        assert all(
            f"log.event.{event}" in catalogue(code) or f"door_page.event.{event}" in catalogue(code)
            for event in entry_statistics.FAULTS
        )
