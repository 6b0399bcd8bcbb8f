"""The pages of notifications and of hours of presence, and their presenters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kiosk.app.staff.attendance_presenter import AttendancePresenter
from kiosk.app.staff.notifications_presenter import NotificationsPresenter
from kiosk.core.errors import KioskError, SignInError
from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole
from kiosk.core.site_events import ChannelState
from kiosk.services.attendance_service import AttendanceLine
from kiosk.services.notification_service import NotificationService
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.log.attendance_screen import AttendanceScreen
from kiosk.ui.screens.notifications.notifications_screen import CHANNELS, NotificationsScreen
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.theme import theme
from tests.helpers.access import MemoryAudit
from tests.helpers.staff_context import ImmediateWorker, staff_context
from tests.ui.conftest import clipped

AT = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
AWAY = KioskError("It is away.", key="error.delivery_status", status=500)
STATES = (
    ChannelState("webhook", True, waiting=3, sent=17, last_error=AWAY, last_error_at=AT),
    ChannelState("email", True, sent=1, last_sent=AT),
    ChannelState("messenger", True, problem=KioskError("x", key="error.notify_template")),
    ChannelState("mqtt"),
)
LINES = tuple(
    AttendanceLine("2026-03-02", f"2026-{n:04}", "홍길동", "09:05", "–", None, 2)
    for n in range(250)
)


class Two:
    """The two-administrator rule; ``asked``: what the second one typed."""

    required = False

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def agreed(self, actor, name: str, pin: str) -> str:
        self.asked.append((name, pin))
        return actor.name


class Secrets(dict[str, str]):
    def has(self, channel: str) -> bool:
        return channel in self

    def put(self, channel: str, secret: str) -> None:
        self[channel] = secret


class Site:
    def __init__(self, qtbot) -> None:
        self.page = NotificationsScreen()
        qtbot.addWidget(self.page)
        self.audit, self.two, self.secrets = MemoryAudit(), Two(), Secrets()
        self.tested: list[str] = []
        self.hurried = 0
        self.error: KioskError | None = None
        self.context = staff_context()
        service = NotificationService(
            lambda: STATES,
            self._test,
            self._hurry,
            self.secrets,
            lambda channel, secret: None,
            lambda: "whsec_new",
            self.two,  # type: ignore[arg-type]
            self.audit,
        )
        self.presenter = NotificationsPresenter(self.page, self.context, lambda: service)
        self.presenter._worker = self.presenter._looker = ImmediateWorker()  # type: ignore[assignment]
        self.context.navigation.opened.append("notifications")  # type: ignore[attr-defined]
        self.context.navigation.pageOpened.emit("notifications")

    def _test(self, channel: str) -> None:
        self.tested.append(channel)
        if self.error:
            raise self.error

    def _hurry(self) -> None:
        self.hurried += 1


@pytest.fixture
def site(qtbot) -> Site:
    return Site(qtbot)


def test_states_are_shown_in_the_language_in_use(site: Site):
    card = site.page.cards["webhook"]
    assert "3" in card.state.text() and "17" in card.state.text()
    assert tr("error.delivery_status", status=500) in card.trouble.text()
    assert site.page.cards["messenger"].trouble.text() == tr("error.notify_template")
    assert site.page.cards["mqtt"].state.text() == tr("notify.state.off")
    enabled = {name for name in CHANNELS if site.page.cards[name].test.isEnabled()}
    assert enabled == {"webhook", "email"}, "only what can be sent is tried"
    assert {state.name for state in STATES} == set(CHANNELS)


def test_a_test_says_whether_it_arrived(site: Site):
    card = site.page.cards["email"]
    card.test.click()
    assert (site.tested, card.note.text()) == (["email"], tr("notify.tested"))
    site.error = AWAY
    card.test.click()
    assert card.note.text() == tr("error.delivery_status", status=500)
    site.page.flush.click()
    assert site.hurried == 1
    events = [event for event, *_ in site.audit.records]
    assert events == ["notification_tested", "notification_tested", "notifications_flushed"]


def test_secrets_are_stored_and_never_shown_except_a_new_key_once(site: Site):
    card = site.page.cards["email"]
    card.secret.click()
    card.save.click()
    assert card.field.error.text() == tr("error.notify_secret")
    card.field.set_text("geheim")
    card.save.click()
    assert site.secrets == {"email": "geheim"}
    assert card.note.text() == tr("notify.stored")
    assert not card.form.isVisibleTo(site.page) and not card.field.text()
    card = site.page.cards["webhook"]
    card.secret.click()
    card.make.click()
    assert "whsec_new" in card.note.text() and site.secrets["webhook"] == "whsec_new"
    site.page.reset()
    assert "whsec_new" not in card.note.text()
    assert "geheim" not in str(site.audit.records) and "whsec" not in str(site.audit.records)


def test_with_two_administrators_a_secret_needs_the_second(site: Site):
    site.two.required = True
    site.context.navigation.pageOpened.emit("notifications")
    card = site.page.cards["messenger"]
    card.secret.click()
    card.field.set_text("https://example.org/hook")
    card.second.name.set_text("둘")
    card.second.pin.set_text("482915")
    card.save.click()
    assert site.two.asked == [("둘", "482915")]


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize(("size", "text"), [((800, 480), 1.0), ((600, 976), 2.0)])
def test_nothing_is_clipped(
    qtbot, shown, site: Site, code: str, size: tuple[int, int], text: float
):
    language().use(code)
    theme().set_glass(*size)
    theme().text_scale = text
    shown(site.page, *size)
    for card in site.page.cards.values():
        card.set_two_admins(True)
        card.secret.click()
    site.page.cards["webhook"].show_stored("whsec_" + "QUJD" * 8)
    qtbot.wait(1)
    assert clipped(site.page) == []


class Hours:
    """A service of hours in memory."""

    knows_leaving = False
    enabled = True

    def __init__(self) -> None:
        self.asked: list[tuple[date, date]] = []
        self.error: KioskError | None = None

    def lines(self, actor, since: date, until: date) -> tuple[AttendanceLine, ...]:
        self.asked.append((since, until))
        if self.error:
            raise self.error
        return LINES

    def export(self, actor, since: date, until: date, path: Path, text: str) -> int:
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
        return len(LINES)


class HoursSite:
    def __init__(self, shown, folder: Path) -> None:
        self.page = shown(AttendanceScreen(), 1064, 800)
        self.hours = Hours()
        self.context = staff_context()
        self.offered: list[str] = []
        self.presenter = AttendancePresenter(
            self.page,
            self.context,
            self.hours,  # type: ignore[arg-type]
            folder,
            lambda: AT,
            lambda path, name: self.offered.append(path.name),
        )


@pytest.fixture
def presence(shown, tmp_path: Path) -> HoursSite:
    return HoursSite(shown, tmp_path)


def test_hours_are_shown_and_exported(presence: HoursSite):
    page, hours = presence.page, presence.hours
    page.opened()
    assert hours.asked == [(date(2026, 2, 24), date(2026, 3, 2))]
    model = page.table.model
    assert model.total == 250
    assert [model.data(model.index(0, column)) for column in (0, 3, 4, 5)] == [
        "2026-03-02",
        "09:05",
        "–",
        "–",
    ]
    page.pageWanted.emit(200, 100)
    assert model.data(model.index(249, 1)) == "2026-0249"
    page.rowsRequested.emit("week", "0007")
    assert model.total == 1 and len(hours.asked) == 1, "a search is no further look"
    page.xlsx.click()
    assert presence.offered == ["attendance-2026-02-24-2026-03-02.xlsx"]
    hours.error = SignInError("no", key="error.admin_only")
    presence.context.navigation.pageOpened.emit("statistics")
    page.opened()
    assert page.note.text() == tr("error.admin_only") and model.total == 0
    presence.context.session.end()
    assert presence.presenter.lines == ()


def test_switched_off_the_page_says_where_to_switch_it_on(shown, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(Hours, "enabled", False)
    site = HoursSite(shown, tmp_path)
    page = site.page
    page.opened()
    assert site.hours.asked == [], "nothing is asked of the log"
    hidden = (page.search, page.range, page.csv, page.xlsx, page.table, page.note, page.words)
    assert page.off.isVisible() and not any(part.isVisible() for part in hidden)
    assert page.title.geometry().bottom() < page.off.y() < page.height() / 4, "below the title"
    with qtbot.waitSignal(page.settingWanted):
        page.off.open.click()


def test_the_button_of_a_switched_off_page_finds_the_setting(shown):
    screen = shown(AdminScreen(), 1280, 800)
    screen.set_account(Account("관리자", AccountRole.ADMIN))
    screen.page("attendance")
    screen.attendance.settingWanted.emit()
    assert screen.current() == "settings" and screen.settings.search.words() == "privacy.attendance"


@pytest.mark.parametrize("code", language_codes())
def test_hours_fit_a_small_glass(shown, qtbot, code: str):
    language().use(code)
    theme().set_glass(800, 480)
    page = shown(AttendanceScreen(), 640, 480)
    page.show_rows(len(LINES), LINES[:100])
    assert clipped(page) == []
    page.show_rows(1, [replace(LINES[0], hours=8.25)])
    model = page.table.model
    assert model.data(model.index(0, 5)) == "8.3" or model.data(model.index(0, 5)) == "8.2"
