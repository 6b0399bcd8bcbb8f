"""A level in per cent, with a button at each end."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

STEP = 10
PAUSE_MS = 500
"""A new level counts once nobody has touched a button for so long."""


class LevelControl(QWidget):
    """``chosen`` is emitted with the new level. ``low``: the smallest one in per cent.

    The buttons are named ``<name>Less`` and ``<name>More``.
    """

    chosen = Signal(int)

    def __init__(self, name: str, key: str, *, low: int = 0) -> None:
        super().__init__()
        self._low = low
        self._level = 100
        self.bar = QProgressBar()
        self.bar.setObjectName(f"{name}Bar")
        self.bar.setRange(0, 100)
        self.bar.setTextVisible(False)
        self.value = Label("", size=SIZES[1], name=f"{name}Value")
        fit(self.value, min_width=56)
        self.less = Button("", icon="minus", name=f"{name}Less", hint=f"{key}_less")
        self.more = Button("", icon="plus", name=f"{name}More", hint=f"{key}_more")
        line = row(self.less, self.bar, self.more, self.value, gap=1.5)
        line.setStretch(1, 1)
        self.setLayout(column(Label(key, bold=True), line, gap=0.5))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.settle)
        self.less.clicked.connect(lambda: self._move(-STEP))
        self.more.clicked.connect(lambda: self._move(STEP))
        self.set_level(100)

    @property
    def level(self) -> int:
        """The level shown, in per cent."""
        return self._level

    def set_level(self, level: int) -> None:
        """Show ``level`` without emitting a signal; a touch that has not settled counts more."""
        if not self._pause.isActive():
            self._show(level)

    def settle(self) -> None:
        """Emit the level that was chosen, without waiting for further touches."""
        self._pause.stop()
        self.chosen.emit(self._level)

    def _move(self, step: int) -> None:
        self._show(min(100, max(self._low, STEP * round((self._level + step) / STEP))))
        self._pause.start()

    def _show(self, level: int) -> None:
        self._level = level
        self.bar.setValue(level)
        self.value.set_key("machine.percent", n=level)
        self.less.setEnabled(level > self._low)
        self.more.setEnabled(level < 100)
