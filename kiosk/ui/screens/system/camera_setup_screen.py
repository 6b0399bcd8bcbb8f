"""Setting up the camera again: another one was plugged in, or it was mounted differently."""

from __future__ import annotations

from PySide6.QtCore import Signal

from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.system.camera_setup_panel import CameraSetupPanel
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row


class CameraSetupScreen(Screen):
    """The page that the System page leads to."""

    backRequested = Signal()

    def __init__(self) -> None:
        super().__init__("cameraSetupScreen")
        self.panel = CameraSetupPanel()
        self.back = Button("camera_setup.back", "ghost", "back", name="cameraSetupBack")
        self.back.clicked.connect(self.backRequested)
        title = Label("camera_setup.title", size=SIZES[3], bold=True)
        layout = column(row(self.back, title, None, gap=1), self.panel, gap=2, margin=3)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def opened(self) -> None:
        """Prepare the page for display; its presenter begins."""
        self.panel.show_waiting()

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.panel.show_waiting()
