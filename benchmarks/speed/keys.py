"""Time from a key press until the screen shows it, while the networks process frames."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent

KEYS = 20
"""Keys to press."""

PAUSE_MS = 130
"""Pause between keys; not a multiple of the frame interval of any camera."""


class Keys(QObject):
    """Types digits on the number screen, each after the one before was painted.

    ``done`` gets the milliseconds of each.
    """

    def __init__(self, kiosk: Any, done: Callable[[list[float]], object]) -> None:
        super().__init__(kiosk)
        self._done = done
        self._entry = kiosk.door.number.entry
        self._took: list[float] = []
        self._pressed_at = 0.0
        kiosk.window.go("number")
        self._entry.display.installEventFilter(self)
        QTimer.singleShot(PAUSE_MS, self._press)

    def _press(self) -> None:
        self._pressed_at = time.perf_counter()
        QCoreApplication.postEvent(
            self._entry,
            QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_7, Qt.KeyboardModifier.NoModifier, "7"),
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that the line with the digits is about to be painted."""
        if (
            event.type() is QEvent.Type.Paint
            and self._pressed_at
            and len(self._entry.text()) > len(self._took)
        ):
            began = self._pressed_at
            self._pressed_at = 0.0
            QTimer.singleShot(0, lambda: self._painted(began))  # once it has been painted
        return super().eventFilter(watched, event)

    def _painted(self, began: float) -> None:
        self._took.append(1e3 * (time.perf_counter() - began))
        if len(self._took) < KEYS:
            QTimer.singleShot(PAUSE_MS, self._press)
        else:
            self._entry.display.removeEventFilter(self)
            self._done(self._took)
