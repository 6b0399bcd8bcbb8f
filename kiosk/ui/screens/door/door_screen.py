"""The door screen."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QStackedWidget, QWidget

from kiosk.core.door_state import DoorState
from kiosk.core.view_models import DoorView
from kiosk.ui.formatting import date_text
from kiosk.ui.i18n import tr
from kiosk.ui.screens.door.door_panel import DoorPanel
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES, TOUCH, theme
from kiosk.ui.widgets.animation import Clock
from kiosk.ui.widgets.appearance_switches import LanguageSwitch, ThemeSwitch
from kiosk.ui.widgets.bilingual_headline import QWIDGETSIZE_MAX
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import ElidedLabel, Label
from kiosk.ui.widgets.layouts import column, row, spacing
from kiosk.ui.widgets.live_preview import BGRAImage, LivePreview
from kiosk.ui.widgets.notice import Notice
from kiosk.ui.widgets.symbol import Symbol

BOX_COLOURS = {
    DoorState.APPROACH: "wait",
    DoorState.VERIFYING: "accent",
    DoorState.CHALLENGE: "accent",
    DoorState.ACCEPTED: "accept",
    DoorState.REJECTED: "reject",
}
NOTICES = {
    DoorState.LOCKED_OUT: ("lock", "wait_text"),
    DoorState.CAMERA_LOST: ("camera-off", "quiet"),
    DoorState.OUT_OF_SERVICE: ("warning", "wait_text"),
    DoorState.PAUSED: ("pause", "quiet"),
}
"""States without verification, shown as a full-page notice."""

PANEL_SHARE = 0.325
PANEL_WIDTH = (400, 560)
PORTRAIT_PANEL_HEIGHT = 640


class DoorHeader(QWidget):
    """The laboratory's name, the clock, the state of the camera, and the switches."""

    def __init__(self, lab_name: str) -> None:
        super().__init__()
        self.setObjectName("door.header")
        self.name = ElidedLabel(size=SIZES[2], bold=True, name="door.lab_name")
        self.name.set_text(lab_name)
        self.time = Label(size=SIZES[3], bold=True, name="door.time")
        self.date = Label(size=SIZES[1], quiet=True, name="door.date")
        self.camera = Label("door.camera.ok", size=SIZES[1], quiet=True, name="door.camera")
        self.camera_symbol = Symbol(24, "door.camera_symbol")
        self._now: datetime | None = None
        line = row(
            self.name,
            row(self.time, self.date, gap=1.5),
            row(None, self.camera_symbol, self.camera, 1, LanguageSwitch(), ThemeSwitch()),
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
        """Show whether frames arrive; ``title`` is the camera's name, shown as a tool tip."""
        self.camera.set_key("door.camera.ok" if works else "door.camera.lost")
        self.camera.setToolTip(title)
        self.camera_symbol.set_symbol(
            "camera" if works else "camera-off", "accept_text" if works else "wait_text"
        )

    def retranslate(self) -> None:
        """Show the date in the language in use."""
        if self._now is not None:
            self.set_now(self._now)


class DoorScreen(Screen):
    """The live door screen: it is given frames, views and the time, and emits requests.

    In landscape the panel is beside the picture, in portrait below it.
    """

    numberRequested = Signal()
    staffRequested = Signal()
    claimCancelled = Signal()
    lookAnswered = Signal(bool)

    def __init__(self, lab_name: str, clock: Clock = time.monotonic) -> None:
        super().__init__("door")
        self.header = DoorHeader(lab_name)
        self.preview = LivePreview("door.preview", clock)
        self.panel = DoorPanel(clock)
        self.notice = Notice("door.notice")
        self.view = DoorView()
        self._live = QWidget()
        self._arrangement = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._live)
        self._arrangement.setContentsMargins(0, 0, 0, 0)
        self._arrangement.setSpacing(spacing(2))
        self._arrangement.addWidget(self.preview, 1)
        self._arrangement.addWidget(self.panel)
        self.body = QStackedWidget()
        self.body.addWidget(self._live)
        self.body.addWidget(self.notice)
        parts = (self.body, self.header) if theme().low else (self.header, self.body)
        page = column(*parts, self._footer(), gap=2, margin=3)
        page.setStretch(parts.index(self.body), 1)
        self.setLayout(page)
        self.panel.claimCancelled.connect(self.claimCancelled)
        self.panel.lookAnswered.connect(self.lookAnswered)
        self.show_view(self.view)
        self.retranslate()

    def _footer(self) -> QWidget:
        self.number = Button(
            "door.by_number", "secondary", "keypad", name="door.by_number", large=True
        )
        self.help = Button("door.help", "secondary", "help", name="door.help", large=True)
        self.help.setCheckable(True)
        self.staff = Button(
            "", "secondary", "gear", name="door.staff", large=True, hint="door.staff"
        )
        self.figures = ElidedLabel(size=SIZES[0], quiet=True, name="door.figures")
        self.alert = ElidedLabel(size=SIZES[1], bold=True, name="door.alert")
        self.alert.set_tone("wait")
        for label in (self.figures, self.alert):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.number.clicked.connect(self.numberRequested)
        self.staff.clicked.connect(self.staffRequested)
        self.help.toggled.connect(self.panel.set_help)
        footer = QWidget()
        footer.setObjectName("door.footer")
        line = row(self.number, self.figures, self.alert, self.help, self.staff, gap=2)
        line.setStretch(1, 1)
        line.setStretch(2, 1)
        footer.setLayout(line)
        return footer

    def set_now(self, now: datetime) -> None:
        """Show the local time ``now``."""
        self.header.set_now(now)

    def set_frame(self, frame: BGRAImage) -> None:
        """Show a frame: (height, width, 4) uint8, not mirrored."""
        self.preview.set_frame(frame)

    def show_view(self, view: DoorView) -> None:
        """Show the state of the door."""
        self.view = view
        self.header.set_camera(
            view.camera_ok and view.state is not DoorState.CAMERA_LOST, view.camera_title
        )
        self.preview.set_demo(view.demo)
        self._show_figures(view)
        notice = NOTICES.get(view.state)
        self.number.setEnabled(
            (notice is None or view.state is DoorState.LOCKED_OUT)
            and view.state not in (DoorState.ACCEPTED, DoorState.REJECTED, DoorState.CHALLENGE)
        )
        self.help.setEnabled(notice is None)
        if notice is not None:
            self._show_notice(view, *notice)
            return
        self.preview.set_face(view.face, view.frame_size, BOX_COLOURS.get(view.state, "text"))
        challenge = view.challenge
        self.preview.set_ring(
            *((challenge.done, challenge.total, challenge.progress) if challenge else (0, 0, 0.0))
        )
        self.panel.show_view(view)
        self.body.setCurrentWidget(self._live)

    def retranslate(self) -> None:
        self.header.retranslate()
        self.preview.setAccessibleName(tr("door.preview"))
        self._show_figures(self.view)

    def _show_notice(self, view: DoorView, icon: str, tone: str) -> None:
        key = f"door.{view.state.value}"
        next_key = f"{key}.next"
        values: Mapping[str, object] = {}
        if view.state is DoorState.OUT_OF_SERVICE and view.service_key:
            next_key = view.service_key
        elif view.state is DoorState.CAMERA_LOST and view.camera_problem is not None:
            next_key = view.camera_problem.key
            values = view.camera_problem.values
        self.notice.show_notice(icon, f"{key}.title", next_key, tone, values=values)
        if view.state is DoorState.LOCKED_OUT:
            self.notice.count_down(view.remaining, view.duration, _countdown(view.remaining))
        self.preview.set_face(None, view.frame_size, "text")
        self.preview.set_ring(0, 0, 0.0)
        self.body.setCurrentWidget(self.notice)

    def _show_figures(self, view: DoorView) -> None:
        self.alert.setVisible(bool(view.alert))
        self.figures.setVisible(not view.alert)
        if view.alert:
            self.alert.set_text(f"⚠ {tr(f'door.alert.{view.alert}')}")
        parts = [tr("door.enrolled", count=view.people_enrolled)]
        if view.embedder_title:
            parts.append(
                tr(
                    "door.figures",
                    embedder=view.embedder_title,
                    fps=f"{view.frames_per_s:.0f}",
                    latency=f"{view.latency_ms:.0f}",
                )
            )
        self.figures.set_text(" · ".join(parts))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        portrait = self.height() > self.width()
        if portrait:
            self._arrangement.setDirection(QBoxLayout.Direction.TopToBottom)
            self.panel.setMinimumSize(0, PORTRAIT_PANEL_HEIGHT)
            self.panel.setMaximumSize(QWIDGETSIZE_MAX, PORTRAIT_PANEL_HEIGHT)
        else:
            self._arrangement.setDirection(QBoxLayout.Direction.LeftToRight)
            width = min(max(round(self.width() * PANEL_SHARE), PANEL_WIDTH[0]), PANEL_WIDTH[1])
            self.panel.setMinimumSize(width, TOUCH)
            self.panel.setMaximumSize(width, QWIDGETSIZE_MAX)


def _countdown(seconds: float) -> str:
    left = math.ceil(seconds)
    return str(left) if left < 100 else f"{left // 60}:{left % 60:02d}"
