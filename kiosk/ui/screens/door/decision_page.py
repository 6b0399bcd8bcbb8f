"""The page that shows a decision, and what a rejected person can do next."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.decisions import Decision
from kiosk.core.view_models import DoorView
from kiosk.ui.screens.door.door_words import NUMBER_IS_NO_HELP, accepted_key
from kiosk.ui.screens.door.way_out import Contact, WayOut
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.bilingual_headline import BilingualHeadline
from kiosk.ui.widgets.charts.rings import TimeRing
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

ACCEPT_RING, REJECT_RING = 128, 72


class DecisionPage(QWidget):
    """The decision.

    Accept: a tick in a circle that empties while the door is open. Reject: a cross in a square,
    the reason, and the way out.
    """

    numberRequested = Signal()
    contactRequested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("door.decision")
        self.accept_ring = TimeRing(ACCEPT_RING, "door.decision.ring")
        self.reject_ring = TimeRing(REJECT_RING, "door.decision.reject_ring")
        self.words = BilingualHeadline("door.decision.words")
        self.words.centre()
        self.next = Label("", size=SIZES[2], wrap=True, name="door.decision.next")
        self.figures = Label("", size=SIZES[1], quiet=True, name="door.decision.figures")
        for label in (self.next, self.figures):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.way_out = WayOut("door.decision.way_out")
        self.way_out.numberRequested.connect(self.numberRequested)
        self.way_out.contactRequested.connect(self.contactRequested)
        self.setLayout(
            column(
                None,
                row(None, self.accept_ring, self.reject_ring, None),
                self.words,
                self.next,
                self.figures,
                None,
                self.way_out,
                gap=1,
            )
        )

    def set_contact(self, contact: Contact) -> None:
        """Name whom a rejected person can ask."""
        self.way_out.set_contact(contact)

    def show_view(self, view: DoorView, decision: Decision) -> None:
        """Show ``decision`` and the time left."""
        if decision.accepted:
            self._show_accept(view)
        else:
            self._show_reject(view, decision)
        self.way_out.setVisible(not decision.accepted)
        self.way_out.offer_number(decision.reason not in NUMBER_IS_NO_HELP)
        self.accept_ring.setVisible(decision.accepted)
        self.reject_ring.setVisible(not decision.accepted)
        ring = self.accept_ring if decision.accepted else self.reject_ring
        ring.set_time(view.remaining, view.duration)
        self.figures.set_key(
            "" if decision.distance is None else "door.rejected.distance", **_figures(decision)
        )

    def _show_accept(self, view: DoorView) -> None:
        self.accept_ring.set_symbol("check", shape="circle", ink="on_accept", track="accept")
        if view.masked_name:
            self.words.set_key("door.state.accepted", name=view.masked_name)
        else:
            self.words.set_key("door.state.welcome")
        self.next.set_key(accepted_key(view))
        self._set_tones("on_accept", "on_accept")

    def _show_reject(self, view: DoorView, decision: Decision) -> None:
        self.reject_ring.set_symbol("cross", shape="square", ink="reject_text", track="line")
        self.words.set_key(f"reason.{decision.reason.value}.title")
        if view.wait_s > 0:
            self.next.set_key("door.rejected.wait", n=math.ceil(view.wait_s))
        else:
            self.next.set_key(f"reason.{decision.reason.value}.next")
        self._set_tones("text", "quiet")

    def _set_tones(self, text: str, quiet: str) -> None:
        self.words.set_tones(text, quiet)
        self.next.set_tone(text)
        self.figures.set_tone(quiet)


def _figures(decision: Decision) -> dict[str, object]:
    distance = decision.distance
    if distance is None:
        return {}
    shown = f"{distance:.2f}" if math.isfinite(distance) else "–"
    return {"distance": shown, "threshold": f"{decision.threshold:.2f}"}
