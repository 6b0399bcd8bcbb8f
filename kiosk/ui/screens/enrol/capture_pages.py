"""The last three pages of an enrolment: poses, check and done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kiosk.core.people import CredentialMode, Person
from kiosk.core.view_models import Coach, EnrolStep, EnrolView, Pose
from kiosk.ui.fitting import fit
from kiosk.ui.formatting import distance_text
from kiosk.ui.screens.access.person_cards import PersonCards
from kiosk.ui.screens.enrol.portraits import Portraits
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.charts.rings import TimeRing
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.door_pin_form import DoorPinForm
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.live_preview import LivePreview
from kiosk.ui.widgets.low_page import LowPage
from kiosk.ui.widgets.scrolling import scroll_area

POSES = tuple(Pose)

CARD_WIDTH = 440
"""Width of the cards after an enrolment, in pixels at scale 1."""


class PosesPage(LowPage):
    """The live picture, a line of coaching, and the captured poses."""

    again = Signal()
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        # two lines, so that a long text does not move the picture
        self.coach = Label("", size=SIZES[3], bold=True, wrap=True, lines=2, name="enrolCoach")
        self.coach.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview = LivePreview("enrolPreview")
        self.count = Label("", quiet=True, name="enrolCount")
        self._poses: dict[Pose, Label] = {}
        self.again_button = Button(
            "enrol.check.again", "primary", "refresh", name="enrolPosesAgain"
        )
        self.cancel = Button("admin.cancel", name="enrolCancel")
        layout = column(
            self.coach,
            self.preview,
            self._pose_row(),
            flow(self.count, None, self.again_button, self.cancel),
            gap=1.5,
        )
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.again_button.clicked.connect(self.again)
        self.cancel.clicked.connect(self.cancelled)
        self.begin()

    def begin(self) -> None:
        """Reset to no captured pose."""
        self.show_view(EnrolView(EnrolStep.CAPTURE))

    def show_view(self, view: EnrolView) -> None:
        """Show a capture, the check after it, or why it stopped."""
        failed = view.step is EnrolStep.FAILED
        checking = view.step is EnrolStep.CHECK
        if failed:
            self.show_failure(view.message_key or "enrol.poses.stopped", **view.message_values)
            return
        self._offer_again(bool(view.captured), urgent=view.coach is Coach.SOMEBODY_ELSE)
        self.coach.set_tone("accept" if view.coach is Coach.GOOD and not checking else "text")
        self.coach.set_key("enrol.poses.checking" if checking else f"coach.{view.coach.value}")
        good = view.coach is Coach.GOOD or checking
        self.preview.set_face(view.face, view.frame_size, "accept" if good else "wait")
        self.preview.set_ring(len(view.captured), len(POSES), view.progress)
        self._show_poses(view.captured, view.pose)
        self.count.set_key("enrol.poses.captured", done=len(view.captured), total=len(POSES))

    def show_failure(self, key: str, **values: object) -> None:
        """Show why capturing stopped."""
        self._offer_again(True, urgent=True)
        self.coach.set_tone("reject")
        self.coach.set_key(key, **values)
        self.preview.set_face(None, (640, 480), "text")
        self.preview.set_ring(0, len(POSES), 0.0)
        self._show_poses((), None)
        self.count.set_key("enrol.poses.stopped")

    def _offer_again(self, offered: bool, *, urgent: bool) -> None:
        """Offer a restart: only staff can tell whether the first pose shows the right person."""
        self.again_button.set_kind("primary" if urgent else "secondary")
        self.again_button.setVisible(offered)

    def _pose_row(self) -> QHBoxLayout:
        for pose in POSES:
            label = Label(f"pose.{pose.value}", quiet=True, name=f"enrolPose.{pose.value}")
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._poses[pose] = label
        return row(*self._poses.values())

    def _show_poses(self, captured: Sequence[Pose], current: Pose | None) -> None:
        for pose, label in self._poses.items():
            label.set_tone(
                "accept" if pose in captured else "accent" if pose is current else "quiet"
            )
            mark = (
                "enrol.poses.pose_done"
                if pose in captured
                else "enrol.poses.pose_now"
                if pose is current
                else ""
            )
            label.set_key(f"{mark}.{pose.value}" if mark else f"pose.{pose.value}")


class CheckResultCard(Card):
    """A result: symbol, headline and explanation."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, margin=2)
        self.ring = TimeRing(56, name=f"{name}Ring")
        self.title = Label("", size=SIZES[2], bold=True, wrap=True, name=f"{name}Title")
        self.text = Label("", wrap=True, quiet=True, name=f"{name}Text")
        self.more = Label("", wrap=True, bold=True, name=f"{name}More")
        words = column(self.title, self.text, self.more, gap=0.5)
        line = row(column(self.ring, None), words, gap=2)
        line.setStretch(1, 1)
        self.body.addLayout(line)

    def show_result(self, icon: str, tone: str, title: str, text: str, **values: object) -> None:
        """Show the messages ``title`` and ``text`` in the colour ``tone``."""
        self.ring.set_symbol(
            icon, shape="circle" if tone == "accept" else "square", ink=tone, track="line"
        )
        self.title.set_key(title)
        self.text.set_key(text, **values)
        self.more.hide()


