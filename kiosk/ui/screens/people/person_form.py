"""The fields of an enrolled person, to view or to change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.people import CredentialMode, Person
from kiosk.ui.screens.access.group_chips import GroupChips
from kiosk.ui.screens.people.period_fields import PeriodFields
from kiosk.ui.screens.people.person_checks import check_name, check_number
from kiosk.ui.screens.people.role_choice import RoleChoice
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column

_NUMBER_ERRORS = ("error.number_taken", "error.number_refused")
_ENTRY_ERRORS = ("error.entry_has_face", "error.entry_needs_face")


class PersonForm(QWidget):
    """Number, name, role, way in, groups and dates, each with its error below."""

    submitted = Signal()

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.number = Field(
            "enrol.who.number", "personNumber", max_length=20, hints=Qt.InputMethodHint.ImhLatinOnly
        )
        self.name = Field("people.panel.name", "personName", max_length=60)
        self.role = RoleChoice("personRole")
        self.entry = SegmentedControl(
            "personEntry", [(e.value, f"people.entry.{e.value}") for e in CredentialMode]
        )
        self.entry_error = Label("", size=SIZES[0], wrap=True, name="personEntry.error")
        self.entry_error.set_tone("reject")
        self.groups = GroupChips("people.panel.groups", "personGroups")
        self.period = PeriodFields(
            "person", ("people.panel.valid_from", "people.panel.valid_until"), now
        )
        self._role_label = Label("people.panel.role", size=SIZES[0], quiet=True)
        self._entry_label = Label("people.panel.entry", size=SIZES[0], quiet=True)
        self._fields = (self.number, self.name)
        self.setLayout(
            column(
                self.number,
                self.name,
                column(self._role_label, self.role, gap=0.5),
                1,
                column(self._entry_label, self.entry, self.entry_error, gap=0.5),
                1,
                self.groups,
                self.period,
                gap=0.75,
            )
        )
        for field in (*self._fields, self.period):
            field.submitted.connect(self.submitted)
        self.entry.chosen.connect(lambda _: self.entry_error.set_key(""))

    def set_editable(self, editable: bool) -> None:
        """Allow or forbid changes; the choices are hidden where nothing may be chosen."""
        for field in self._fields:
            field.edit.setReadOnly(not editable)
        self.groups.set_editable(editable)
        self.period.set_editable(editable)
        for widget in (self._role_label, self.role, self._entry_label, self.entry):
            widget.setVisible(editable)

    def show_person(self, person: Person) -> None:
        """Show what is stored of ``person``."""
        self.number.set_text(person.number)
        self.name.set_text(person.name)
        self.name.edit.setCursorPosition(0)  # show the beginning of a long name
        self.role.show_role(person.role)
        self.entry.set_value(person.entry.value)
        self.entry_error.set_key("")
        self.groups.show_names(person.groups)
        self.period.show_period(person)
        for field in self._fields:
            field.clear_error()

    def edited(self, person: Person) -> Person:
        """Return ``person`` with the fields as typed; valid only after ``check``."""
        return replace(
            person,
            number=self.number.text(),
            name=" ".join(self.name.text().split()),
            role=self.role.role(),
            entry=CredentialMode(self.entry.value()),
            groups=self.groups.names(),
            valid_from=self.period.valid_from.day(),
            valid_until=self.period.valid_until.day(),
            until_time=self.period.until_time(),
        )

    def differs_from(self, person: Person) -> bool:
        """Whether something was typed or chosen that is not stored of ``person``."""
        try:
            return self.edited(person) != person
        except ValueError:  # a date that is not finished
            return True

    def check(self) -> bool:
        """Whether everything is valid; shows errors below their fields."""
        return all([check_number(self.number), check_name(self.name), self.period.check()])

    def show_error(self, key: str, **values: object) -> bool:
        """Show a refusal below its field; return whether it belongs to one."""
        if key in _NUMBER_ERRORS:
            self.number.set_error(key, **values)
        elif key in _ENTRY_ERRORS:
            self.entry_error.set_key(key, **values)
        else:
            return False
        return True
