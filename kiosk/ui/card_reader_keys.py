"""Card readers that act as a keyboard, told apart from people by their typing speed."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from PySide6.QtWidgets import QLineEdit

from kiosk.ui.widgets.keyboard.keypad import KeypadEntry

MAX_LENGTH = 64
END_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class KeyBurstDetector:
    """Find a card code among key presses.

    A code is at least ``min_length`` characters, each within ``gap_s`` seconds of the previous one,
    followed by Enter. Quick typists need about 60 ms a key, readers 1 to 20.
    """

    def __init__(self, gap_s: float, min_length: int) -> None:
        self._gap_s = gap_s
        self._min_length = min_length
        self._typed = ""
        self._typed_at = float("-inf")
        self.was_burst = False
        """Whether the last Enter ended a burst, also one too long for a card."""

    def key(self, character: str, now: float) -> None:
        """Record a ``character`` typed at ``now`` seconds."""
        in_burst = 0 <= now - self._typed_at <= self._gap_s
        self._typed = (self._typed + character if in_burst else character)[-MAX_LENGTH - 1 :]
        self._typed_at = now

    def end(self, now: float) -> str:
        """Return the code when Enter is pressed at ``now``; empty if a person typed."""
        typed = self._typed
        self._typed = ""
        in_time = 0 <= now - self._typed_at <= self._gap_s
        self.was_burst = in_time and len(typed) >= self._min_length
        return typed if self.was_burst and len(typed) <= MAX_LENGTH else ""


class CardReaderFilter(QObject):
    """Watch the keys of every window and emit ``cardRead`` with the code of a card.

    The Enter of a card is swallowed; all other keys pass. ``listens`` returns whether cards are
    accepted at the moment. Where a PIN is typed, a card is no attempt at it: what the reader typed
    there is cleared again.
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
        """Start or stop watching."""
        application = QGuiApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
            if on:
                application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # each key is delivered to the window first and then to its widgets: handle it once
        if (
            event.type() is not QEvent.Type.KeyPress
            or not watched.isWindowType()
            or not isinstance(event, QKeyEvent)
        ):
            return False
        # the event's timestamp: keys queued while the screen was busy are no burst
        now = event.timestamp() / 1000 or self._clock()
        if event.key() not in END_KEYS:
            if event.text().isprintable() and event.text():
                self._bursts.key(event.text(), now)
            return False
        code = self._bursts.end(now)
        if code and self._listens():
            self.cardRead.emit(code)
            return True
        return (
            self._bursts.was_burst
            and isinstance(watched, QWindow)
            and _clear_secret(watched.focusObject())
        )


def _clear_secret(field: QObject | None) -> bool:
    """Clear ``field`` if a PIN is typed there, or the name of who signs in; return whether it is.

    Such lines are marked as sensitive, as Qt marks those that hide what is typed.
    """
    if isinstance(field, KeypadEntry) and field.secret:
        field.clear()
        return True
    if isinstance(field, QLineEdit) and (
        field.inputMethodHints() & Qt.InputMethodHint.ImhSensitiveData
    ):
        field.clear()
        return True
    return False
