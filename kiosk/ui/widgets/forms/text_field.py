"""A line edit with its label and its error."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QLineEdit,
    QWidget,
)

from kiosk.ui.fitting import fit
from kiosk.ui.i18n import language
from kiosk.ui.theme import SIZES, TOUCH
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.style_property import set_property


class Field(QWidget):
    """A line edit with its label above and its error below.

    ``name`` is the object name of the line edit ``edit``; ``hints`` tell the on-screen keyboard
    which keys to offer.
    """

    changed = Signal(str)
    submitted = Signal()

    def __init__(
        self,
        key: str,
        name: str,
        *,
        secret: bool = False,
        text: str = "",
        max_length: int = 200,
        hints: Qt.InputMethodHint = Qt.InputMethodHint.ImhNone,
    ) -> None:
        super().__init__()
        self.label = Label(key, size=SIZES[0], quiet=True)
        self.edit = QLineEdit(text)
        self.edit.setObjectName(name)
        fit(self.edit, font=SIZES[1], min_height=TOUCH)
        self.edit.setMaxLength(max_length)
        self.edit.setInputMethodHints(hints)
        if secret:
            self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.error = Label("", size=SIZES[0], wrap=True, name=f"{name}.error")
        self.error.set_tone("reject")
        self.label.setBuddy(self.edit)
        self.setLayout(column(self.label, self.edit, self.error, gap=0.5))
        self.edit.textChanged.connect(self._edited)
        self.edit.returnPressed.connect(self.submitted)
        language().changed.connect(self._retranslate)
        self._retranslate()

    def text(self) -> str:
        """The text without surrounding blanks."""
        return self.edit.text().strip()

    def set_text(self, text: str) -> None:
        """Replace the text."""
        self.edit.setText(text)

    def set_label(self, key: str, **values: object) -> None:
        """Show the message ``key`` above the field; screen readers say it too."""
        self.label.set_key(key, **values)
        self._retranslate()

    def set_error(self, key: str, **values: object) -> None:
        """Show the message ``key`` below the field."""
        self.error.set_key(key, **values)
        set_property(self.edit, "invalid", True)

    def clear_error(self) -> None:
        """Remove the error."""
        self.error.set_key("")
        set_property(self.edit, "invalid", False)

    def _edited(self, text: str) -> None:
        self.clear_error()
        self.changed.emit(text)

    def _retranslate(self) -> None:
        self.edit.setAccessibleName(self.label.text())
