"""Signing in: a typed name, then a PIN."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from kiosk.ui.i18n import language
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.theme import theme
from kiosk.ui.widgets.buttons import Button
from tests.ui.conftest import LOOKS, clipped


@pytest.fixture
def screen(shown) -> SignInScreen:
    return shown(SignInScreen())


def click(qtbot, screen, name: str) -> None:
    qtbot.mouseClick(screen.findChild(Button, name), Qt.MouseButton.LeftButton)


def test_name_and_pin_by_touch(qtbot, screen):
    screen.name.edit.setText(" 김조교 ")
    for digit in "482915":
        click(qtbot, screen, f"sign_in.pin.keypad.{digit}")
    with qtbot.waitSignal(screen.submitted) as emitted:
        click(qtbot, screen, "sign_in.submit")
    assert emitted.args == ["김조교", "482915"]


def test_name_and_pin_by_keyboard(qtbot, screen):
    assert QApplication.focusWidget() is screen.name.edit
    qtbot.keyClicks(screen.name.edit, "Ada")
    qtbot.keyClick(screen.name.edit, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is screen.entry
    qtbot.keyClicks(screen.entry, "482915")
    with qtbot.waitSignal(screen.submitted) as emitted:
        qtbot.keyClick(screen.entry, Qt.Key.Key_Return)
    assert emitted.args == ["Ada", "482915"]


def test_the_pin_is_never_on_the_screen(qtbot, screen):
    qtbot.keyClicks(screen.entry, "482915")
    assert screen.entry.display.text() == "••••••"


def test_a_pin_without_a_name_signs_nobody_in(qtbot, screen):
    qtbot.keyClicks(screen.entry, "482915")
    assert not screen.submit.isEnabled()
    with qtbot.assertNotEmitted(screen.submitted):
        qtbot.keyClick(screen.entry, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is screen.name.edit


def test_after_a_wrong_pin_the_name_stays(qtbot, screen):
    screen.name.edit.setText("Ada")
    qtbot.keyClicks(screen.entry, "482915")
    screen.show_error("error.sign_in")
    assert screen.entry.text() == "" and "PIN" in screen.entry.error.text()
    assert not screen.submit.isEnabled() and screen.name.text() == "Ada"
    assert QApplication.focusWidget() is screen.entry


def test_the_next_one_sees_neither_names_nor_what_was_typed(qtbot, screen):
    screen.name.edit.setText("Ada")
    qtbot.keyClicks(screen.entry, "4829")
    screen.hide()
    screen.show()
    assert screen.name.text() == screen.entry.text() == ""
    shown = [w.text() for kind in (QLabel, QPushButton) for w in screen.findChildren(kind)]
    assert not any("Ada" in text for text in shown)


def test_back(qtbot, screen):
    with qtbot.waitSignal(screen.cancelled):
        click(qtbot, screen, "sign_in.cancel")
    with qtbot.waitSignal(screen.cancelled):
        qtbot.keyClick(screen.entry, Qt.Key.Key_Escape)


@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920)], ids=["landscape", "portrait"])
@pytest.mark.parametrize(("code", "name"), LOOKS)
def test_it_is_not_clipped_and_paints(screen, qapp, size, code, name):
    language().use(code)
    theme().use(name)
    screen.resize(*size)
    screen.show_error("error.sign_in_wait", seconds=300)
    qapp.processEvents()
    assert clipped(screen) == [] and screen.size().toTuple() == size
    assert not screen.grab().isNull()


def test_the_seconds_to_wait_are_counted_down(screen):
    screen.show_error("error.sign_in_wait", seconds=2)
    assert "2초" in screen.entry.error.text()
    screen._tick.timeout.emit()
    assert "1초" in screen.entry.error.text()
    screen._tick.timeout.emit()
    assert screen.entry.error.text() == "" and not screen._tick.isActive()
    screen.show_error("error.sign_in_wait", seconds=30)
    screen.show_error("error.sign_in")
    assert not screen._tick.isActive()
