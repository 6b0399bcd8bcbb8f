"""The page of the access rules: groups, the painted week, holidays, who may enter, and undoing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.policy_document import rules_in
from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.site_policy_file import SitePolicyFile
from kiosk.app.staff.access_rules_presenter import AccessRulesPresenter
from kiosk.core.access_rules import WEEK, AccessRules, ClosedDays, RulesView, WeekPlan
from kiosk.core.config import Config
from kiosk.core.decisions import LogFilter
from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole, Person
from kiosk.services.access_rules_service import HISTORY
from kiosk.storage.store import Store
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.access.access_rules_screen import TABS, AccessRulesScreen
from kiosk.ui.screens.access.week_grid import WeekGrid
from kiosk.ui.theme import theme
from tests.helpers.administrators import PIN, seasoned
from tests.helpers.screens import find
from tests.helpers.staff_context import staff_context
from tests.ui.conftest import clipped

TEXT = """\
zone = "Asia/Seoul"  # ours
[schedules.office]
weekdays = ["09:00-18:00"]
[groups.students]
schedule = "office"
[groups.staff]
[door]
default_group = "students"
"""
NOW = datetime(2026, 12, 1, 12).astimezone()


class Page:
    """The page with its presenter, a policy file and a real database."""

    def __init__(self, screen: AccessRulesScreen, storage: Store, folder: Path) -> None:
        self.screen = screen
        self.storage = storage
        self.path = folder / "policy.toml"
        self._file = SitePolicyFile(Config(), folder, lambda: self.engine.rules, self._use)
        self.engine = PolicyEngine(self._file.policy(TEXT), lambda *event: None)
        self._admin = seasoned(storage, "관리자")
        seasoned(storage, "교수")
        storage.people.add(Person("1", "이산", groups=("staff",)))
        self.context = staff_context(self._admin)
        self.presenter = AccessRulesPresenter(
            screen, self.context, storage, SimpleNamespace(file=self._file, rules=self.engine)
        )

    def start_over(self) -> None:
        """As on another day, with the rules of the beginning."""
        self.path.write_text(TEXT, encoding="utf-8")
        self._use(self._file.policy(TEXT))
        self.context.session.account = self._admin
        self.storage.settings.delete(HISTORY)
        self.screen.reset()
        self.screen.opened()

    def click(self, name: str) -> None:
        QTest.mouseClick(find(self.screen, name), Qt.MouseButton.LeftButton)

    def tab(self, name: str) -> None:
        self.click(f"rulesTab.{name}")

    @property
    def stored(self) -> AccessRules:
        return rules_in(self.path.read_text(encoding="utf-8"))

    def _use(self, policy: AccessPolicy) -> None:
        self.engine.use(policy)


@pytest.fixture(scope="module")
def made(qapp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("site")
    storage = open_store(folder)
    screen = AccessRulesScreen(lambda: NOW)
    screen.resize(1064, 2400)
    screen.show()
    yield Page(screen, storage, folder)
    screen.close()
    storage.close()


@pytest.fixture
def page(made: Page) -> Page:
    made.start_over()
    return made


def drag(qtbot, grid: WeekGrid, first: tuple[int, int], last: tuple[int, int]) -> None:
    for press, cell in (("mousePress", first), ("mouseMove", last), ("mouseRelease", last)):
        place = grid.cell_rect(cell).center()
        if press == "mouseMove":
            qtbot.mouseMove(grid, place)
        else:
            getattr(qtbot, press)(grid, Qt.MouseButton.LeftButton, pos=place)


def test_a_group_is_added_changed_and_saved(page: Page):
    page.screen.groups.adder.field.set_text("cleaners")
    page.click("groupNewAdd")
    page.click("group.cleaners.schedule.office")
    page.click("group.cleaners.alone")
    assert find(page.screen, "rulesNote").text() == tr("rules.edited")
    assert page.stored.group("cleaners") is None
    page.click("rulesSave")
    saved = page.stored.group("cleaners")
    assert saved is not None and (saved.schedule, saved.alone) == ("office", True)
    assert find(page.screen, "rulesNote").text() == tr("rules.saved")
    assert "# ours" in page.path.read_text(encoding="utf-8")
    assert set(page.engine.rules.groups) == {"students", "staff", "cleaners"}


def test_a_group_without_people_says_how_they_get_there(page: Page):
    find(page.screen, "groupNew").setText("cleaners")
    page.click("groupNewAdd")
    assert find(page.screen, "group.cleaners.members").text() == tr("rules.no_members")


def test_the_group_of_everybody_else_is_never_called_empty(page: Page):
    card = page.screen.groups.cards["students"]
    for members, default, key in (
        (0, True, "no_default_members"),
        (3, True, "default_members"),
        (3, False, "members"),
        (0, False, "no_members"),
    ):
        card.show_group(card.group, ("office", "always"), members, default=default, only=False)
        assert card.members.text() == tr(f"rules.{key}", n=members)
    page.screen.show_view(page.screen._view)


def test_a_group_gets_another_name_at_once_unless_there_are_edits(page: Page):
    page.click("group.staff.nameRename")
    find(page.screen, "group.staff.name").setText("교직원")
    page.click("group.staff.nameAdd")
    assert page.stored.group("교직원") is not None and page.stored.group("staff") is None
    assert "group.교직원" in {card.objectName() for card in page.screen.groups.cards.values()}
    page.click("group.교직원.nameRename")
    find(page.screen, "group.교직원.name").setText("staff")
    page.click("group.교직원.nameAdd")
    page.click("group.students.alone")
    page.click("group.students.nameRename")
    find(page.screen, "group.students.name").setText("x")
    page.click("group.students.nameAdd")
    assert find(page.screen, "rulesNote").text() == tr("rules.rename_edited")
    assert page.stored.group("x") is None and page.screen.edited
    page.click("rulesDiscard")


def test_a_single_day_gets_hours_of_its_own(page: Page):
    page.screen.open_tab("plans")
    fields = [find(page.screen, f"planDate{which}") for which in ("", "From", "To")]
    for field, text in zip(fields, ("2026-12-24", "0900", ""), strict=True):
        field.setText(text)
    page.click("planDateAdd")
    assert find(page.screen, "planDateTo.error").text() == tr("rules.date_hours")
    fields[2].setText("13:00")
    page.click("planDateAdd")
    page.click("rulesSave")
    office = page.stored.plan("office")
    assert office is not None and office.dates == {date(2026, 12, 24): ((540, 780),)}
    page.click("planDateRemove.2026-12-24")
    page.click("rulesSave")
    assert page.stored.plan("office").dates == {}
    page.screen.open_tab("groups")


def test_a_group_with_people_says_what_becomes_of_them(page: Page):
    page.click("group.staff.remove")
    asked = find(page.screen, "group.staff.removeConfirmText").text()
    assert asked == tr("rules.remove_group_members", name="staff", n=1)
    page.click("group.staff.removeConfirmYes")
    assert [group.name for group in page.screen.rules.groups] == ["students"]
    assert find(page.screen, "groupsUnknown").text() == tr("rules.unknown_groups", names="staff")
    page.click("rulesDiscard")
    assert not page.screen.edited and len(page.screen.rules.groups) == 2


def test_hours_are_painted_by_dragging_a_rectangle_and_erased_from_an_open_cell(page: Page, qtbot):
    page.tab("plans")
    grid = page.screen.plans.grid
    drag(qtbot, grid, (5, 20), (6, 27))  # Saturday 10:00 to Sunday 14:00
    plan = page.screen.rules.plan("office")
    assert plan is not None and plan.blocks("sat") == plan.blocks("sun") == ((600, 840),)
    drag(qtbot, grid, (0, 24), (0, 25))  # Monday's lunch
    plan = page.screen.rules.plan("office")
    assert plan is not None and plan.blocks("mon") == ((540, 720), (780, 1080))
    page.click("rulesSave")
    assert page.stored.plan("office") == plan


def test_hours_are_painted_with_the_keys_alone(page: Page, qtbot):
    page.tab("plans")
    grid = page.screen.plans.grid
    grid.setFocus()
    for _ in range(5):
        qtbot.keyClick(grid, Qt.Key.Key_Down)
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    qtbot.keyClick(grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    plan = page.screen.rules.plan("office")
    assert plan is not None and plan.blocks("sat") == ((0, 60),)
    assert page.screen.plans.editor.day == "sat"
    assert tr("rules.grid.open") in grid.accessibleDescription()
    qtbot.keyClick(grid, Qt.Key.Key_Delete)
    plan = page.screen.rules.plan("office")
    assert plan is not None and plan.blocks("sat") == ((0, 30),)


def test_a_block_goes_on_after_midnight_and_is_copied(page: Page):
    page.tab("plans")
    for _ in range(14):
        page.click("blockEndLater")
    assert page.screen.plans.editor.end.shown.text() == tr("rules.next_day", name="01:00")
    page.click("blockToAll")
    plan = page.screen.rules.plan("office")
    assert plan is not None and all(plan.blocks(day) == ((540, 1500),) for day in WEEK)
    page.click("rulesSave")
    assert page.stored.plan("office") == plan
    page.click("blockRemove")
    assert find(page.screen, "blocks.none").isVisible()


def test_built_in_schedules_cannot_be_painted_and_used_ones_not_removed(page: Page, qtbot):
    page.tab("plans")
    assert not page.screen.plans.remove.isVisible()
    page.click("planChoice.always")
    drag(qtbot, page.screen.plans.grid, (0, 0), (6, 40))
    assert not page.screen.edited and not page.screen.plans.editor.isVisible()
    page.screen.plans.adder.field.set_text("밤")
    page.click("planNewAdd")
    assert page.screen.rules.plan("밤") == WeekPlan("밤")
    page.click("planRemove")
    page.click("planRemoveConfirmYes")
    assert page.screen.rules.plan("밤") is None


def test_holidays_are_chosen_in_the_calendar_and_as_periods(page: Page):
    page.tab("holidays")
    page.click("holidayCountry.on")
    assert tr("rules.public.on", country="KR") == find(page.screen, "holidayCountry.on").text()
    page.click("holidayMonth.2026-12-25")
    assert page.screen.rules.worked == {date(2026, 12, 25)}
    page.click("holidayMonth.2026-12-24")
    assert page.screen.rules.closed == (ClosedDays(date(2026, 12, 24), date(2026, 12, 24)),)
    page.screen.holidays.first.set_text("2026-12-23")
    page.screen.holidays.last.set_text("2026-12-26")
    page.click("closedAdd")
    assert "2026-12-24" in page.screen.holidays.first.error.text()
    page.click("holidayMonth.2026-12-24")
    page.screen.holidays.name.set_text("겨울 휴무")
    page.click("closedAdd")
    page.click("rulesSave")
    assert page.stored.closed == (ClosedDays(date(2026, 12, 23), date(2026, 12, 26), "겨울 휴무"),)
    assert page.engine.rules.calendar.is_holiday(date(2026, 12, 26))
    assert not page.engine.rules.calendar.is_holiday(date(2026, 12, 25))


def test_who_may_enter_at_a_time_by_the_rules_as_edited(page: Page):
    page.click("group.staff.schedule.never")
    page.tab("who")
    page.click("whoWhen.then")
    page.screen.who.day.set_text("2026-12-05")
    page.screen.who.ask()
    assert find(page.screen, "whoTitle").text() == tr("rules.who.at", at="2026-12-05 12:00")
    assert find(page.screen, "whoWhich.not").text() == tr("rules.who.not", n="1")
    page.click("whoWhich.not")
    words = [
        label.text() for label in page.screen.who.findChildren(QWidget) if hasattr(label, "text")
    ]
    assert "이산 · 1" in words


def test_letting_more_in_asks_for_a_second_administrator_in_place(page: Page):
    page.storage.two_admins.turn_on()
    page.click("group.students.schedule.always")
    page.click("rulesSave")
    assert find(page.screen, "rulesNote").text() == tr("rules.second")
    assert page.stored.groups[0].schedule == "office" and page.screen.edited
    find(page.screen, "rulesSecondName").setText("교수")
    find(page.screen, "rulesSecondPin").setText(PIN)
    page.click("rulesSave")
    assert page.stored.groups[0].schedule == "always" and not page.screen.edited
    page.storage.two_admins.turn_off()


def test_a_file_edited_by_hand_is_put_in_force_by_saving(page: Page):
    page.path.write_text(TEXT + 'passback = "hard"\n', encoding="utf-8")
    page.screen.opened()
    assert find(page.screen, "rulesNote").text() == tr("rules.outside")
    page.click("rulesSave")
    assert page.engine.rules.passback.value == "hard"
    assert find(page.screen, "rulesNote").text() == tr("rules.saved")
    [action] = page.storage.audit_log.query(LogFilter(), 1, 0)[0]
    assert action.detail == {"changes": "edits of the file"}


def test_earlier_rules_are_brought_back(page: Page):
    page.click("group.students.schedule.never")
    page.click("rulesSave")
    page.tab("history")
    page.click("rulesBack1")
    page.click("rulesBackConfirmYes")
    assert page.path.read_text(encoding="utf-8") == TEXT
    assert page.screen.rules.groups[0].schedule == "office"


def test_staff_are_refused_and_another_account_sees_no_edits(page: Page):
    page.click("group.students.opens")
    page.context.session.account = Account("조교", AccountRole.STAFF, id=9)
    page.click("rulesSave")
    assert find(page.screen, "rulesNote").text() == tr("error.admin_only")
    page.screen.reset()
    assert not page.screen.edited and page.screen.rules == AccessRules()


@pytest.fixture
def full_view() -> RulesView:
    rules = rules_in(TEXT)
    return RulesView(
        replace(rules, closed=(ClosedDays(date(2026, 12, 28), date(2026, 12, 31), "겨울 휴무"),)),
        members={"students": 31, "guests": 2},
        plan_users={"office": ("door.first_person", "door.ways")},
        changed_outside=True,
        place="/var/lib/munjigi/policy.toml",
    )


@pytest.mark.parametrize(
    ("size", "glass", "text_scale"),
    [
        ((670, 480), (800, 480), 1.0),
        ((540, 480), (800, 480), 2.0),
        ((1064, 800), (1280, 800), 1.0),
        ((620, 1920), (1080, 1920), 2.0),
        ((3200, 2160), (3840, 2160), 1.5),
    ],
)
def test_every_tab_fits(shown, full_view: RulesView, qapp, size, glass, text_scale):
    theme().set_glass(*glass)
    theme().text_scale = text_scale
    screen = shown(AccessRulesScreen(lambda: NOW), *size)
    screen.show_view(full_view)
    for code in language_codes():
        language().use(code)
        for tab in TABS:
            screen.open_tab(tab)
            for _ in range(3):  # labels that wrap take their height from the last width
                qapp.processEvents()
            assert not clipped(screen), (code, tab)
            area = screen._pages.currentWidget()
            assert area.widget().width() <= area.viewport().width(), (code, tab)


def test_the_grid_follows_the_theme_and_has_a_place_for_each_cell(shown, full_view: RulesView):
    screen = shown(AccessRulesScreen(lambda: NOW), 670, 900)
    screen.show_view(full_view)
    screen.open_tab("plans")
    grid = screen.plans.grid
    theme().use("light")
    places = [grid.cell_rect((day, slot)) for day in range(8) for slot in range(48)]
    assert all(place.width() >= 8 and place.height() >= 40 for place in places)
    assert grid._cell_at(QPoint(grid.width() - 1, grid.height() - 1)) == (7, 47)
    assert all(grid._cell_at(place.center()) == divmod(n, 48) for n, place in enumerate(places))


def test_a_language_chosen_at_the_door_names_no_holidays(page: Page, monkeypatch):
    named = []
    monkeypatch.setattr(
        "kiosk.app.staff.access_rules_presenter.named_holidays",
        lambda _country, _years, code: named.append(code) or (),
    )
    opened = page.context.navigation.opened
    try:
        opened[:] = ["door"]
        language().use("en")
        assert named == [], "it takes most of a second, and nobody looks at them"
        opened[:] = ["rules"]
        language().use("ko")
        assert named == ["ko"]
        monkeypatch.setattr(type(page.screen), "edited", property(lambda _: True))
        page.screen.opened()
        assert named == ["ko", "ko"], "the language may have changed while edits waited"
    finally:
        language().use("ko")
