"""The line at the top of the door's screen."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui.formatting import date_text
from kiosk.ui.theme import SIZES, text_px
from kiosk.ui.widgets.appearance_switches import LanguageSwitch, TextSizeSwitch
from kiosk.ui.widgets.labels import ElidedLabel, Label
from kiosk.ui.widgets.layouts import row
from kiosk.ui.widgets.symbol import Symbol

DATE_WIDTH = 760
"""Width in pixels at scale 1 from which the date is shown."""


class DoorHeader(QWidget):
    """The laboratory's name, the clock, a sign if the camera is lost, and the language."""

    def __init__(self, lab_name: str) -> None:
        super().__init__()
        self.setObjectName("door.header")
        self.name = ElidedLabel(size=SIZES[2], bold=True, name="door.lab_name")
        self.name.set_text(lab_name)
        self.time = Label(size=SIZES[3], bold=True, name="door.time")
        self.date = Label(size=SIZES[1], quiet=True, name="door.date")
        self.camera = Label("door.camera.lost", size=SIZES[1], quiet=True, name="door.camera")
        self.camera_symbol = Symbol(24, "door.camera_symbol")
        self.camera_symbol.set_symbol("camera-off", "wait_text")
        self._now: datetime | None = None
        line = row(
            self.name,
            row(self.time, self.date, gap=1.5),
            row(None, self.camera_symbol, self.camera, 1, TextSizeSwitch(), LanguageSwitch()),
            gap=2,
        )
        line.setStretch(0, 1)
        line.setStretch(2, 1)
        self.setLayout(line)
        self.set_camera(True, "")

    def set_now(self, now: datetime) -> None:
        """Show the local time ``now``."""
        self._now = now
        self.time.set_text(f"{now:%H:%M}")
        self.date.set_text(date_text(now))

    def set_camera(self, works: bool, title: str) -> None:
        """Show that no frames arrive; ``title`` is the camera's name, shown as a tool tip."""
        self.camera.setVisible(not works)
        self.camera_symbol.setVisible(not works)
        self.camera.setToolTip(title)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rescale()

    def rescale(self) -> None:
        """Leave the date out where there is no room for it."""
        self.date.setVisible(self.width() >= text_px(DATE_WIDTH))

    def retranslate(self) -> None:
        """Show the date in the language in use."""
        if self._now is not None:
            self.set_now(self._now)
