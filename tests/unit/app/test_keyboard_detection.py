"""Detecting a keyboard in the kernel's list of input devices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.app import keyboard_detection
from kiosk.core.config import Config

POWER_BUTTON = """I: Bus=0019
N: Name="Power Button"
H: Handlers=kbd event0
B: EV=3
B: KEY=8000 10000000000000 0
"""
TOUCH_SCREEN = """N: Name="Touch"
H: Handlers=mouse0 event2
B: EV=b
B: KEY=400 0 0 0 0 0
B: ABS=260800000000003
"""
KEYBOARD = """N: Name="AT Translated Set 2 keyboard"
H: Handlers=sysrq kbd event1
B: KEY=402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe
"""


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("", False),
        (POWER_BUTTON, False),
        (POWER_BUTTON + TOUCH_SCREEN, False),
        (POWER_BUTTON + KEYBOARD, True),
        ("B: KEY=\n", False),
    ],
)
def test_device_with_letters_is_a_keyboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, there: bool
) -> None:
    monkeypatch.setattr(keyboard_detection, "_WORD", 64)
    (tmp_path / "devices").write_text(text)
    assert keyboard_detection.keyboard_there(tmp_path / "devices") is there


def test_32_bit_words_are_combined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyboard_detection, "_WORD", 32)
    (tmp_path / "devices").write_text("B: KEY=2 c000 ffffffff fffffffe\n")
    assert keyboard_detection.keyboard_there(tmp_path / "devices")


def test_keyboard_is_assumed_without_a_list(tmp_path: Path) -> None:
    assert keyboard_detection.keyboard_there(tmp_path / "missing")


@pytest.mark.parametrize(
    ("chosen", "there", "wanted"),
    [
        ("always", True, True),
        ("never", False, False),
        ("auto", True, False),
        ("auto", False, True),
    ],
)
def test_setting_takes_precedence(
    monkeypatch: pytest.MonkeyPatch, chosen: str, there: bool, wanted: bool
) -> None:
    monkeypatch.setattr(keyboard_detection, "keyboard_there", lambda: there)
    config = replace(Config(), ui=replace(Config().ui, on_screen_keyboard=chosen))
    assert keyboard_detection.on_screen_wanted(config)() is wanted
