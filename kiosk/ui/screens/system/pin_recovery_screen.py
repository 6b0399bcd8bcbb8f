"""The page of an administrator who forgot the PIN."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.forms.pin_fields import PinFields
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area

CODE = "code"
ADMIN = "admin"


class PinRecoveryScreen(Screen):
    """The name, the recovery code or another administrator, and another PIN.

    ``codeGiven(name, code, pin)`` and ``adminGiven(name, other, other's PIN, pin)`` are answered by
    ``show_done`` or ``show_error``. What was typed is cleared when the page is left.
    """

    codeGiven = Signal(str, str, str)
    adminGiven = Signal(str, str, str, str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__("pinRecovery")
        hidden = Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhSensitiveData
        self.back = Button("common.back", "ghost", "back", name="pinRecoveryBack", large=True)
        self.name = Field("pin_recovery.name", "pinRecoveryName", max_length=60, hints=hidden)
        self.way = ChipRow(
            "pinRecoveryWay",
            [(CODE, "pin_recovery.by_code"), (ADMIN, "pin_recovery.by_admin")],
            value=CODE,
        )
        self.code = Field(
            "pin_recovery.code",
            "pinRecoveryCode",
            max_length=60,
            hints=hidden | Qt.InputMethodHint.ImhLatinOnly,
        )
        self.other = SecondAdmin("pinRecoveryOther")
        self.pins = PinFields("pinRecoveryPin")
        self.submit = Button("pin_recovery.submit", "primary", "check", name="pinRecoverySubmit")
        self.note = Label("", wrap=True, name="pinRecoveryNote")
        inner = QWidget()
        inner.setLayout(
            column(
                Label("pin_recovery.text", size=SIZES[1], quiet=True, wrap=True),
                Card(self.name, self.way, self.code, self.other, self.pins, gap=1),
                self.note,
                row(None, self.submit),
                None,
                gap=2,
            )
        )
        title = Label("pin_recovery.title", size=SIZES[3], bold=True)
        layout = column(row(self.back, title, None, gap=2), scroll_area(inner), gap=2, margin=3)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.back.clicked.connect(self.left)
        self.way.chosen.connect(self._show_way)
        self.submit.clicked.connect(self._submit)
        self.pins.submitted.connect(self._submit)
        self.reset()

    def focus_first(self) -> None:
        self.name.edit.setFocus()

    def reset(self) -> None:
        """Clear everything that was typed."""
        for field in (self.name, self.code):
            field.set_text("")
            field.clear_error()
        self.other.clear()
        self.pins.clear()
        self.note.set_key("")
        self.submit.setEnabled(True)
        self.way.set_value(CODE)
        self._show_way(CODE)

    def show_done(self) -> None:
        """Show that the PIN was changed."""
        self.reset()
        self.note.set_tone("accept")
        self.note.set_key("pin_recovery.done")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the PIN was not changed."""
        self.submit.setEnabled(True)
        self.note.set_tone("reject")
        self.note.set_key(key, **values)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.reset()

    def _show_way(self, way: str) -> None:
        self.code.setVisible(way == CODE)
        self.other.setVisible(way == ADMIN)

    def _submit(self) -> None:
        if not self.submit.isEnabled():
            return
        if not self.name.text():
            self.name.set_error("accounts.error.name_missing")
            return
        if not self.pins.check():
            return
        self.submit.setEnabled(False)
        self.note.set_tone("quiet")
        self.note.set_key("admin.waiting")
        if self.way.value() == CODE:
            self.codeGiven.emit(self.name.text(), self.code.text(), self.pins.pin())
        else:
            self.adminGiven.emit(self.name.text(), *self.other.take(), self.pins.pin())
