"""The test of a card reader on the System page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from kiosk.core.config import CardsConfig
from kiosk.core.languages import language_codes
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.system.reader_test_card import ReaderTestCard
from kiosk.ui.screens.system.system_screen import SystemScreen
from tests.ui.conftest import clipped

NONE = Qt.KeyboardModifier.NoModifier


class Reader:
    """A reader at the System page; times are the events' own."""

    def __init__(self, screen: SystemScreen) -> None:
        self.screen = screen
        self.card: ReaderTestCard = screen.reader_test
        self.at_ms = 100_000

    def press(self, key: Qt.Key, text: str) -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, NONE, text)
            event.setTimestamp(self.at_ms)
            QApplication.sendEvent(self.screen.window().windowHandle(), event)

    def type(self, code: str, gap_ms: int, end: Qt.Key | None = Qt.Key.Key_Tab) -> None:
        self.at_ms += 5000
        for character in code:
            self.at_ms += gap_ms
            self.press(Qt.Key(ord(character.upper())), character)
        if end is not None:
            self.at_ms += gap_ms
            self.press(end, {Qt.Key.Key_Tab: "\t", Qt.Key.Key_Return: "\r"}[end])
        self.card.trial._complete()  # what the pause after the last key does

    @property
    def verdict(self) -> str:
        return self.card.verdict.text()


@pytest.fixture
def reader(shown, qtbot) -> Reader:
    made = Reader(shown(SystemScreen(), 1064, 800))
    made.card.toggle.click()
    yield made
    made.card.stop()


def test_what_arrives_is_shown(reader: Reader):
    assert reader.verdict == tr("reader_test.waiting")
    reader.type("04a1b2c3d4", 40)
    words = reader.card.facts.words()
    assert words[tr("reader_test.code")] == "04A1B2C3D4"
    assert words[tr("reader_test.typed")] == "04a1b2c3d4"
    assert words[tr("reader_test.length")] == "10"
    assert words[tr("reader_test.gap")].startswith("40 ms")
    assert words[tr("reader_test.ends")] == "Tab"
    assert reader.verdict == tr("reader_test.verdict.read") and reader.card.use.isHidden()


def test_the_pattern_is_learned(reader: Reader, qtbot):
    reader.type("12345", 70, end=None)
    assert reader.verdict == tr("reader_test.verdict.not_yet")
    with qtbot.waitSignal(reader.card.chosen) as chosen:
        reader.card.use.click()
    assert chosen.args == [
        {"cards.gap_ms": "84", "cards.min_length": "5", "cards.needs_end": "false"}
    ]
    learned = replace(CardsConfig(), gap_ms=84.0, min_length=5, needs_end=False)
    reader.card.set_cards(learned)
    assert reader.verdict == tr("reader_test.verdict.read") and reader.card.use.isHidden()


@pytest.mark.parametrize(
    ("code", "gap_ms", "word"), [("123", 5, "short"), ("20261234", 180, "slow")]
)
def test_what_cannot_be_a_card_is_said(reader: Reader, code: str, gap_ms: int, word: str):
    reader.type(code, gap_ms)
    assert reader.verdict == tr(f"reader_test.verdict.too_{word}") and reader.card.use.isHidden()


def test_keys_reach_nothing_else_until_the_test_ends(reader: Reader, qtbot):
    clicked: list[int] = []
    reader.screen.refresh.clicked.connect(lambda: clicked.append(1))
    reader.screen.refresh.setFocus()
    reader.type("20261234", 5, Qt.Key.Key_Return)
    assert clicked == []
    reader.press(Qt.Key.Key_Escape, "\x1b")
    assert reader.card.toggle.text() == tr("reader_test.start") and reader.card.facts.isHidden()
    reader.press(Qt.Key.Key_Return, "\r")
    assert clicked == [1]


def test_codes_are_forgotten_when_the_page_is_left(reader: Reader):
    reader.type("04A1B2C3D4", 5)
    reader.screen.hide()
    assert not reader.card._running and reader.card._seen == []
    reader.screen.show()
    assert reader.card.facts.isHidden()


def test_a_pause_ends_a_card(reader: Reader, qtbot):
    with qtbot.waitSignal(reader.card.trial.typed):
        for character in "123456":
            reader.at_ms += 5
            reader.press(Qt.Key(ord(character)), character)


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(800, 480), (1064, 800)])
def test_nothing_is_clipped(shown, size: tuple[int, int], code: str):
    language().use(code)
    reader = Reader(shown(SystemScreen(), *size))
    reader.card.toggle.click()
    reader.type("12345", 70, end=None)
    assert clipped(reader.screen) == []
    reader.card.stop()
