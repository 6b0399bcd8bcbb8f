"""The keypads for the student number (1:1 verification) and for a PIN."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES, px, spacing, text_px, theme
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.keyboard.keypad_grid import KeypadGrid
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

MAX_LENGTH = 20
MAX_PIN = 12
WIDTH = 480
"""Width of the words and of the buttons in pixels at scale 1."""
LEAST_WIDTH = 320
MARGIN = 2.5


class KeypadScreen(Screen):
    """A keypad for one entry; its message keys begin with ``name``.

    The digits, Enter and Escape of a keyboard work as well.
    """

    submitted = Signal(str)
    cancelled = Signal()

    def __init__(self, name: str, *, secret: bool, max_length: int, letters: bool = False) -> None:
        super().__init__(name)
        self.entry = KeypadEntry(
            f"{name}.entry",
            secret=secret,
            max_length=max_length,
            hint=f"{name}.placeholder",
            letters=letters,
        )
        self.submit = Button(
            f"{name}.submit", "primary", "check", name=f"{name}.submit", large=True
        )
        self.cancel = Button(
            "common.cancel", "secondary", "back", name=f"{name}.cancel", large=True
        )
        title = Label(f"{name}.title", size=SIZES[3], bold=True, wrap=True)
        self.note = note = Label(
            f"{name}.note", size=SIZES[2], quiet=True, wrap=True, name=f"{name}.note"
        )
        self.countdown = Label("", size=SIZES[1], quiet=True, wrap=True, name=f"{name}.countdown")
        for label in (title, note, self.countdown):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._wrapping = (title, note, self.countdown, self.entry.error)
        self._wait_s = 0
        buttons = row(self.cancel, self.submit, gap=2)
        buttons.setStretch(0, 1)
        buttons.setStretch(1, 1)
        self._words, self._keys, self._foot = QWidget(), QWidget(), QWidget()
        self._words.setLayout(column(None, title, note, 1, self.entry, gap=1))
        self._keys.setLayout(column(None, row(None, self.entry.keypad, None), None))
        self._foot.setLayout(column(buttons, self.countdown, None, gap=1))
        self._grid = fit(
            KeypadGrid(self._words, self._keys, self._foot), across=4, down=2, margin=0
        )
        middle = row(None, self._grid, None)
        if theme().low:  # controls in the lower half of the screen
            self.setLayout(column(None, middle, margin=MARGIN))
        else:
            self.setLayout(column(None, middle, None, margin=MARGIN))
        self._arrange()
        self.submit.clicked.connect(self.entry.submit)
        self.cancel.clicked.connect(self.cancelled)
        self.entry.submitted.connect(self._submitted)
        self.entry.cancelled.connect(self.cancelled)
        self.entry.changed.connect(self._changed)
        self.reset()

    def focus_first(self) -> None:
        self.entry.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def rescale(self) -> None:
        """Take the widths of the present scale."""
        room = self.seen_width() - 2 * spacing(MARGIN)
        if self._grid.side_by_side:
            room -= self._keys.minimumSizeHint().width() + self._grid.horizontalSpacing()
        for part in (self._words, self._foot):
            part.setFixedWidth(
                max(
                    px(LEAST_WIDTH), self._foot.minimumSizeHint().width(), min(text_px(WIDTH), room)
                )
            )
        self._fit_words()

    def retranslate(self) -> None:
        self._fit_words()

    def _fit_words(self) -> None:
        """Give wrapping text the height of its lines."""
        for label in self._wrapping:
            lines = label.heightForWidth(self._words.maximumWidth())
            label.setMinimumHeight(max(label.fontMetrics().lineSpacing(), lines))

    def _arrange(self) -> None:
        """Place the keys beside the words where the screen is wide, below them where it is high."""
        self._grid.arrange(self.width() > self.height() or theme().low)
        self.rescale()

    def _submitted(self, text: str) -> None:
        if self._wait_s <= 0:
            self.submitted.emit(text)

    def reset(self) -> None:
        """Clear the entry."""
        self._wait_s = 0
        self.entry.clear()
        self.entry.error.set_key("")
        self.show_time_left(None)
        self._changed("")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the entry was refused."""
        self.entry.set_error(key, **values)
        self._changed("")
        self._fit_words()

    def correct(self, key: str) -> None:
        """Show why the entry was refused, and leave it to be corrected."""
        self.entry.correct(key)
        self._fit_words()

    def wait(self, seconds: int) -> None:
        """Take no entry for ``seconds``, which count down."""
        self._wait_s = seconds
        self._show_wait()

    def tick(self) -> None:
        """Count down; once a second."""
        if self._wait_s > 0:
            self._wait_s -= 1
            self._show_wait()

    def show_time_left(self, seconds: int | None) -> None:
        """Say in how many seconds the keypad gives way to the door; ``None`` says nothing."""
        self.countdown.set_key(
            "" if seconds is None else "door.keypad.closes",
            **({} if seconds is None else {"n": seconds}),
        )
        self._fit_words()

    def _show_wait(self) -> None:
        if self._wait_s > 0:
            self.entry.correct("door.keypad.wait", n=self._wait_s)
        else:
            self.entry.error.set_key("")
        self._changed(self.entry.text())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reset()
        self.entry.setFocus()

    def _changed(self, text: str) -> None:
        self.submit.setEnabled(bool(text) and self._wait_s <= 0)


class NumberScreen(KeypadScreen):
    """The student number."""

    def __init__(self) -> None:
        super().__init__("number", secret=False, max_length=MAX_LENGTH, letters=True)


class PinScreen(KeypadScreen):
    """The PIN of the person whose number was entered."""

    def __init__(self) -> None:
        super().__init__("pin", secret=True, max_length=MAX_PIN)
        self.note.set_key("")  # it names the number, which is not known yet

    def ask(self, masked_number: str, *, face_follows: bool = True) -> None:
        """Show whose PIN is requested by their masked number, and whether the face follows."""
        self.note.set_key("pin.note" if face_follows else "pin.note_only", number=masked_number)
        self._fit_words()
