"""Guided enrolment: person, consent, five poses, check, done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QStackedWidget

from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.people import AccountRole, CredentialMode, Person
from kiosk.core.view_models import EnrolStep, EnrolView
from kiosk.ui.fitting import fit
from kiosk.ui.screens.consent.hand_over_page import HandOverPage
from kiosk.ui.screens.enrol.capture_pages import CheckPage, DonePage, PosesPage
from kiosk.ui.screens.enrol.who_pages import WhoPage
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.live_preview import LivePreview
from kiosk.ui.widgets.stepper import Stepper

WHO, CONSENT, POSES, CHECK, DONE = range(5)
STEPS = tuple(f"enrol.step.{name}" for name in ("who", "consent", "poses", "check", "done"))
_PAGE_OF_STEP = {
    EnrolStep.CAPTURE: POSES,
    EnrolStep.CHECK: POSES,
    EnrolStep.FAILED: POSES,
    EnrolStep.CONFIRM: CHECK,
    EnrolStep.DONE: DONE,
}


def _now() -> datetime:
    return datetime.now().astimezone()


class EnrolScreen(Screen):
    """Guides staff through an enrolment.

    ``handOverRequested`` carries the draft ``Person`` who is to decide on the consents; ``decided``
    answers. ``addRequested`` carries a ``Person`` with a PIN or a card instead of a face, and the
    PIN that they chose, if any; ``show_added`` answers. ``started`` carries the draft ``Person``
    with their consents; from then on ``show_view`` drives the pages, until ``cancelled``, a view
    that is done after ``saveRequested``, or ``reset``. ``pinRequested`` carries the ``Person`` who
    is to choose a PIN; ``show_pin_set`` or ``show_pin_error`` answers.
    """

    checkNumberRequested = Signal(str)
    handOverRequested = Signal(object)
    started = Signal(object)
    addRequested = Signal(object, str)
    cancelled = Signal()
    retryRequested = Signal()
    saveRequested = Signal()
    testRequested = Signal()
    pinRequested = Signal(object)
    existingChosen = Signal(object)
    """The enrolled ``Person`` whom the captured face resembles; the capture is cancelled."""

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        super().__init__("enrolScreen")
        self._now = now
        self._running = False
        self._portrait_count = 0
        self.title = Label("enrol.title", size=SIZES[3], bold=True, name="enrolTitle")
        self.stepper = Stepper("enrolStepper", STEPS)
        self.who = WhoPage(now)
        self.consent = HandOverPage()
        self.poses = PosesPage()
        self.check = CheckPage()
        self.done = DonePage()
        self._pages = QStackedWidget()
        self._all = (self.who, self.consent, self.poses, self.check, self.done)
        for page in self._all:
            page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self._pages.addWidget(page)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._lay_out()
        self._connect()
        self.reset()

    def set_role(self, role: AccountRole) -> None:
        """Let administrators register cards at the end."""
        self.done.cards.set_may_change(role is AccountRole.ADMIN)

    @property
    def preview(self) -> LivePreview:
        """The live picture."""
        return self.poses.preview

    @property
    def running(self) -> bool:
        """Whether a capture was started and is neither saved nor cancelled."""
        return self._running

    @property
    def untouched(self) -> bool:
        """Whether nothing was typed yet."""
        return (
            not self._running
            and self._pages.currentIndex() == WHO
            and not self.who.number.text()
            and not self.who.name.text()
        )

    def reset(self) -> None:
        """Start over without emitting a signal."""
        self._begin(None)

    def leave(self) -> None:
        """Cancel a capture that runs while another page is opened; what was typed stays."""
        if self._running:
            self._running = False
            self._show_page(WHO)
            self.cancelled.emit()

    def form(self) -> Person | None:
        """Return what was typed for an enrolment that is not finished; ``None`` for nothing."""
        if self.untouched or self._pages.currentIndex() == DONE:
            return None
        return self.who.typed()

    def fill(self, typed: Person) -> None:
        """Show ``typed`` again, from ``form``."""
        self._begin(typed if typed.id is not None else None)
        self.who.fill(typed)
        self._entry_chosen(typed.entry.value)

    def begin_with(self, person: Person) -> None:
        """Enrol the face of ``person`` again under the same number."""
        self._begin(person)

    def opened(self) -> None:
        """Prepare the page for display; a finished enrolment makes room for the next."""
        if self._pages.currentIndex() == DONE:
            self.reset()
        if self._pages.currentIndex() == WHO:
            self.who.focus_first()

    def show_number_taken(self, owner: str) -> None:
        """Show that the number belongs to ``owner`` (masked name); empty if it is free."""
        self.who.show_number_taken(owner)
        if owner and self.who.taken() and self._pages.currentIndex() == CONSENT:
            self._show_page(WHO)

    def decided(self, choice: ConsentChoice, pin: str = "") -> None:
        """Go on with what the person decided, unless the page was left meanwhile.

        ``pin``: the one that they chose, if any.
        """
        if self._pages.currentIndex() != CONSENT:
            return
        if choice.refused:
            self.consent.show_refused()
            return
        draft = choice.of(self.who.draft(), self._now())
        if choice.entry is not CredentialMode.FACE:
            self.addRequested.emit(draft, pin)
            return
        self._running = True
        self.poses.begin()
        self._show_page(POSES)
        self.started.emit(draft)

    def show_view(self, view: EnrolView) -> None:
        """Show the state of the capture; ignored if none is running, since a view may be late."""
        if not self._running:
            return
        page = _PAGE_OF_STEP[view.step]
        if page == POSES:
            self._keep_portrait(view)
            self.poses.show_view(view)
        elif page == CHECK and self._pages.currentIndex() != CHECK:
            self.check.show_view(view)
        elif page == DONE:
            self._running = False
            self.done.show_person(view.person, view.pin_needed)
        self._show_page(page)

    def show_added(self, person: Person) -> None:
        """Show that a person without a face was enrolled."""
        self.done.show_person(person, False)
        self.stepper.set_left_out((POSES, CHECK))
        self._show_page(DONE)

    def show_pin_set(self) -> None:
        """Show that the person's PIN was stored."""
        self.done.door_pin.show_done()

    def show_pin_error(self, key: str, **values: object) -> None:
        """Show why the PIN was not stored."""
        self.done.door_pin.show_error(key, **values)

    def show_error(self, key: str, **values: object) -> None:
        """Show an error on the current page."""
        page = self._pages.currentIndex()
        if page == POSES:
            self.poses.show_failure(key, **values)
        elif page == CHECK:
            self.check.show_error(key, **values)
        else:
            self._show_page(WHO)
            self.who.number.set_error(key, **values)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold_steps()

    def rescale(self) -> None:
        """Lay out the steps at the present scale."""
        self._fold_steps()

    def _fold_steps(self) -> None:
        """Show the steps across the top in portrait, and their numbers only where it is narrow."""
        portrait = self.height() > self.width()
        self._body.setDirection(
            QBoxLayout.Direction.TopToBottom if portrait else QBoxLayout.Direction.LeftToRight
        )
        self.stepper.set_across(portrait)
        margins = self.contentsMargins()
        layout = self.layout()
        if layout is not None:
            margins += layout.contentsMargins()
        room = self.seen_width() - margins.left() - margins.right() - self._body.spacing()
        pages = self._pages.minimumSizeHint().width()
        self.stepper.show_words(self.stepper.width_with_words() + pages <= room)

    def _lay_out(self) -> None:
        fit(self._body, gap=3)
        self._body.addWidget(self.stepper)
        self._body.addWidget(self._pages, 1)
        whole = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        fit(whole, gap=3, margin=3)
        whole.addWidget(self.title)
        whole.addLayout(self._body, 1)
        self.setLayout(whole)

    def _connect(self) -> None:
        self.who.numberEntered.connect(self.checkNumberRequested)
        self.who.submitted.connect(self._ask_consent)
        self.who.entry.chosen.connect(self._entry_chosen)
        self.consent.back.connect(self._back_to_who)
        self.consent.handedOver.connect(self._hand_over)
        for page in (self.poses, self.check):
            page.cancelled.connect(self._cancel)
            page.again.connect(self._again)
        self.check.saved.connect(self.saveRequested)
        self.check.existingChosen.connect(self._open_existing)
        self.done.tested.connect(self.testRequested)
        self.done.pinRequested.connect(self.pinRequested)
        self.done.another.connect(self.reset)

    def _begin(self, person: Person | None) -> None:
        self._running = False
        self.stepper.set_left_out(())
        self.title.set_key("enrol.title_again" if person else "enrol.title")
        self._show_page(WHO)
        self.who.begin(person)

    def _show_page(self, page: int) -> None:
        if page in (WHO, DONE):
            self.check.portraits.forget()
            self._portrait_count = 0
        if page != self._pages.currentIndex():
            self._pages.setCurrentIndex(page)
            self._all[page].setFocus()  # otherwise Qt focuses the next button, mostly "cancel"
        self.stepper.set_current(len(STEPS) if page == DONE else page)

    def _keep_portrait(self, view: EnrolView) -> None:
        """Keep the picture of a captured pose, to be looked at before saving."""
        if len(view.captured) > self._portrait_count and view.face is not None:
            self.check.portraits.keep(
                view.captured[-1], self.preview.portrait(view.face, view.frame_size)
            )
        self._portrait_count = len(view.captured)

    def _ask_consent(self) -> None:
        self.consent.begin(self.who.draft().name)
        self._show_page(CONSENT)

    def _entry_chosen(self, entry: str) -> None:
        without = entry != CredentialMode.FACE.value
        self.stepper.set_left_out((POSES, CHECK) if without else ())

    def _back_to_who(self) -> None:
        self._show_page(WHO)

    def _hand_over(self) -> None:
        self.handOverRequested.emit(self.who.draft())

    def _again(self) -> None:
        self.check.portraits.forget()
        self.poses.begin()
        self._show_page(POSES)
        self.retryRequested.emit()

    def _open_existing(self, person: Person) -> None:
        self._cancel()
        self.existingChosen.emit(person)

    def _cancel(self) -> None:
        self.reset()
        self.cancelled.emit()
