"""A person's PIN for the door: whether one is needed or set, and letting the person choose it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.people import CredentialMode, Person
from kiosk.ui.formatting import distance_text
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column

MAX_LOOK_ALIKES = 5


class DoorPinForm(QWidget):
    """A heading, the current state, and a button that hands the kiosk to the person.

    Staff never type or see a person's PIN. Its parts are named ``<name>State``, ``<name>Open`` and
    ``<name>Note``. ``waiting``: between ``requested`` and the answer.
    """

    requested = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.waiting = False
        self._may_change = True
        self.state = Label("", size=SIZES[0], wrap=True, name=f"{name}State")
        self.others = Label("", size=SIZES[0], wrap=True, quiet=True, name=f"{name}Others")
        self.open_button = Button("people.pin.set", icon="forward", name=f"{name}Open")
        self.note = Label("", size=SIZES[0], wrap=True, name=f"{name}Note")
        self.setLayout(
            column(
                Label("people.pin.title", bold=True),
                self.state,
                self.others,
                self.open_button,
                self.note,
                gap=0.75,
            )
        )
        self.open_button.clicked.connect(self._request)
        self.show_person(Person("", ""))

    def set_may_change(self, may: bool) -> None:
        """Allow or forbid replacing an existing PIN; a first PIN may always be set."""
        self._may_change = may

    def show_person(self, person: Person) -> None:
        """Show whether ``person`` needs a PIN and has one."""
        self.waiting = False
        tone = "quiet"
        key = "people.pin.not_needed"
        if person.look_alike or person.entry is not CredentialMode.FACE:
            need = "needed" if person.entry is CredentialMode.FACE else f"by_{person.entry.value}"
            tone, key = (
                ("accept", f"people.pin.{need}_set")
                if person.has_pin
                else ("wait", f"people.pin.{need}")
            )
        elif person.has_pin:
            key = "people.pin.has"
        self.state.set_tone(tone)
        self.state.set_key(key)
        self.others.hide()
        self._show_button(person.has_pin)
        self.note.set_key("")

    def show_look_alikes(self, names: Sequence[tuple[str, float]]) -> None:
        """Show the look-alikes as (name, distance), nearest first."""
        self.others.set_text(
            "\n".join(
                f"{name} · {distance_text(distance)}" for name, distance in names[:MAX_LOOK_ALIKES]
            )
        )
        self.others.setVisible(bool(names))

    def show_done(self) -> None:
        """Show that the person chose a PIN."""
        self.waiting = False
        self._show_button(True)
        self.note.set_tone("accept")
        self.note.set_key("people.pin.saved")

    def show_error(self, key: str, **values: object) -> None:
        """Show why no PIN was stored."""
        self.waiting = False
        self.note.set_tone("reject")
        self.note.set_key(key, **values)

    def _show_button(self, has_pin: bool) -> None:
        self.open_button.set_key("people.pin.change" if has_pin else "people.pin.set")
        self.open_button.setVisible(self._may_change or not has_pin)

    def _request(self) -> None:
        self.waiting = True
        self.note.set_key("")
        self.requested.emit()
