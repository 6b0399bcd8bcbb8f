"""Card readers that type: told apart from people by how fast the keys follow each other."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent

LONGEST = 64
ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class KeyBurstDetector:
    """Finds a code among keys: at least ``least`` characters, each within ``gap_s`` of the one before, and then Enter.

    Nobody types so fast: quick typists need 60 ms a key, readers 1 to 20.
    """

    def __init__(self, gap_s: float, least: int) -> None:
        self._gap_s = gap_s
        self._least = least
        self._typed = ""
        self._at = float("-inf")

    def key(self, character: str, now: float) -> None:
        """A character was typed at ``now`` seconds."""
        follows = 0 <= now - self._at <= self._gap_s
        self._typed = (self._typed + character if follows else character)[-LONGEST - 1 :]
        self._at = now

    def end(self, now: float) -> str:
        """Enter was pressed: the code, or nothing where a person pressed it."""
        typed = self._typed
        self._typed = ""
        right = 0 <= now - self._at <= self._gap_s and self._least <= len(typed) <= LONGEST
        return typed if right else ""


class CardReaderFilter(QObject):
    """Watches the keys of every window; ``cardRead`` tells a code. Its Enter reaches nobody else, a person's keys all do.

    ``listens``: whether cards are wanted just now.
    """

    cardRead = Signal(str)

    def __init__(
        self,
        bursts: KeyBurstDetector,
        listens: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._bursts = bursts
        self._listens = listens
        self._clock = clock
        self.watch(True)

    def watch(self, on: bool) -> None:
        """Watch from now on, or no more."""
        application = QGuiApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
            if on:
                application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # each key comes to the window first, then to its widgets: once is enough
        if (
            event.type() is not QEvent.Type.KeyPress
            or not watched.isWindowType()
            or not isinstance(event, QKeyEvent)
        ):
            return False
        # the system's own time: keys that waited while the screen was busy must not look like a burst
        now = event.timestamp() / 1000 or self._clock()
        if event.key() not in ENDS:
            if event.text().isprintable() and event.text():
                self._bursts.key(event.text(), now)
            return False
        code = self._bursts.end(now)
        if code and self._listens():
            self.cardRead.emit(code)
            return True
        return False
