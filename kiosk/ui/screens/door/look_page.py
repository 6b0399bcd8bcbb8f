"""The page that asks a member who was let in whether to keep today's look too."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from kiosk.core.door_state import DoorState
from kiosk.core.view_models import DoorView, LookStep, LookView
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.bilingual_headline import BilingualHeadline
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.charts.rings import TimeRing
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

SYMBOLS = {LookStep.ASK: "face", LookStep.KEPT: "check", LookStep.NOT_KEPT: "info"}


def look_key(view: LookView) -> str:
    """The message key of the headline."""
    return f"door.look.{view.step.value}"


class LookPage(QWidget):
    """Who was let in, the question, what would be stored, and two buttons of equal weight.

    The ring shows how long the answer is waited for; without one nothing is kept.
    """

    answered = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("door.look")
        self.ring = TimeRing(72, "door.look.ring")
        self.name = Label("", size=SIZES[2], bold=True, wrap=True, name="door.look.name")
        self.status = Label("", size=SIZES[1], wrap=True, name="door.look.status")
        self.words = BilingualHeadline("door.look.words")
        self.words.centre()
        self.text = Label("", size=SIZES[1], wrap=True, name="door.look.text")
        self.text.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.yes = Button("door.look.yes", "secondary", "check", name="door.look.yes", large=True)
        self.no = Button("door.look.no", "secondary", "cross", name="door.look.no", large=True)
        for button in (self.yes, self.no):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.yes.clicked.connect(self._say_yes)
        self.no.clicked.connect(self._say_no)
        self.buttons = QWidget()
        self._answers = row(self.no, self.yes, gap=2)
        for place in range(2):
            self._answers.setStretch(place, 1)
        self.buttons.setLayout(self._answers)
        head = row(self.ring, column(None, self.name, self.status, None, gap=0.5), gap=2)
        head.setStretch(1, 1)
        self.setLayout(column(head, None, self.words, self.text, None, self.buttons, gap=1.5))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rescale()

    def rescale(self) -> None:
        """Place the answers one above the other where they do not fit side by side."""
        wider = max(self.yes.sizeHint().width(), self.no.sizeHint().width())
        fits = 2 * wider + self._answers.spacing() <= self.width()
        self._answers.setDirection(
            QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        )

    def show_view(self, view: DoorView, look: LookView) -> None:
        """Show the question or what became of it, and whether the door is open."""
        accepted = view.state is DoorState.ACCEPTED
        if accepted and view.masked_name:
            self.name.set_key("door.state.accepted", name=view.masked_name)
        else:
            self.name.set_key("door.state.welcome" if accepted else "")
        self.status.set_key("door.accepted.next" if accepted else "")
        self.words.set_key(look_key(look))
        self.text.set_key(f"{look_key(look)}_text", **_values(look))
        self.buttons.setVisible(look.step is LookStep.ASK)
        ink = "on_accept" if accepted else "text"
        self.ring.set_symbol(
            "check" if accepted else SYMBOLS[look.step],
            ink=ink,
            track="accept" if accepted else "line",
        )
        self.ring.set_time(look.remaining, look.duration)
        self.words.set_tones(ink, "on_accept" if accepted else "quiet")
        for label in (self.name, self.status, self.text):
            label.set_tone(ink)

    def _say_yes(self) -> None:
        self.answered.emit(True)

    def _say_no(self) -> None:
        self.answered.emit(False)


def _values(look: LookView) -> dict[str, object]:
    return {"count": look.templates} if look.step is LookStep.ASK else {}
