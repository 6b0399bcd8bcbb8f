"""A person's details, to view or to change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from kiosk.core.consent import ConsentKind
from kiosk.core.member_looks import LookHistory
from kiosk.core.people import Person
from kiosk.ui.fitting import fit
from kiosk.ui.formatting import DASH, day_of
from kiosk.ui.i18n import tr
from kiosk.ui.screens.access.person_cards import PersonCards
from kiosk.ui.screens.people.kept_looks import KeptLooks
from kiosk.ui.screens.people.people_table import person_badge
from kiosk.ui.screens.people.person_form import PersonForm
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.forms.door_pin_form import DoorPinForm
from kiosk.ui.widgets.key_value_list import KeyValueList
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column


class PersonDetails(QWidget):
    """Fields and actions of one person.

    The two destructive actions ask for confirmation. Staff can only view.
    """

    saved = Signal(object)
    deleted = Signal(int)
    withdrawn = Signal(int)
    dataRequested = Signal(int)
    consentsRequested = Signal(object)
    reEnrolRequested = Signal(object)
    pinRequested = Signal(object)
    lookRemoved = Signal(int, int)

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._person = Person("", "")
        self._may_edit = True
        self.state = Label("", bold=True, name="personState")
        self.form = PersonForm(now)
        self.facts = KeyValueList("personFacts")
        self.note = Label("", wrap=True, size=SIZES[0], name="personNote")
        self.save = Button("people.panel.save", "primary", "check", name="personSave")
        self.enable = Button("people.panel.disable", icon="pause", name="personEnable")
        self.re_enrol = Button("people.panel.re_enrol", icon="face", name="personReEnrol")
        self.delete = Button("people.panel.delete", icon="trash", name="personDelete")
        self.withdraw = Button("people.panel.withdraw", icon="shield", name="personWithdraw")
        self.consents = Button("people.panel.consents", icon="forward", name="personConsents")
        self.own_data = Button("people.panel.own_data", icon="download", name="personOwnData")
        self.confirm_withdraw = Confirm(
            "personWithdrawConfirm",
            title="people.panel.withdraw_title",
            yes="people.panel.withdraw_yes",
            no="people.panel.delete_no",
        )
        self.confirm = Confirm(
            "personDeleteConfirm",
            title="people.panel.delete_title",
            yes="people.panel.delete_yes",
            no="people.panel.delete_no",
        )
        self.confirm_leave = Confirm(
            "personLeave",
            title="people.panel.leave_title",
            yes="people.panel.leave_yes",
            no="admin.cancel",
        )
        self.confirm_drop = Confirm(
            "personDrop",
            title="people.panel.leave_title",
            yes="people.panel.drop_yes",
            no="admin.cancel",
        )
        self._leave: Callable[[], None] = lambda: None
        self._focus: tuple[QWidget, QWidget | None] | None = None
        self.looks = KeptLooks()
        self.door_pin = DoorPinForm("personPin")
        self.cards = PersonCards()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.setLayout(
            column(
                self.state,
                self.confirm_leave,
                1,
                self.form,
                self.facts,
                self.note,
                self.save,
                self._actions(),
                self.confirm_drop,
                self.confirm,
                self.confirm_withdraw,
                1,
                self.looks,
                self.door_pin,
                self.cards,
                None,
                gap=0.75,
            )
        )

    @property
    def person(self) -> Person:
        """The person shown."""
        return self._person

    @property
    def has_edits(self) -> bool:
        """Whether something was changed that is not saved."""
        return self._may_edit and self.form.differs_from(self._person)

    def draft(self) -> tuple[Person, Person] | None:
        """Return the person as stored and as edited, if they differ in more than half a date."""
        if not self.has_edits:
            return None
        try:
            return self._person, self.form.edited(self._person)
        except ValueError:  # a date or time that is not finished
            return None

    def ask_to_leave(self, leave: Callable[[], None]) -> None:
        """Ask whether to drop what was changed, then call ``leave``."""
        self._leave = leave
        self.confirm_leave.ask("people.panel.leave_text", name=self._person.name)

    def set_may_edit(self, may: bool) -> None:
        """Allow or forbid changes."""
        self._may_edit = may
        for button in (
            self.save,
            self.enable,
            self.re_enrol,
            self.delete,
            self.withdraw,
            self.own_data,
        ):
            button.setVisible(may)
        self.door_pin.set_may_change(may)
        self.cards.set_may_change(may)
        self.looks.set_may_remove(may)
        self.form.set_editable(may)

    def show_person(self, person: Person, note: str = "") -> None:
        """Show ``person``; ``note`` is the message key of what just happened."""
        before = self._person.id
        self._person = person
        self.form.show_person(person)
        self._show_state()
        self._show_note(
            note or ("" if self._may_edit else "people.panel.read_only"),
            "accept" if note else "quiet",
        )
        for question in self._questions():
            question.hide()
        self.door_pin.show_person(person)
        self.cards.show_person(person)
        if person.id != before:
            self.looks.show_looks(LookHistory())
        self._set_busy(False)

    def offer_re_enrolment(self, offered: bool) -> None:
        """Offer re-enrolment to an account that may change nothing else."""
        self.re_enrol.setVisible(self._may_edit or offered)

    def show_done(self, key: str, **values: object) -> None:
        """Show a confirmation; the person is unchanged."""
        self._set_busy(False)
        self.note.set_tone("accept")
        self.note.set_key(key, **values)

    def show_look_alikes(self, person_id: int, names: Sequence[tuple[str, float]]) -> None:
        """Show the look-alikes; ignored if another person is shown by now."""
        if person_id == self._person.id:
            self.door_pin.show_look_alikes(names)

    def show_looks(self, person_id: int, history: LookHistory) -> None:
        """Show the person's looks; ignored if another person is shown by now."""
        if person_id == self._person.id:
            self.looks.show_looks(history)

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was changed."""
        self._set_busy(False)
        if self.door_pin.waiting:
            self.door_pin.show_error(key, **values)
            return
        if self.form.show_error(key, **values):
            key, values = "people.panel.not_saved", {}
        self.note.set_tone("reject")
        self.note.set_key(key, **values)

    def _show_state(self) -> None:
        person = self._person
        badge = person_badge(self._person, self._now())
        self.state.set_key(badge.key)
        self.state.set_tone(badge.tone)
        self.enable.set_key("people.panel.disable" if person.enabled else "people.panel.enable")
        self.enable.set_icon("pause" if person.enabled else "check")
        rows = [
            ("people.panel.templates", str(person.templates)),
            *(
                (f"people.panel.consent_{kind}", consent_of(person, kind))
                for kind in _asked(person)
            ),
            ("people.panel.created", day_of(person.created_at)),
            ("people.filter.seen", person.last_entry.isoformat() if person.last_entry else DASH),
        ]
        if not self._may_edit:
            rows[:0] = [
                ("people.panel.role", f"=people.role.{person.role.value}"),
                ("people.panel.entry", f"=people.entry.{person.entry.value}"),
            ]
        self.facts.show_facts(rows)

    def _actions(self) -> QGridLayout:
        grid = QGridLayout()
        fit(grid, gap=1)
        grid.addWidget(self.re_enrol, 0, 0, 1, 2)
        grid.addWidget(self.enable, 1, 0)
        grid.addWidget(self.delete, 1, 1)
        grid.addWidget(self.own_data, 2, 0, 1, 2)
        grid.addWidget(self.consents, 3, 0, 1, 2)
        grid.addWidget(self.withdraw, 4, 0, 1, 2)
        return grid

    def _connect(self) -> None:
        self.save.clicked.connect(self._save)
        self.confirm_leave.confirmed.connect(lambda: self._leave())
        self.enable.clicked.connect(self._ask_toggle)
        self.confirm_drop.confirmed.connect(self._toggle)
        self.re_enrol.clicked.connect(self._re_enrol)
        self.delete.clicked.connect(self._ask_delete)
        self.confirm.confirmed.connect(self._delete)
        self.withdraw.clicked.connect(self._ask_withdraw)
        self.confirm_withdraw.confirmed.connect(self._withdraw)
        self.own_data.clicked.connect(self._ask_data)
        self.consents.clicked.connect(lambda: self.consentsRequested.emit(self._person))
        self.form.submitted.connect(self._save)
        self.door_pin.requested.connect(lambda: self.pinRequested.emit(self._person))
        self.looks.removed.connect(self._remove_look)

    def _save(self) -> None:
        if self._may_edit and self.form.check():
            self._emit_saved(self.form.edited(self._person))

    def _ask_toggle(self) -> None:
        """Stop or resume at once, unless that would drop what was typed."""
        if not self.has_edits:
            self._toggle()
            return
        for other in self._questions():
            other.hide()
        self.confirm_drop.ask("people.panel.drop_text", name=self._person.name)

    def _questions(self) -> tuple[Confirm, ...]:
        return (self.confirm, self.confirm_withdraw, self.confirm_leave, self.confirm_drop)

    def _toggle(self) -> None:
        self._emit_saved(replace(self._person, enabled=not self._person.enabled))

    def _emit_saved(self, person: Person) -> None:
        self._set_busy(True)
        self._show_note("admin.waiting", "quiet")
        self.saved.emit(person)

    def _remove_look(self, number: int) -> None:
        if self._person.id is not None:
            self._set_busy(True)
            self._show_note("admin.waiting", "quiet")
            self.lookRemoved.emit(self._person.id, number)

    def _re_enrol(self) -> None:
        self.reEnrolRequested.emit(self._person)

    def _ask_data(self) -> None:
        if self._person.id is not None:
            self._set_busy(True)
            self._show_note("admin.waiting", "quiet")
            self.dataRequested.emit(self._person.id)

    def _ask_withdraw(self) -> None:
        self.confirm.hide()
        self.confirm_withdraw.ask(
            "people.panel.withdraw_text", name=self._person.name, templates=self._person.templates
        )

    def _withdraw(self) -> None:
        if self._person.id is not None:
            self._set_busy(True)
            self.withdrawn.emit(self._person.id)

    def _ask_delete(self) -> None:
        person = self._person
        self.confirm_withdraw.hide()
        self.confirm.ask(
            "people.panel.delete_text",
            name=person.name,
            number=person.number,
            templates=person.templates,
        )

    def _delete(self) -> None:
        if self._person.id is not None:
            self._set_busy(True)
            self.deleted.emit(self._person.id)

    def _set_busy(self, busy: bool) -> None:
        buttons = (
            self.save,
            self.enable,
            self.re_enrol,
            self.delete,
            self.own_data,
            self.consents,
            self.withdraw,
        )
        pressed = self.window().focusWidget()
        for button in buttons:
            button.setEnabled(not busy)
        self.withdraw.setEnabled(not busy and self._person.templates > 0)
        if busy and pressed in buttons:
            self._focus = (pressed, self.window().focusWidget())  # Qt moved the focus on
        elif not busy and self._focus is not None:
            (pressed, moved_to), self._focus = self._focus, None
            if self.window().focusWidget() is moved_to:
                pressed.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_note(self, key: str, tone: str) -> None:
        self.note.set_tone(tone)
        self.note.set_key(key)


def consent_of(person: Person, kind: ConsentKind) -> str:
    """The day of a consent and the version of its text; a dash where there is none."""
    given = person.consent(kind)
    if given is None:
        return DASH
    day = day_of(given.given_at)
    if given.version is None:
        return day
    return tr("people.panel.consent_version", day=day, version=given.version)


def _asked(person: Person) -> list[ConsentKind]:
    """The consents to show: those that what is stored of the person needs, and others given."""
    needed = [ConsentKind.PERSONAL, *([ConsentKind.FACE] if person.templates else [])]
    return [kind for kind in ConsentKind if kind in needed or person.consent(kind)]
