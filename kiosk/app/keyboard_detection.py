"""Detect a physical keyboard, which replaces the one on the screen."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from kiosk.core.config import Config

DEVICES = Path("/proc/bus/input/devices")
_LETTERS = (*range(16, 26), *range(30, 39), *range(44, 51), 57)
"""Linux key codes of Q to P, A to L, Z to M and the space bar.

Power buttons and remote controls have none of these."""
_WORD = 8 * struct.calcsize("P")


def on_screen_wanted(config: Config) -> Callable[[], bool]:
    """Return what tells whether to show a keyboard on the screen now."""
    chosen = config.ui.on_screen_keyboard
    return lambda: chosen == "always" or (chosen == "auto" and not keyboard_there())


def keyboard_there(devices: Path = DEVICES) -> bool:
    """Return whether the kernel lists a keyboard with letters; ``True`` if it lists nothing."""
    try:
        text = devices.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return any(
        line.startswith("B: KEY=") and _has_letters(line.removeprefix("B: KEY="))
        for line in text.splitlines()
    )


def _has_letters(bitmap: str) -> bool:
    """``bitmap``: hexadecimal words of the machine's word size, lowest keys last."""
    keys = 0
    for word in bitmap.split():
        keys = keys << _WORD | int(word, 16)
    return all(keys >> code & 1 for code in _LETTERS)
