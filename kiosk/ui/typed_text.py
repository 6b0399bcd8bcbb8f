"""What a key press types, whatever Num Lock says, and whether it ends a card's code."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

_KEYPAD = {
    Qt.Key.Key_Insert: "0",
    Qt.Key.Key_End: "1",
    Qt.Key.Key_Down: "2",
    Qt.Key.Key_PageDown: "3",
    Qt.Key.Key_Left: "4",
    Qt.Key.Key_Clear: "5",
    Qt.Key.Key_Right: "6",
    Qt.Key.Key_Home: "7",
    Qt.Key.Key_Up: "8",
    Qt.Key.Key_PageUp: "9",
}
"""Digits of the number pad without Num Lock."""

_ENDS = {
    Qt.Key.Key_Return: "enter",
    Qt.Key.Key_Enter: "enter",
    Qt.Key.Key_Tab: "tab",
}
_END_CHARACTERS = {"\r": "enter", "\t": "tab", "\n": "line_feed"}
"""Some readers send these with the Control key: Ctrl+J is a line feed."""


def typed_character(event: QKeyEvent) -> str:
    """Return the printable character that ``event`` types; empty if there is none."""
    text = event.text()
    if len(text) == 1 and text.isprintable():
        return text
    if event.modifiers() & Qt.KeyboardModifier.KeypadModifier:
        return _KEYPAD.get(Qt.Key(event.key()), "")
    return ""


def code_end(event: QKeyEvent) -> str:
    """Return what ends a card's code: ``enter``, ``tab`` or ``line_feed``; empty for other keys."""
    named = _ENDS.get(Qt.Key(event.key()))
    return named or _END_CHARACTERS.get(event.text(), "")
