"""Spoken prompts by espeak-ng, for people who do not see the screen. Never waits, never fails, says nobody's name."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QProcess

from kiosk.core.door_state import DoorState, Hint
from kiosk.core.view_models import DoorView
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.door.challenge_page import challenge_key

HINT_S = 4.0
"""The same hint is said again after this long, another one no sooner than half of it."""

VOICES = {"ko": "ko", "en": "en-gb"}
WORDS_A_MINUTE = 160

log = logging.getLogger(__name__)


def keys_for(view: DoorView) -> tuple[str, ...]:
    """The messages that are said for ``view``; none while there is nothing to do or to know."""
    match view.state:
        case DoorState.APPROACH:
            return (f"hint.{view.hint.value}",) if view.hint is not Hint.NONE else ()
        case DoorState.CHALLENGE if view.challenge is not None:
            return (challenge_key(view.challenge),)
        case DoorState.ACCEPTED:
            return ("door.state.welcome", "door.accepted.next")
        case DoorState.REJECTED if view.decision is not None:
            return (
                f"reason.{view.decision.reason.value}.title",
                f"reason.{view.decision.reason.value}.next",
            )
        case DoorState.LOCKED_OUT | DoorState.CAMERA_LOST | DoorState.OUT_OF_SERVICE:
            return (f"door.{view.state.value}.title",)
        case _:
            return ()


class Speaker(QObject):
    """Says what the door's screen shows, each thing once; what is new interrupts what is being said."""

    def __init__(self, enabled: bool, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.program = shutil.which("espeak-ng") if enabled else None
        if enabled and self.program is None:
            log.warning("ui.speech is on, but espeak-ng is not installed: the door stays silent")
        self._clock = clock
        self._said: tuple[str, ...] = ()
        self._said_at = float("-inf")
        self._process = QProcess(self)

    def follow(self, view: DoorView) -> None:
        """Say what ``view`` shows, if that is new or a hint that has not helped yet."""
        keys = keys_for(view)
        now = self._clock()
        since = now - self._said_at
        hint = view.state is DoorState.APPROACH
        if not keys:
            if since >= HINT_S:
                self._said = ()
            return
        if (keys == self._said and not (hint and since >= HINT_S)) or (hint and since < HINT_S / 2):
            return
        self._said = keys
        self._said_at = now
        self.say(" ".join(tr(key) for key in keys))

    def say(self, text: str) -> None:
        """Say ``text`` in the language in use."""
        if self.program is None:
            return
        self.stop()
        self._process.setProgram(self.program)
        self._process.setArguments(
            ["-v", VOICES[language().code], "-s", str(WORDS_A_MINUTE), "--", text]
        )
        self._process.start()

    def stop(self) -> None:
        """Be silent."""
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(200)
