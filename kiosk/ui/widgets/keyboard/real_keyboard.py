"""Hangul from a real keyboard on a system without an input method."""

from __future__ import annotations

import os
from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from kiosk.core.hangul import KEYS, SHIFTED
from kiosk.ui.widgets.keyboard.hangul_writer import HangulWriter, starts_in_hangul, takes_hangul

_ALT_R_SYMBOL = 0xFFEA
_ALT_R_CODE = 108
_HANGUL_CODE = 130
"""X11 key codes of the right Alt key and of 한/영, whatever the layout makes of them."""

_NO_INPUT_METHOD = ("", "none", "compose", "simple", "xim", "local")
_DESKTOPS = ("gnome", "kde")
"""Wayland desktops that bring input methods to programs without a variable saying so."""

_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)


class RealKeyboard(QObject):
    """Composes Hangul from the keys of a real keyboard, two-set (두벌식), in line edits.

    한/영 and the right Alt key change between Hangul and Latin letters. An input method of the
    system keeps these keys to itself, so that nothing here gets in its way; with one, typing begins
    in Latin letters here.
    """

    changed = Signal()
    """The script changed."""

    def __init__(self, input_method: bool = False) -> None:
        """``input_method``: whether the system has one."""
        super().__init__()
        self._writer = HangulWriter()
        self._input_method = input_method
        self._chosen: bool | None = None
        self.hangul = False
        """Whether letters become Hangul now."""

    def attach(self, edit: QLineEdit | None) -> None:
        """Begin to type into ``edit``, in the script chosen last or that of the line."""
        self._writer.finish()
        chosen = self._chosen
        self.hangul = (
            edit is not None
            and takes_hangul(edit)
            and (chosen if chosen is not None else self._begins_in_hangul(edit))
        )
        self.changed.emit()

    def composes(self, edit: QLineEdit) -> bool:
        """Return whether keys for ``edit`` may become Hangul, or do already."""
        return takes_hangul(edit) and (self.hangul or not self._input_method)

    def forget(self) -> None:
        """Forget the script that was chosen: somebody else types now."""
        self._chosen = None

    def toggle(self) -> None:
        """Change between Hangul and Latin letters."""
        self._writer.finish()
        self.hangul = not self.hangul
        self._chosen = self.hangul
        self.changed.emit()

    def key(self, edit: QLineEdit, event: QKeyEvent) -> bool:
        """Take a key press for ``edit``; return whether it is dealt with."""
        if edit.isReadOnly() or not takes_hangul(edit):
            return False
        if _is_toggle(event):
            if not event.isAutoRepeat():
                self.toggle()
            return True
        if not self.hangul or event.key() in _SHIFTS:
            return False
        if event.key() == Qt.Key.Key_Backspace and not event.modifiers() & _MODIFIERS:
            return self._writer.backspace(edit)
        jamo = _jamo(event)
        if not jamo:
            self._writer.finish()
            return False
        self._writer.write(edit, jamo)
        return True

    def composed_elsewhere(self, event: QInputMethodEvent) -> None:
        """Leave Hangul to the system's input method from the first syllable on that it sends."""
        if any("ㄱ" <= one <= "힣" for one in event.preeditString() + event.commitString()):
            self._input_method = True
            if self.hangul:
                self.toggle()
            self._chosen = None

    def _begins_in_hangul(self, edit: QLineEdit) -> bool:
        return not self._input_method and starts_in_hangul(edit)


_SHIFTS = (Qt.Key.Key_Shift, Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock)


def _is_toggle(event: QKeyEvent) -> bool:
    return (
        event.key() in (Qt.Key.Key_Hangul, Qt.Key.Key_AltGr)
        or event.nativeScanCode() in (_ALT_R_CODE, _HANGUL_CODE)
        or event.nativeVirtualKey() == _ALT_R_SYMBOL
    )


def _jamo(event: QKeyEvent) -> str:
    """Return the jamo of a letter key, which Caps Lock does not change; empty for other keys."""
    if event.modifiers() & _MODIFIERS or not Qt.Key.Key_A <= event.key() <= Qt.Key.Key_Z:
        return ""
    letter = chr(event.key()).lower()
    shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
    return (SHIFTED if shifted else KEYS)[letter]


def input_method_of(environment: Mapping[str, str] = os.environ) -> str:
    """Return the name of the system's input method; empty if there seems to be none."""
    names = [
        *environment.get("QT_IM_MODULES", environment.get("QT_IM_MODULE", "")).split(";"),
        environment.get("XMODIFIERS", "").rpartition("@im=")[2],
    ]
    for name in names:
        if name.strip().lower() not in _NO_INPUT_METHOD:
            return name.strip()
    desktop = environment.get("XDG_CURRENT_DESKTOP", "")
    if environment.get("WAYLAND_DISPLAY") and any(one in desktop.lower() for one in _DESKTOPS):
        return desktop
    return ""
