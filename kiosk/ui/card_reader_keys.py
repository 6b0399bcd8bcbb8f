"""Card readers that act as a keyboard, told apart from people by their typing speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from PySide6.QtWidgets import QLineEdit

from kiosk.ui.typed_text import code_end, typed_character
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry

MAX_LENGTH = 64

QUIET_MS = 300
"""Milliseconds without a key that end the code of a reader that sends no end."""


BEFORE_S = 1.0
"""Seconds without a key before a code: what follows sooner is the rest of one that was held up."""

PAUSE = 4
"""A pause between two keys, as a multiple of the longest usual one, after which a code begins."""


class KeyBurstDetector:
    """Find a card code among key presses.

    A code is at least ``min_length`` characters and an end: Enter, Tab or a line feed. At least
    half of its keys come within ``gap_s`` seconds of the one before, and none after more than
    ``PAUSE`` times that: a busy machine holds up a key now and then. Quick typists need about 60 ms
    a key, readers 1 to 50.
    """

    def __init__(self, gap_s: float, min_length: int) -> None:
        self._gap_s = gap_s
        self._min_length = min_length
        self._typed = ""
        self._gaps: list[float] = []
        self._is_rest = False
        self._typed_at = float("-inf")
        self.was_burst = False
        """Whether the last end closed a burst, also one that is no card's whole code."""

    @property
    def in_burst(self) -> bool:
        """Whether what was typed so far may be a card's code."""
        return len(self._typed) >= self._min_length and median(self._gaps) <= self._gap_s

    def key(self, character: str, now: float) -> None:
        """Record a ``character`` typed at ``now`` seconds."""
        if not self._goes_on(now):
            self._is_rest = bool(self._typed) and 0 <= now - self._typed_at < BEFORE_S
            self._typed, self._gaps = "", []
        elif self._typed:
            self._gaps.append(now - self._typed_at)
        self._typed = (self._typed + character)[-MAX_LENGTH - 1 :]
        self._gaps = self._gaps[-MAX_LENGTH:]
        self._typed_at = now

    def end(self, now: float) -> str:
        """Return the code when its end is typed at ``now``; empty if a person typed.

        A second end right after the first, as of readers that send two, belongs to the burst.
        """
        goes_on = self._goes_on(now)
        gap = now - self._typed_at
        self._typed_at = now
        if not self._typed and self.was_burst and goes_on:
            return ""
        self._gaps.append(gap)
        return self._close(goes_on and self.in_burst)

    def end_without_key(self) -> str:
        """Return the code when nothing has been typed for a while, as of readers without an end."""
        return self._close(self.in_burst)

    def forget(self) -> None:
        """Start over."""
        self._typed, self._gaps = "", []
        self._is_rest = False
        self.was_burst = False

    def _goes_on(self, now: float) -> bool:
        return 0 <= now - self._typed_at <= PAUSE * self._gap_s

    def _close(self, burst: bool) -> str:
        typed = self._typed
        whole = len(typed) <= MAX_LENGTH and not self._is_rest
        self.forget()
        self.was_burst = burst
        return typed if burst and whole else ""


class CardReaderFilter(QObject):
    """Watch the keys of every window and emit ``cardRead`` with what a card's reader typed.

    The end of a card's code is swallowed; all other keys pass. ``listens`` returns whether cards
    are accepted at the moment. Where a PIN is typed, a card is no attempt at it: what the reader
    typed there is cleared again. ``needs_end``: without it, a pause ends a code as well.
    """

    cardRead = Signal(str)

    def __init__(
        self,
        bursts: KeyBurstDetector,
        listens: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        *,
        needs_end: bool = True,
    ) -> None:
        super().__init__()
        self._bursts = bursts
        self._listens = listens
        self._clock = clock
        self._needs_end = needs_end
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET_MS)
        self._quiet.timeout.connect(self._end_of_quiet)
        self.watch(True)

    def use(self, bursts: KeyBurstDetector, needs_end: bool) -> None:
        """Take other settings from now on."""
        self._quiet.stop()
        self._bursts = bursts
        self._needs_end = needs_end

    def watch(self, on: bool) -> None:
        """Start or stop watching."""
        application = QGuiApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
            if on:
                application.installEventFilter(self)
        if not on:
            self._quiet.stop()
            self._bursts.forget()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # each key is delivered to the window first and then to its widgets: handle it once
        if (
            event.type() is not QEvent.Type.KeyPress
            or not watched.isWindowType()
            or not isinstance(event, QKeyEvent)
        ):
            return False
        if event.isAutoRepeat():  # a key that is held down is no reader
            self._bursts.forget()
            return False
        # the event's timestamp: keys queued while the screen was busy are no burst
        now = event.timestamp() / 1000 or self._clock()
        if not code_end(event):
            self._note(typed_character(event), now)
            return False
        self._quiet.stop()
        code = self._bursts.end(now)
        return self._ended(code, watched.focusObject() if isinstance(watched, QWindow) else None)

    def _note(self, character: str, now: float) -> None:
        if not character:
            return
        self._bursts.key(character, now)
        if not self._needs_end and self._bursts.in_burst:
            self._quiet.start()

    def _end_of_quiet(self) -> None:
        self._ended(self._bursts.end_without_key(), QGuiApplication.focusObject())

    def _ended(self, code: str, focused: QObject | None) -> bool:
        """Emit or clear what the reader typed; return whether its end is swallowed."""
        if not self._bursts.was_burst:
            return False
        if self._listens():
            if code:
                self.cardRead.emit(code)
            return True
        return _clear_secret(focused)


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
