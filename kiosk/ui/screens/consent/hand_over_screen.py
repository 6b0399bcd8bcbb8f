"""The screen of a person who is being enrolled, while the kiosk is in their hands."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.people import CredentialMode, Person
from kiosk.ui.screens.consent.consent_page import ConsentPage
from kiosk.ui.screens.consent.return_page import ReturnPage
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import theme
from kiosk.ui.widgets.layouts import column


class HandOverScreen(Screen):
    """Fills the window: nothing of the staff's pages can be reached without the staff's PIN.

    ``pinEntered`` carries the PIN; the presenter answers with ``show_error``, or takes the screen
    away. ``left`` asks for the door, with nothing stored.
    """

    pinEntered = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__("handOver")
        self._account = ""
        self.choice: ConsentChoice | None = None
        """What the person decided; ``None`` before."""
        self.consent = ConsentPage()
        self.back = ReturnPage()
        self.setLayout(column(self.consent, self.back, margin=2))
        self.consent.decided.connect(self._decided)
        self.back.submitted.connect(self.pinEntered)
        self.back.left.connect(self.left)
        self._show(self.consent)

    def begin(self, person: Person, account: str, *, again: bool = False) -> None:
        """Ask ``person``; ``account``: whose PIN takes the kiosk back.

        ``again``: of an enrolled person only the consents are asked for.
        """
        self.choice = None
        self._account = account
        self._show(self.consent)
        self.consent.begin(person, again=again)
        self.consent.text.setFocus()

    def reset(self) -> None:
        """Forget the person and the decision."""
        self.begin(Person("", "", entry=CredentialMode.PIN), "")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the PIN was refused."""
        self.back.show_error(key, **values)

    def _show(self, page: QWidget) -> None:
        """Show one of the two pages; a stack would ask for the height of the taller one."""
        for each in (self.consent, self.back):
            each.setVisible(each is page)

    @Slot(object)
    def _decided(self, choice: ConsentChoice) -> None:
        self.choice = choice
        theme().reset_text_size()
        self.back.begin(self._account)
        self._show(self.back)
        self.back.entry.setFocus()
