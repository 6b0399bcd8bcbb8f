"""Signals of what happens in the running kiosk."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from kiosk.core.templates import EmbedderInfo


class KioskEvents(QObject):
    """Signals of the running kiosk, emitted on any thread and received on the main one."""

    decided = Signal(object)
    """A ``Decision`` was made and logged."""

    engineReady = Signal(object)
    """The networks are loaded: their ``EmbedderInfo``."""

    doorShown = Signal(object)
    """The door's screen shows a new ``DoorView``."""

    enrolmentShown = Signal(object)
    """The enrolment's page shows a new ``EnrolView``."""

    def __init__(self) -> None:
        super().__init__()
        self.embedder: EmbedderInfo | None = None

    def announce_engine(self, info: EmbedderInfo) -> None:
        """Remember the embedder in use, then emit ``engineReady``."""
        self.embedder = info
        self.engineReady.emit(info)
