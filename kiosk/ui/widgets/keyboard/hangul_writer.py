"""Composing Hangul in a line edit, for the on-screen keyboard and for real ones."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QLineEdit

from kiosk.core.hangul import Composer
from kiosk.core.languages import language_info
from kiosk.ui.i18n import language


class HangulWriter:
    """Composes the syllable in front of the cursor of a line edit."""

    def __init__(self) -> None:
        self._composer = Composer()
        self._cursor = -1

    def write(self, edit: QLineEdit, jamo: str) -> None:
        """Add the ``jamo`` of a key."""
        self.check(edit)
        composed = self._composer.composing
        done = self._composer.press(jamo)
        self._replace(edit, composed, done + self._composer.composing)

    def backspace(self, edit: QLineEdit) -> bool:
        """Take back the last jamo; return ``False`` if nothing is being composed in ``edit``."""
        self.check(edit)
        composed = self._composer.composing
        if not self._composer.backspace():
            return False
        self._replace(edit, composed, self._composer.composing)
        return True

    def finish(self) -> None:
        """Keep the syllable as it is."""
        self._composer.finish()

    def check(self, edit: QLineEdit) -> None:
        """Finish unless the syllable is still in front of the cursor of ``edit``, unchanged."""
        at = edit.cursorPosition()
        if (
            at != self._cursor
            or edit.hasSelectedText()
            or not edit.text()[:at].endswith(self._composer.composing)
        ):
            self.finish()

    def _replace(self, edit: QLineEdit, composed: str, after: str) -> None:
        """Replace the text being composed by ``after``."""
        if composed:
            edit.setSelection(edit.cursorPosition() - len(composed), len(composed))
        if after:
            edit.insert(after)
        elif composed:
            edit.del_()
        self._cursor = edit.cursorPosition()


def takes_hangul(edit: QLineEdit) -> bool:
    """Return whether Hangul may be typed into ``edit``: it is no PIN, number or date."""
    latin = Qt.InputMethodHint.ImhLatinOnly | Qt.InputMethodHint.ImhFormattedNumbersOnly
    return (
        not edit.inputMethodHints() & (latin | Qt.InputMethodHint.ImhDate)
        and edit.echoMode() is not QLineEdit.EchoMode.Password
        and accepts(edit, "a")
    )


def starts_in_hangul(edit: QLineEdit) -> bool:
    """Return whether typing into ``edit`` begins in Hangul: as its text, or the language in use."""
    if not takes_hangul(edit):
        return False
    text = edit.text()
    if any("가" <= character <= "힣" for character in text):
        return True
    latin = any(character.isascii() and character.isalpha() for character in text)
    return not latin and language_info(language().code).keyboard == "hangul"


def accepts(edit: QLineEdit, text: str) -> bool:
    """Return whether the line edit's validator accepts ``text``."""
    validator = cast(QValidator | None, edit.validator())
    if validator is None:
        return True
    # PySide's stubs declare the state only
    state, *_ = cast(tuple[QValidator.State, str, int], validator.validate(text, 0))
    return state is not QValidator.State.Invalid
