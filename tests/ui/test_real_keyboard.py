"""Hangul from a real keyboard, and the buttons inside a line edit."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit

from kiosk.ui.i18n import language
from kiosk.ui.main_window import MainWindow
from kiosk.ui.theme import theme
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.keyboard import keyboard_stage
from kiosk.ui.widgets.keyboard.real_keyboard import input_method_of
from tests.ui.test_keyboard import Form, tap, touch

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


class Typing:
    """A window with a form, and a real keyboard."""

    def __init__(self, qtbot) -> None:
        self.window = MainWindow(windowed=True, keyboard_offered=lambda: True)
        qtbot.addWidget(self.window)
        self.form = self.window.form = Form()
        self.window.add_screen("form", self.form, staff=True)
        self.window.add_screen("door", Form())
        self.window.go("form")
        self.window.show_kiosk()
        qtbot.waitExposed(self.window)
        self.window.activateWindow()
        self.qtbot = qtbot
        self.line = self.form.name.edit
        self.enter(self.line)

    def enter(self, line: QLineEdit) -> None:
        self.line = line
        self.qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
        self.qtbot.waitUntil(line.hasFocus)

    def type(self, text: str, modifiers=Qt.KeyboardModifier.NoModifier) -> str:
        for character in text:
            self.qtbot.keyClick(self.line, character, modifiers)
        return self.line.text()

    def press(self, key: Qt.Key, scan: int = 0, symbol: int = 0, repeated: bool = False) -> None:
        none = Qt.KeyboardModifier.NoModifier
        event = QKeyEvent(QEvent.Type.KeyPress, key, none, scan, symbol, 0, "", repeated)
        QApplication.sendEvent(self.line, event)

    def button(self, name: str) -> Button | None:
        return next((one for one in self.line.findChildren(Button, name) if one.isVisible()), None)


@pytest.fixture
def typing(qtbot, monkeypatch: pytest.MonkeyPatch) -> Typing:
    monkeypatch.setattr(keyboard_stage, "input_method_of", str)
    theme().reduced_motion = True
    return Typing(qtbot)


def test_a_korean_name_is_typed_in_hangul(typing: Typing):
    assert typing.type("ghdrlfehd") == "홍길동"
    assert typing.type(" 12-") == "홍길동 12-"


@pytest.mark.parametrize(
    "toggle",
    [
        (Qt.Key.Key_Hangul, 130, 0xFF31),
        (Qt.Key.Key_Alt, 108, 0xFFEA),
        (Qt.Key.Key_AltGr, 108, 0xFE03),
        (Qt.Key.Key_unknown, 130, 0),
    ],
)
def test_the_hangul_key_and_the_right_alt_key_change_the_script(typing: Typing, toggle: tuple):
    typing.press(*toggle)
    typing.press(*toggle, repeated=True)
    assert typing.type("ada") == "ada"
    typing.press(*toggle)
    assert typing.type("dkek") == "ada아다"


def test_the_left_alt_key_does_not(typing: Typing):
    typing.press(Qt.Key.Key_Alt, 64, 0xFFE9)
    assert typing.type("rk") == "가"


def test_shift_gives_double_consonants_and_caps_lock_nothing(typing: Typing):
    assert typing.type("R", SHIFT) == "ㄲ"
    assert typing.type("k") == "까"
    typing.line.clear()
    assert typing.type("RK") == "가", "capitals without Shift: Caps Lock"


def test_backspace_takes_back_a_jamo_and_then_characters(typing: Typing):
    typing.type("rkqt")
    seen = []
    for _ in range(4):
        typing.qtbot.keyClick(typing.line, Qt.Key.Key_Backspace)
        seen.append(typing.line.text())
    assert seen == ["갑", "가", "ㄱ", ""]
    typing.type("rk")
    typing.qtbot.keyClick(typing.line, Qt.Key.Key_Left)
    typing.qtbot.keyClick(typing.line, Qt.Key.Key_Right)
    typing.qtbot.keyClick(typing.line, Qt.Key.Key_Backspace)
    assert typing.line.text() == "", "after moving, the whole character"


def test_shortcuts_work_in_hangul(typing: Typing):
    typing.type("rk")
    typing.type("a", CONTROL)
    assert typing.line.selectedText() == "가"
    assert typing.type("s") == "ㄴ"


def test_numbers_and_pins_stay_latin(typing: Typing):
    typing.enter(typing.form.number.edit)
    typing.press(Qt.Key.Key_Hangul)
    assert typing.type("a20") == "a20"
    typing.enter(typing.form.name.edit)
    typing.line.setEchoMode(QLineEdit.EchoMode.Password)
    typing.window.stage.real.attach(typing.line)
    assert typing.type("ab") == "ab"


def test_the_script_stays_as_chosen_until_the_staff_area_is_left(typing: Typing):
    typing.press(Qt.Key.Key_Hangul)
    typing.enter(typing.form.number.edit)
    typing.enter(typing.form.name.edit)
    assert typing.type("rk") == "rk"
    typing.line.clear()
    typing.window.go("door")
    typing.window.go("form")
    typing.enter(typing.form.name.edit)
    assert typing.type("rk") == "가"


def test_in_english_typing_begins_in_latin(typing: Typing):
    language().use("en")
    typing.enter(typing.form.number.edit)
    typing.enter(typing.form.name.edit)
    assert typing.type("Ada") == "Ada"


def test_text_in_latin_letters_is_changed_in_latin(typing: Typing):
    typing.line.setText("students")
    typing.enter(typing.form.number.edit)
    typing.enter(typing.form.name.edit)
    typing.qtbot.keyClick(typing.line, Qt.Key.Key_End)
    assert typing.type("2a") == "students2a"[: typing.line.maxLength()]


def test_an_input_method_of_the_system_composes_alone(typing: Typing):
    event = QInputMethodEvent("홍", [])
    QApplication.sendEvent(typing.line, event)
    event = QInputMethodEvent()
    event.setCommitString("홍")
    QApplication.sendEvent(typing.line, event)
    assert typing.type("a") == "홍a"
    typing.qtbot.waitUntil(lambda: typing.button("inputScript") is None)


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, ""),
        ({"QT_IM_MODULE": "ibus"}, "ibus"),
        ({"QT_IM_MODULES": "wayland;fcitx;ibus"}, "wayland"),
        ({"XMODIFIERS": "@im=fcitx"}, "fcitx"),
        ({"XMODIFIERS": "@im=none", "QT_IM_MODULE": "compose"}, ""),
        ({"WAYLAND_DISPLAY": "wayland-0", "XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, "ubuntu:GNOME"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, ""),
    ],
)
def test_the_input_method_is_read_from_the_environment(environment: dict, name: str):
    assert input_method_of(environment) == name


def test_a_button_says_and_changes_the_script(typing: Typing):
    typing.qtbot.waitUntil(lambda: typing.button("inputScript") is not None)
    assert typing.button("inputScript").text() == "한"
    typing.qtbot.mouseClick(typing.button("inputScript"), Qt.MouseButton.LeftButton)
    typing.qtbot.waitUntil(lambda: typing.button("inputScript").text() == "A")
    assert typing.line.hasFocus() and typing.type("rk") == "rk"


def test_a_button_brings_the_keyboard_although_a_real_one_seems_to_be_there(typing: Typing, qtbot):
    window = typing.window
    qtbot.waitUntil(lambda: typing.button("inputKeyboard") is not None)
    qtbot.mouseClick(typing.button("inputKeyboard"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.stage.keyboard.edit is typing.line)
    assert typing.button("inputKeyboard") is None and typing.line.textMargins().right() == 0
    tap(qtbot, window.stage, *"ghd")
    assert typing.type("rl") == "홍기", "both write into one line"
    touch(qtbot, window, typing.form.number)
    assert window.stage.keyboard.isVisible(), "it stays for the next line"
    tap(qtbot, window.stage, "hide")
    qtbot.waitUntil(lambda: not window.stage.keyboard.isVisible())
    typing.enter(typing.form.number.edit)
    qtbot.waitUntil(lambda: typing.button("inputKeyboard") is not None)
    assert not window.stage.keyboard.isVisible()


def test_the_toggle_key_changes_the_keyboard_on_the_screen_too(typing: Typing, qtbot):
    qtbot.waitUntil(lambda: typing.button("inputKeyboard") is not None)
    qtbot.mouseClick(typing.button("inputKeyboard"), Qt.MouseButton.LeftButton)
    board = typing.window.stage.keyboard
    qtbot.waitUntil(lambda: board.edit is typing.line)
    assert board.findChild(Button, "keyboard.q").text() == "ㅂ"
    typing.press(Qt.Key.Key_Hangul)
    assert board.findChild(Button, "keyboard.q").text() == "q" and typing.type("q") == "q"


def test_the_buttons_leave_with_the_focus(typing: Typing, qtbot):
    first = typing.line
    qtbot.waitUntil(lambda: typing.button("inputScript") is not None)
    typing.enter(typing.form.number.edit)
    qtbot.waitUntil(lambda: typing.button("inputKeyboard") is not None)
    assert typing.button("inputScript") is None, "a number has no Hangul"
    assert not [one for one in first.findChildren(Button) if one.isVisible()]
    assert first.textMargins().right() == 0
