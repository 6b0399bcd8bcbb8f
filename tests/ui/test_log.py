"""The access log: filters, details, export and cancelling it, the staff's view."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt

from kiosk.core.decisions import Decision, LogEntry, LogFilter, Mode, Outcome, Reason
from kiosk.core.languages import language_codes
from kiosk.core.people import AccountRole
from kiosk.core.reports import Action, Order
from kiosk.core.view_models import ActionsPage, LogPage
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.log.log_details import entry_facts
from kiosk.ui.screens.log.log_screen import LogScreen
from kiosk.ui.screens.log.log_table import actor_text, mode_text, value_text
from kiosk.ui.theme import theme
from kiosk.ui.widgets.table.paged_table import ROW_HEIGHT
from kiosk.ui.widgets.task_progress import progress_text
from tests.helpers.screens import click, find
from tests.ui.conftest import clipped, touch_header

TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 9, 41, 12, 345000, UTC)


def entry(number: int, reason: Reason = Reason.MATCH, **changes) -> LogEntry:
    outcome = Outcome.ACCEPT if reason is Reason.MATCH else Outcome.REJECT
    values = {
        "person_id": 7,
        "person_name": "홍길동",
        "person_number": "20231234",
        "distance": 0.4123,
        "runner_up": 0.9711,
        "frames": 6,
        "votes": 4,
        "quality": 0.92,
    } | changes
    return LogEntry(
        number,
        Decision(
            AT - timedelta(minutes=number), outcome, reason, Mode.IDENTIFY, 0.6, "dlib", **values
        ),
    )


@pytest.fixture
def screen(shown) -> LogScreen:
    theme().reduced_motion = True
    made = shown(LogScreen(lambda: TODAY), 1064, 800)
    made.set_role(AccountRole.ADMIN)
    return made


@pytest.fixture
def requests(screen) -> list:
    wanted: list[LogFilter] = []
    screen.pageRequested.connect(lambda filter_, offset, limit: wanted.append(filter_))
    return wanted


def fill(screen: LogScreen, *entries: LogEntry) -> None:
    screen.show_page(LogPage(entries, len(entries), 0))


def open_row(qtbot, screen: LogScreen, row: int = 0) -> None:
    qtbot.mouseClick(
        screen.table.view.viewport(),
        Qt.MouseButton.LeftButton,
        pos=QPoint(40, row * ROW_HEIGHT + 20),
    )


@pytest.mark.parametrize(
    ("chip", "since", "until"),
    [
        ("today", TODAY, TODAY),
        ("week", date(2026, 11, 16), TODAY),
        ("month", date(2026, 10, 24), TODAY),
        ("all", None, None),
    ],
)
def test_range_chips_end_today(qtbot, screen, requests, chip, since, until):
    click(qtbot, screen, f"logRange.{chip}")
    assert requests[-1] == LogFilter(since, until)


def test_touching_a_header_sorts_the_log(qtbot, screen):
    orders: list[Order] = []
    screen.pageRequested.connect(lambda filter_, offset, limit, order: orders.append(order))
    screen.refresh()
    fill(screen, entry(1), entry(2))
    touch_header(qtbot, screen, 1)
    touch_header(qtbot, screen, 0)  # newest first, as initially
    touch_header(qtbot, screen, 0)
    assert orders == [Order("time", True), Order("person"), Order("time", True), Order("time")]


def test_filters_are_combined(qtbot, screen, requests):
    click(qtbot, screen, "logRange.week")
    click(qtbot, screen, "logOutcome.REJECT")
    find(screen, "logSearch").setText("  홍 ")
    qtbot.keyClick(find(screen, "logSearch"), Qt.Key.Key_Return)
    assert requests[-1] == LogFilter(date(2026, 11, 16), TODAY, "홍", Outcome.REJECT)


def test_custom_dates_start_from_the_previous_range(qtbot, screen, requests):
    click(qtbot, screen, "logRange.week")
    click(qtbot, screen, "logRange.custom")
    assert find(screen, "logFrom").text() == "2026-11-16"
    find(screen, "logFrom").setText("2026-01-05")
    qtbot.keyClick(find(screen, "logFrom"), Qt.Key.Key_Return)
    assert requests[-1] == LogFilter(date(2026, 1, 5), TODAY)
    click(qtbot, screen, "logUntilClear")
    assert requests[-1] == LogFilter(date(2026, 1, 5), None)


def test_picking_a_day_filters_at_once(qtbot, screen, requests):
    click(qtbot, screen, "logRange.custom")
    click(qtbot, screen, "logFromOpen")
    click(qtbot, screen, "logFromMonth.2026-11-02")
    assert requests[-1] == LogFilter(date(2026, 11, 2), TODAY)


@pytest.mark.parametrize(
    ("text", "key"),
    [("tomorrow", "admin.date.invalid"), ("2026-01-01", "enrol.who.until_before_from")],
)
def test_invalid_dates_change_nothing(qtbot, screen, requests, text, key):
    click(qtbot, screen, "logRange.custom")
    before = len(requests)
    find(screen, "logUntil").setText(text)
    qtbot.keyClick(find(screen, "logUntil"), Qt.Key.Key_Return)
    assert find(screen, "logUntil.error").text() == tr(key)
    assert len(requests) == before
    assert screen.filter.current_filter() == LogFilter(TODAY, TODAY)


def test_empty_log_cannot_be_exported(screen):
    fill(screen)
    assert find(screen, "logTableEmptyTitle").text() == tr("log.empty.title")
    assert not find(screen, "logExport").isEnabled()


def test_details_show_every_field_of_the_decision(qtbot, screen):
    fill(screen, entry(3), entry(4, Reason.AMBIGUOUS))
    open_row(qtbot, screen, 1)
    assert find(screen, "logEntryReason").text() == tr("log.reason.ambiguous")
    assert find(screen, "logEntryExplanation").text() == tr("log.explain.ambiguous")
    shown = set(screen.details.facts.words().values())
    assert {
        "4",
        "거절",
        "홍길동",
        "20231234",
        "7",
        "0.412",
        "0.971",
        "0.600",
        "6",
        "92%",
        "dlib",
    } <= shown
    assert "2026-11-22 09:37:12.345 +00:00" in shown
    assert len(entry_facts(entry(4))) == len(
        [field for field in fields(Decision) if field.compare]
    ), "all but the frames behind it and the reason, which stands above; and the entry's number"


def test_a_row_without_a_comparison_has_dashes_and_no_name(qtbot, screen):
    fill(
        screen,
        entry(
            1,
            Reason.TRACK_LOST,
            person_id=None,
            person_name="",
            person_number="",
            distance=None,
            runner_up=None,
        ),
    )
    open_row(qtbot, screen)
    assert find(screen, "logEntryWho").text() == tr("log.unknown_person")
    assert not screen.details.margin.isVisible()
    assert screen.model.index(0, 4).data() == "–"


def test_an_opening_by_staff_names_them_and_has_no_english_in_korean(screen):
    entry = LogEntry(
        7,
        Decision(
            AT,
            Outcome.ACCEPT,
            Reason.OPENED_BY_STAFF,
            Mode.BY_HAND,
            0.0,
            "",
            person_name="김조교",
        ),
    )
    assert mode_text(entry) == "직접"
    screen.details.show_entry(entry)
    assert "김조교" in screen.details.who.text()
    assert tr("log.mode.by_hand") in screen.details.facts.words().values()
    assert value_text("delivery", "opening_reason") == "배달"


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_explained(code, reason):
    language().use(code)
    for key in (f"log.reason.{reason.value}", f"log.explain.{reason.value}"):
        assert tr(key) != key


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
def test_export_uses_the_visible_filter(qtbot, screen, kind):
    fill(screen, entry(1))
    click(qtbot, screen, "logOutcome.ACCEPT")
    click(qtbot, screen, f"logKind.{kind}")
    with qtbot.waitSignal(screen.exportRequested) as requests:
        click(qtbot, screen, "logExport")
    assert requests.args == [LogFilter(TODAY, TODAY, outcome=Outcome.ACCEPT), kind]
    assert not find(screen, "logExport").isEnabled(), "one export at a time"


def test_export_shows_count_rate_and_time_left(qtbot, screen):
    fill(screen, entry(1))
    click(qtbot, screen, "logExport")
    screen.show_export_progress(12_300, 50_000, 3.0)
    assert (
        find(screen, "logProgressDetail").text() == "12,300 / 50,000건 · 초당 4,100건 · 10초 남음"
    )
    language().use("en")
    assert (
        find(screen, "logProgressDetail").text()
        == "12,300 of 50,000 · 4,100 per second · 10 s left"
    )
    assert find(screen, "logProgressBar").value() == 12_300
    screen.show_export_done("/data/exports/log.csv")
    assert "/data/exports/log.csv" in find(screen, "logProgressDetail").text()
    assert find(screen, "logExport").isEnabled()
    click(qtbot, screen, "logProgressHide")
    assert not screen.progress.isVisible()


def test_no_rate_is_shown_at_first():
    assert "초당" not in progress_text(10, 100, 0.1)
    assert "초당" not in progress_text(0, 100, 5.0)
    assert progress_text(0, 0, 5.0) == tr("admin.waiting")


def test_cancelled_export_ignores_late_answers(qtbot, screen):
    fill(screen, entry(1))
    click(qtbot, screen, "logExport")
    with qtbot.waitSignal(screen.exportCancelled):
        click(qtbot, screen, "logProgressCancel")
    screen.show_export_progress(5, 10, 1.0)
    screen.show_export_done("/data/x.csv")
    assert find(screen, "logProgressTitle").text() == tr("log.export_panel.cancelled")
    assert find(screen, "logExport").isEnabled()


def test_a_failed_export_says_why(qtbot, screen):
    fill(screen, entry(1))
    click(qtbot, screen, "logExport")
    screen.show_export_failed("log.explain.log_failed")
    assert find(screen, "logProgressDetail").text() == tr("log.explain.log_failed")
    assert find(screen, "logProgressTitle").property("tone") == "reject"


def test_staff_see_today_only_and_cannot_export(qtbot, screen, requests):
    click(qtbot, screen, "logRange.all")
    screen.set_role(AccountRole.STAFF)
    screen.refresh()
    assert requests[-1] == LogFilter(TODAY, TODAY)
    assert not screen.filter.range.isVisible()
    assert not screen.export.isVisible() and not screen.kind.isVisible()
    assert find(screen, "logTodayOnly").text() == tr("log.today_only")


def test_text_follows_the_language(qtbot, screen):
    fill(screen, entry(1, Reason.UNKNOWN, person_name=""))
    open_row(qtbot, screen)
    language().use("en")
    assert screen.model.index(0, 1).data() == "Unknown person"
    assert screen.model.index(0, 2).data() == "Rejected"
    assert find(screen, "logEntryReason").text() == "Unknown face"
    assert screen.details.facts.words()["Mode"] == "Face only (1:N)"


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_no_text_is_clipped(qtbot, shown, code, size):
    language().use(code)
    theme().reduced_motion = True
    screen = shown(LogScreen(lambda: TODAY), *size)
    screen.set_role(AccountRole.ADMIN)
    fill(screen, entry(1, Reason.LOG_FAILED))
    click(qtbot, screen, "logRange.custom")
    click(qtbot, screen, "logExport")
    screen.show_export_progress(1, 10, 1.0)
    open_row(qtbot, screen)
    assert clipped(screen) == []


def action(number: int, event: str = "person_changed", **detail: object) -> Action:
    return Action(number, AT - timedelta(minutes=number), event, "관리자", detail)


def test_actions_are_a_filter(qtbot, screen):
    click(qtbot, screen, "logOutcome.REJECT")
    with qtbot.waitSignal(screen.actionsRequested) as requests:
        click(qtbot, screen, "logWhat.actions")
    assert requests.args[0] == LogFilter(TODAY, TODAY) and not screen.filter.outcome.isVisible()
    screen.show_actions(
        ActionsPage(
            (
                action(1, fields=["name", "valid_until"], name="홍*동"),
                action(2, "door_forced"),
                action(3, "unheard_of"),
            ),
            3,
        )
    )
    assert screen.actions_model.index(0, 1).data() == tr("log.event.person_changed")
    assert screen.actions_model.index(0, 3).data() == "이름, 출입 종료일 · 홍*동"
    assert screen.actions_model.index(1, 1).data() == tr("door_page.event.door_forced")
    assert screen.actions_model.index(2, 1).data() == "unheard_of", (
        "an event without words is shown as it is"
    )
    qtbot.mouseClick(
        screen.actions_table.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 20)
    )
    words = screen.action_details.facts.words()
    assert words["변경 항목"] == "이름, 출입 종료일" and words["처리자"] == "관리자"
    with qtbot.waitSignal(screen.actionsExportRequested) as exported:
        screen.panel.close_panel()
        click(qtbot, screen, "logExport")
    assert exported.args == [LogFilter(TODAY, TODAY), "csv"]
    screen.reset()
    assert not screen.filter.shows_actions and screen.filter.outcome.isVisible()


def test_staff_see_no_actions(screen):
    screen.set_role(AccountRole.STAFF)
    assert not screen.filter.what.isVisible() and not screen.filter.shows_actions


def test_actors_are_shown_in_words():
    assert [actor_text(who) for who in ("system", "start", "command:root", "관리자")] == [
        "키오스크",
        "키오스크 시작",
        "명령 (root)",
        "관리자",
    ]
    assert value_text("command:root", "by") == "명령 (root)"


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_actions_are_not_clipped(qtbot, shown, code, size):
    language().use(code)
    theme().reduced_motion = True
    screen = shown(LogScreen(lambda: TODAY), *size)
    screen.set_role(AccountRole.ADMIN)
    click(qtbot, screen, "logWhat.actions")
    screen.show_actions(
        ActionsPage(
            (
                action(
                    1,
                    "settings_changed",
                    **{"recognition.max_false_accepts": "1.0 of 10,000 → 2.0 of 10,000"},
                ),
            ),
            1,
        )
    )
    qtbot.mouseClick(
        screen.actions_table.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 20)
    )
    assert clipped(screen) == []
