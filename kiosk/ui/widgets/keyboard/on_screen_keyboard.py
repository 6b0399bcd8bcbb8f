"""An on-screen keyboard: Hangul on a two-set layout, Latin letters and digits."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from kiosk.core.hangul import KEYS, SHIFTED
from kiosk.ui.fitting import fit
from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.keyboard.hangul_writer import HangulWriter, accepts, starts_in_hangul
from kiosk.ui.widgets.layouts import row

KEY_HEIGHT = 52
MAX_WIDTH = 1120
LETTER_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
DIGITS = "1234567890"


class Letters(Enum):
    """The script of the letter keys."""

    HANGUL = "hangul"
    LATIN = "latin"


class _Key(Button):
    """A key with a fixed text, an icon, or the message ``key``; it does not take the focus."""

    def __init__(
        self, name: str, word: str, icon: str | None, key: str, hint: str, kind: str
    ) -> None:
        self._word = word
        super().__init__(key, kind, icon, name=name, hint=hint)
        self.set_target(0)
        fit(self, font=SIZES[1] if key else SIZES[2], min_height=KEY_HEIGHT)
        self.setProperty("keycap", True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_word(self, word: str) -> None:
        self._word = word
        self._retranslate()

    def _retranslate(self) -> None:
        super()._retranslate()
        if self._word:
            self.setText(self._word)
            self.setAccessibleName(tr(self._hint) if self._hint else self._word)


class _Page(QWidget):
    """Keys on a grid of 23 half keys; ``pressed`` carries the key's name."""

    pressed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, _Key] = {}
        fit(self, max_width=MAX_WIDTH)
        self._grid = QGridLayout(self)
        fit(self._grid, gap=0.75, margin=0)
        for half in range(23):
            self._grid.setColumnStretch(half, 1)
        for number, digit in enumerate(DIGITS):
            self.add(digit, 0, 2 * number, 2, word=digit)
        self.add("backspace", 0, 20, 3, icon="backspace", hint="keyboard.backspace")
        self.keys["backspace"].setAutoRepeat(True)

    def add(
        self,
        name: str,
        line: int,
        at: int,
        halves: int,
        *,
        word: str = "",
        icon: str | None = None,
        key: str = "",
        hint: str = "",
        kind: str = "secondary",
    ) -> None:
        """Add a key, ``halves`` half keys wide, to row ``line``; row 0 holds the digits."""
        key_button = _Key(f"keyboard.{name}", word, icon, key, hint, kind)
        key_button.clicked.connect(lambda: self.pressed.emit(name))
        self.keys[name] = key_button
        self._grid.addWidget(key_button, line, at, 1, halves)


def _letter_page() -> _Page:
    page = _Page()
    for line, letters in enumerate(LETTER_ROWS, start=1):
        for number, letter in enumerate(letters):
            page.add(letter, line, (0, 1, 3)[line - 1] + 2 * number, 2)
    page.add("-", 1, 20, 3, word="-")
    page.add("enter", 2, 19, 4, icon="check", key="keyboard.enter", kind="primary")
    page.add("shift", 3, 0, 3, icon="shift", hint="keyboard.shift")
    page.keys["shift"].setCheckable(True)
    page.add(".", 3, 17, 3, word=".")
    page.add("'", 3, 20, 3, word="'")
    page.add("letters", 4, 0, 3, hint="keyboard.letters")
    page.add("space", 4, 3, 13, hint="keyboard.space")
    page.add("next", 4, 16, 4, key="keyboard.next")
    page.add("hide", 4, 20, 3, icon="down", hint="keyboard.hide")
    return page


def _digit_page() -> _Page:
    page = _Page()
    page.add("-", 1, 0, 6, word="-")
    page.add("next", 1, 6, 6, key="keyboard.next")
    page.add("enter", 1, 12, 8, icon="check", key="keyboard.enter", kind="primary")
    page.add("hide", 1, 20, 3, icon="down", hint="keyboard.hide")
    return page


