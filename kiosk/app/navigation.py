"""Which screen the window shows; the door verifies only while its own is shown."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from kiosk.app.engine_client import EngineClient
from kiosk.ui.main_window import MainWindow


class Navigation(QObject):
    """Changes between the window's screens.

    ``desk``: there is no door here; its screen gives way to the sign-in, and the door stays paused.
    """

    def __init__(self, window: MainWindow, engine: EngineClient, *, desk: bool = False) -> None:
        super().__init__()
        self._desk = desk
        self._window = window
        self._engine = engine

    @property
    def screen(self) -> str:
        """The name of the screen that is shown."""
        return self._window.current

    def go(self, screen: str) -> None:
        """Show ``screen``; the door keeps verifying, or keeps paused."""
        self._window.go(screen)

    @Slot()
    def to_door(self) -> None:
        """Show the door and verify again; at a desk, the sign-in."""
        if self._desk:
            self.leave_door("sign_in")
            return
        self._engine.resume_door()
        self._window.go("door")

    def leave_door(self, screen: str) -> None:
        """Pause the door and show ``screen``."""
        self._engine.pause_door()
        self._window.go(screen)

    def leave_when_alone(self, screen: str) -> None:
        """From now on ``screen`` gives way to the door after a time without a touch."""
        self._window.leave_when_alone(screen)

    def keep_awake(self) -> None:
        """Count as a touch, as for work in progress that the screen shows."""
        self._window.touched()
