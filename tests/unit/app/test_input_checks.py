"""What doctor says of keyboards, Hangul, card readers and badges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.app import keyboard_detection
from kiosk.app.doctor import input_checks
from kiosk.core.config import Config
from kiosk.core.view_models import Check, CheckLevel
from kiosk.vision.detection.code_search import NO_CODES

KEYS = "B: KEY=402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe"
REAL = "AT Translated Set 2 keyboard"
RECEIVER = "Logitech USB Receiver"
READER = "Sycreader RFID Technology Co., Ltd"


def device(name: str, place: str = "/devices/pci0000:00/usb1/input/input7") -> str:
    return f'I: Bus=0003\nN: Name="{name}"\nS: Sysfs={place}\n{KEYS}\n\n'


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.setattr(keyboard_detection, "_WORD", 64)
    file = tmp_path / "devices"
    monkeypatch.setattr(input_checks, "keyboards", lambda: keyboard_detection.keyboards(file))
    return lambda text: file.write_text(text)


def with_keyboard(chosen: str) -> Config:
    return replace(Config(), ui=replace(Config().ui, on_screen_keyboard=chosen))


@pytest.mark.parametrize(
    ("text", "chosen", "level", "key"),
    [
        (device(REAL), "auto", CheckLevel.OK, "keyboards"),
        (device(REAL) + device(READER), "auto", CheckLevel.OK, "keyboards"),
        (device(RECEIVER) + device(READER), "auto", CheckLevel.WARNING, "keyboards"),
        (device(RECEIVER), "always", CheckLevel.OK, "keyboards"),
        ("", "auto", CheckLevel.OK, "keyboard_on_screen"),
        ("", "never", CheckLevel.WARNING, "keyboard_none"),
        (device("BRLTTY", "/devices/virtual/input/input9"), "auto", CheckLevel.OK,
         "keyboard_on_screen"),
        (device("BT Keys", "/devices/virtual/misc/uhid/0005:05AC/input/input9"), "auto",
         CheckLevel.OK, "keyboards"),
    ],
)  # fmt: skip
def test_the_devices_that_hide_the_keyboard_on_the_screen_are_named(
    listed, text: str, chosen: str, level: CheckLevel, key: str
):
    listed(text)
    check = input_checks.keyboard_check(with_keyboard(chosen))
    assert (check.level, check.key) == (level, f"doctor.found.{key}")
    assert key != "keyboards" or check.values["names"].split(", ")[0] in text
    assert bool(check.advice) is (level is CheckLevel.WARNING)


def test_without_a_list_nothing_is_claimed():
    check = input_checks.keyboard_check(Config())
    assert check.level is CheckLevel.OK


def test_who_composes_hangul_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(input_checks, "input_method_of", lambda: "ibus")
    assert "ibus" in input_checks.hangul_check().found
    monkeypatch.setattr(input_checks, "input_method_of", str)
    assert "한/영" in input_checks.hangul_check().found


def test_a_reader_is_named_with_what_counts_as_a_card(listed):
    listed(device(REAL) + device(READER))
    found = input_checks.reader_check(Config()).found
    assert READER in found and REAL not in found and "55 ms" in found
    off = replace(Config(), cards=replace(Config().cards, reader=False))
    assert input_checks.reader_check(off).key == "doctor.found.reader_off"


def codes_with(monkeypatch: pytest.MonkeyPatch, answer: object) -> Check:
    class Search:
        def __init__(self, *limits: object) -> None: ...

        def look(self, image: object) -> object:
            if isinstance(answer, OSError):
                raise answer
            return answer

        def close(self) -> None: ...

    monkeypatch.setattr(input_checks, "IsolatedCodeSearch", Search)
    return input_checks.codes_check(Config())


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (None, CheckLevel.WARNING),
        (NO_CODES, CheckLevel.PROBLEM),
        (OSError("no process"), CheckLevel.PROBLEM),
    ],
)
def test_badges_that_cannot_be_read_are_said(
    monkeypatch: pytest.MonkeyPatch, answer: object, level: CheckLevel
):
    check = codes_with(monkeypatch, answer)
    assert check.level is level and check.advice


@pytest.mark.slow
def test_a_badge_is_read_by_the_process_that_the_door_uses():
    patient = replace(Config(), cards=replace(Config().cards, search_ms=2000.0))
    assert input_checks.codes_check(patient).key == "doctor.found.codes_read"
    off = replace(Config(), cards=replace(Config().cards, camera=False))
    assert input_checks.codes_check(off).key == "doctor.found.codes_off"
