"""Digits to touch; a keyboard does the same."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES, font
from kiosk.ui.widgets.basics import Button, Label, column, row, set_property, spacing

KEY_WIDTH, KEY_HEIGHT = 112, 72
KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "clear", "0", "backspace")


class _Digit(Button):
    """A key whose word is the same in every language."""

    def __init__(self, digit: str, name: str) -> None:
        self._digit = digit
        super().__init__(name=name)
        self.setFont(font(SIZES[3]))

    def _retranslate(self) -> None:
        self.setText(self._digit)
        self.setAccessibleName(self._digit)


class Keypad(QWidget):
    """Twelve keys; each is named ``<name>.<digit>``, ``<name>.clear`` or ``<name>.backspace``."""

    pressed = Signal(str)

    def __init__(self, name: str = "keypad") -> None:
        super().__init__()
        self.setObjectName(name)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(spacing(1.5))
        for index, key in enumerate(KEYS):
            grid.addWidget(self._key(name, key), index // 3, index % 3)

    def _key(self, name: str, key: str) -> Button:
        if key == "clear":
            button = Button("common.clear", "ghost", name=f"{name}.clear")
        elif key == "backspace":
            button = Button("", "ghost", "backspace", name=f"{name}.backspace", hint="common.backspace")
        else:
            button = _Digit(key, f"{name}.{key}")
        button.setMinimumSize(KEY_WIDTH, KEY_HEIGHT)
        button.setProperty("bare", True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda _checked=False, k=key: self.pressed.emit(k))
        return button


class KeypadEntry(QWidget):
    """A line of digits over a keypad. Enter submits, Escape cancels; secrets show as dots.

    The line is named ``<name>.display``, the error beneath it ``<name>.error``.
    """

    changed = Signal(str)
    submitted = Signal(str)
    cancelled = Signal()

    def __init__(self, name: str, *, secret: bool = False, max_length: int = 20, hint: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._secret, self._max_length, self._hint = secret, max_length, hint
        self._text = ""
        self.display = Label("", size=SIZES[4], bold=True, name=f"{name}.display")
        self.display.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.display.setProperty("entry", True)
        self.display.setMinimumHeight(80)
        self.error = Label("", size=SIZES[1], wrap=True, lines=2, name=f"{name}.error")
        self.error.set_tone("reject")
        self.error.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.keypad = Keypad(f"{name}.keypad")
        self.keypad.pressed.connect(self._key)
        self.setLayout(column(self.display, self.error, row(None, self.keypad, None), gap=1))
        language().changed.connect(self._retranslate)
        self._show()

    def text(self) -> str:
        """The digits so far."""
        return self._text

    def clear(self) -> None:
        """No digits."""
        self._set("")

    def set_hint(self, key: str) -> None:
        """What stands in the empty line."""
        self._hint = key
        self._show()

    def set_error(self, key: str, **values: object) -> None:
        """Say what is wrong and take the digits away."""
        self.clear()
        self.error.set_key(key, **values)

    def submit(self) -> None:
        """Hand the digits over, if there are any."""
        if self._text:
            self.submitted.emit(self._text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if text.isascii() and text.isdigit():
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
        self._show()

    def _retranslate(self, _code: str) -> None:
        self._show()

    def _show(self) -> None:
        shown = "•" * len(self._text) if self._secret else self._text
        hinting = not shown and bool(self._hint)
        self.display.setFont(font(SIZES[2] if hinting else SIZES[4] if len(shown) <= 12 else SIZES[3], bold=not hinting))
        self.display.set_tone("quiet" if hinting else "text")
        self.display.set_text(tr(self._hint) if hinting else shown)
        set_property(self.display, "filled", bool(shown))
        count = str(len(self._text)) if self._secret else self._text
        self.display.setAccessibleName(count or tr("common.empty"))
