"""Telling card readers that type from people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from kiosk.core.config import Config
from kiosk.ui.card_reader_keys import MAX_LENGTH, CardReaderFilter, KeyBurstDetector
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry

NONE = Qt.KeyboardModifier.NoModifier
CODES = st.text(st.sampled_from("0123456789ABCDEF"), min_size=6, max_size=MAX_LENGTH)


def typed(bursts: KeyBurstDetector, code: str, gaps: list[float], at: float = 0.0) -> str:
    """The result of typing ``code`` and Enter with ``gaps`` seconds before each key."""
    for character, gap in zip(code, gaps, strict=False):
        at += gap
        bursts.key(character, at)
    return bursts.end(at + gaps[-1])


@given(CODES, st.floats(0.0005, 0.03), st.text(st.sampled_from("0123456789"), max_size=10))
def test_burst_is_a_card_after_any_typing(code: str, gap: float, before: str):
    bursts = KeyBurstDetector(0.035, 6)
    for number, character in enumerate(before):
        bursts.key(character, number * 0.2)
    assert typed(bursts, code, [gap] * len(code), at=10.0) == code
    assert bursts.end(20.0) == "", "it is returned once"


@given(CODES, st.data())
def test_a_person_is_never_a_card(code: str, data: st.DataObject):
    """From 60 ms a key, with an occasional double press."""
    gaps = data.draw(st.lists(st.floats(0.06, 0.5), min_size=len(code), max_size=len(code)))
    double = data.draw(st.integers(0, len(code) - 1))
    gaps[double] = 0.01
    assert typed(KeyBurstDetector(0.035, 6), code, gaps) == ""


@pytest.mark.parametrize("code", ["", "12345", "A" * (MAX_LENGTH + 1)])
def test_too_short_and_too_long_codes_are_ignored(code: str):
    assert typed(KeyBurstDetector(0.035, 6), code, [0.005] * max(1, len(code))) == ""


def test_late_enter_is_not_a_card():
    bursts = KeyBurstDetector(0.035, 6)
    for number, character in enumerate("04A1B2C3D4"):
        bursts.key(character, number * 0.005)
    assert bursts.end(1.0) == ""


def test_clock_going_backwards_makes_no_burst():
    assert typed(KeyBurstDetector(0.035, 6), "04A1B2C3D4", [-0.01] * 10) == ""


@given(CODES, st.floats(0.03, 0.054))
def test_a_slow_reader_is_told_apart_with_the_default_settings(code: str, gap: float):
    cards = Config().cards
    bursts = KeyBurstDetector(cards.gap_ms / 1000, cards.min_length)
    assert typed(bursts, code, [gap] * len(code), at=10.0) == code


@given(CODES, st.data())
def test_keys_that_a_busy_machine_holds_up_do_not_split_a_code(code: str, data: st.DataObject):
    gaps = [0.04] * len(code)
    for held_up in data.draw(st.sets(st.integers(0, len(code) - 1), max_size=(len(code) - 1) // 2)):
        gaps[held_up] = data.draw(st.floats(0.05, 0.19))
    bursts = KeyBurstDetector(0.05, 6)
    at = 10.0
    for character, gap in zip(code, gaps, strict=True):
        at += gap
        bursts.key(character, at)
    assert bursts.end(at + 0.04) == code


def test_the_rest_of_a_code_that_was_held_up_is_no_card():
    bursts = KeyBurstDetector(0.05, 6)
    assert typed(bursts, "0499A1B2C3D4", [0.01, 0.01, 0.01, 0.01, 0.4, *[0.01] * 7], 10.0) == ""
    assert bursts.was_burst, "it is no number either"
    assert typed(bursts, "0499A1B2C3D4", [0.01] * 12, 20.0) == "0499A1B2C3D4"


def test_a_second_end_belongs_to_the_burst():
    bursts = KeyBurstDetector(0.05, 6)
    assert typed(bursts, "04A1B2C3D4", [0.005] * 10) == "04A1B2C3D4"
    assert bursts.end(0.06) == "" and bursts.was_burst
    assert bursts.end(0.5) == "" and not bursts.was_burst, "a person pressed Enter"


class Watched:
    def __init__(self, qtbot) -> None:
        self.now = 100.0
        self.listens = True
        self.cards = []
        self.field = QLineEdit()
        self.entered: list[str] = []
        self.field.returnPressed.connect(lambda: self.entered.append(self.field.text()))
        qtbot.addWidget(self.field)
        self.field.show()
        self.field.setFocus()
        self.watch = CardReaderFilter(
            KeyBurstDetector(0.035, 6), lambda: self.listens, lambda: self.now
        )
        self.watch.cardRead.connect(self.cards.append)

    def press(self, key: Qt.Key, text: str, modifiers=NONE, repeated: bool = False) -> None:
        """Press a key 5 ms after the one before."""
        self.now += 0.005
        event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text, repeated)
        event.setTimestamp(round(self.now * 1000))
        QApplication.sendEvent(self.field.window().windowHandle(), event)

    def type(self, text: str, gap_ms: int) -> None:
        """Send keys to the window with their own timestamps."""
        window = self.field.window().windowHandle()
        for character in [*text, "\r"]:
            self.now += gap_ms / 1000
            key = Qt.Key.Key_Return if character == "\r" else Qt.Key(ord(character.upper()))
            event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, character)
            event.setTimestamp(round(self.now * 1000))
            QApplication.sendEvent(window, event)


@pytest.fixture
def watched(qtbot) -> Watched:
    made = Watched(qtbot)
    yield made
    made.watch.watch(False)


def test_card_is_emitted_and_its_enter_is_swallowed(watched: Watched):
    watched.type("04A1B2C3D4", 5)
    assert watched.cards == ["04A1B2C3D4"] and watched.entered == []


CONTROL = Qt.KeyboardModifier.ControlModifier
ENTER = (Qt.Key.Key_Return, "\r", NONE)
TAB = (Qt.Key.Key_Tab, "\t", NONE)
LINE_FEED = (Qt.Key.Key_J, "\n", CONTROL)


@pytest.mark.parametrize("ends", [[ENTER], [TAB], [LINE_FEED], [ENTER, LINE_FEED], [TAB, ENTER]])
def test_the_end_may_be_enter_tab_or_a_line_feed(watched: Watched, ends: list):
    for character in "20261234":
        watched.press(Qt.Key(ord(character)), character)
    for end in ends:
        watched.press(*end)
    assert watched.cards == ["20261234"] and watched.entered == []
    assert watched.field.hasFocus(), "Tab moved nothing"


def test_digits_of_the_number_pad_count_without_num_lock(watched: Watched):
    pad = ["Insert", "End", "Down", "PageDown", "Left", "Clear", "Right", "Home", "Up", "PageUp"]
    for name in pad:
        watched.press(getattr(Qt.Key, f"Key_{name}"), "", Qt.KeyboardModifier.KeypadModifier)
    watched.press(*ENTER)
    assert watched.cards == ["0123456789"]


def test_a_key_that_is_held_down_is_no_reader(watched: Watched):
    for number in range(20):
        watched.press(Qt.Key.Key_7, "7", repeated=number > 0)
    watched.press(*ENTER)
    assert watched.cards == []


def test_a_reader_without_an_end_is_taken_after_a_pause_if_the_settings_say_so(
    watched: Watched, qtbot
):
    watched.watch.use(KeyBurstDetector(0.035, 6), needs_end=False)
    with qtbot.waitSignal(watched.watch.cardRead) as read:
        for character in "20261234":
            watched.press(Qt.Key(ord(character)), character)
    assert read.args == ["20261234"]
    watched.listens = False
    watched.field.setEchoMode(QLineEdit.EchoMode.Password)
    for character in "48291500":
        watched.press(Qt.Key(ord(character)), character)
    qtbot.waitUntil(lambda: watched.field.text() == "")


def test_typing_by_a_person_passes(watched: Watched):
    watched.type("20261234", 120)
    assert watched.cards == [] and watched.entered == ["20261234"]


def test_reader_only_types_while_not_listening(watched: Watched):
    watched.listens = False
    watched.type("04A1B2C3D4", 5)
    assert watched.cards == [] and watched.entered == ["04A1B2C3D4"]


@pytest.mark.parametrize("code", ["482915", "04A1B2C3D4", "7" * (MAX_LENGTH + 20)])
def test_card_is_no_attempt_at_a_pin(watched: Watched, code: str):
    watched.listens = False
    watched.field.setEchoMode(QLineEdit.EchoMode.Password)
    watched.type("48", 200)
    watched.entered.clear()
    watched.type(code, 5)
    assert watched.cards == [] and watched.entered == [] and watched.field.text() == ""
    watched.type("482915", 80)
    assert watched.entered == ["482915"], "typing by a person passes"


def test_card_is_no_attempt_at_a_pin_on_the_keypad(watched: Watched, qtbot):
    entry = KeypadEntry("pin", secret=True, max_length=12)
    submitted: list[str] = []
    entry.submitted.connect(submitted.append)
    qtbot.addWidget(entry)
    entry.show()
    entry.setFocus()
    watched.listens, watched.field = False, entry
    watched.type("0412345678", 5)
    assert submitted == [] and entry.text() == ""
    watched.type("482915", 80)
    assert submitted == ["482915"]


def test_card_does_not_stay_as_the_name_of_who_signs_in(watched: Watched, qtbot):
    screen = SignInScreen()
    qtbot.addWidget(screen)
    screen.show()
    line = screen.name.edit
    line.setFocus()
    watched.listens, watched.field = False, line
    watched.type("0412345678", 5)
    assert line.text() == "" and screen.focusWidget() is line
    watched.type("Ada", 80)
    assert line.text() == "Ada" and screen.focusWidget() is screen.entry


def test_a_number_that_a_reader_types_where_no_card_is_taken_passes(watched: Watched, qtbot):
    entry = KeypadEntry("number", max_length=20)
    submitted: list[str] = []
    entry.submitted.connect(submitted.append)
    qtbot.addWidget(entry)
    entry.show()
    entry.setFocus()
    watched.listens, watched.field = False, entry
    watched.type("20261234", 5)
    assert submitted == ["20261234"]


def test_queued_keys_are_not_a_burst(watched: Watched, qtbot):
    """The keys are handled at once, but their timestamps say when they were pressed."""
    window = watched.field.windowHandle()
    for number, character in enumerate("20261234\r"):
        key = Qt.Key.Key_Return if character == "\r" else Qt.Key(ord(character))
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, character)
        event.setTimestamp(100_000 + number * 150)
        QApplication.sendEvent(window, event)
    assert watched.cards == [] and watched.entered == ["20261234"]


def test_each_key_counts_once(watched: Watched, monkeypatch: pytest.MonkeyPatch):
    seen: list[str] = []

    def keep(character: str, now: float) -> None:
        seen.append(character)

    monkeypatch.setattr(watched.watch._bursts, "key", keep)
    QTest.keyClicks(watched.field, "x")  # sent to the widget directly: no window saw it
    watched.type("7", 100)
    assert seen == ["7"]
