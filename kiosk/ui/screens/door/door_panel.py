"""The panel beside the live picture: state, distances, decision and help."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QWidget

from kiosk.core.decisions import Decision
from kiosk.core.door_state import DoorState
from kiosk.core.view_models import DoorView
from kiosk.ui.screens.door.challenge_page import ChallengePage
from kiosk.ui.screens.door.look_page import LookPage
from kiosk.ui.theme import SIZES, TOUCH
from kiosk.ui.widgets.animation import Clock, Dwell
from kiosk.ui.widgets.bilingual_headline import BilingualHeadline
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.charts.distance_gauge import DistanceGauge
from kiosk.ui.widgets.charts.rings import TimeRing, VotesRing
from kiosk.ui.widgets.charts.strip_chart import StripChart
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row, spacing
from kiosk.ui.widgets.style_property import set_property
from kiosk.ui.widgets.symbol import Symbol

COMPARING = frozenset({DoorState.VERIFYING, DoorState.ACCEPTED, DoorState.REJECTED})
"""States in which the distances belong to the person at the door."""
SYMBOLS = {
    DoorState.IDLE: ("face", "quiet"),
    DoorState.APPROACH: ("person", "wait_text"),
    DoorState.VERIFYING: ("search", "accent_text"),
    DoorState.COOLDOWN: ("clock", "quiet"),
}
NO_VALUE = "–"
READOUT_HOLD_S = 0.15
"""Minimum time between two changes of the figures, to keep them readable."""


def words_key(view: DoorView) -> str:
    """The message key of the headline for ``view``."""
    match view.state:
        case DoorState.APPROACH:
            return f"hint.{view.hint.value}"
        case DoorState.COOLDOWN if view.step_away:
            return "door.state.step_away"
        case DoorState.VERIFYING | DoorState.COOLDOWN:
            return f"door.state.{view.state.value}"
        case _:
            return "door.state.idle"


class Readouts(QWidget):
    """Three figures: distance, runner-up and threshold."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.distance = Label(size=SIZES[4], bold=True, name="door.distance")
        self.runner_up = Label(size=SIZES[3], name="door.runner_up")
        self.threshold = Label(size=SIZES[3], quiet=True, name="door.threshold")
        self._dwell = Dwell(READOUT_HOLD_S, clock)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(spacing(2))
        grid.setVerticalSpacing(0)
        baseline_offset = (
            self.distance.fontMetrics().descent() - self.threshold.fontMetrics().descent()
        )
        for smaller in (self.runner_up, self.threshold):
            smaller.setContentsMargins(
                0, 0, 0, baseline_offset
            )  # align the baselines of all three figures
        for index, (key, value) in enumerate(
            (
                ("door.distance", self.distance),
                ("door.runner_up", self.runner_up),
                ("door.threshold", self.threshold),
            )
        ):
            grid.addWidget(Label(key, size=SIZES[0], quiet=True), 0, index)
            grid.addWidget(value, 1, index, Qt.AlignmentFlag.AlignBottom)
            grid.setColumnStretch(index, 4 if index == 0 else 3)

    def set_values(self, distance: float | None, runner_up: float | None, threshold: float) -> None:
        """Show the figures, at most a few times per second."""
        words = (_figure(distance), _figure(runner_up), _figure(threshold))
        if self._dwell.offer(words, now=distance is None):
            for label, word in zip(
                (self.distance, self.runner_up, self.threshold), words, strict=True
            ):
                label.set_text(word)
            near = distance is not None and distance <= threshold
            self.distance.set_tone("accept" if near else "quiet" if distance is None else "text")


class LivePage(QWidget):
    """Headline, figures, gauge, strip chart and votes."""

    claimCancelled = Signal()

    def __init__(self, clock: Clock = time.monotonic) -> None:
        super().__init__()
        self.setObjectName("door.live")
        self._dwell = Dwell(1.0, clock)
        self.mode = Label("door.identify", size=SIZES[1], quiet=True, name="door.mode")
        self.forget = Button(
            "", "ghost", "cross", name="door.forget_claim", hint="door.forget_claim"
        )
        self.forget.clicked.connect(self.claimCancelled)
        _reserve_space(self.forget)
        self.symbol = Symbol(40, "door.symbol")
        self.words = BilingualHeadline("door.words")
        self.readouts = Readouts(clock)
        self.gauge = DistanceGauge("door.gauge", clock)
        self.chart = StripChart("door.chart")
        self.votes = VotesRing(40, "door.votes")
        self.votes_words = Label(
            "door.votes", size=SIZES[1], quiet=True, name="door.votes_words", votes=0, needed=0
        )
        self.setLayout(
            column(
                row(self.mode, None, self.forget),
                row(column(self.symbol, None), self.words, gap=2),
                self.readouts,
                self.gauge,
                Label("door.last_seconds", size=SIZES[0], quiet=True),
                self.chart,
                row(self.votes, self.votes_words, None, gap=1.5),
            )
        )

    def show_view(self, view: DoorView) -> None:
        """Show the door before a decision."""
        self._show_words(view)
        self._show_mode(view)
        distance = view.distance if view.state in COMPARING else None
        runner_up = view.runner_up if distance is not None else None
        self.readouts.set_values(distance, runner_up, view.threshold)
        self.gauge.set_values(distance, runner_up, view.threshold, view.far)
        self.chart.set_history(view.history, view.threshold, view.far)
        self.votes.set_votes(view.votes, view.votes_needed)
        self.votes_words.set_key(
            "door.votes", votes=min(view.votes, view.votes_needed), needed=view.votes_needed
        )

    def _show_words(self, view: DoorView) -> None:
        key = words_key(view)
        if self._dwell.offer(key):
            self.words.set_key(key)
            self.symbol.set_symbol(*SYMBOLS.get(view.state, SYMBOLS[DoorState.IDLE]))

    def _show_mode(self, view: DoorView) -> None:
        if view.claimed:
            self.mode.set_key("door.verify_name", number=view.claimed)
        else:
            self.mode.set_key("door.identify")
        self.mode.set_tone("accent" if view.claimed else "quiet")
        self.forget.setVisible(bool(view.claimed))


