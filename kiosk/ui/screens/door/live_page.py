"""The panel's page before a decision: one sentence, and a gauge while a face is compared."""

from __future__ import annotations

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from kiosk.core.door_state import DoorState
from kiosk.core.view_models import DoorView
from kiosk.ui.i18n import tr
from kiosk.ui.screens.door.door_words import (
    CHECKING,
    shown_distance,
    shown_runner_up,
    symbol_of,
    words_key,
)
from kiosk.ui.screens.door.way_out import Contact, WayOut
from kiosk.ui.theme import SIZES, theme
from kiosk.ui.widgets.animation import Clock, Dwell
from kiosk.ui.widgets.bilingual_headline import BilingualHeadline
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.charts.distance_gauge import DistanceGauge
from kiosk.ui.widgets.charts.rings import VotesRing
from kiosk.ui.widgets.charts.strip_chart import StripChart
from kiosk.ui.widgets.labels import ElidedLabel, Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.symbol import Symbol

WORDS_HOLD_S = 1.0
READOUT_HOLD_S = 0.15
"""Minimum time between two changes of the figures, to keep them readable."""
LARGE_TEXT = 1.4
MISSED_S = 0.5
"""A face that is not found for this long has not left: the detector misses single frames."""


class Reading(QWidget):
    """The live distance as a number over the gauge, which shows the threshold's number."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.distance = Label(size=SIZES[4], bold=True, name="door.distance")
        self.gauge = DistanceGauge("door.gauge", clock)
        self._dwell = Dwell(READOUT_HOLD_S, clock)
        self.more = Button(
            "door.details", "ghost", "chart", name="door.details", hint="door.details"
        )
        self.more.setCheckable(True)
        head = row(
            Label("door.distance", size=SIZES[1], quiet=True), self.distance, None, self.more, gap=1
        )
        self.setLayout(column(None, head, self.gauge, gap=0.5))

    def rescale(self) -> None:
        """Leave the button's word out where the text is large."""
        self.more.set_key("door.details" if theme().text_scale <= LARGE_TEXT else "")

    def set_values(self, view: DoorView, *, with_runner_up: bool) -> None:
        """Show the figures of ``view``, at most a few times per second."""
        distance = shown_distance(view)
        runner_up = shown_runner_up(view) if with_runner_up else None
        self.gauge.set_values(distance, runner_up, view.threshold, view.far)
        words = "" if distance is None else f"{distance:.2f}"
        if self._dwell.offer(words, now=distance is None):
            self.distance.set_text(words)
            near = distance is not None and distance <= view.threshold
            self.distance.set_tone("accept" if near else "text")


class Details(QWidget):
    """Runner-up, votes, the last seconds and what it takes: for those who want to know."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("door.details_card")
        self.runner_up = Label("", size=SIZES[1], name="door.runner_up")
        self.votes = VotesRing(32, "door.votes")
        self.votes_words = Label("", size=SIZES[1], quiet=True, name="door.votes_words")
        self.chart = StripChart("door.chart")
        self.figures = ElidedLabel(size=SIZES[0], quiet=True, name="door.figures")
        self.setLayout(
            column(
                row(self.runner_up, None, self.votes, self.votes_words, gap=1),
                self.chart,
                self.figures,
                gap=0.5,
            )
        )

    def show_view(self, view: DoorView) -> None:
        """Show the figures of ``view``."""
        runner_up = shown_runner_up(view)
        self.runner_up.set_key(
            "" if runner_up is None else "door.runner_up_value",
            **({} if runner_up is None else {"distance": f"{runner_up:.2f}"}),
        )
        self.chart.set_history(view.history, view.threshold, view.far)
        checking = shown_distance(view) is not None
        votes = min(view.votes, view.votes_needed) if checking else 0
        self.votes.set_votes(votes, view.votes_needed)
        self.votes_words.set_key("door.votes", votes=votes, needed=view.votes_needed)
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


class LivePage(QWidget):
    """One sentence; with a face the gauge; after a reject, while the face stays, the way out.

    ``details_open``: whether the details are unfolded. They are while ``details_always``.
    """

    claimCancelled = Signal()
    numberRequested = Signal()
    contactRequested = Signal()

    def __init__(self, clock: Clock = time.monotonic) -> None:
        super().__init__()
        self.setObjectName("door.live")
        self._clock = clock
        self._dwell = Dwell(WORDS_HOLD_S, clock)
        self._face_at = float("-inf")
        self.details_always = False
        self.details_open = False
        self.mode = Label("", size=SIZES[1], wrap=True, name="door.mode")
        self.mode.set_tone("accent")
        self.forget = Button(
            "", "ghost", "cross", name="door.forget_claim", hint="door.forget_claim"
        )
        self.forget.clicked.connect(self.claimCancelled)
        self.symbol = Symbol(48, "door.symbol")
        self.words = BilingualHeadline("door.words")
        self.reading = Reading(clock)
        self.gauge = self.reading.gauge
        self.way_out = WayOut("door.way_out")
        self.way_out.numberRequested.connect(self.numberRequested)
        self.way_out.contactRequested.connect(self.contactRequested)
        self._calm = QWidget()
        self.foot = QStackedWidget()
        for page in (self._calm, self.reading, self.way_out):
            self.foot.addWidget(page)
        self.details = Details()
        self.chart = self.details.chart
        self.more = self.reading.more
        self.more.clicked.connect(self.set_details)
        _reserve_space(self.forget)
        head = row(self.symbol, self.mode, self.forget, gap=1.5)
        head.setStretch(1, 1)
        self.setLayout(column(head, self.words, None, self.foot, self.details, gap=1))
        self.set_details(False)

    def set_contact(self, contact: Contact) -> None:
        """Name whom a rejected person can ask."""
        self.way_out.set_contact(contact)

    def set_details(self, shown: bool) -> None:
        """Unfold the details, or fold them unless they are always shown."""
        self.details_open = shown or self.details_always
        self.details.setVisible(self.details_open)
        self.more.setVisible(not self.details_always)
        self.more.setChecked(self.details_open)

    def show_view(self, view: DoorView) -> None:
        """Show the door before a decision."""
        if view.face is not None:
            self._face_at = self._clock()
        elif view.state is DoorState.VERIFYING and self._clock() - self._face_at < MISSED_S:
            return
        self._show_words(view)
        self._show_claim(view)
        self.reading.set_values(view, with_runner_up=self.details_open)
        if self.details_open:
            self.details.show_view(view)
        self._show_foot(view)

    def _show_words(self, view: DoorView) -> None:
        """Change the words once they were there for a second, at once if they contradict."""
        key = words_key(view)
        contradicts = CHECKING in (key, self.words.key)
        if key != self.words.key and self._dwell.offer(key, now=contradicts):
            self.words.set_key(key)
            self.symbol.set_symbol(*symbol_of(key))

    def _show_claim(self, view: DoorView) -> None:
        self.mode.set_key(
            "door.verify_name" if view.claimed else "",
            **({"number": view.claimed} if view.claimed else {}),
        )
        self.forget.setVisible(bool(view.claimed))

    def _show_foot(self, view: DoorView) -> None:
        if view.step_away and view.state is DoorState.COOLDOWN:
            page: QWidget = self.way_out
        else:
            page = self._calm if shown_distance(view) is None else self.reading
        self.foot.setCurrentWidget(page)


def _reserve_space(widget: QWidget) -> None:
    """Reserve the space of a hidden ``widget``, so that nothing moves when it appears."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)
    widget.hide()
