"""The screen of a person who is being enrolled, while the kiosk is in their hands."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from kiosk.core.consent import ConsentKind
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.people import CredentialMode, Person
from kiosk.ui.screens.consent.consent_page import ConsentPage
from kiosk.ui.screens.consent.person_pin_page import PersonPinPage
from kiosk.ui.screens.consent.return_page import ReturnPage
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import theme
from kiosk.ui.widgets.layouts import column

NOBODY = Person("", "", entry=CredentialMode.PIN)


class HandOverScreen(Screen):
    """Fills the window: nothing of the staff's pages can be reached without the staff's PIN.

    ``pinEntered`` carries the staff's PIN; the presenter answers with ``show_error``, or takes the
    screen away. ``left`` asks for the door, with nothing stored.
    """

    pinEntered = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__("handOver")
        self._account = ""
        self._person = NOBODY
        self._enrolment = True
        self.choice: ConsentChoice | None = None
        """What the person decided; ``None`` before."""
        self.pin: str | None = None
        """The PIN that the person chose, empty if they want none now; ``None`` before."""
        self.consent = ConsentPage()
        self.own_pin = PersonPinPage()
        self.back = ReturnPage()
        self.setLayout(column(self.consent, self.own_pin, self.back, margin=2))
        self.consent.decided.connect(self._decided)
        self.own_pin.chosen.connect(self._pin_chosen)
        self.back.submitted.connect(self.pinEntered)
        self.back.left.connect(self.left)
        self._show(self.consent)

    @property
    def finished(self) -> bool:
        """Whether the person has decided everything that they were asked."""
        return not self.back.isHidden()

    def begin(self, person: Person, account: str, *, again: bool = False) -> None:
        """Ask ``person``; ``account``: whose PIN takes the kiosk back.

        ``again``: of an enrolled person only the consents are asked for. Who will enter with a PIN
        and has none chooses it here, too.
        """
        self._begin(person, account, enrolment=not again)
        self._show(self.consent)
        self.consent.begin(person, again=again)
        self.consent.text.setFocus()

    def begin_pin(self, person: Person, account: str) -> None:
        """Let the enrolled ``person`` choose a PIN; ``account``: whose PIN takes the kiosk back."""
        self._begin(person, account, enrolment=False)
        self._ask_pin()

    def reset(self) -> None:
        """Forget the person, the decision and the PIN."""
        self.own_pin.begin("")
        self.begin(NOBODY, "")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the PIN was refused."""
        self.back.show_error(key, **values)

    def _begin(self, person: Person, account: str, *, enrolment: bool) -> None:
        self.choice = self.pin = None
        self._person, self._account, self._enrolment = person, account, enrolment

    def _show(self, page: QWidget) -> None:
        """Show one of the pages; a stack would ask for the height of the tallest one."""
        for each in (self.consent, self.own_pin, self.back):
            each.setVisible(each is page)

    def _ask_pin(self) -> None:
        self.own_pin.begin(self._person.name)
        self._show(self.own_pin)
        self.own_pin.entry.setFocus()

    def _ask_back(self) -> None:
        theme().reset_text_size()
        self.back.begin(self._account, enrolment=self._enrolment)
        self._show(self.back)
        self.back.entry.setFocus()

    @Slot(object)
    def _decided(self, choice: ConsentChoice) -> None:
        self.choice = choice
        if needs_pin(choice, self._person):
            self._ask_pin()
        else:
            self._ask_back()

    @Slot(str)
    def _pin_chosen(self, pin: str) -> None:
        self.pin = pin
        self._ask_back()


def needs_pin(choice: ConsentChoice, person: Person) -> bool:
    """Return whether ``person`` has no PIN and will enter with one after ``choice``."""
    loses_face = person.templates > 0 and ConsentKind.FACE not in choice.agreed
    without_face = choice.entry is not CredentialMode.FACE or loses_face
    return without_face and not choice.refused and not person.has_pin
