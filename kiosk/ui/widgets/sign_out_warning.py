"""The banner that counts down before a screen left alone signs out."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QWidget

from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row, spacing

WARNING_S = 15.0
TICK_MS = 250


class SignOutWarning(QFrame):
    """Lies over the top of ``host`` for the last seconds; any touch ends it.

    ``left_s`` returns the seconds until the sign-out. ``kept``: its button was pressed, which is a
    touch like any other.
    """

    kept = Signal()

    def __init__(self, host: QWidget, left_s: Callable[[], float]) -> None:
        super().__init__(host)
        self._host = host
        self._left_s = left_s
        self.setObjectName("signOutWarning")
        self.setProperty("card", True)
        self.words = Label("", bold=True, wrap=True, name="signOutWords")
        self.words.set_tone("wait")
        self.stay = Button("admin.sign_out.stay", "primary", name="signOutStay")
        line = row(self.words, self.stay, gap=2, margin=2)
        line.setStretch(0, 1)
        self.setLayout(line)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._warn)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._count)
        self.stay.clicked.connect(self.kept)
        self.hide()

    def wait(self, total_s: float) -> None:
        """Start over: the sign-out is ``total_s`` away. Of a short time half is counted down."""
        self.stop()
        self._soon.start(round(1000 * (total_s - min(WARNING_S, total_s / 2))))

    def stop(self) -> None:
        """No sign-out is near."""
        self._soon.stop()
        self._tick.stop()
        self.hide()

    def _warn(self) -> None:
        self._count()
        self._tick.start()
        gap = spacing(2)
        self.setFixedWidth(self._host.width() - 2 * gap)
        self.adjustSize()
        self.move(gap, gap)
        self.show()
        self.raise_()

    def _count(self) -> None:
        self.words.set_key("admin.sign_out.soon", seconds=max(1, math.ceil(self._left_s())))
