"""The page after a person's decision: staff take the kiosk back with their PIN."""

from __future__ import annotations

from PySide6.QtCore import Signal

from kiosk.ui.screens.consent.keypad_page import KeypadPage
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.labels import Label

MAX_PIN = 12


class ReturnPage(KeypadPage):
    """Asks the person to hand the kiosk back, and staff for the PIN of the account signed in."""

    submitted = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        self.title = Label("hand_over.thanks", size=SIZES[3], bold=True, wrap=True)
        self.who = Label("", quiet=True, wrap=True, name="handOverWho")
        super().__init__(
            (self.title, self.who),
            Button("hand_over.leave", "ghost", name="handOverLeave"),
            KeypadEntry(
                "handOver.pin", secret=True, max_length=MAX_PIN, hint="sign_in.placeholder"
            ),
            Button("hand_over.back", "primary", "check", name="handOverSubmit"),
        )
        self.entry.submitted.connect(self.submitted)
        self.leave.clicked.connect(self.left)

    def begin(self, account: str, *, enrolment: bool = True) -> None:
        """Ask for the PIN of ``account``. ``enrolment``: one goes on afterwards."""
        self.who.set_key("hand_over.who", name=account)
        self.submit.set_key("hand_over.back" if enrolment else "hand_over.back_only")
        self.leave.set_key("hand_over.leave" if enrolment else "hand_over.leave_only")
        self.entry.clear()
        self.entry.error.set_key("")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the PIN was refused."""
        self.entry.set_error(key, **values)
