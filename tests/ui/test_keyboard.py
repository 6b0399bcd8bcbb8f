"""The on-screen keyboard: typing, showing and hiding, and keeping the line visible."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from kiosk.core.languages import language_codes
from kiosk.ui.i18n import language
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.enrol.enrol_screen import EnrolScreen
from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.settings.accounts_screen import AccountsScreen
from kiosk.ui.theme import theme
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.keyboard.on_screen_keyboard import LETTER_ROWS, OnScreenKeyboard
from kiosk.ui.widgets.layouts import column
from tests.ui.conftest import clipped


class Form(Screen):
    """Three line edits, the last one far down, and a button."""

    def __init__(self) -> None:
        super().__init__("form")
        self.name = Field("enrol.who.name", "formName", max_length=8)
        self.number = Field("enrol.who.number", "formNumber", hints=Qt.InputMethodHint.ImhLatinOnly)
        self.pin = Field("accounts.panel.new_pin", "formPin")
        self.pin.edit.setValidator(QRegularExpressionValidator("[0-9]*", self.pin.edit))
        self.button = Button("admin.next", name="formButton")
        self.setLayout(column(self.name, self.number, None, self.pin, self.button, margin=3))


@pytest.fixture
def window(qtbot, qapp) -> MainWindow:
    theme().reduced_motion = True
    made = MainWindow(windowed=True, keyboard=lambda: True)
    qtbot.addWidget(made)
    made.form = Form()
    made.add_screen("form", made.form)
    made.go("form")
    made.show_kiosk()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


@pytest.fixture
def board(qtbot, shown) -> OnScreenKeyboard:
    return shown(OnScreenKeyboard(), 1280, 320)


@pytest.fixture
def line(qtbot, shown) -> QLineEdit:
    return shown(QLineEdit(), 400, 48)


def tap(qtbot, board: QWidget, *keys: str) -> None:
    for key in keys:
        found = [w for w in board.findChildren(QWidget, f"keyboard.{key}") if w.isVisible()]
        assert len(found) == 1, f"{len(found)} keys {key}"
        qtbot.mouseClick(found[0], Qt.MouseButton.LeftButton)


def touch(qtbot, window: MainWindow, field: Field) -> None:
    qtbot.mouseClick(field.edit, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.stage.keyboard.edit is field.edit)


class TestWhatIsWritten:
    def test_hangul(self, qtbot, board, line):
        board.attach(line)
        tap(qtbot, board, *"ghdrlfehd")
        assert line.text() == "홍길동"

    def test_shift_applies_to_one_letter(self, qtbot, board, line):
        board.attach(line)
        tap(qtbot, board, "shift", *"qkq")
        assert line.text() == "빱"

    def test_latin_letters_digits_and_punctuation(self, qtbot, board, line):
        language().use("en")
        board.attach(line)
        tap(qtbot, board, "shift", *"ada", "space", "shift", "l", ".", "-", "1")
        assert line.text() == "Ada L.-1"

    def test_script_key_switches_letters_and_ends_the_syllable(self, qtbot, board, line):
        board.attach(line)
        tap(qtbot, board, "r", "letters", "k", "letters", "k")
        assert line.text() == "ㄱkㅏ"

    def test_backspace_removes_jamo_then_characters(self, qtbot, board, line):
        board.attach(line)
        line.setText("가")
        tap(qtbot, board, *"rkqt")
        seen = [line.text()]
        for _ in range(6):
            tap(qtbot, board, "backspace")
            seen.append(line.text())
        assert seen == ["가값", "가갑", "가가", "가ㄱ", "가", "", ""]

    def test_moving_the_cursor_ends_the_syllable(self, qtbot, board, line):
        board.attach(line)
        tap(qtbot, board, *"rk")
        line.setCursorPosition(0)
        tap(qtbot, board, "s")
        assert line.text() == "ㄴ가"

    def test_typing_replaces_the_selection_and_inserts(self, qtbot, board, line):
        board.attach(line)
        line.setText("김철수")
        line.setSelection(1, 1)
        tap(qtbot, board, *"dudtn")
        assert line.text() == "김영수수"

    def test_full_line_accepts_no_more(self, qtbot, board, line):
        board.attach(line)
        line.setMaxLength(2)
        tap(qtbot, board, *"rkskek")
        assert len(line.text()) == 2 and line.text().startswith("가")

    def test_text_set_by_the_program_is_not_replaced(self, qtbot, board, line):
        board.attach(line)
        tap(qtbot, board, "r")
        line.setText("관리자")
        tap(qtbot, board, "k")
        assert line.text() == "관리자ㅏ"

    def test_digit_fields_show_digits_only(self, qtbot, board, line):
        line.setInputMethodHints(Qt.InputMethodHint.ImhDate)
        board.attach(line)
        tall = board.required_height()
        tap(qtbot, board, *"2026-3")
        assert line.text() == "2026-3"
        assert not any(w.isVisible() for w in board.findChildren(QWidget, "keyboard.q"))
        line.setInputMethodHints(Qt.InputMethodHint.ImhNone)
        board.attach(line)
        assert board.required_height() > tall

    def test_initial_script_follows_hints_and_language(self, qtbot, board, line):
        board.attach(line)
        assert self.words(board)[0] == "ㅂ"
        line.setInputMethodHints(Qt.InputMethodHint.ImhLatinOnly)
        board.attach(line)
        assert self.words(board)[0] == "q"
        line.setInputMethodHints(Qt.InputMethodHint.ImhNone)
        language().use("en")
        board.attach(line)
        assert self.words(board)[0] == "q"
        line.setText("홍길동")
        board.attach(line)
        assert self.words(board)[0] == "ㅂ", (
            "a Korean name is corrected with Hangul in either language"
        )
        line.setInputMethodHints(Qt.InputMethodHint.ImhLatinOnly)
        board.attach(line)
        tap(qtbot, board, "shift")
        assert self.words(board)[0] == "Q"

    @staticmethod
    def words(board: OnScreenKeyboard) -> list[str]:
        return [
            board.findChild(Button, f"keyboard.{letter}").text() for letter in "".join(LETTER_ROWS)
        ]

    def test_done_key_presses_enter(self, qtbot, board, line):
        board.attach(line)
        with qtbot.waitSignals([line.returnPressed, board.done]):
            tap(qtbot, board, "enter")


class TestComingAndGoing:
    def test_line_edit_shows_it_and_a_button_hides_it(self, qtbot, window):
        assert not window.stage.keyboard.isVisible()
        touch(qtbot, window, window.form.name)
        assert window.stage.keyboard.isVisible()
        tap(qtbot, window.stage, *"ghd")
        assert window.form.name.text() == "홍" and window.form.name.edit.hasFocus()
        qtbot.mouseClick(window.form.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not window.stage.keyboard.isVisible())

    def test_nothing_moves_while_a_finger_is_down(self, qtbot, window):
        touch(qtbot, window, window.form.pin)
        lifted = window.stack.y()
        assert lifted < 0
        with qtbot.waitSignal(window.form.button.clicked):
            qtbot.mousePress(window.form.button, Qt.MouseButton.LeftButton)
            window.stage._follow_focus()
            assert window.stack.y() == lifted, "the button must not move away from under the finger"
            qtbot.mouseRelease(window.form.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: window.stack.y() == 0)

    def test_line_edit_stays_visible(self, qtbot, window):
        touch(qtbot, window, window.form.pin)
        below = window.form.pin.mapTo(window.stage, QPoint(0, window.form.pin.height())).y()
        assert 0 < below <= window.stage.keyboard.y()
        touch(qtbot, window, window.form.name)
        assert window.stack.y() == 0

    def test_next_key_moves_to_the_next_line(self, qtbot, window):
        touch(qtbot, window, window.form.name)
        for field in (window.form.number, window.form.pin, window.form.name):
            tap(qtbot, window.stage, "next")
            qtbot.waitUntil(lambda f=field: window.stage.keyboard.edit is f.edit)

    def test_done_goes_to_the_next_line_and_hides_it_after_the_last(self, qtbot, window):
        touch(qtbot, window, window.form.name)
        for field in (window.form.number, window.form.pin):
            tap(qtbot, window.stage, "enter")
            qtbot.waitUntil(lambda f=field: window.stage.keyboard.edit is f.edit)
        tap(qtbot, window.stage, "enter")
        qtbot.waitUntil(lambda: not window.stage.keyboard.isVisible())

    def test_it_can_be_hidden_and_returns_with_the_next_touch(self, qtbot, window):
        touch(qtbot, window, window.form.name)
        tap(qtbot, window.stage, "hide")
        qtbot.waitUntil(lambda: not window.stage.keyboard.isVisible())
        touch(qtbot, window, window.form.name)
        assert window.stage.keyboard.isVisible()

    def test_it_stays_for_an_invalid_line(self, qtbot, window):
        window.form.name.submitted.connect(
            lambda: window.form.name.set_error("enrol.who.name_missing")
        )
        touch(qtbot, window, window.form.name)
        tap(qtbot, window.stage, "enter")
        assert window.stage.keyboard.isVisible() and window.form.name.edit.hasFocus()

    def test_automatic_focus_change_does_not_show_it(self, qtbot, window):
        window.form.button.setFocus()
        window.form.button.setEnabled(False)  # as while a task runs; Qt moves the focus on
        assert QApplication.focusWidget() is window.form.name.edit
        window.stage._follow_focus()
        assert not window.stage.keyboard.isVisible()
        touch(qtbot, window, window.form.name)
        assert window.stage.keyboard.isVisible()

    def test_line_focused_by_a_screen_shows_it(self, qtbot, window):
        window.form.number.edit.setFocus()
        qtbot.waitUntil(lambda: window.stage.keyboard.edit is window.form.number.edit)

    def test_read_only_line_shows_no_keyboard(self, qtbot, window):
        window.form.name.edit.setReadOnly(True)
        qtbot.mouseClick(window.form.name.edit, Qt.MouseButton.LeftButton)
        window.stage._follow_focus()
        assert not window.stage.keyboard.isVisible()

    def test_disabled_keyboard_never_appears(self, qtbot, qapp):
        window = MainWindow(windowed=True)
        qtbot.addWidget(window)
        form = Form()
        window.add_screen("form", form)
        window.go("form")
        window.show_kiosk()
        window.activateWindow()
        qtbot.mouseClick(form.name.edit, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(form.name.edit.hasFocus)
        window.stage._follow_focus()
        assert (
            QApplication.focusWidget() is form.name.edit and not window.stage.keyboard.isVisible()
        )


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920)])
def test_keys_are_not_clipped_and_large_enough(qtbot, window, code, size):
    language().use(code)
    window.resize(*size)
    touch(qtbot, window, window.form.name)
    board = window.stage.keyboard
    keys = [key for key in board.findChildren(Button) if key.isVisible()]
    assert len(keys) == 10 + 26 + 10 and all(
        key.width() >= 48 and key.height() >= 48 for key in keys
    )
    assert clipped(board) == [] and all(key.accessibleName() for key in keys)
    assert (
        board.width() == window.stage.width() and board.geometry().bottom() < window.stage.height()
    )


def test_line_edits_set_input_hints(shown):
    enrol = shown(EnrolScreen())
    accounts = shown(AccountsScreen())
    assert enrol.who.number.edit.inputMethodHints() & Qt.InputMethodHint.ImhLatinOnly
    assert enrol.who.period.valid_from.edit.inputMethodHints() & Qt.InputMethodHint.ImhDate
    assert not enrol.who.name.edit.inputMethodHints()
    board = shown(OnScreenKeyboard())
    board.attach(accounts.new.pin.first.edit)
    assert not board.findChild(Button, "keyboard.q").isVisible(), "a PIN has digits only"
    assert not any(
        key.isEnabled() for key in board.findChildren(Button, "keyboard.-") if key.isVisible()
    )
