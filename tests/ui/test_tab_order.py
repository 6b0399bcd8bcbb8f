"""With a keyboard alone: Tab reaches every button and field that is shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from kiosk.core.people import Account, AccountRole, Person, PersonRole
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.consent.hand_over_screen import HandOverScreen
from kiosk.ui.screens.door.door_screen import DoorScreen
from kiosk.ui.screens.door.number_screen import NumberScreen, PinScreen
from kiosk.ui.screens.enrol.enrol_screen import EnrolScreen
from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.system.admin_screen import PAGES, SUB_PAGES, AdminScreen
from kiosk.ui.screens.system.pin_recovery_screen import PinRecoveryScreen
from kiosk.ui.screens.system.recovery_screen import RecoveryScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.screens.system.wizard_screen import WizardScreen

MOST_TABS = 150


def sign_in() -> Screen:
    screen = SignInScreen()
    screen.forgot.show()
    return screen


def hand_over() -> Screen:
    screen = HandOverScreen()
    screen.begin(Person("2026-1", "홍길동"), "관리자")
    return screen


SCREENS = {
    "door": lambda: DoorScreen("Lab"),
    "number": NumberScreen,
    "pin": PinScreen,
    "sign_in": sign_in,
    "pin_recovery": PinRecoveryScreen,
    "wizard": WizardScreen,
    "hand_over": hand_over,
    "recovery": RecoveryScreen,
}


def stops(screen: QWidget) -> set[QWidget]:
    """What Tab must reach: one button of each group of which one is chosen, and every other."""
    found: set[QWidget] = set()
    for kind in (QAbstractButton, QLineEdit):
        for widget in screen.findChildren(kind):
            takes_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
            if takes_tab and widget.isVisible() and widget.isEnabled():
                found.add(_chosen(widget))
    return found


def _chosen(widget: QWidget) -> QWidget:
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    if group is not None and group.exclusive() and group.checkedButton() is not None:
        return group.checkedButton()
    return widget


def reached(start: QWidget) -> set[QWidget]:
    """What has the focus while Tab goes round."""
    found: set[QWidget] = set()
    for _ in range(MOST_TABS):
        focused = QApplication.focusWidget() or start
        if focused in found:
            break
        found.add(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    return found


def missing(screen: QWidget) -> list[str]:
    return sorted(widget.objectName() for widget in stops(screen) - reached(screen))


@pytest.fixture
def window(qtbot) -> MainWindow:
    made = MainWindow(windowed=True, keyboard=lambda: False)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    return made


@pytest.mark.parametrize("name", SCREENS)
def test_tab_reaches_everything(window, name: str):
    screen = SCREENS[name]()
    window.add_screen(name, screen)
    window.go(name)
    assert missing(screen) == []


@pytest.mark.slow
def test_tab_reaches_everything_on_the_pages_of_staff(window):
    screen = AdminScreen()
    screen.set_account(Account("관리자", AccountRole.ADMIN, id=1))
    window.add_screen("admin", screen)
    window.go("admin")
    for name in (*PAGES, *SUB_PAGES):
        screen.page(name)
        screen.setFocus()
        assert missing(screen) == [], name


def names_from(start: QWidget, key: Qt.Key, count: int) -> list[str]:
    """What has the focus after each of ``count`` presses of ``key``."""
    start.setFocus()
    names = []
    for _ in range(count):
        QTest.keyClick(QApplication.focusWidget(), key)
        names.append(QApplication.focusWidget().objectName())
    return names


def test_tab_follows_what_is_read_and_stops_at_what_is_chosen(window):
    screen = EnrolScreen()
    window.add_screen("enrol", screen)
    window.go("enrol")
    screen.who.role.show_role(PersonRole.VISITOR)  # makes the choices again
    name = screen.who.name.edit
    expected = ["enrolRole.visitor", "enrolEntry.face", "enrolFrom"]
    assert names_from(name, Qt.Key.Key_Tab, 3) == expected
    entry = QApplication.focusWidget()
    assert names_from(entry, Qt.Key.Key_Backtab, 3) == [*expected[1::-1], "enrolName"]


def test_the_focus_goes_on_from_what_was_hidden(window):
    screen = PinRecoveryScreen()
    window.add_screen("pin_recovery", screen)
    window.go("pin_recovery")
    assert screen.name.edit.hasFocus()
    screen.code.edit.setFocus()
    screen.way.set_value("admin")
    screen.way.chosen.emit("admin")
    assert not screen.code.isVisible()
    assert QApplication.focusWidget() is screen.pins.first.edit
