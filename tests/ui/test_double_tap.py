"""A double tap never confirms: a question does not answer itself with the tap that asked for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.reports import BackupInfo
from kiosk.core.view_models import AccountsPage, PeoplePage, PrivacyView, RetentionState
from kiosk.ui.screens.people.people_screen import PeopleScreen
from kiosk.ui.screens.settings.accounts_screen import AccountsScreen
from kiosk.ui.screens.settings.privacy_screen import PrivacyScreen
from kiosk.ui.screens.settings.settings_screen import SettingsScreen
from kiosk.ui.screens.system.door_admin_page import DoorAdminPage
from kiosk.ui.theme import theme
from kiosk.ui.widgets import press_guard
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.press_guard import PressGuard
from kiosk.ui.widgets.scrolling import reveal
from tests.helpers.screens import admin_with_every_page
from tests.ui.test_settings import VIEW as SETTINGS

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BOSS = Account("관리자", AccountRole.ADMIN, id=1)
HELPER = Account("김조교", AccountRole.STAFF, id=2)


@pytest.fixture(autouse=True)
def guarded(presses_count_at_once, monkeypatch) -> None:
    monkeypatch.setattr(press_guard, "GUARD_S", 60.0)  # a double tap on a busy machine
    theme().reduced_motion = True


def fill_people(screen: PeopleScreen) -> None:
    screen.set_role(AccountRole.ADMIN)
    person = Person("2026-1", "홍길동", id=1, templates=5, created_at=AT)
    screen.show_page(PeoplePage((person,), 1, 0))
    screen._open(person)


def fill_accounts(screen: AccountsScreen) -> None:
    screen.set_account(BOSS)
    screen.show_page(AccountsPage((BOSS, HELPER)))
    screen._open(HELPER)


def fill_settings(screen: SettingsScreen) -> None:
    screen.show_view(SETTINGS)


def fill_privacy(screen: PrivacyScreen) -> None:
    backup = BackupInfo("b1.mjb", AT, "scheduled", 2_400_000, opens=True, recovers=True)
    screen.show_view(
        PrivacyView(
            RetentionState(90, AT, 12_345, AT), (("place", "/keys"),), (backup,), "/backups", True
        )
    )


def fill_door(screen: DoorAdminPage) -> None:
    screen.set_role(AccountRole.ADMIN)


@pytest.mark.parametrize(
    ("kind", "fill", "asking"),
    [
        (PeopleScreen, fill_people, ["personDelete", "personWithdraw"]),
        (AccountsScreen, fill_accounts, ["accountEnable"]),
        (SettingsScreen, fill_settings, ["settingsRestart"]),
        (PrivacyScreen, fill_privacy, ["privacyCode", "backupRestore.b1.mjb", "privacyRemove"]),
        (DoorAdminPage, fill_door, ["doorOverride.free", "doorOverride.lockdown"]),
    ],
)
@pytest.mark.parametrize("size", [(1064, 800), (620, 1100)])
def test_a_double_tap_confirms_nothing(qtbot, shown, kind, fill, asking, size):
    screen = kind()
    fill(screen)
    shown(screen, *size)
    confirmed: list[bool] = []
    for question in screen.findChildren(Confirm):
        question.confirmed.connect(lambda: confirmed.append(True))
    for name in asking:
        button = screen.findChild(QWidget, name)
        reveal(button)
        QApplication.processEvents()
        place = button.mapTo(screen, button.rect().center())
        tap(screen, place)
        assert any(q.isVisible() for q in screen.findChildren(Confirm)), f"{name} asks first"
        tap(screen, place)
        assert confirmed == []
        fill(screen)


def tap(screen: QWidget, place: QPoint) -> None:
    """Touch ``screen`` at ``place``: whatever lies there by now is pressed."""
    target = screen.childAt(place) or screen
    target.setFocus(Qt.FocusReason.MouseFocusReason)
    QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=target.mapFrom(screen, place))
    QApplication.processEvents()


def test_every_confirming_button_is_guarded(qtbot):
    screen = admin_with_every_page()
    qtbot.addWidget(screen)
    questions = screen.findChildren(Confirm)
    assert len(questions) > 8
    assert {question.yes.property("kind") for question in questions} == {"danger"}


@pytest.mark.parametrize("left", [True, False])
def test_the_dangerous_button_is_not_where_the_finger_was(qtbot, shown, left):
    question = Confirm("question", title="", yes="common.done", no="common.cancel")
    page = QWidget()
    page.setLayout(column(question, None))
    shown(page, 600, 300)
    question.ask("common.done")
    QApplication.processEvents()
    covered = question.no if left else question.yes
    place = covered.mapTo(page, covered.rect().center())
    question.hide()
    asker = Button("common.next")
    asker.setParent(page)
    asker.setGeometry(place.x() - 30, place.y() - 20, 60, 40)
    asker.show()
    asker.clicked.connect(asker.hide)
    asker.clicked.connect(lambda: question.ask("common.done"))
    asker.raise_()
    tap(page, place)
    for _ in range(3):
        QApplication.processEvents()
    assert question.isVisible()
    assert not question.yes.geometry().contains(question.mapFrom(page, place))
    assert question.no.geometry().contains(question.mapFrom(page, place)), "a second tap cancels"


@pytest.mark.parametrize("answer", ["questionYes", "questionNo"])
def test_the_focus_returns_to_the_button_that_asked(qtbot, shown, monkeypatch, answer):
    monkeypatch.setattr(press_guard, "GUARD_S", 0.0)
    question = Confirm("question", title="", yes="common.done", no="common.cancel")
    asker, field = Button("common.next"), QLineEdit()
    asker.clicked.connect(lambda: question.ask("common.done"))
    page = QWidget()
    page.setLayout(column(asker, question, field))
    shown(page, 600, 300)
    asker.setFocus()
    qtbot.keyClick(asker, Qt.Key.Key_Space)
    button = question.findChild(Button, answer)
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert not question.isVisible()
    assert asker.hasFocus(), "the next key goes to no field, and answers nothing else"


def test_a_press_counts_after_the_first_moment(qtbot, shown, clock, monkeypatch):
    monkeypatch.setattr(press_guard, "GUARD_S", 0.6)
    question = Confirm("question", title="", yes="common.done", no="common.cancel")
    question.yes.guard.clock = clock
    page = QWidget()
    page.setLayout(column(question))
    shown(page, 600, 200)
    question.ask("common.done")
    for seconds, pressed in ((0.0, False), (0.59, False), (0.02, True)):
        clock.advance(seconds)
        with qtbot.waitSignal(question.confirmed, timeout=10, raising=False) as confirmed:
            qtbot.mouseClick(question.yes, Qt.MouseButton.LeftButton)
            if not pressed:
                qtbot.keyClick(question.yes, Qt.Key.Key_Return)
                qtbot.keyClick(question.yes, Qt.Key.Key_Space)
        assert confirmed.signal_triggered is pressed
    question.ask("common.done")
    question.ask("common.next")
    assert question.yes.guard.ignores, "another question starts the wait again"


def test_a_button_that_was_there_before_is_not_guarded(clock):
    guard = PressGuard(clock)
    assert not guard.ignores
    guard.shown()
    assert guard.ignores
