"""The first page of an enrolment: who the person is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.people.period_fields import PeriodFields
from kiosk.ui.screens.people.person_checks import NUMBER, check_name, check_number
from kiosk.ui.screens.people.role_choice import RoleChoice
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area


class WhoPage(QWidget):
    """Number, name, role and dates, each with its error below the field."""

    submitted = Signal()
    numberEntered = Signal(str)

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._person: Person | None = None
        self._taken: tuple[str, str] | None = None
        self._checked_number = ""
        self.title = Label("enrol.who.title", size=SIZES[2], bold=True, wrap=True)
        self.expiring = Label("", size=SIZES[0], quiet=True, wrap=True, name="enrolExpiring")
        self.expiring.hide()
        self.number = Field(
            "enrol.who.number", "enrolNumber", max_length=20, hints=Qt.InputMethodHint.ImhLatinOnly
        )
        self.name = Field("enrol.who.name", "enrolName", max_length=60)
        self.role = RoleChoice("enrolRole")
        self.entry = SegmentedControl(
            "enrolEntry", [(e.value, f"people.entry.{e.value}") for e in CredentialMode]
        )
        self.period = PeriodFields(
            "enrol", ("enrol.who.valid_from", "enrol.who.valid_until"), now, wide=True
        )
        self.next = Button("admin.next", "primary", "forward", name="enrolNext")
        role = column(Label("enrol.who.role", size=SIZES[0], quiet=True), self.role, gap=0.5)
        entry = column(Label("enrol.who.entry", size=SIZES[0], quiet=True), self.entry, gap=0.5)
        card = Card(self.number, self.name, role, entry, self.period, gap=1)
        area = scroll_area()
        inner = QWidget()
        inner.setLayout(column(self.title, self.expiring, card, None, gap=2))
        area.setWidget(inner)
        self.setLayout(column(area, row(None, self.next), gap=2))
        self._connect()

    def begin(self, person: Person | None) -> None:
        """Clear the fields, or fill them from ``person``, whose face is enrolled again."""
        self._person = person
        self._taken = None
        self._checked_number = ""
        shown = person or Person("", "")
        self.number.set_text(shown.number)
        self.number.edit.setReadOnly(person is not None)
        self.name.set_text(shown.name)
        self.role.show_role(person.role if person else PersonRole.GRADUATE)
        self.entry.set_value(CredentialMode.FACE.value)
        self.entry.setEnabled(person is None)  # re-enrolment is always with a face
        self.period.show_period(shown)
        for field in (self.number, self.name):
            field.clear_error()
        self.focus_first()

    def show_expiring(self, people: int, days: int) -> None:
        """Show that the periods of ``people`` end within ``days``; nothing for none."""
        self.expiring.set_key("people.expiring.text", n=count_text(people), days=days)
        self.expiring.setVisible(people > 0)

    def focus_first(self) -> None:
        """Focus the first field to fill in."""
        (self.name if self._person else self.number).edit.setFocus()

    def fill(self, typed: Person) -> None:
        """Show what was typed before."""
        self.number.set_text(typed.number)
        self.name.set_text(typed.name)
        self.role.show_role(typed.role)
        self.entry.set_value(typed.entry.value)
        self.period.show_period(typed)

    def typed(self) -> Person:
        """The person as typed so far; dates that are not finished are left out."""
        try:
            return self.draft()
        except ValueError:
            self.period.show_period(Person("", ""))
            return self.draft()

    def draft(self) -> Person:
        """The person as typed; valid only after ``check``."""
        base = self._person or Person("", "")
        return Person(
            self.number.text(),
            " ".join(self.name.text().split()),
            self.role.role(),
            base.enabled,
            self.period.valid_from.day(),
            self.period.valid_until.day(),
            created_at=base.created_at,
            templates=base.templates,
            id=base.id,
            groups=base.groups,
            entry=CredentialMode(self.entry.value()),
            until_time=self.period.until_time(),
        )

    def show_number_taken(self, owner: str) -> None:
        """Show that the requested number belongs to ``owner`` (masked); empty if free."""
        self._taken = (self._checked_number, owner) if owner else None
        if owner and self.number.text() == self._checked_number:
            self._show_taken_error()

    def taken(self) -> bool:
        """Whether the typed number is known to be another person's."""
        return self._taken is not None and self._taken[0] == self.number.text()

    def check(self) -> bool:
        """Whether everything is valid; shows errors and focuses the first invalid field."""
        invalid = [
            field
            for field, valid in (
                (self.number, self._check_number()),
                (self.name, check_name(self.name)),
                (self.period.valid_until, self.period.check(self._now().date())),
            )
            if not valid
        ]
        if invalid:
            invalid[0].edit.setFocus()
        return not invalid

    def _check_number(self) -> bool:
        if not check_number(self.number):
            return False
        if self.taken():
            self._show_taken_error()
            return False
        return True

    def _show_taken_error(self) -> None:
        assert self._taken is not None
        self.number.set_error("enrol.who.number_taken", name=self._taken[1])

    def _connect(self) -> None:
        self.number.edit.editingFinished.connect(self._number_entered)
        self.next.clicked.connect(self._submit)
        for field in (self.number, self.name, self.period):
            field.submitted.connect(self._submit)

    def _number_entered(self) -> None:
        text = self.number.text()
        if self._person is None and text != self._checked_number and NUMBER.fullmatch(text):
            self._checked_number = text
            self.numberEntered.emit(text)

    def _submit(self) -> None:
        self._number_entered()
        if self.check():
            self.submitted.emit()
