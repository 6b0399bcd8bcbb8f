"""Records what a card reader types, for the test of a reader."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent

from kiosk.core.reader_pattern import ReaderPattern
from kiosk.ui.typed_text import code_end, typed_character

QUIET_MS = 700
"""Milliseconds without a key after which what was typed is complete."""


class ReaderTrial(QObject):
    """While it watches, keys reach nothing else; ``typed`` carries what was typed, a card each.

    Escape emits ``cancelled``.
    """

    typed = Signal(object)
    cancelled = Signal()

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._text = ""
        self._gaps: list[float] = []
        self._ends: list[str] = []
        self._last = float("-inf")
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET_MS)
        self._quiet.timeout.connect(self._complete)

    def watch(self, on: bool) -> None:
        """Start or stop watching."""
        application = QGuiApplication.instance()
        if application is None:
            return
        application.removeEventFilter(self)
        self._quiet.stop()
        self._forget()
        if on:
            application.installEventFilter(self)  # the last one installed sees events first

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not watched.isWindowType() or not isinstance(event, QKeyEvent):
            return False
        if event.type() is QEvent.Type.KeyPress:
            self._press(event)
        return True

    def _press(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
            return
        end, character = code_end(event), typed_character(event)
        if event.isAutoRepeat() or not (end or character):
            return
        now = event.timestamp() / 1000 or self._clock()
        if character and not end and self._ends:  # the next card, before the pause was over
            self._complete()
        if self._text and not self._ends:
            self._gaps.append(1000 * (now - self._last))
        self._last = now
        if end:
            self._ends.append(end)
        else:
            self._text += character
        self._quiet.start()

    def _complete(self) -> None:
        if self._text:
            self.typed.emit(ReaderPattern(self._text, tuple(self._gaps), tuple(self._ends)))
        self._forget()

    def _forget(self) -> None:
        self._text = ""
        self._gaps.clear()
        self._ends.clear()
