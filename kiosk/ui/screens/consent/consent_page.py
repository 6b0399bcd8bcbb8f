"""The page of an enrolment on which the person decides what they agree to."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.consent import REQUIRED, ConsentKind
from kiosk.core.people import CredentialMode, Person
from kiosk.ui.screens.consent.consent_view import ConsentView
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.forms.chips import FlowLayout
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.scrolling import scroll_area


class ConsentPage(QWidget):
    """The texts of consent; going on requires the required consents.

    ``agreed`` carries how the person will enter: by face only if they agreed to that.
    """

    agreed = Signal(object)
    back = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._entry = CredentialMode.FACE
        self._face_needed = False
        self.title = Label("enrol.consent.title", size=SIZES[2], bold=True, wrap=True)
        self.text = ConsentView("enrolConsent")
        self.required = Label("enrol.consent.required", size=SIZES[0], quiet=True, wrap=True)
        self.back_button = Button("admin.back", name="enrolBack")
        self.next = Button("enrol.consent.start", "primary", name="enrolNext")
        self.card = Button("enrol.consent.as_card", name="enrolAsCard")
        inner = QWidget()
        inner.setLayout(column(self.title, self.text, None, gap=2))
        buttons = QWidget()
        flow = FlowLayout(gap=2)
        buttons.setLayout(flow)
        for button in (self.back_button, self.card, self.next):
            flow.addWidget(button)
        layout = column(scroll_area(inner), self.required, buttons, gap=1)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.back_button.clicked.connect(self.back)
        self.next.clicked.connect(self._go_on)
        self.card.clicked.connect(lambda: self.agreed.emit(CredentialMode.CARD))
        self.text.changed.connect(self._refresh)
        self.begin(Person("", ""))

    def begin(self, person: Person) -> None:
        """Ask ``person``; of somebody who is enrolled already, the consent to the face is needed.

        Nobody who chose a PIN or a card is asked about their face.
        """
        self._entry = person.entry
        self._face_needed = person.id is not None and person.entry is CredentialMode.FACE
        self.text.begin(person.name, face=person.entry is CredentialMode.FACE)
        self._refresh()

    def _refresh(self) -> None:
        agreed = self.text.agreed()
        face = ConsentKind.FACE in agreed
        refused = self._entry is CredentialMode.FACE and not face and not self._face_needed
        allowed = agreed >= REQUIRED and (face or not self._face_needed)
        self.next.setEnabled(allowed)
        self.card.setVisible(refused and allowed)
        if refused and allowed:
            self.required.set_key("enrol.consent.without_face")
            self.next.set_key("enrol.consent.as_pin")
        elif self._entry is CredentialMode.FACE:
            hint = "face_required" if self._face_needed else "required"
            self.required.set_key(f"enrol.consent.{hint}")
            self.next.set_key("enrol.consent.start")
        else:
            self.required.set_key("enrol.consent.required")
            self.next.set_key("enrol.consent.enrol")

    def _go_on(self) -> None:
        face = ConsentKind.FACE in self.text.agreed()
        refused = self._entry is CredentialMode.FACE and not face
        self.agreed.emit(CredentialMode.PIN if refused else self._entry)
