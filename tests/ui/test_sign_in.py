"""Signing in: a name, then a PIN."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from kiosk.core.languages import language_codes
from kiosk.ui.i18n import language
from kiosk.ui.screens.system.sign_in_screen import AccountButton, SignInScreen
from kiosk.ui.theme import THEMES, theme
from kiosk.ui.widgets.buttons import Button
from tests.ui.conftest import clipped


@pytest.fixture
def screen(shown) -> SignInScreen:
    screen = shown(SignInScreen())
    screen.show_accounts(["관리자", "김조교", "Ada & Bob"])
    return screen


def click(qtbot, screen, name: str) -> None:
    qtbot.mouseClick(screen.findChild(Button, name), Qt.MouseButton.LeftButton)


def test_name_and_pin_by_touch(qtbot, screen):
    click(qtbot, screen, "sign_in.account.김조교")
    for digit in "482915":
        click(qtbot, screen, f"sign_in.pin.keypad.{digit}")
    with qtbot.waitSignal(screen.submitted) as emitted:
        click(qtbot, screen, "sign_in.submit")
    assert emitted.args == ["김조교", "482915"]


def test_pin_by_keyboard_for_the_first_name(qtbot, screen):
    qtbot.keyClicks(screen.entry, "482915")
    with qtbot.waitSignal(screen.submitted) as emitted:
        qtbot.keyClick(screen.entry, Qt.Key.Key_Return)
    assert emitted.args == ["관리자", "482915"]


def test_the_pin_is_never_on_the_screen(qtbot, screen):
    qtbot.keyClicks(screen.entry, "482915")
    assert screen.entry.display.text() == "••••••"


def test_choosing_another_name_clears_the_pin(qtbot, screen):
    qtbot.keyClicks(screen.entry, "4829")
    click(qtbot, screen, "sign_in.account.김조교")
    assert screen.entry.text() == ""


def test_a_wrong_pin(qtbot, screen):
    qtbot.keyClicks(screen.entry, "482915")
    screen.show_error("error.sign_in")
    assert screen.entry.text() == "" and "PIN" in screen.entry.error.text()
    assert not screen.submit.isEnabled()


def test_back(qtbot, screen):
    with qtbot.waitSignal(screen.cancelled):
        click(qtbot, screen, "sign_in.cancel")
    with qtbot.waitSignal(screen.cancelled):
        qtbot.keyClick(screen.entry, Qt.Key.Key_Escape)


def test_no_accounts(qtbot, screen, qapp):
    screen.show_accounts([])
    assert screen.nobody.isVisible() and screen.account() == ""
    qtbot.keyClicks(screen.entry, "482915")
    assert not screen.submit.isEnabled()
    with qtbot.assertNotEmitted(screen.submitted):
        qtbot.keyClick(screen.entry, Qt.Key.Key_Return)


def test_names_are_shown_literally(screen):
    button = screen.findChild(AccountButton, "sign_in.account.Ada & Bob")
    assert button.accessibleName() == "Ada & Bob" and "&&" in button.text()
    language().use("en")
    assert button.accessibleName() == "Ada & Bob"


@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920)], ids=["landscape", "portrait"])
@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("name", THEMES)
def test_it_is_not_clipped_and_paints(screen, qapp, size, code, name):
    language().use(code)
    theme().use(name)
    screen.resize(*size)
    screen.show_error("error.sign_in")
    qapp.processEvents()
    assert clipped(screen) == [] and screen.size().toTuple() == size
    assert not screen.grab().isNull()
