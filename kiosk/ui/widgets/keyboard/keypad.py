"""An on-screen keypad for digits, and for letters where a number may contain them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QStackedLayout, QWidget

from kiosk.core.hangul import latin_keys
from kiosk.ui.fitting import fit
from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES, px, touch
from kiosk.ui.typed_text import typed_character
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.style_property import set_property

KEY_WIDTH = 112
KEY_HEIGHT = 72
KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "clear", "0", "backspace")
LETTER_WIDTH = 72
LETTER_HEIGHT = 64
LETTER_KEYS = (*"ABCDEFGHIJKLMNOPQRSTUVWXYZ-", "digits", "clear", "backspace")
KEY_HEIGHT_WITH_LETTERS = 79
"""Height of the digit keys of a keypad with letters: both pages have the same height."""


class _Key(Button):
    """A key with the same text in every language; ``spoken`` is the message key of its name."""

    def __init__(self, word: str, name: str, *, size: int = SIZES[3], spoken: str = "") -> None:
        self._word = word
        self._spoken = spoken
        super().__init__(name=name)
        fit(self, font=size)

    def _retranslate(self) -> None:
        self.setText(self._word)
        self.setAccessibleName(tr(self._spoken) if self._spoken else self._word)


class Keypad(QWidget):
    """Keys named ``<name>.<digit>``, ``<name>.clear`` and ``<name>.backspace``.

    With ``letters`` the key ``<name>.letters`` shows letters (``<name>.A``, ``<name>.-``), and
    ``<name>.digits`` goes back.
    """

    pressed = Signal(str)

    def __init__(self, name: str = "keypad", *, letters: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self._sizes = dict[Button, tuple[int, int]]()
        self._pages = QStackedLayout(self)
        fit(self._pages, margin=0)
        digits = tuple("letters" if key == "clear" and letters else key for key in KEYS)
        self._pages.addWidget(
            self._page(
                digits, 3, 1.5, (KEY_WIDTH, KEY_HEIGHT_WITH_LETTERS if letters else KEY_HEIGHT)
            )
        )
        if letters:
            self._pages.addWidget(self._page(LETTER_KEYS, 6, 1, (LETTER_WIDTH, LETTER_HEIGHT)))
        language().changed.connect(self._words_changed)
        self.rescale()

    def _words_changed(self, _code: str) -> None:
        self.rescale()

    def rescale(self) -> None:
        """Give the keys their size; a digit has room in it with the largest text too."""
        for key, (width, height) in self._sizes.items():
            key.setMinimumSize(px(width), max(px(height), touch(height)))
            _fit_word(key, px(width))

    def show_letters(self, letters: bool) -> None:
        """Show letters, or digits."""
        self._pages.setCurrentIndex(int(letters))

    def _page(
        self, keys: tuple[str, ...], columns: int, gap: float, size: tuple[int, int]
    ) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        fit(grid, gap=gap, margin=0)
        for index, key in enumerate(keys):
            button = self._key(key)
            self._sizes[button] = size
            grid.addWidget(button, index // columns, index % columns)
        return page

    def _key(self, key: str) -> Button:
        name = f"{self.objectName()}.{key}"
        match key:
            case "clear":
                button = Button("common.clear", "ghost", name=name)
            case "backspace":
                button = Button("", "ghost", "backspace", name=name, hint="common.backspace")
                button.setAutoRepeat(True)
            case "letters" | "digits":
                button = _Key(
                    "ABC" if key == "letters" else "123",
                    name,
                    size=SIZES[1],
                    spoken=f"common.{key}",
                )
                button.set_kind("ghost")
            case _:
                button = _Key(key, name)
        button.setProperty("bare", True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: self._press(key))
        return button

    def _press(self, key: str) -> None:
        if key in ("letters", "digits"):
            self.show_letters(key == "letters")
        else:
            self.pressed.emit(key)


def _fit_word(key: Button, width: int) -> None:
    """Make the text of ``key`` small enough for ``width`` pixels."""
    if not key.text():
        return
    fit(key, font=SIZES[3] if len(key.text()) == 1 else SIZES[1])
    wide = key.fontMetrics().horizontalAdvance(key.text())
    if wide > width - px(8):
        smaller = key.font()
        smaller.setPixelSize(max(1, smaller.pixelSize() * (width - px(8)) // wide))
        key.setFont(smaller)


class KeypadEntry(QWidget):
    """A display over a keypad. Enter submits, Escape cancels; a ``secret`` is shown as dots.

    The display is named ``<name>.display``, the error below it ``<name>.error``.
    """

    changed = Signal(str)
    submitted = Signal(str)
    cancelled = Signal()

    def __init__(
        self,
        name: str,
        *,
        secret: bool = False,
        max_length: int = 20,
        hint: str = "",
        letters: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.secret = secret
        self._max_length = max_length
        self._hint = hint
        self._letters = letters
        self._text = ""
        self.display = Label("", size=SIZES[4], bold=True, name=f"{name}.display")
        self.display.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.display.setProperty("entry", True)
        fit(self.display, min_height=80)
        self.error = Label("", size=SIZES[1], wrap=True, lines=2, name=f"{name}.error")
        self.error.set_tone("reject")
        self.error.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.keypad = Keypad(f"{name}.keypad", letters=letters)
        self.keypad.pressed.connect(self._key)
        self.setLayout(column(self.display, self.error, row(None, self.keypad, None), gap=1))
        language().changed.connect(self._retranslate)
        self._refresh()

    def text(self) -> str:
        """The text typed so far."""
        return self._text

    def clear(self) -> None:
        """Clear the text and show the digits."""
        self.keypad.show_letters(False)
        self._set("")

    def set_hint(self, key: str) -> None:
        """Set the message key shown while the display is empty."""
        self._hint = key
        self._refresh()

    def set_error(self, key: str, **values: object) -> None:
        """Show the error ``key`` and clear the text."""
        self.clear()
        self.correct(key, **values)

    def correct(self, key: str, **values: object) -> None:
        """Show the error ``key`` and leave the text to be corrected."""
        self.error.set_key(key, **values)

    def submit(self) -> None:
        """Emit ``submitted`` unless the text is empty."""
        if self._text:
            self.submitted.emit(self._text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = latin_keys(typed_character(event)).upper()
        if (
            len(text) == 1
            and text.isascii()
            and (text.isdigit() or (self._letters and (text.isalpha() or text == "-")))
        ):
            self._key(text)
        elif event.key() == Qt.Key.Key_Backspace:
            self._key("backspace")
        elif event.key() == Qt.Key.Key_Delete:
            self._key("clear")
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)

    def _key(self, key: str) -> None:
        self.error.set_key("")
        if key == "clear":
            self._set("")
        elif key == "backspace":
            self._set(self._text[:-1])
        elif len(self._text) < self._max_length:
            self._set(self._text + key)

    def _set(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.changed.emit(text)
        self._refresh()

    def _retranslate(self, _code: str) -> None:
        self._refresh()

    def _refresh(self) -> None:
        shown = "•" * len(self._text) if self.secret else self._text
        show_hint = not shown and bool(self._hint)
        fit(
            self.display,
            font=SIZES[2] if show_hint else SIZES[4] if len(shown) <= 12 else SIZES[3],
            bold=not show_hint,
        )
        self.display.set_tone("quiet" if show_hint else "text")
        self.display.set_text(tr(self._hint) if show_hint else shown)
        set_property(self.display, "filled", bool(shown))
        count = str(len(self._text)) if self.secret else self._text
        self.display.setAccessibleName(count or tr("common.empty"))
