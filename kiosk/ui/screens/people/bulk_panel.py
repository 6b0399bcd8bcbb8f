"""What can be done with all selected people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.people import Person
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.people.period_fields import PeriodFields
from kiosk.ui.screens.people.role_choice import RoleChoice
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column


class BulkPanel(QWidget):
    """Stop, resume, another end, role or group, and deletion, which asks with the number.

    ``edited(dict)``: the arguments of a ``BulkEdit``.
    """

    edited = Signal(object)
    deleted = Signal()
    undoWanted = Signal()

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._count = 0
        self.stop = Button("people.panel.disable", icon="pause", name="peopleBulkStop")
        self.resume = Button("people.panel.enable", icon="check", name="peopleBulkResume")
        self.period = PeriodFields(
            "peopleBulk", ("people.panel.valid_from", "people.panel.valid_until"), now
        )
        self.period.valid_from.hide()  # the beginnings differ
        self.extend = Button("people.bulk.extend", icon="calendar", name="peopleBulkExtend")
        self.role = RoleChoice("peopleBulkRole")
        self.set_role = Button("people.bulk.role", icon="check", name="peopleBulkSetRole")
        self.group = Field("people.bulk.group", "peopleBulkGroup", max_length=40)
        self.join = Button("people.bulk.join", icon="check", name="peopleBulkJoin")
        self.leave = Button("people.bulk.leave", icon="cross", name="peopleBulkLeave")
        self.delete = Button("people.bulk.delete", icon="trash", name="peopleBulkDelete")
        self.confirm = Confirm(
            "peopleBulkConfirm",
            title="people.bulk.delete_title",
            yes="people.panel.delete_yes",
            no="people.panel.delete_no",
        )
        self.note = Label("", wrap=True, name="peopleBulkNote")
        self.undo = Button("people.bulk.undo", icon="back", name="peopleBulkUndo")
        self._buttons = (
            self.stop,
            self.resume,
            self.extend,
            self.set_role,
            self.join,
            self.leave,
            self.delete,
        )
        self._lay_out()
        self._connect()
        self.begin(0)

    def begin(self, count: int) -> None:
        """Offer the actions for ``count`` people."""
        self._count = count
        self.confirm.hide()
        self.undo.hide()
        self.note.set_key("")
        self.group.set_text("")
        self.period.show_period(Person("", ""))
        self._set_busy(False)

    def show_done(self, key: str, *, undo: bool = False, **values: object) -> None:
        """Show what was done; ``undo``: it can be taken back."""
        self._set_busy(False)
        self.note.set_tone("accept")
        self.note.set_key(key, **values)
        self.undo.setVisible(undo)

    def show_progress(self, done: int, total: int) -> None:
        """Show how many of ``total`` are deleted so far."""
        self.note.set_tone("quiet")
        self.note.set_key("people.bulk.deleting", n=count_text(done), total=count_text(total))

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was done."""
        self._set_busy(False)
        self.note.set_tone("reject")
        self.note.set_key(key, **values)

    def _lay_out(self) -> None:
        self.setLayout(
            column(
                self.note,
                self.undo,
                1,
                _side_by_side(self.stop, self.resume),
                1,
                self.period,
                self.extend,
                1,
                Label("people.panel.role", size=SIZES[0], quiet=True),
                self.role,
                self.set_role,
                1,
                self.group,
                _side_by_side(self.join, self.leave),
                2,
                self.delete,
                self.confirm,
                None,
                gap=1,
            )
        )

    def _connect(self) -> None:
        self.stop.clicked.connect(lambda: self._edit(enabled=False))
        self.resume.clicked.connect(lambda: self._edit(enabled=True))
        self.extend.clicked.connect(self._extend)
        self.set_role.clicked.connect(lambda: self._edit(role=self.role.role()))
        self.join.clicked.connect(lambda: self._with_group("join"))
        self.leave.clicked.connect(lambda: self._with_group("leave"))
        self.delete.clicked.connect(self._ask_delete)
        self.confirm.confirmed.connect(self._delete)
        self.undo.clicked.connect(self._undo)

    def _edit(self, **values: object) -> None:
        self._set_busy(True)
        self.edited.emit(values)

    def _extend(self) -> None:
        if not self.period.check():
            return
        until = self.period.valid_until.day()
        if until is None:
            self.period.valid_until.set_error("people.bulk.no_day")
            return
        self._edit(until=until, until_time=self.period.until_time())

    def _with_group(self, what: str) -> None:
        if self.group.text():
            self._edit(**{what: self.group.text()})
        else:
            self.group.set_error("people.bulk.no_group")

    def _ask_delete(self) -> None:
        self.confirm.ask("people.bulk.delete_text", n=count_text(self._count))

    def _delete(self) -> None:
        self._set_busy(True)
        self.deleted.emit()

    def _undo(self) -> None:
        self._set_busy(True)
        self.undo.hide()
        self.undoWanted.emit()

    def _set_busy(self, busy: bool) -> None:
        for button in self._buttons:
            button.setEnabled(not busy)
        if busy:
            self.undo.hide()
            self.note.set_tone("quiet")
            self.note.set_key("admin.waiting")


def _side_by_side(*buttons: Button) -> QWidget:
    line = QWidget()
    flow = FlowLayout()
    for button in buttons:
        flow.addWidget(button)
    line.setLayout(flow)
    return line
