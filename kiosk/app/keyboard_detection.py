"""Whether a real keyboard is plugged in, so that the screen need not show one."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from kiosk.core.config import Config

DEVICES = Path("/proc/bus/input/devices")
_LETTERS = (*range(16, 26), *range(30, 39), *range(44, 51), 57)
"""Linux' codes of the keys Q to P, A to L, Z to M and the space bar: power buttons and remote controls lack them."""
_WORD = 8 * struct.calcsize("P")


def on_screen_wanted(config: Config) -> Callable[[], bool]:
    """Answers whether the on-screen keyboard is wanted now, as ``ui.on_screen_keyboard`` says."""
    chosen = config.ui.on_screen_keyboard
    return lambda: chosen == "always" or (chosen == "auto" and not keyboard_there())


def keyboard_there(devices: Path = DEVICES) -> bool:
    """Whether the kernel knows a keyboard with letters; where it does not say, there is one."""
    try:
        text = devices.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return any(
        line.startswith("B: KEY=") and _has_letters(line.removeprefix("B: KEY="))
        for line in text.splitlines()
    )


def _has_letters(bitmap: str) -> bool:
    """``bitmap``: words of the machine's size in hexadecimal, the lowest keys last."""
    keys = 0
    for word in bitmap.split():
        keys = keys << _WORD | int(word, 16)
    return all(keys >> code & 1 for code in _LETTERS)
