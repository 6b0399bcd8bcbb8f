"""The page that asks for a turn of the head: direction, time left and step."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from kiosk.core.view_models import ChallengeView, Turn
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.bilingual_headline import BilingualHeadline
from kiosk.ui.widgets.charts.rings import TimeRing
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

SYMBOLS = {Turn.LEFT: "back", Turn.RIGHT: "forward", Turn.UP: "up"}
"""Arrows as the person sees them: the picture is mirrored, so their left is the screen's left."""


def challenge_key(view: ChallengeView) -> str:
    """The message key of the instruction."""
    return f"door.challenge.{view.turn.value if view.turn else 'straight'}"


class ChallengePage(QWidget):
    """An arrow in a countdown ring, with the instruction in two languages."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("door.challenge")
        self.ring = TimeRing(144, "door.challenge.ring")
        self.words = BilingualHeadline("door.challenge.words")
        self.words.centre()
        self.step = Label("", size=SIZES[2], bold=True, name="door.challenge.step")
        self.step.set_tone("accent")
        self.why = Label(
            "door.challenge.why", size=SIZES[1], quiet=True, wrap=True, name="door.challenge.why"
        )
        for label in (self.step, self.why):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setLayout(
            column(
                None, self.step, row(None, self.ring, None), 1, self.words, None, self.why, gap=1
            )
        )

    def show_view(self, view: ChallengeView) -> None:
        """Show the current instruction at once, since the time is running."""
        self.ring.set_symbol(
            SYMBOLS[view.turn] if view.turn else "face", ink="accent_text", track="line"
        )
        self.ring.set_time(view.remaining, view.duration if view.turn else 0.0)
        self.words.set_key(challenge_key(view))
        if view.turn is None:
            self.step.set_key("door.challenge.last")
        else:
            self.step.set_key("door.challenge.step", number=view.done + 1, total=view.total)