class CheckPage(LowPage):
    """Whether the templates match their person and nobody else; then save, repeat or cancel.

    If they match somebody who is enrolled, opening that person comes first (``existingChosen``
    carries the nearest ``Person``), and saving anyway asks again.
    """

    saved = Signal()
    existingChosen = Signal(object)
    again = Signal()
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = Label("enrol.check.title", size=SIZES[2], bold=True, wrap=True)
        self.who = Label("", size=SIZES[3], bold=True, wrap=True, name="enrolCheckName")
        self.same = CheckResultCard("enrolSelfMatch")
        self.others = CheckResultCard("enrolLookAlike")
        self.portraits = Portraits("enrolPortrait")
        self.error = Label("", wrap=True, name="enrolError")
        self.error.set_tone("reject")
        self._nearest: Person | None = None
        self.save = Button("enrol.check.save", "primary", "check", name="enrolSave")
        self.existing = Button(
            "enrol.check.open_existing", "primary", "person", name="enrolOpenExisting"
        )
        self.anyway = Confirm(
            "enrolAnyway",
            title="enrol.check.anyway_title",
            yes="enrol.check.anyway_yes",
            no="admin.cancel",
        )
        self.again_button = Button("enrol.check.again", icon="refresh", name="enrolAgain")
        self.cancel = Button("admin.cancel", "ghost", name="enrolCancel")
        inner = QWidget()
        inner.setLayout(
            column(
                self.title,
                self.who,
                self.portraits,
                self.same,
                self.others,
                self.error,
                self.anyway,
                None,
                gap=2,
            )
        )
        buttons = flow(self.cancel, self.again_button, self.save, self.existing)
        layout = column(scroll_area(inner), buttons, gap=2)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.save.clicked.connect(self._ask_or_save)
        self.anyway.confirmed.connect(self._save)
        self.existing.clicked.connect(self._open_existing)
        self.again_button.clicked.connect(self.again)
        self.cancel.clicked.connect(self.cancelled)

    def show_view(self, view: EnrolView) -> None:
        """Show both results."""
        if view.person is not None:
            self.who.set_text(f"{view.person.name} · {view.person.number}")
        distance = view.self_distance
        good = distance is not None and distance <= view.threshold
        self._show_same(good, distance_text(distance), distance_text(view.threshold))
        self._show_others(view.known_as, view.pin_needed)
        self.error.set_key("")
        self.save.setEnabled(good)
        self._nearest = view.known_as[0][0] if view.known_as else None
        self.save.set_key("enrol.check.save_anyway" if view.known_as else "enrol.check.save")
        self.save.set_kind("secondary" if view.known_as else "primary")
        self.existing.setVisible(bool(view.known_as))
        self.anyway.hide()

    def show_error(self, key: str, **values: object) -> None:
        """Show why saving failed; it may be tried again."""
        self.error.set_key(key, **values)
        self.save.setEnabled(True)

    def _show_same(self, good: bool, distance: str, threshold: str) -> None:
        icon, tone, name = ("check", "accept", "good") if good else ("cross", "reject", "poor")
        self.same.show_result(
            icon,
            tone,
            f"enrol.check.self_{name}",
            f"enrol.check.self_{name}_text",
            distance=distance,
            threshold=threshold,
        )

    def _show_others(self, known_as: Sequence[tuple[Person, float]], pin_needed: bool) -> None:
        if not known_as:
            self.others.show_result(
                "check", "accept", "enrol.check.no_look_alike", "enrol.check.no_look_alike_text"
            )
            return
        text = "enrol.check.look_alike_pin" if pin_needed else "enrol.check.look_alike_text"
        self.others.show_result("warning", "wait", "enrol.check.look_alike", text)
        self.others.more.set_text(
            "\n".join(
                f"{person.name} ({person.number}) · {distance_text(distance)}"
                for person, distance in known_as[:5]
            )
        )
        self.others.more.show()

    def _open_existing(self) -> None:
        if self._nearest is not None:
            self.existingChosen.emit(self._nearest)

    def _ask_or_save(self) -> None:
        if self._nearest is None:
            self._save()
        else:
            self.anyway.ask(
                "enrol.check.anyway_text", name=self._nearest.name, number=self._nearest.number
            )

    def _save(self) -> None:
        self.save.setEnabled(False)  # a second press must not save twice
        self.saved.emit()


