"""Cards at the reader where something else is typed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.ui.card_reader_keys import CardReaderFilter, KeyBurstDetector
from kiosk.ui.screens.door.number_screen import PinScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from tests.attacks.table import Outcome, attack


@attack("B12", "hold cards to the reader while a PIN is asked", tries=200, short=8)
def hold_cards_to_the_reader(folder: Path, tries: int) -> Outcome:
    """Type codes as readers do; each that is taken for a PIN is a success."""
    application = QApplication.instance() or QApplication([])
    taken: list[str] = []
    watch = CardReaderFilter(KeyBurstDetector(0.05, 6), lambda: False)
    screens = (PinScreen(), SignInScreen())
    at_ms = 100_000
    try:
        for screen in screens:
            screen.entry.submitted.connect(taken.append)
        for number in range(tries):
            screen = screens[number % 2]
            screen.show()
            screen.entry.setFocus()
            code = "0123456789"[: 6 + number % 5] * (1 + number % 9)
            at_ms = _type(screen, code, at_ms + 1000)
            screen.hide()
    finally:
        watch.watch(False)
        for screen in screens:
            screen.deleteLater()
        application.processEvents()
    return tries, len(taken), ""


def _type(screen: QWidget, code: str, at_ms: int) -> int:
    """Send ``code`` and Enter to the window of ``screen``, 5 ms a key; return the time after."""
    window = screen.window().windowHandle()
    for character in [*code, "\r"]:
        at_ms += 5
        key = Qt.Key.Key_Return if character == "\r" else Qt.Key(ord(character))
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, character)
        event.setTimestamp(at_ms)
        QApplication.sendEvent(window, event)
    return at_ms
