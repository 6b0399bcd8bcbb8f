"""Progress of a re-enrolment after a change of the network."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from kiosk.core.people import Person
from kiosk.core.view_models import ReEnrolment
from kiosk.ui.fitting import fit
from kiosk.ui.formatting import count_text
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.labels import ElidedLabel, Label
from kiosk.ui.widgets.layouts import column

MAX_WAITING = 3
WORDS_WIDTH = 200
"""Width of name and number at scale 1 below which the button goes under them."""


class ReEnrolmentCard(Card):
    """How many people must be enrolled again, with a button for each who has come to the door.

    ``started(person)`` begins the guided enrolment; the buttons are named
    ``reEnrolmentStart.<id>``. Hidden if nobody needs it.
    """

    started = Signal(object)

    def __init__(self) -> None:
        super().__init__(name="reEnrolment", margin=2)
        self.title = Label("", bold=True, wrap=True, name="reEnrolmentTitle")
        self.text = Label("re_enrolment.text", size=SIZES[0], quiet=True, wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setObjectName("reEnrolmentBar")
        self._people: dict[int, Person] = {}
        self._rows: QWidget | None = None
        for item in (self.title, self.bar, self.text):
            self.body.addWidget(item)
        self.hide()

    def show_re_enrolment(self, progress: ReEnrolment) -> None:
        """Show the progress and who is waiting."""
        total = progress.needed + progress.done
        self.title.set_key(
            "re_enrolment.title", needed=count_text(progress.needed), total=count_text(total)
        )
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(progress.done)
        self._people = {person.id or 0: person for person, _ in progress.waiting}
        if self._rows is not None:
            self.body.removeWidget(self._rows)
            self._rows.hide()
            self._rows.deleteLater()
        self._rows = QWidget()
        self._rows.setLayout(
            column(
                *(self._line(person, at) for person, at in progress.waiting[:MAX_WAITING]), gap=0.5
            )
        )
        self.body.addWidget(self._rows)
        self._rows.setVisible(bool(progress.waiting))
        self.text.setVisible(not progress.waiting)
        self.setVisible(progress.needed > 0)

    def _line(self, person: Person, at: datetime) -> QWidget:
        who = ElidedLabel(size=SIZES[1], bold=True)
        who.set_text(f"{person.name} · {person.number}")
        came = Label("re_enrolment.came", size=SIZES[0], quiet=True, time=f"{at:%H:%M}")
        start = Button(
            "re_enrolment.start", "primary", "face", name=f"reEnrolmentStart.{person.id}"
        )
        start.setProperty("person", person.id)
        start.clicked.connect(self._start)
        line = QWidget()
        words = fit(QWidget(), min_width=WORDS_WIDTH)
        words.setLayout(column(who, came, gap=0))
        line.setLayout(flow(words, start, gap=2, grow=words))
        return line

    def _start(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.started.emit(self._people[int(sender.property("person"))])
