"""The student number by touch and by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from kiosk.ui.i18n import language
from kiosk.ui.screens.door.number_screen import NumberScreen, PinScreen
from kiosk.ui.theme import theme
from kiosk.ui.widgets.buttons import Button
from tests.ui.conftest import LOOKS, clipped


@pytest.fixture
def screen(shown) -> NumberScreen:
    return shown(NumberScreen())


def find(screen, name: str) -> Button:
    return next(button for button in screen.findChildren(Button, name) if button.isVisible())


def click(qtbot, screen, name: str) -> None:
    qtbot.mouseClick(find(screen, name), Qt.MouseButton.LeftButton)


def test_by_touch(qtbot, screen):
    for digit in "2021":
        click(qtbot, screen, f"number.entry.keypad.{digit}")
    assert screen.entry.display.text() == "2021"
    with qtbot.waitSignal(screen.submitted) as emitted:
        click(qtbot, screen, "number.submit")
    assert emitted.args == ["2021"]


def test_by_keyboard(qtbot, screen):
    qtbot.keyClicks(screen.entry, "2021")
    with qtbot.waitSignal(screen.submitted) as emitted:
        qtbot.keyClick(screen.entry, Qt.Key.Key_Enter)
    assert emitted.args == ["2021"]
    with qtbot.waitSignal(screen.cancelled):
        qtbot.keyClick(screen.entry, Qt.Key.Key_Escape)


def test_hangul_and_num_lock_make_no_difference(qtbot, screen):
    none, pad = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier
    for key, modifiers, text in (
        (Qt.Key.Key_A, none, "ㅁ"),
        (Qt.Key.Key_End, pad, ""),
        (Qt.Key.Key_Home, pad, ""),
        (Qt.Key.Key_End, none, ""),
    ):
        event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text)
        QApplication.sendEvent(screen.entry, event)
    assert screen.entry.text() == "A17"


def test_cancel(qtbot, screen):
    with qtbot.waitSignal(screen.cancelled):
        click(qtbot, screen, "number.cancel")


def test_an_empty_number_cannot_be_entered(qtbot, screen):
    assert not screen.submit.isEnabled()
    qtbot.keyClicks(screen.entry, "1")
    assert screen.submit.isEnabled()
    click(qtbot, screen, "number.entry.keypad.backspace")
    assert not screen.submit.isEnabled()


def test_a_number_with_letters_by_touch(qtbot, screen):
    for key in ("letters", "M", "-", "digits", "7"):
        click(qtbot, screen, f"number.entry.keypad.{key}")
    assert screen.entry.text() == "M-7"
    click(qtbot, screen, "number.entry.keypad.letters")
    click(qtbot, screen, "number.entry.keypad.clear")
    assert screen.entry.text() == ""
    screen.reset()
    assert find(screen, "number.entry.keypad.1").isVisible(), "the next one begins with digits"


def test_a_number_with_letters_by_keyboard(qtbot, screen):
    qtbot.keyClicks(screen.entry, "m2026-7! ")
    assert screen.entry.text() == "M2026-7"


def test_error_is_shown_and_cleared_with_the_screen(qtbot, screen):
    qtbot.keyClicks(screen.entry, "99")
    screen.show_error("reason.unknown_number.title")
    assert screen.entry.error.text() == "등록되지 않은 학번입니다" and screen.entry.text() == ""
    screen.hide()
    screen.show()
    assert screen.entry.error.text() == ""


def test_number_is_cleared_for_the_next_person(qtbot, screen):
    qtbot.keyClicks(screen.entry, "2021")
    screen.hide()
    screen.show()
    assert screen.entry.text() == ""


@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920)], ids=["landscape", "portrait"])
@pytest.mark.parametrize(("code", "name"), LOOKS)
def test_it_is_not_clipped_and_paints(screen, shown, qapp, size, code, name):
    language().use(code)
    theme().use(name)
    for one in (screen, shown(PinScreen())):
        one.resize(*size)
        one.show_error("reason.too_many_tries.next")
        qapp.processEvents()
        assert clipped(one) == [] and one.size().toTuple() == size
        assert not one.grab().isNull()


def test_pin_is_hidden_and_names_its_person(qtbot, shown):
    screen = shown(PinScreen())
    screen.ask("•••••456")
    assert "•••••456" in screen.note.text()
    qtbot.keyClicks(screen.entry, "482915")
    assert screen.entry.display.text() == "••••••"
    with qtbot.waitSignal(screen.submitted) as emitted:
        click(qtbot, screen, "pin.submit")
    assert emitted.args == ["482915"]
    screen.show_error("reason.wrong_pin.next")
    assert screen.entry.text() == "" and not screen.submit.isEnabled()
    screen.hide()
    screen.show()
    assert screen.entry.error.text() == "" and screen.entry.text() == ""
