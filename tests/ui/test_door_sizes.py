"""The door on every size of glass and with every text size: all of it is there to be touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.core.door_state import DoorState
from kiosk.core.languages import language_codes
from kiosk.ui.i18n import language
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.door.door_screen import DoorScreen
from kiosk.ui.screens.door.idle_screen import IdleScreen
from kiosk.ui.screens.door.number_screen import NumberScreen, PinScreen
from kiosk.ui.screens.door.way_out import Contact
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.theme import TOUCH_FLOOR, theme
from tests.ui.conftest import FakeClock, clipped
from tests.ui.test_door import ASKING, BASE, BLOCKED, CHECKING, LOOKS, NOW, REJECTED

SIZES = [(800, 480), (1280, 720), (1080, 1920), (720, 1280)]
VIEWS = [
    replace(CHECKING, claimed="•••••456"),
    ASKING[0],
    LOOKS[0],
    REJECTED,
    replace(BASE, state=DoorState.COOLDOWN, step_away=True),
    BLOCKED[DoorState.LOCKED_OUT],
    replace(CHECKING, alert="forced"),
]


@pytest.fixture(scope="module")
def seconds() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def window(qapp: QApplication, seconds: FakeClock) -> Iterator[MainWindow]:
    window = MainWindow(windowed=True)
    door = DoorScreen("지능형 시스템 연구실", seconds)
    door.set_contact(Contact("김조교", "02-880-1234"))
    door.set_now(NOW)
    screens = {"number": NumberScreen(), "pin": PinScreen(), "sign_in": SignInScreen()}
    for name, screen in {"door": door, **screens, "idle": IdleScreen("연구실")}.items():
        window.add_screen(name, screen)
    window.show()
    yield window
    window.close()


def seen(widget: QWidget, window: QWidget) -> bool:
    """Return whether all of ``widget`` is within the window and within what scrolls around it."""
    place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
    return window.rect().contains(place) and widget.visibleRegion().boundingRect() == widget.rect()


def settle(qapp: QApplication) -> None:
    """Let layouts finish that others follow."""
    for _ in range(3):
        qapp.processEvents()


@pytest.mark.parametrize("text", [1.0, 2.0])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_of_the_door_is_cut_off(window, seconds, qapp, size, text):
    door = window.screen_named("door")
    window.resize(*size)
    theme().text_scale = text
    window.go("door")
    for code in language_codes():
        language().use(code)
        for view in VIEWS:
            seconds.advance(2)
            door.show_view(view)
            settle(qapp)
            assert window.size().toTuple() == size
            assert clipped(door) == [], (view.state, code)
            for button in (door.number, door.help, door.staff):
                assert seen(button, window) and button.height() >= TOUCH_FLOOR, (view.state, code)
            way_out = {
                DoorState.REJECTED: door.panel.decision.way_out,
                DoorState.COOLDOWN: door.panel.live.way_out,
            }.get(view.state)
            if way_out is not None and text == 1.0:
                assert seen(way_out.number, window) and seen(way_out.ask, window), (view, code)


@pytest.mark.parametrize("text", [1.0, 2.0])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", ["number", "pin"])
def test_nothing_of_a_keypad_is_cut_off(window, qapp, name, size, text):
    keypad = window.screen_named(name)
    window.resize(*size)
    theme().text_scale = text
    window.go(name)
    for code in language_codes():
        language().use(code)
        keypad.show_error("reason.too_many_tries.next")
        keypad.show_time_left(9)
        settle(qapp)
        assert clipped(keypad) == [], code
        if text == 1.0 or size[0] >= 1080:
            assert seen(keypad.submit, window) and seen(keypad.entry.keypad, window), code


def test_words_on_narrow_keys_become_smaller(window, qapp):
    """The page of letters has six keys a row: "지우기" is wider than one with the largest text."""
    keypad = window.screen_named("number")
    window.resize(800, 480)
    theme().text_scale = 2.0
    language().use("ko")
    window.go("number")
    keypad.entry.keypad.show_letters(True)
    settle(qapp)
    assert clipped(keypad) == [] and seen(keypad.entry.keypad, window)
    keypad.entry.keypad.show_letters(False)
    window.resize(1280, 800)  # the scale follows a change of the size only


@pytest.mark.parametrize("size", [*SIZES, (3840, 2160)], ids=str)
@pytest.mark.parametrize("name", ["idle", "sign_in"])
def test_clock_and_sign_in_fit(window, qapp, name, size):
    screen = window.screen_named(name)
    window.resize(*size)
    window.go(name)
    settle(qapp)
    assert [found for found in clipped(screen) if "inputScript" not in found] == []
    assert screen.width() <= size[0] and screen.height() <= size[1], "nothing scrolls"


def test_the_picture_is_large_and_the_headline_one_line_on_a_full_hd_glass(window, seconds, qapp):
    door = window.screen_named("door")
    window.resize(1920, 1080)
    window.go("door")
    for code in language_codes():
        language().use(code)
        seconds.advance(2)
        door.show_view(CHECKING)
        qapp.processEvents()
        headline = door.panel.live.words.headline
        assert headline.heightForWidth(headline.width()) < 2 * headline.fontMetrics().lineSpacing()
    assert door.preview.width() * door.preview.height() > 0.4 * 1920 * 1080
