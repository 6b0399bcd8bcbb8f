"""Operates the kiosk's window as a person does: real clicks and keys that the X server sends."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QTableView,
    QWidget,
)

from kiosk.core.hangul import KEYS, latin_keys
from kiosk.ui.main_window import MainWindow
from tests.walk.glass import arrow_towards, in_sight, on_glass, scroll_area_of

Script = Generator[tuple[str, Callable[[], bool], float], None, None]
"""Steps: what is waited for, whether it is there, and the limit in seconds."""

POINT_S, KEY_S, THINK_S = 1.1, 0.28, 1.35
"""Pointing, one key, and looking for the next thing, by the keystroke-level model of Card, Moran
and Newell (1980)."""
GUARD_S = 0.7
"""A button that has just appeared takes no press for 0.6 s."""
SCROLL_UP, SCROLL_DOWN = 4, 5
TYPE_MS = 90
"""Between two keys, in ms: who types faster is taken for a card reader where cards are read."""
STILL_LOOKS = 5
MOST_SCROLLS = 60
MOST_TURNS = 120
"""Turns of the wheel to the end of a long text."""
MOST_TABS = 120


class Unreachable(Exception):
    """A person could not have done this step; the text says why."""


@dataclass(slots=True)
class Effort:
    """What a chore took: ``taps`` with scrolls, ``keys``, and seconds that the kiosk let wait."""

    taps: int = 0
    keys: int = 0
    waited_s: float = 0.0
    steps: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """What a person would take, in seconds: the model's time and the kiosk's."""
        model = self.taps * (THINK_S + POINT_S + KEY_S) + self.keys * KEY_S
        return model + self.waited_s


class Walker:
    """Finds widgets by their object names and operates them by pointer, or by keyboard alone.

    ``touch``: text is typed on the kiosk's own keyboard.
    """

    def __init__(self, window: MainWindow, *, keyboard_only: bool, touch: bool) -> None:
        self.window = window
        self.effort = Effort()
        self._keyboard_only = keyboard_only
        self._touch = touch

    def begin(self) -> None:
        """Count from nothing: the next chore begins."""
        self.effort = Effort()

    # what is there

    def find(self, name: str) -> QWidget | None:
        """The visible widget of that name."""
        found = self.window.findChildren(QWidget, name)
        return next((widget for widget in found if widget.isVisible()), None)

    def visible(self, name: str) -> bool:
        """Whether a widget of that name is shown."""
        return self.find(name) is not None

    def enabled(self, name: str) -> bool:
        """Whether a widget of that name is shown and can be used."""
        widget = self.find(name)
        return widget is not None and widget.isEnabled()

    def ticked(self, name: str) -> bool:
        """Whether the checkbox or button of that name is shown and chosen."""
        widget = self.find(name)
        return isinstance(widget, QAbstractButton) and widget.isChecked()

    def in_reach(self, name: str) -> bool:
        """Whether a press on the middle of the widget of that name would reach it."""
        widget = self.find(name)
        if widget is None:
            return False
        under = QApplication.widgetAt(on_glass(widget).center())
        return under is not None and (under is widget or widget.isAncestorOf(under))

    def label(self, name: str) -> str:
        """The text of the label ``name``; empty where it is not shown."""
        widget = self.find(name)
        return widget.text() if isinstance(widget, QLabel) else ""

    def words(self, name: str) -> str:
        """The words on the button ``name``; empty where it is not shown."""
        widget = self.find(name)
        return widget.text() if isinstance(widget, QAbstractButton) else ""

    def row_of(self, table: str, text: str) -> int | None:
        """The number of the first row of ``table`` that shows ``text``."""
        if not self.visible(table):
            return None
        model = self._table(table).model()
        for row in range(model.rowCount()):
            for column in range(model.columnCount()):
                if text.casefold() in str(model.index(row, column).data() or "").casefold():
                    return row
        return None

    # what a person does

    def wait(self, what: str, reached: Callable[[], bool], limit_s: float = 15) -> Script:
        """Wait for the kiosk; the time counts as waiting."""
        began = time.monotonic()
        yield what, reached, limit_s
        self.effort.waited_s += time.monotonic() - began

    def press(self, name: str, then: Callable[[], bool], limit_s: float = 15) -> Script:
        """Press the widget ``name``, and wait until ``then``."""
        yield from self.wait(f"{name} to be there", lambda: self.enabled(name), limit_s)
        yield from self._pause(GUARD_S)
        if self._keyboard_only:
            yield from self._focus(name)
            self._key("space")
        else:
            yield from self._bring(name)
            self._click(self._shown(name))
        self.effort.steps.append(name)
        yield from self.wait(f"an answer to {name}", then, limit_s)

    def write(self, name: str, text: str) -> Script:
        """Write ``text``, in one script, into the field ``name``."""
        yield from self.wait(f"{name} to be there", lambda: self.enabled(name))
        line = self._line(name)
        if self._keyboard_only:
            yield from self._focus(name)
        else:
            yield from self._bring(name)
            self._click(line)
            yield from self.wait(f"{name} to take the keys", line.hasFocus)
        if self._touch:
            yield from self._tap_keys(line, text)
        else:
            real = self.window.stage.real
            hangul = not text.isascii()
            if not text.isdigit() and real.composes(line) and real.hangul is not hangul:
                self._key("Hangul")
                yield from self.wait("the other script", lambda: real.hangul is hangul)
            yield from self._type(latin_keys(text))
        yield from self.wait(f"{text!r} in {name}", lambda: line.text().lower() == text.lower())

    def read_to_the_end(self, name: str, until: Callable[[], bool]) -> Script:
        """Scroll the text around ``name`` down until ``until``."""
        area = scroll_area_of(self._shown(name))
        for _ in range(MOST_TURNS):
            if until():
                return
            if self._keyboard_only or area is None:
                self._key("Next")
            else:
                middle = on_glass(area.viewport()).center()
                self._xdotool("mousemove", middle.x(), middle.y())
                self._xdotool("click", SCROLL_DOWN)
            yield from self._pause(0.08)
        raise Unreachable(f"the text around {name} has no end")

    def enter(self, name: str, digits: str) -> Script:
        """Enter ``digits`` on the keypad ``name``: tapped, or typed with a keyboard."""
        yield from self.wait(f"{name} to be there", lambda: self.enabled(name))
        if self._keyboard_only:
            yield from self._focus(name)
            yield from self._type(digits)
            return
        for digit in digits:
            yield from self._scroll_to(f"{name}.keypad.{digit}")
            self._click(self._shown(f"{name}.keypad.{digit}"))
            yield from self._pause(0.05)

    def key(self, key: str, then: Callable[[], bool]) -> Script:
        """Press the key ``key`` of a real keyboard."""
        self._key(key)
        yield from self.wait(f"an answer to the key {key}", then)

    def hold_card(self, code: str, then: Callable[[], bool]) -> Script:
        """Let a reader type ``code`` and Enter, and wait until ``then``."""
        self._xdotool("type", "--delay", 15, f"{code}\n")
        yield from self.wait(f"an answer to the card {code}", then)

    def tap_row(self, table: str, text: str, then: Callable[[], bool]) -> Script:
        """Choose the row of ``table`` that shows ``text``: tapped, or by the arrow keys."""
        yield from self.wait(f"{text} in {table}", lambda: self.row_of(table, text) is not None)
        view = self._table(table)
        if self._keyboard_only:
            yield from self._focus(table)
            for _ in range(1 + (self.row_of(table, text) or 0)):
                self._key("Down")
            self._key("Return")
        else:
            index = view.model().index(self.row_of(table, text) or 0, 0)
            where = view.visualRect(index)
            self._click_at(view.viewport().mapToGlobal(where.center()), view.viewport())
        self.effort.steps.append(f"{table}: {text}")
        yield from self.wait(f"an answer to {text}", then)

    # how

    def _table(self, name: str) -> QTableView:
        widget = self._shown(name)
        view = widget if isinstance(widget, QTableView) else widget.findChild(QTableView)
        if view is None:
            raise Unreachable(f"{name} is no table")
        return view

    def _shown(self, name: str) -> QWidget:
        widget = self.find(name)
        if widget is None:
            raise Unreachable(f"{name} has gone")
        return widget

    def _line(self, name: str) -> QLineEdit:
        widget = self._shown(name)
        line = widget if isinstance(widget, QLineEdit) else widget.findChild(QLineEdit)
        if line is None:
            raise Unreachable(f"{name} takes no text")
        return line

    def _pause(self, seconds: float) -> Script:
        until = time.monotonic() + seconds
        yield "a moment", lambda: time.monotonic() >= until, seconds + 5

    def _stand_still(self, name: str) -> Script:
        """Wait until ``name`` no longer moves, or has gone."""
        places = [QRect()]

        def still() -> bool:
            widget = self.find(name)
            if widget is None:
                return True
            places.append(on_glass(widget))
            return len(places) > STILL_LOOKS and len(set(map(str, places[-STILL_LOOKS:]))) == 1

        yield from self.wait(f"{name} to stand still", still)

    def _bring(self, name: str) -> Script:
        """Put the on-screen keyboard away where it lies over ``name``, then scroll to it."""
        if self.visible("keyboard") and not name.startswith("keyboard."):
            yield from self._stand_still("keyboard")
            board = self.find("keyboard")
            if board is not None and on_glass(board).contains(on_glass(self._shown(name)).center()):
                yield from self._tap("keyboard.hide")
                yield from self.wait("the keyboard to go", lambda: not self.visible("keyboard"))
        yield from self._scroll_to(name)

    def _scroll_to(self, name: str) -> Script:
        """Turn the wheel over what scrolls until the middle of ``name`` is in sight."""
        yield from self._stand_still(name)
        for _ in range(MOST_SCROLLS):
            widget = self._shown(name)
            area = scroll_area_of(widget)
            if area is None or in_sight(widget, area):
                return
            view = on_glass(area.viewport())
            down = on_glass(widget).center().y() > view.center().y()
            self._xdotool("mousemove", view.center().x(), view.center().y())
            self._xdotool("click", SCROLL_DOWN if down else SCROLL_UP)
            yield from self._pause(0.08)
        raise Unreachable(f"{name} cannot be scrolled into sight")

    def _click(self, widget: QWidget) -> None:
        self._click_at(on_glass(widget).center(), widget)

    def _click_at(self, point: QPoint, widget: QWidget) -> None:
        glass = widget.screen().geometry()
        if not glass.contains(point):
            raise Unreachable(f"{widget.objectName()} at {point.toTuple()} is off the glass")
        under = QApplication.widgetAt(point)
        if under is None or not (under is widget or widget.isAncestorOf(under)):
            cover = under.objectName() or type(under).__name__ if under else "nothing"
            raise Unreachable(f"{widget.objectName()} is covered by {cover}")
        self._xdotool("mousemove", point.x(), point.y(), "click", 1)
        self.effort.taps += 1

    def _focus(self, name: str) -> Script:
        """Press Tab until ``name``, or something in it, has the focus."""
        for _ in range(MOST_TABS):
            widget = self._shown(name)
            focused = QApplication.focusWidget()
            if focused is not None and (focused is widget or widget.isAncestorOf(focused)):
                return
            self._key(arrow_towards(focused, widget) or "Tab")
            yield from self._pause(TYPE_MS / 1000)
        raise Unreachable(f"{name} is not reached by Tab")

    def _tap_keys(self, line: QLineEdit, text: str) -> Script:
        yield from self.wait("the keyboard on the screen", lambda: self.visible("keyboard"))
        yield from self._stand_still("keyboard")
        for character in latin_keys(text):
            key = "space" if character == " " else character.lower()
            if key in KEYS and self._writes_hangul() is text.isascii():
                yield from self._tap("keyboard.letters")
            yield from self._tap(f"keyboard.{key}")
        if line.text().lower() != text.lower():
            yield from self._pause(0.2)

    def _tap(self, name: str) -> Script:
        self._click(self._shown(name))
        yield from self._pause(0.06)

    def _key(self, key: str) -> None:
        self._xdotool("key", key)
        self.effort.keys += 1

    def _type(self, text: str) -> Script:
        for character in text:
            self._xdotool("type", character)
            self.effort.keys += 1
            yield from self._pause(TYPE_MS / 1000)

    @staticmethod
    def _xdotool(*words: object) -> None:
        subprocess.Popen(["xdotool", *(str(word) for word in words)]).wait(10)

    def _writes_hangul(self) -> bool:
        letter = self.find("keyboard.q")
        return letter is not None and not letter.accessibleName().isascii()
