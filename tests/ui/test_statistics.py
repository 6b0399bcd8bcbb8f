"""The statistics page by touch: ranges, bars, reasons, and runtime statistics."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt

from kiosk.core.decisions import Reason
from kiosk.core.languages import language_codes
from kiosk.core.people import AccountRole
from kiosk.core.statistics import EntryCounts, RuntimeStats, StageTiming
from kiosk.services.statistics_service import RANGES as SERVED
from kiosk.ui.i18n import language, tr, tr_in
from kiosk.ui.screens.analysis.statistics_screen import RANGES, StatisticsScreen
from kiosk.ui.theme import theme
from kiosk.ui.widgets.charts.bar_chart import BarChart, BarSeries, round_axis_end
from tests.helpers.screens import find
from tests.ui.conftest import clipped

TODAY = date(2026, 3, 2)
HOURS = tuple((n, n // 5) for n in range(24))
ENTRIES = EntryCounts(
    TODAY - timedelta(days=29),
    TODAY,
    HOURS,
    tuple((TODAY - timedelta(days=29 - n), (9 + n, n % 3)) for n in range(30)),
    tuple((reason.value, 100 - n) for n, reason in enumerate(Reason)),
    (("door_forced", 2), ("log_not_as_signed", 1)),
)
PULSE = RuntimeStats(
    "Webcam",
    False,
    14.8,
    21.4,
    (StageTiming("look", 10, 0.0061, 0.01), StageTiming("decide", 10, 4.0, float("inf"))),
    {"inference": 29_410},
    {"camera": 3},
    1,
)


@pytest.fixture
def screen(shown) -> StatisticsScreen:
    made = shown(StatisticsScreen(), 1064, 1600)
    made.set_role(AccountRole.ADMIN)
    return made


def test_ranges_are_requested_and_hidden_from_staff(qtbot, screen):
    with qtbot.waitSignal(screen.entriesRequested) as requests:
        screen.opened()
    assert requests.args == ["today"]
    for name in RANGES[1:]:
        with qtbot.waitSignal(screen.entriesRequested) as requests:
            qtbot.mouseClick(find(screen, f"statisticsRange.{name}"), Qt.MouseButton.LeftButton)
        assert requests.args == [name]
    screen.reset()
    screen.set_role(AccountRole.STAFF)
    assert not screen.range.isVisible() and screen.range.value() == "today"
    assert set(RANGES) == set(SERVED)


def test_counts_are_drawn_and_accessible(qtbot, screen):
    screen.show_entries(ENTRIES)
    total = find(screen, "statisticsTotal").text()
    assert all(part in total for part in ("2026-02-01", "2026-03-02", "276", "46", "14.3"))
    assert list(screen.hours.bars.pairs) == list(HOURS) and screen.hours.accessibleName() == tr(
        "statistics.busiest", hour=23, n="27"
    )
    assert len(screen.days.bars.pairs) == 30 and screen.days.bars.words[0] == "2/1"
    qtbot.mouseClick(find(screen, "statisticsBy.weekday"), Qt.MouseButton.LeftButton)
    assert (
        screen.days.bars.words[0] == tr("admin.date.weekdays").split()[1]
        and screen.days.bars.pairs[0] == ENTRIES.weekdays[0]
    )
    assert len(screen.reasons.words()) == 8 and screen.faults.words() == {
        tr("door_page.event.door_forced"): "2",
        tr("log.event.log_not_as_signed"): "1",
    }


def test_empty_statistics_show_text(screen):
    screen.show_entries(ENTRIES)
    screen.show_entries(EntryCounts(TODAY, TODAY))
    assert (
        find(screen, "statisticsReasonsNone").text() == tr("statistics.reasons.none")
        and screen.reasons.words() == {}
    )
    day = TODAY.isoformat()
    said = tr("statistics.no_entries", since=day, until=day)
    assert find(screen, "statisticsTotal").text() == said and len(screen.days.bars.pairs) == 1


def test_runtime_statistics_are_shown(screen):
    screen.show_pulse(PULSE)
    words = screen.pulse.words()
    assert (
        words[tr("statistics.pulse.state")] == tr("statistics.pulse.gone")
        and words[tr("statistics.dropped.inference")] == "29,410"
    )
    assert words[tr("statistics.stage.look")] == tr(
        "statistics.pulse.mean_most", mean="6.1", most="10"
    )
    assert (
        words[tr("statistics.stage.decide")] == tr("statistics.pulse.mean", mean="4000.0")
        and words[tr("statistics.pulse.camera_lost")] == "3"
    )


@pytest.mark.parametrize("code", language_codes())
def test_every_stage_and_queue_has_a_message(code):
    keys = [
        f"statistics.stage.{name}"
        for name in ("look", "look_and_compare", "decide", "frame_to_view")
    ]
    keys += [f"statistics.dropped.{name}" for name in ("preview", "inference", "screen")] + [
        f"log.reason.{reason.value}" for reason in Reason
    ]
    assert [key for key in keys if tr_in(code, key) == key] == []


def test_error_is_shown(screen):
    screen.show_error("error.storage_busy")
    assert find(screen, "statisticsError").text() == tr("error.storage_busy")
    screen.show_entries(ENTRIES)
    assert not screen.error.isVisible()


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (41, 100), (5_000_000, 10_000_000)]
)
def test_the_axis_ends_at_a_round_number(most, top):
    assert round_axis_end(most) == top


def test_bars_are_where_they_belong(shown, qapp):
    chart = shown(BarChart("chart"), 400, 300)
    chart.show_bars(BarSeries([(4, 0), (0, 0), (2, 2)], ["a", "b", "c"]))
    qapp.processEvents()
    picture = chart.grab().toImage()
    tokens = theme().tokens
    ratio = picture.width() / chart.width()

    def colour(x: float, y: float) -> str:
        place = chart.point(x, y)
        return picture.pixelColor(round(place.x() * ratio), round(place.y() * ratio)).name()

    assert (
        colour(0.5, 3.5) == colour(2.5, 1.0) == tokens.colour("genuine").name()
        and colour(2.5, 3.0) == tokens.colour("impostor").name()
    )
    assert colour(1.5, 1.0) not in (
        tokens.colour("genuine").name(),
        tokens.colour("impostor").name(),
    )


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_no_text_is_clipped(qapp, shown, code, size):
    language().use(code)
    screen = shown(StatisticsScreen(), *size)
    screen.set_role(AccountRole.ADMIN)
    screen.show_entries(ENTRIES)
    screen.show_pulse(PULSE)
    qapp.processEvents()
    assert clipped(screen) == []
