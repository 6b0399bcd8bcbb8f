"""Signing in: a name, then its PIN."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES, spacing, text_px
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.keyboard.keypad_grid import KeypadGrid
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

MAX_NAME = 60
MAX_PIN = 12
WIDTH = 480
"""Width of each half in pixels at scale 1."""
MARGIN = 2
WAIT = "error.sign_in_wait"


class SignInScreen(Screen):
    """The name at the left, the keypad at the right.

    Names are typed: a list would tell everybody who passes whom to pretend to be.
    """

    submitted = Signal(str, str)
    cancelled = Signal()
    forgotten = Signal()

    def __init__(self) -> None:
        super().__init__("sign_in")
        self.name = Field(
            "sign_in.name",
            "sign_in.name",
            max_length=MAX_NAME,
            hints=Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhSensitiveData,
        )
        self.entry = KeypadEntry(
            "sign_in.pin", secret=True, max_length=MAX_PIN, hint="sign_in.placeholder"
        )
        self.submit = Button(
            "sign_in.submit", "primary", "check", name="sign_in.submit", large=True
        )
        self.cancel = Button("common.back", "ghost", "back", name="sign_in.cancel", large=True)
        self.forgot = Button("sign_in.forgot", "ghost", "key", name="sign_in.forgot")
        self.forgot.hide()  # shown where somebody answers it
        title = Label("sign_in.title", size=SIZES[3], bold=True)
        self.setLayout(
            column(
                row(self.cancel, title, None, gap=2),
                None,
                self._middle(),
                None,
                gap=1,
                margin=MARGIN,
            )
        )
        self.submit.clicked.connect(self.entry.submit)
        self.cancel.clicked.connect(self.cancelled)
        self.forgot.clicked.connect(self.forgotten)
        self.name.submitted.connect(self.entry.setFocus)
        self.name.changed.connect(self._refresh)
        self.entry.submitted.connect(self._submit)
        self.entry.cancelled.connect(self.cancelled)
        self.entry.changed.connect(self._refresh)
        self._left = 0
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._count_down)
        self._refresh()

    def focus_first(self) -> None:
        self.name.edit.setFocus()

    def _middle(self) -> QWidget:
        self._who = Card(
            Label("sign_in.who", size=SIZES[2], bold=True, wrap=True),
            self.name,
            Label("sign_in.who_text", size=SIZES[0], quiet=True, wrap=True),
            self.forgot,
            None,
            gap=1,
            margin=2,
            name="sign_in.who",
        )
        self._pin = Card(
            Label("sign_in.pin", size=SIZES[2], bold=True, wrap=True),
            self.entry,
            None,
            gap=1,
            margin=2,
        )
        self._grid = fit(KeypadGrid(self._who, self._pin, self.submit), across=2, down=2, margin=0)
        holder = QWidget()
        holder.setLayout(row(None, self._grid, None))
        self._arrange()
        return holder

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def rescale(self) -> None:
        """Take the widths of the present scale."""
        room = self.seen_width() - 2 * spacing(MARGIN)
        if self._grid.side_by_side:
            room = (room - self._grid.horizontalSpacing()) // 2
        width = max(self._pin.minimumSizeHint().width(), min(text_px(WIDTH), room))
        for part in (self._who, self._pin):
            part.setFixedWidth(width)

    def _arrange(self) -> None:
        """Place the keypad beside the name where the screen is wide, below it where it is high."""
        self._grid.arrange(self.width() > self.height())
        self.rescale()

    def show_error(self, key: str, **values: object) -> None:
        """Show why signing in failed and clear the PIN; the name stays.

        Seconds to wait are counted down.
        """
        self.entry.set_error(key, **values)
        self._tick.stop()
        seconds = values.get("seconds")
        if key == WAIT and isinstance(seconds, int):
            self._left = seconds
            self._tick.start()
        if self.name.text():
            self.entry.setFocus()

    def reset(self) -> None:
        """Clear name and PIN."""
        self.name.set_text("")
        self.entry.clear()
        self._tick.stop()
        self.entry.error.set_key("")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reset()
        self.name.edit.setFocus()

    def _count_down(self) -> None:
        self._left -= 1
        if self._left > 0:
            self.entry.error.set_key(WAIT, seconds=self._left)
        else:
            self._tick.stop()
            self.entry.error.set_key("")

    def _refresh(self) -> None:
        self.submit.setEnabled(bool(self.name.text() and self.entry.text()))

    def _submit(self, pin: str) -> None:
        if self.name.text():
            self.submitted.emit(self.name.text(), pin)
        else:
            self.name.edit.setFocus()