class DecisionPage(QWidget):
    """The decision.

    Accept: a tick in a circle that empties while the door is open. Reject: a cross in a square, and
    the reason.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("door.decision")
        self.ring = TimeRing(192, "door.decision.ring")
        self.words = BilingualHeadline("door.decision.words")
        self.words.centre()
        self.next = Label("", size=SIZES[2], wrap=True, name="door.decision.next")
        self.figures = Label("", size=SIZES[1], quiet=True, name="door.decision.figures")
        for label in (self.next, self.figures):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setLayout(
            column(
                None,
                row(None, self.ring, None),
                3,
                self.words,
                2,
                self.next,
                None,
                self.figures,
                gap=1,
            )
        )

    def show_view(self, view: DoorView, decision: Decision) -> None:
        """Show ``decision`` and the time left."""
        if decision.accepted:
            self._show_accept(view)
        else:
            self._show_reject(decision)
        self.ring.set_time(view.remaining, view.duration)
        self.figures.set_key(
            "" if decision.distance is None else "door.rejected.distance", **_figures(decision)
        )

    def _show_accept(self, view: DoorView) -> None:
        self.ring.set_symbol("check", shape="circle", ink="on_accept", track="accept")
        if view.masked_name:
            self.words.set_key("door.state.accepted", name=view.masked_name)
        else:
            self.words.set_key("door.state.welcome")
        self.next.set_key("door.accepted.next")
        self._set_tones("on_accept", "on_accept")

    def _show_reject(self, decision: Decision) -> None:
        self.ring.set_symbol("cross", shape="square", ink="reject_text", track="line")
        self.words.set_key(f"reason.{decision.reason.value}.title")
        self.next.set_key(f"reason.{decision.reason.value}.next")
        self._set_tones("text", "quiet")

    def _set_tones(self, text: str, quiet: str) -> None:
        self.words.set_tones(text, quiet)
        self.next.set_tone(text)
        self.figures.set_tone(quiet)


class HelpPage(QWidget):
    """How to enter, in four lines."""

    LINES = (("face", "look"), ("chart", "distance"), ("keypad", "number"), ("shield", "privacy"))

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("door.help_card")
        lines = [self._line(icon, key) for icon, key in self.LINES]
        self.setLayout(
            column(
                Label("door.help_card.title", size=SIZES[3], bold=True, wrap=True),
                *lines,
                None,
                gap=3,
            )
        )

    @staticmethod
    def _line(icon: str, key: str) -> QWidget:
        symbol = Symbol(32)
        symbol.set_symbol(icon, "accent_text")
        line = QWidget()
        line.setLayout(row(column(symbol, None), Label(f"door.help_card.{key}", wrap=True), gap=2))
        return line


class DoorPanel(Card):
    """A card with pages of the same size: live, challenge, decision, look, help."""

    claimCancelled = Signal()
    lookAnswered = Signal(bool)

    def __init__(self, clock: Clock = time.monotonic) -> None:
        super().__init__(name="door.panel")
        self.live = LivePage(clock)
        self.challenge = ChallengePage()
        self.decision = DecisionPage()
        self.look = LookPage()
        self.help = HelpPage()
        self.pages = QStackedWidget()
        for page in (self.live, self.challenge, self.decision, self.look, self.help):
            self.pages.addWidget(page)
        self.body.addWidget(self.pages)
        self.helping = False
        self.live.claimCancelled.connect(self.claimCancelled)
        self.look.answered.connect(self.lookAnswered)

    def show_view(self, view: DoorView) -> None:
        """Show the most important page: look, decision, challenge, help, live, in this order."""
        self.live.show_view(view)
        decided = view.decision if view.state in (DoorState.ACCEPTED, DoorState.REJECTED) else None
        if decided is not None:
            self.decision.show_view(view, decided)
        if view.challenge is not None:
            self.challenge.show_view(view.challenge)
        if view.look is not None:
            self.look.show_view(view, view.look)
        page: QWidget = self.help if self.helping else self.live
        if decided is not None or view.challenge is not None:
            page = self.decision if decided is not None else self.challenge
        if view.look is not None:
            page = self.look
        set_property(
            self, "tone", "" if decided is None else "accept" if decided.accepted else "reject"
        )
        self.pages.setCurrentWidget(page)

    def set_help(self, shown: bool) -> None:
        """Show or hide the help; a decision stays in front."""
        self.helping = shown
        if self.pages.currentWidget() in (self.live, self.help):
            self.pages.setCurrentWidget(self.help if shown else self.live)


def _figure(value: float | None) -> str:
    return f"{value:.2f}" if value is not None and math.isfinite(value) else NO_VALUE


def _figures(decision: Decision) -> dict[str, object]:
    if decision.distance is None:
        return {}
    return {"distance": _figure(decision.distance), "threshold": _figure(decision.threshold)}


def _reserve_space(button: Button) -> None:
    """Reserve the space of the hidden ``button``, so that nothing moves when it appears."""
    policy = button.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    button.setSizePolicy(policy)
    button.setMinimumSize(TOUCH, TOUCH)
    button.hide()
