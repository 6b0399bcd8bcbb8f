"""Statistics: ranges by role, and what the page derives from the counts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.core.statistics import EntryCounts
from kiosk.services.runtime_metrics import Metrics
from kiosk.services.statistics_service import RANGES, StatisticsService

NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)


class Counts:
    first: date | None = date(2025, 12, 1)

    def entries(self, since: date, until: date) -> EntryCounts:
        return EntryCounts(since, until)

    def first_day(self) -> date | None:
        return self.first


@pytest.mark.parametrize(
    ("wanted", "since"),
    [
        ("today", date(2026, 3, 2)),
        ("week", date(2026, 2, 24)),
        ("month", date(2026, 2, 1)),
        ("all", date(2025, 12, 1)),
    ],
)
def test_only_administrators_see_ranges(wanted, since):
    service = StatisticsService(Counts(), lambda: NOW)
    assert service.entries(Account("a", AccountRole.ADMIN), wanted) == EntryCounts(
        since, NOW.date()
    )
    assert service.entries(Account("s", AccountRole.STAFF), wanted) == EntryCounts(
        NOW.date(), NOW.date()
    )
    with pytest.raises(SignInError):
        service.entries(Account("", AccountRole.STAFF, enabled=False), wanted)


def test_empty_log_or_log_from_the_future_gives_today():
    counts = Counts()
    for counts.first in (None, date(2026, 5, 1)):
        assert (
            StatisticsService(counts, lambda: NOW)
            .entries(Account("a", AccountRole.ADMIN), "all")
            .since
            == NOW.date()
        )
    assert set(RANGES) == {"today", "week", "month", "all"}


def test_weekdays_and_empty_days():
    entries = EntryCounts(
        date(2026, 2, 1),
        date(2026, 3, 2),
        days=((date(2026, 2, 23), (3, 1)), (date(2026, 3, 2), (2, 0))),
    )
    assert entries.weekdays[0] == (5, 1) and sum(map(sum, entries.weekdays)) == 6, (
        "both are Mondays"
    )
    days = entries.every_day(92)
    assert len(days) == 8 and days[0] == (date(2026, 2, 23), (3, 1)) and days[1][1] == (0, 0)
    assert [day for day, _ in entries.every_day(2)] == [date(2026, 3, 1), date(2026, 3, 2)]
    assert EntryCounts(date(2026, 3, 1), date(2026, 3, 2)).every_day(5) == (
        (date(2026, 3, 2), (0, 0)),
    )


def test_stages_and_losses_are_counted():
    metrics = Metrics()
    for n in range(100):
        metrics.stage("look", 0.004 if n < 96 else 0.2)
    (stage,) = metrics.stages()
    assert (stage.name, stage.count, stage.p95_s) == ("look", 100, 0.005) and abs(
        stage.mean_s - 0.01184
    ) < 1e-6
    metrics.stage("slow", 9.0)
    assert metrics.stages()[1].p95_s == float("inf")
    metrics.lost("camera")
    metrics.lost("camera")
    assert metrics.losses() == {
        "camera": 2
    } and 'munjigi_lost_total{what="camera"} 2' in metrics.text({}, {})
