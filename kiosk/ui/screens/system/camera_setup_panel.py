"""Setting up the camera: which one it is, how it hangs, and whether it mirrors by itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QWidget

from kiosk.core.orientation import Orientation
from kiosk.core.view_models import CameraChoice, CameraSetupView, SetupStep
from kiosk.ui.fitting import fit
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.folding_row import ACROSS, DOWN
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.live_preview import BGRAImage, LivePreview
from kiosk.ui.widgets.scrolling import scroll_area

ROOM_FOR_NOTE = 720
"""The explanation is left out where the panel is narrower than this, or lower than half of it."""

MOST_CHOICES = 4
"""More do not fit beside the picture; all of them can be named on the Settings page."""

_ASKS = {SetupStep.LOOK: 0, SetupStep.LEFT: 1, SetupStep.RIGHT: 2}


class CameraSetupPanel(QWidget):
    """The camera's picture beside what the person should do.

    ``cameraChosen``: ``CameraChoice.source`` of the camera touched. ``againRequested``: look once
    more how it hangs.
    """

    cameraChosen = Signal(str)
    againRequested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.preview = LivePreview("camera_setup.preview")
        fit(self.preview, min_width=140, min_height=140)
        self.coach = Label("camera_setup.wait", size=SIZES[2], bold=True, wrap=True, lines=2)
        self.coach.setObjectName("camera_setup.coach")
        self.step = Label("", quiet=True, wrap=True, name="camera_setup.step")
        self.note = Label("camera_setup.note", quiet=True, wrap=True, name="camera_setup.note")
        self.again = Button("camera_setup.again", icon="refresh", name="camera_setup.again")
        self.again.clicked.connect(self.againRequested)
        self._title = Label("camera_setup.cameras", bold=True)
        self._cameras = QWidget()
        self._list = column(gap=0.5)
        self._cameras.setLayout(self._list)
        self._group = QButtonGroup(self)
        self._group.buttonClicked.connect(
            lambda button: self.cameraChosen.emit(str(button.property("source")))
        )
        words = column(
            self.coach,
            self.step,
            1,
            self.note,
            2,
            self._title,
            self._cameras,
            1,
            row(self.again, None),
            None,
            gap=1,
        )
        inner = QWidget()
        inner.setLayout(words)
        self._body = row(self.preview, scroll_area(inner), gap=3)
        self._body.setStretch(0, 1)
        self._body.setStretch(1, 1)
        self.setLayout(self._body)
        self.show_cameras([])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._body.setDirection(DOWN if self.height() > self.width() else ACROSS)
        self.note.setVisible(min(self.width(), 2 * self.height()) >= ROOM_FOR_NOTE)

    def set_frame(self, frame: BGRAImage) -> None:
        """Show a picture of the camera: (height, width, 4) uint8, not mirrored."""
        self.preview.set_frame(frame)

    def show_cameras(self, choices: Sequence[CameraChoice]) -> None:
        """Offer the cameras; without any there is nothing to choose."""
        for button in self._group.buttons():
            self._group.removeButton(button)
            self._list.removeWidget(button)
            button.hide()
            button.deleteLater()
        for choice in choices[:MOST_CHOICES]:
            key = "camera_setup.camera" if choice.title else "camera_setup.auto"
            button = Button(key, "ghost", "camera", title=choice.title)
            button.setObjectName(f"camera_setup.camera.{choice.source}")
            button.setToolTip(choice.source)
            button.setProperty("source", choice.source)
            button.setCheckable(True)
            button.setChecked(choice.chosen)
            self._group.addButton(button)
            self._list.addWidget(button)
        for part in (self._title, self._cameras):
            part.setVisible(bool(choices))

    def show_view(self, view: CameraSetupView) -> None:
        """Show what the person should do."""
        self.coach.set_tone("text")
        if not view.face:
            self.coach.set_key("camera_setup.nobody")
        else:
            self.coach.set_key(f"camera_setup.ask.{view.step.value}")
        self.step.set_key("wizard.step", step=_ASKS.get(view.step, 2) + 1, steps=len(_ASKS))

    def show_result(self, before: Orientation, after: Orientation) -> None:
        """Show how the camera hangs, compared with what the settings said before."""
        self.coach.set_tone("accept")
        self.step.set_text("")
        key = "same" if before == after else "changed"
        mirrored = "mirrored" if after.mirrored else "plain"
        self.coach.set_key(f"camera_setup.{key}")
        self.step.set_key(f"camera_setup.{mirrored}", turned=after.turned)

    def show_waiting(self) -> None:
        """Show that no picture has come yet."""
        self.preview.clear()
        self.coach.set_tone("text")
        self.coach.set_key("camera_setup.wait")
        self.step.set_text("")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the camera gives no pictures, or why the settings were not saved."""
        self.coach.set_tone("reject")
        self.coach.set_key(key, **values)
        self.step.set_text("")
