"""Buttons inside the line edit that is typed into with a real keyboard."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget
from shiboken6 import isValid

from kiosk.ui.fitting import fit
from kiosk.ui.theme import SIZES, px, touch
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.layouts import row

BUTTON = 40
"""Width and height of a button in pixels at scale 1: a line edit is 48 high."""


class _ScriptButton(Button):
    """Says which script the keys type, and changes it."""

    def __init__(self) -> None:
        self._hangul = False
        super().__init__("", "ghost", name="inputScript", hint="keyboard.letters")
        fit(self, font=SIZES[1], bold=True)

    def show_script(self, hangul: bool) -> None:
        self._hangul = hangul
        self._retranslate()

    def _retranslate(self) -> None:
        super()._retranslate()
        self.setText("한" if self._hangul else "A")


class InputTools(QWidget):
    """Lies at the right end of one line edit at a time, whose text makes room for it."""

    scriptRequested = Signal()
    keyboardRequested = Signal()

    def __init__(self, edit: QLineEdit) -> None:
        super().__init__(edit)
        self._edit = edit
        self._margins = edit.textMargins()
        self._count = 0
        edit.installEventFilter(self)
        self.script = _ScriptButton()
        self.keyboard = Button("", "ghost", "keyboard", name="inputKeyboard", hint="keyboard.show")
        for button in (self.script, self.keyboard):
            button.set_target(0)
            button.setProperty("bare", True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setLayout(row(self.script, self.keyboard, gap=0))
        self.script.clicked.connect(self.scriptRequested)
        self.keyboard.clicked.connect(self.keyboardRequested)

    def lies_in(self, edit: QLineEdit | None) -> bool:
        """Return whether this still lies in ``edit``."""
        return isValid(self) and edit is self._edit

    def show_state(self, *, script: bool, hangul: bool, keyboard: bool) -> None:
        """Show the buttons that are of use: ``script`` with its state, and ``keyboard``."""
        self.script.setVisible(script)
        self.script.show_script(hangul)
        self.keyboard.setVisible(keyboard)
        self._count = script + keyboard
        self.setVisible(bool(self._count))
        self.raise_()
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._edit and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        side = touch(BUTTON)
        for button in (self.script, self.keyboard):
            button.setFixedSize(side, side)
        width = side * self._count
        edit = self._edit
        self.setGeometry(edit.width() - width - px(4), (edit.height() - side) // 2, width, side)
        margins = self._margins
        edit.setTextMargins(
            margins.left(), margins.top(), margins.right() + width, margins.bottom()
        )

    def remove(self) -> None:
        """Give the line edit its room back."""
        if isValid(self._edit):
            self._edit.setTextMargins(self._margins)
        if isValid(self):
            self.hide()
            self.deleteLater()
