"""Detect a physical keyboard, which replaces the one on the screen."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from kiosk.core.config import Config

DEVICES = Path("/proc/bus/input/devices")
MADE_BY_PROGRAM = "S: Sysfs=/devices/virtual/input/"
"""How the list says that a program made a device; Bluetooth's lie in /devices/virtual/misc."""
_LETTERS = (*range(16, 26), *range(30, 39), *range(44, 51), 57)
"""Linux key codes of Q to P, A to L, Z to M and the space bar.

Power buttons and remote controls have none of these."""
_WORD = 8 * struct.calcsize("P")


def on_screen_wanted(config: Config) -> Callable[[], bool]:
    """Return what tells whether to show a keyboard on the screen now."""
    chosen = config.ui.on_screen_keyboard
    return lambda: chosen == "always" or (chosen == "auto" and not keyboard_there())


def on_screen_offered(config: Config) -> Callable[[], bool]:
    """Return what tells whether a button may bring the keyboard on the screen."""
    return lambda: config.ui.on_screen_keyboard == "auto"


def keyboard_there(devices: Path = DEVICES) -> bool:
    """Return whether the kernel lists a keyboard with letters; ``True`` if it lists nothing."""
    found = keyboards(devices)
    return found is None or bool(found)


def keyboards(devices: Path = DEVICES) -> list[str] | None:
    """Return the names of the keyboards with letters; ``None`` if the kernel lists nothing.

    Mouse receivers, KVM switches and card readers count too: they say that they have letters.
    Devices that a program made, such as a driver of Braille displays, do not.
    """
    try:
        text = devices.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [_name(block) for block in blocks if _is_keyboard(block)]


def _is_keyboard(block: list[str]) -> bool:
    return not any(line.startswith(MADE_BY_PROGRAM) for line in block) and any(
        line.startswith("B: KEY=") and _has_letters(line.removeprefix("B: KEY=")) for line in block
    )


def _name(block: list[str]) -> str:
    named = (line.partition("=")[2].strip('" ') for line in block if line.startswith("N: "))
    return next(named, "") or "?"


def _has_letters(bitmap: str) -> bool:
    """``bitmap``: hexadecimal words of the machine's word size, lowest keys last."""
    keys = 0
    for word in bitmap.split():
        keys = keys << _WORD | int(word, 16)
    return all(keys >> code & 1 for code in _LETTERS)
