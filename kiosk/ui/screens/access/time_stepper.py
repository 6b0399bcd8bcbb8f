"""A time of day that two buttons make earlier or later."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.access_rules import MINUTES
from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

STEP = 30


class TimeStepper(QWidget):
    """A minute of a day, or of the next one; the buttons are ``<name>Earlier`` and ``Later``.

    ``changed`` carries the minute after a touch; a held button goes on.
    """

    changed = Signal(int)

    def __init__(self, key: str, name: str, *, least: int = 0, most: int = MINUTES) -> None:
        super().__init__()
        self.setObjectName(name)
        self._range = (least, most)
        self._minute = least
        self.earlier = Button("", icon="minus", name=f"{name}Earlier", hint="rules.earlier")
        self.later = Button("", icon="plus", name=f"{name}Later", hint="rules.later")
        self.shown = Label("", bold=True, name=f"{name}Shown")
        self.shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for button in (self.earlier, self.later):
            button.setAutoRepeat(True)
            button.clicked.connect(self._step)
        self.setLayout(
            column(
                Label(key, size=SIZES[0], quiet=True),
                row(self.earlier, self.shown, self.later),
                gap=0.5,
            )
        )
        self.show_minute(least)

    @property
    def minute(self) -> int:
        """The minute shown; over 1440 on the next day."""
        return self._minute

    def set_range(self, least: int, most: int) -> None:
        """Allow only minutes from ``least`` to ``most``."""
        self._range = (least, most)

    def show_minute(self, minute: int) -> None:
        """Show ``minute`` without emitting a signal."""
        self._minute = minute
        of_day = minute - MINUTES if minute > MINUTES else minute
        time = f"{of_day // 60:02}:{of_day % 60:02}"
        self.shown.set_key("rules.next_day" if minute > MINUTES else "rules.name", name=time)
        self.shown.setAccessibleName(tr("rules.name", name=self.shown.text()))

    def _step(self) -> None:
        later = self.sender() is self.later
        minute = (self._minute // STEP + 1) * STEP if later else (self._minute - 1) // STEP * STEP
        minute = min(max(minute, self._range[0]), self._range[1])
        if minute != self._minute:
            self.show_minute(minute)
            self.changed.emit(minute)
