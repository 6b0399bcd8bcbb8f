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
from kiosk.ui.fitting import fit
from kiosk.ui.i18n import tr
from kiosk.ui.screens.door.door_banner import DoorBanner
from kiosk.ui.screens.door.door_header import DoorHeader
from kiosk.ui.screens.door.door_panel import DoorPanel
from kiosk.ui.screens.door.door_words import alert_alone
from kiosk.ui.screens.door.way_out import Contact
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES, text_px, theme
from kiosk.ui.widgets.animation import Clock
from kiosk.ui.widgets.bilingual_headline import QWIDGETSIZE_MAX
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import ElidedLabel
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.live_preview import BGRAImage, LivePreview
from kiosk.ui.widgets.notice import Notice
from kiosk.ui.widgets.scrolling import scroll_area

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
ALERTS_ALONE = {
    "lockdown": ("lock", "wait_text"),
    "fleet_locked": ("lock", "wait_text"),
    "free_access": ("unlock", "accept_text"),
    "fire": ("warning", "reject_text"),
}
"""Alerts shown as a full-page notice."""
WITHOUT_NUMBER = frozenset(
    {
        DoorState.CAMERA_LOST,
        DoorState.OUT_OF_SERVICE,
        DoorState.PAUSED,
        DoorState.ACCEPTED,
        DoorState.CHALLENGE,
    }
)
"""States in which no number can be typed; after a reject it can."""

LANDSCAPE_SHARE, PORTRAIT_SHARE = 0.37, 0.38
"""The panel's share of the width, in portrait of the height, at the usual text size."""
LARGEST_SHARE = 0.55
FOOTER_WIDTH = 640
"""Width in pixels at scale 1 from which the footer names the help in words."""
ASKED_S = 20.0
CALLED_S = 60.0
"""Seconds until staff can be called again."""