class OnScreenKeyboard(Card):
    """Writes into the line edit given to ``attach``.

    Each key is named ``keyboard.<key>``, letters by their Latin key. ``done`` follows Enter;
    ``hideRequested`` and ``nextRequested`` follow their keys.
    """

    done = Signal()
    hideRequested = Signal()
    nextRequested = Signal()

    def __init__(self) -> None:
        super().__init__(margin=1.5, name="keyboard")
        self._edit: QLineEdit | None = None
        self._writer = HangulWriter()
        self._letters = Letters.LATIN
        self._letter_page = _letter_page()
        self._digit_page = _digit_page()
        for page in (self._letter_page, self._digit_page):
            page.pressed.connect(self._press)
        self._letter_page.keys["shift"].toggled.connect(self._show_letters)
        pages = row(None, self._letter_page, self._digit_page, None, gap=0)
        pages.setStretch(1, 100)
        pages.setStretch(2, 100)
        self.body.addLayout(pages)
        self._digit_page.hide()
        self._show_letters()

    @property
    def edit(self) -> QLineEdit | None:
        """The line edit that is written into."""
        return self._edit

    @property
    def letters(self) -> Letters:
        """The script of the letter keys now."""
        return self._letters

    def required_height(self) -> int:
        """The height needed by the visible keys, in logical pixels.

        The size hint of the layout follows a page change only later.
        """
        page = self._letter_page if self._digit_page.isHidden() else self._digit_page
        margins = self.body.contentsMargins()
        return page.sizeHint().height() + margins.top() + margins.bottom()

    def attach(self, edit: QLineEdit | None) -> None:
        """Write into ``edit``.

        Digits only if its hints or its validator require them; otherwise Latin letters if its hints
        say so; otherwise the script of its text or of the language in use.
        """
        self._writer.finish()
        self._edit = edit
        if edit is None:
            return
        hints = edit.inputMethodHints()
        digits = bool(hints & Qt.InputMethodHint.ImhDate) or not accepts(edit, "a")
        self._digit_page.setVisible(digits)
        self._letter_page.setVisible(not digits)
        self._digit_page.keys["-"].setEnabled(accepts(edit, "-"))
        self._set_script(Letters.HANGUL if starts_in_hangul(edit) else Letters.LATIN)

    def show_script(self, letters: Letters) -> None:
        """Change the script of the letter keys, unless they have it."""
        if letters is not self._letters:
            self._set_script(letters)

    def _set_script(self, letters: Letters) -> None:
        self._writer.finish()
        self._letters = letters
        self._letter_page.keys["shift"].setChecked(False)
        self._letter_page.keys["letters"].show_word("한" if letters is Letters.LATIN else "ABC")
        self._show_letters()

    def _show_letters(self, *_: object) -> None:
        for letter in "".join(LETTER_ROWS):
            self._letter_page.keys[letter].show_word(self._key_text(letter))

    def _key_text(self, letter: str) -> str:
        shifted = self._letter_page.keys["shift"].isChecked()
        if self._letters is Letters.HANGUL:
            return (SHIFTED if shifted else KEYS)[letter]
        return letter.upper() if shifted else letter

    def _press(self, key: str) -> None:
        edit = self._edit
        if edit is None:
            return
        if key in KEYS:
            self._write_letter(edit, self._key_text(key))
        elif key == "backspace":
            self._backspace(edit)
        elif key == "letters":
            self._set_script(Letters.LATIN if self._letters is Letters.HANGUL else Letters.HANGUL)
        elif key in ("enter", "next", "hide"):
            self._finish_with(edit, key)
        elif key != "shift":
            self._writer.finish()
            edit.insert(" " if key == "space" else key)

    def _write_letter(self, edit: QLineEdit, word: str) -> None:
        if self._letters is Letters.HANGUL:
            self._writer.write(edit, word)
        else:
            self._writer.finish()
            edit.insert(word)
        self._letter_page.keys["shift"].setChecked(False)

    def _backspace(self, edit: QLineEdit) -> None:
        if not self._writer.backspace(edit):
            edit.backspace()

    def _finish_with(self, edit: QLineEdit, key: str) -> None:
        self._writer.finish()
        if key == "hide":
            self.hideRequested.emit()
        elif key == "next":
            self.nextRequested.emit()
        else:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                QCoreApplication.sendEvent(
                    edit, QKeyEvent(kind, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r")
                )
            self.done.emit()