class DonePage(QWidget):
    """The person is enrolled: test it, or enrol the next person."""

    tested = Signal()
    another = Signal()
    pinRequested = Signal(object)
    """The ``Person`` who is to choose a PIN."""

    def __init__(self) -> None:
        super().__init__()
        self._person = Person("", "")
        self.ring = TimeRing(144, name="enrolDoneRing")
        self.ring.set_symbol("check", ink="accept", track="line")
        self.title = Label("", size=SIZES[3], bold=True, wrap=True, name="enrolDoneTitle")
        self.text = Label("enrol.done.text.face", wrap=True, quiet=True, name="enrolDoneText")
        self.test = Button("enrol.done.test", "primary", "face", name="enrolTest")
        self.another_button = Button("enrol.done.another", icon="person-add", name="enrolAnother")
        for label in (self.title, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.door_pin = DoorPinForm("enrolPin")
        self.pin_card = Card(self.door_pin)
        fit(self.pin_card, width=CARD_WIDTH)
        self.cards = PersonCards()
        self.cards.set_may_change(False)
        self.cards_card = Card(self.cards)
        fit(self.cards_card, width=CARD_WIDTH)
        inner = QWidget()
        inner.setLayout(
            column(
                None,
                row(None, self.ring, None),
                2,
                self.title,
                self.text,
                2,
                row(None, self.pin_card, None),
                row(None, self.cards_card, None),
                1,
                row(None, self.another_button, self.test, None, gap=2),
                None,
            )
        )
        self.setLayout(column(scroll_area(inner)))
        self.test.clicked.connect(self.tested)
        self.another_button.clicked.connect(self.another)
        self.door_pin.requested.connect(lambda: self.pinRequested.emit(self._person))

    def show_person(self, person: Person | None, pin_needed: bool) -> None:
        """Show who is enrolled and how they enter; offer to choose a PIN if one is needed."""
        self._person = person or Person("", "")
        entry = self._person.entry
        pin_needed = pin_needed or entry is not CredentialMode.FACE
        self.title.set_key("enrol.done.title", name=self._person.name)
        face = "enrol.done.text_pin" if pin_needed else "enrol.done.text.face"
        self.text.set_key(
            face if entry is CredentialMode.FACE else f"enrol.done.text.{entry.value}"
        )
        if entry is CredentialMode.CARD and self.cards.may_change:
            self.text.set_key("enrol.done.text.card_here")
        self.test.setVisible(entry is CredentialMode.FACE)
        self.pin_card.setVisible(pin_needed)
        self.ring.setVisible(not pin_needed)  # leaves room for the PIN form
        self.cards_card.setVisible(self.cards.may_change and entry is not CredentialMode.FACE)
        self.cards.show_person(self._person)
        self.door_pin.show_person(replace(self._person, look_alike=pin_needed))
