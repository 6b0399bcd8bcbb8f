"""Spoken prompts by espeak-ng for people who do not see the screen.

Speaking never blocks and never raises; names are never spoken.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QProcess

from kiosk.core.door_state import DoorState, Hint
from kiosk.core.languages import language_info
from kiosk.core.view_models import DoorView, LookStep
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.door.challenge_page import challenge_key
from kiosk.ui.screens.door.door_words import accepted_key, alert_alone
from kiosk.ui.screens.door.look_page import look_key

HINT_S = 4.0
"""Seconds before the same hint is repeated; another hint waits for half of it."""

WORDS_PER_MINUTE = 160

log = logging.getLogger(__name__)


def keys_for(view: DoorView) -> tuple[str, ...]:
    """The messages to speak for ``view``; none while there is nothing to do or to know."""
    if view.look is not None:
        opened = view.state is DoorState.ACCEPTED and view.look.step is LookStep.ASK
        return (*((accepted_key(view),) if opened else ()), look_key(view.look))
    if alert_alone(view):
        return (f"door.alert.{view.alert}",) if view.face is not None else ()
    match view.state:
        case DoorState.APPROACH:
            return (f"hint.{view.hint.value}",) if view.hint is not Hint.NONE else ()
        case DoorState.CHALLENGE if view.challenge is not None:
            return (challenge_key(view.challenge),)
        case DoorState.ACCEPTED:
            return ("door.state.welcome", accepted_key(view))
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
    """Speaks what the door screen shows, each message once; a new message interrupts.

    ``volume``: per cent of espeak-ng's usual one.
    """

    def __init__(self, enabled: bool, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.program = shutil.which("espeak-ng") if enabled else None
        if enabled and self.program is None:
            log.warning("ui.speech is on, but espeak-ng is not installed: the door stays silent")
        self.volume = 100
        self._clock = clock
        self._spoken: tuple[str, ...] = ()
        self._spoken_at = float("-inf")
        self._process = QProcess(self)

    def follow(self, view: DoorView) -> None:
        """Speak what ``view`` shows if it is new, or a hint that has not helped yet."""
        keys = keys_for(view)
        now = self._clock()
        elapsed = now - self._spoken_at
        hint = view.state is DoorState.APPROACH
        if not keys:
            if elapsed >= HINT_S:
                self._spoken = ()
            return
        if (keys == self._spoken and not (hint and elapsed >= HINT_S)) or (
            hint and elapsed < HINT_S / 2
        ):
            return
        self._spoken = keys
        self._spoken_at = now
        self.say(" ".join(tr(key) for key in keys))

    def say(self, text: str) -> None:
        """Speak ``text`` in the language in use."""
        if self.program is None or not self.volume:
            return
        self.stop()
        self._process.setProgram(self.program)
        voice = language_info(language().code).voice
        options = ["-v", voice, "-s", str(WORDS_PER_MINUTE), "-a", str(self.volume)]
        self._process.setArguments([*options, "--", text])
        self._process.start()

    def stop(self) -> None:
        """Stop speaking."""
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(200)
