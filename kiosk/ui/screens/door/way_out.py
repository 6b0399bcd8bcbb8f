"""What somebody can do whom the door did not let in: type a number, or ask somebody."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import ElidedLabel, Label
from kiosk.ui.widgets.layouts import column


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom people at the door can ask; both empty where the site names nobody."""

    name: str = ""
    phone: str = ""

    @property
    def words(self) -> str:
        """Name and telephone number on one line."""
        return " · ".join(part for part in (self.name.strip(), self.phone.strip()) if part)


class WayOut(QWidget):
    """Two large buttons: enter the number, ask the person in charge; and who that is."""

    numberRequested = Signal()
    contactRequested = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.number = Button(
            "door.way_number", "primary", "keypad", name=f"{name}.number", large=True
        )
        self.ask = Button("door.ask", "secondary", "person", name=f"{name}.ask", large=True)
        self.contact = ElidedLabel(size=SIZES[1], quiet=True, name=f"{name}.contact")
        self.contact.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for button in (self.number, self.ask):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.number.clicked.connect(self.numberRequested)
        self.ask.clicked.connect(self.contactRequested)
        self.setLayout(column(None, self.number, self.ask, self.contact, gap=1))

    def set_contact(self, contact: Contact) -> None:
        """Name whom to ask."""
        self.contact.set_text(contact.words)

    def offer_number(self, helps: bool) -> None:
        """Offer number entry only where it ``helps``."""
        self.number.setVisible(helps)


class ContactPage(QWidget):
    """Whom to ask, how to reach them, and a button that leaves a call for them."""

    called = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("door.contact")
        self.close_page = Button(
            "common.back", "secondary", "back", name="door.contact.back", large=True
        )
        self.close_page.clicked.connect(self.closed)
        self.title = Label("door.contact.title", size=SIZES[3], bold=True, wrap=True)
        self.name = Label("", size=SIZES[3], wrap=True, name="door.contact.name")
        self.phone = Label("", size=SIZES[4], bold=True, wrap=True, name="door.contact.phone")
        self.text = Label("", size=SIZES[2], quiet=True, wrap=True, name="door.contact.text")
        self.call = Button("door.contact.call", "primary", "bell", name="door.call", large=True)
        self.call.clicked.connect(self.called)
        self.setLayout(
            column(
                self.title,
                1,
                self.name,
                self.phone,
                1,
                self.text,
                None,
                self.call,
                self.close_page,
                gap=1,
            )
        )
        self.set_contact(Contact())

    def set_contact(self, contact: Contact) -> None:
        """Name whom to ask."""
        self.name.set_text(contact.name.strip())
        self.phone.set_text(contact.phone.strip())
        self.name.setVisible(bool(contact.name.strip()))
        self.phone.setVisible(bool(contact.phone.strip()))
        self.show_called(False)

    def show_called(self, called: bool) -> None:
        """Say that a call was left; the button rests meanwhile."""
        self.text.set_key("door.contact.called" if called else "door.contact.text")
        self.call.setEnabled(not called)