class DoorScreen(Screen):
    """The live door screen: it is given frames, views and the time, and emits requests.

    In landscape the panel is beside the picture, in portrait below it.
    """

    numberRequested = Signal()
    staffRequested = Signal()
    staffCalled = Signal()
    """Somebody asks for the person in charge; at most once in ``CALLED_S``."""
    claimCancelled = Signal()
    lookAnswered = Signal(bool)

    def __init__(self, lab_name: str, clock: Clock = time.monotonic) -> None:
        super().__init__("door")
        self._clock = clock
        self._asked_at = self._called_at = float("-inf")
        self.asked_s = ASKED_S
        self.header = DoorHeader(lab_name)
        self.banner = DoorBanner()
        self.preview = LivePreview("door.preview", clock)
        # beside the largest text on the smallest glass
        fit(self.preview, min_width=80, min_height=90)
        self.panel = DoorPanel(clock)
        self.notice = Notice("door.notice")
        self.contact = ElidedLabel(size=SIZES[2], name="door.notice.contact")
        self.contact.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.view = DoorView()
        self._live = QWidget()
        self._arrangement = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._live)
        fit(self._arrangement, gap=2, margin=0)
        self._arrangement.addWidget(self.preview, 1)
        self._arrangement.addWidget(self.panel)
        stopped = QWidget()
        stopped.setLayout(column(self.notice, self.contact))
        self.body = QStackedWidget()
        self.body.addWidget(self._live)
        self.body.addWidget(scroll_area(stopped))
        head = (self.body, self.header) if theme().low else (self.header, self.body)
        page = column(self.banner, *head, self._footer(), gap=2, margin=2.5)
        page.setStretch(1 + head.index(self.body), 1)
        self.setLayout(page)
        self.panel.claimCancelled.connect(self.claimCancelled)
        self.panel.lookAnswered.connect(self.lookAnswered)
        self.panel.numberRequested.connect(self.numberRequested)
        self.panel.contactRequested.connect(self._ask_contact)
        self.panel.staffCalled.connect(self._call_staff)
        self.show_view(self.view)
        self.retranslate()

    def _footer(self) -> QWidget:
        self.number = Button(
            "door.by_number", "secondary", "keypad", name="door.by_number", large=True
        )
        self.help = Button(
            "door.help", "secondary", "help", name="door.help", large=True, hint="door.help"
        )
        self.help.setCheckable(True)
        self.staff = Button(
            "", "secondary", "gear", name="door.staff", large=True, hint="door.staff"
        )
        self.number.clicked.connect(self.numberRequested)
        self.staff.clicked.connect(self.staffRequested)
        self.help.toggled.connect(self._toggle_help)
        footer = QWidget()
        footer.setObjectName("door.footer")
        footer.setLayout(row(self.number, None, self.help, self.staff, gap=2))
        return footer

    def set_contact(self, contact: Contact) -> None:
        """Name whom people at the door can ask."""
        self.panel.set_contact(contact)
        self.contact.set_text(contact.words)

    def set_details(self, always: bool) -> None:
        """Show the details ``always``, or only at a touch."""
        self.panel.live.details_always = always
        self.panel.live.set_details(always)

    def settle(self) -> None:
        """Close what somebody has opened: help, contact, details."""
        self.help.setChecked(False)
        self.panel.ask_for(None)
        self.panel.live.set_details(False)

    def set_now(self, now: datetime) -> None:
        """Show the local time ``now``; once a second."""
        self.header.set_now(now)
        if self.panel.asked is not None and self._clock() - self._asked_at >= self.asked_s:
            self.settle()
        if self.view.away_s >= self.asked_s:
            self.panel.live.set_details(False)
        if self._clock() - self._called_at >= CALLED_S:
            self.panel.contact.show_called(False)

    def touched(self) -> None:
        """Keep open what is open: somebody touched the screen."""
        self._asked_at = self._clock()

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
        alone = alert_alone(view)
        self.banner.show_alert("" if alone else view.alert)
        notice = NOTICES.get(view.state)
        self.number.setEnabled(view.state not in WITHOUT_NUMBER)
        self.help.setEnabled(notice is None)
        for button in (self.number, self.help):
            button.setVisible(not alone)
        if alone:
            self._show_alert(view)
            return
        if notice is not None:
            self._show_notice(view, *notice)
            return
        self.preview.set_face(view.face, view.frame_size, BOX_COLOURS.get(view.state, "text"))
        challenge = view.challenge
        self.preview.set_ring(
            *((challenge.done, challenge.total, challenge.progress) if challenge else (0, 0, 0.0))
        )
        self.panel.show_view(view)
        self.body.setCurrentIndex(0)

    def retranslate(self) -> None:
        self.header.retranslate()
        self.preview.setAccessibleName(tr("door.preview"))

    def _show_alert(self, view: DoorView) -> None:
        """Show the one thing that everybody at the door must know."""
        icon, tone = ALERTS_ALONE[view.alert]
        self.notice.show_notice(
            icon, f"door.alert.{view.alert}", f"door.alert_next.{view.alert}", tone
        )
        self.settle()
        self.preview.set_face(None, view.frame_size, "text")
        self.preview.set_ring(0, 0, 0.0)
        self.body.setCurrentIndex(1)

    def _show_notice(self, view: DoorView, icon: str, tone: str) -> None:
        """Show what the door waits for. Why it is out of service is for staff: System, the log."""
        key = f"door.{view.state.value}"
        next_key = f"{key}.next"
        values: Mapping[str, object] = {}
        if view.state is DoorState.CAMERA_LOST and view.camera_problem is not None:
            next_key = view.camera_problem.key
            values = view.camera_problem.values
        self.notice.show_notice(icon, f"{key}.title", next_key, tone, values=values)
        if view.state is DoorState.LOCKED_OUT:
            self.notice.count_down(view.remaining, view.duration, _countdown(view.remaining))
        self.preview.set_face(None, view.frame_size, "text")
        self.preview.set_ring(0, 0, 0.0)
        self.body.setCurrentIndex(1)

    def _toggle_help(self, shown: bool) -> None:
        self._asked_at = self._clock()
        self._name_help()
        self.panel.ask_for(self.panel.help if shown else None)

    def _ask_contact(self) -> None:
        self.help.setChecked(False)
        self._asked_at = self._clock()
        self.panel.ask_for(self.panel.contact)

    def _call_staff(self) -> None:
        if self._clock() - self._called_at < CALLED_S:
            return
        self._called_at = self._clock()
        self.panel.contact.show_called(True)
        self.staffCalled.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rescale()

    def rescale(self) -> None:
        """Take the shares of the present text size."""
        self._arrange()
        self._name_help()

    def _name_help(self) -> None:
        """Leave the button's word out where the footer has no room for it."""
        words = "door.close_help" if self.help.isChecked() else "door.help"
        self.help.set_key(words if self.width() >= text_px(FOOTER_WIDTH) else "")

    def _arrange(self) -> None:
        portrait = self.height() > self.width()
        usual = PORTRAIT_SHARE if portrait else LANDSCAPE_SHARE
        share = min(LARGEST_SHARE, usual * (1 + 0.5 * (theme().text_scale - 1)))
        if portrait:
            self._arrangement.setDirection(QBoxLayout.Direction.TopToBottom)
            self.panel.setFixedHeight(round(self.height() * share))
            self.panel.setMinimumWidth(0)
            self.panel.setMaximumWidth(QWIDGETSIZE_MAX)
        else:
            self._arrangement.setDirection(QBoxLayout.Direction.LeftToRight)
            self.panel.setFixedWidth(round(self.seen_width() * share))
            self.panel.setMinimumHeight(0)
            self.panel.setMaximumHeight(QWIDGETSIZE_MAX)


def _countdown(seconds: float) -> str:
    left = math.ceil(seconds)
    return str(left) if left < 100 else f"{left // 60}:{left % 60:02d}"
