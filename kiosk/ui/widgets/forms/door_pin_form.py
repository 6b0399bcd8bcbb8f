"""A person's PIN for the door: whether one is needed, whether one is set, and setting it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.people import CredentialMode, Person
from kiosk.ui.formatting import distance_text
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.forms.pin_fields import PinFields
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.scrolling import reveal

MAX_LOOK_ALIKES = 5


class DoorPinForm(QWidget):
    """A heading, the current state, and a button that opens the PIN fields; emits ``chosen``.

    Its parts are named ``<name>State``, ``<name>Open``, ``<name>``, ``<name>Again``, ``<name>Set``
    and ``<name>Note``.
    """

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.waiting = False
        self._may_change = True
        self._has_pin = False
        self.state = Label("", size=SIZES[0], wrap=True, name=f"{name}State")
        self.others = Label("", size=SIZES[0], wrap=True, quiet=True, name=f"{name}Others")
        self.open_button = Button("people.pin.set", icon="lock", name=f"{name}Open")
        self.fields = PinFields(name)
        self.set_button = Button("people.pin.save", "primary", "check", name=f"{name}Set")
        self.note = Label("", size=SIZES[0], wrap=True, name=f"{name}Note")
        self.setLayout(
            column(
                Label("people.pin.title", bold=True),
                self.state,
                self.others,
                self.open_button,
                self.fields,
                self.set_button,
                self.note,
                gap=0.75,
            )
        )
        self.open_button.clicked.connect(self.open_fields)
        self.set_button.clicked.connect(self._choose)
        self.fields.submitted.connect(self._choose)
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
        self._has_pin = person.has_pin
        self._show_fields(False)
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
        """Show that the PIN was set."""
        self.waiting = False
        self._has_pin = True
        self._show_fields(False)
        self.note.set_tone("accept")
        self.note.set_key("people.pin.saved")

    def show_error(self, key: str, **values: object) -> None:
        """Show why the PIN was not set."""
        self.waiting = False
        self.set_button.setEnabled(True)
        if "pin" in key:
            self.fields.first.set_error(key, **values)
            return
        self.note.set_tone("reject")
        self.note.set_key(key, **values)

    def open_fields(self) -> None:
        """Show the PIN fields."""
        self._show_fields(True)
        self.fields.first.edit.setFocus()
        reveal(self)

    def _show_fields(self, shown: bool) -> None:
        self.fields.clear()
        self.fields.setVisible(shown)
        self.set_button.setVisible(shown)
        self.set_button.setEnabled(True)
        self.open_button.set_key("people.pin.change" if self._has_pin else "people.pin.set")
        self.open_button.setVisible(not shown and (self._may_change or not self._has_pin))

    def _choose(self) -> None:
        if self.set_button.isEnabled() and self.fields.check():
            self.waiting = True
            self.set_button.setEnabled(False)
            self.chosen.emit(self.fields.pin())
