"""Shared fixtures: a fake clock, and language and theme reset to their defaults."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from itertools import cycle

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from kiosk.core.frames import Face
from kiosk.core.languages import language_codes
from kiosk.ui.i18n import language
from kiosk.ui.theme import GLASS, THEMES, install_font, style_sheet, theme
from kiosk.ui.widgets import press_guard
from kiosk.ui.widgets.labels import ElidedLabel

LOOKS = tuple(zip(language_codes(), cycle(THEMES), strict=False))
"""Every language, and both themes: the theme changes no size, so not every pair is looked at."""


class FakeClock:
    """A clock that is advanced by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(autouse=True)
def settings_as_at_the_start(qapp: QApplication) -> Iterator[None]:
    theme().set_glass(*GLASS)
    theme().default_text_scale = theme().text_scale = 1.0
    install_font(qapp)
    yield
    language().use("ko")
    theme().use("dark")
    theme().reduced_motion = False


@pytest.fixture(autouse=True, scope="module")
def widgets_end_on_their_thread() -> Iterator[None]:
    """Collect a module's widgets here: Shiboken crashes where a database's thread does it."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def presses_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests confirm without waiting; tests/ui/test_double_tap.py tests the guard."""
    monkeypatch.setattr(press_guard, "GUARD_S", 0.0)


@pytest.fixture
def frame() -> np.ndarray:
    """A (480, 640, 4) frame whose left half is blue and whose right half is red."""
    picture = np.zeros((480, 640, 4), np.uint8)
    picture[:, :320, 0] = 255
    picture[:, 320:, 2] = 255
    return picture


@pytest.fixture
def face() -> Face:
    return face_at(240, 140)


def face_at(x: float, y: float) -> Face:
    points = [[40, 60], [120, 60], [80, 100], [50, 150], [110, 150]]
    return Face(
        np.array([x, y, x + 160, y + 200], np.float32),
        np.array(points, np.float32) + np.float32([x, y]),
        0.999,
    )


@pytest.fixture
def shown(qtbot, qapp: QApplication) -> Callable[..., QWidget]:
    """Show a screen at the given size with the style sheet of the theme in use."""

    def show(screen: QWidget, width: int = 1280, height: int = 800) -> QWidget:
        qtbot.addWidget(screen)
        screen.setStyleSheet(style_sheet(theme().tokens))
        screen.resize(width, height)
        screen.show()
        qapp.processEvents()
        return screen

    return show


def touch_header(qtbot, screen: QWidget, section: int) -> None:
    head = screen.table.view.horizontalHeader()
    place = QPoint(head.sectionViewportPosition(section) + 20, head.height() // 2)
    qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=place)


def clipped(root: QWidget) -> list[str]:
    """Every visible label or button of ``root`` that is smaller than its text."""
    for _ in range(3):  # what folds at its width is laid out once more
        QApplication.processEvents()
    return [
        _described(widget)
        for widget in root.findChildren(QWidget)
        if widget.isVisible() and not _fits(widget)
    ]


def _fits(widget: QWidget) -> bool:
    if isinstance(widget, ElidedLabel):
        return True
    if isinstance(widget, QLabel) and widget.text():
        if widget.wordWrap():
            widest = max(
                widget.fontMetrics().horizontalAdvance(word) for word in widget.text().split()
            )
            return (
                widget.heightForWidth(widget.width()) <= widget.height() + 1
                and widest <= widget.width()
            )
        return (
            widget.sizeHint().width() <= widget.width() + 1
            and widget.sizeHint().height() <= widget.height() + 1
        )
    if isinstance(widget, QAbstractButton) and widget.text():
        return widget.sizeHint().width() <= widget.width() + 1
    return True


def _described(widget: QWidget) -> str:
    words = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    size, hint = widget.size().toTuple(), widget.sizeHint().toTuple()
    return f"{type(widget).__name__} {widget.objectName()} {words!r} {size} needs {hint}"
