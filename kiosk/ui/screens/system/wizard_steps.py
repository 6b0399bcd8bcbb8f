"""The steps of the set-up that may be skipped: the site, the clock, the lock, the recovery code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QWidget

from kiosk.core.view_models import Check
from kiosk.ui.formatting import moment_text
from kiosk.ui.screens.delivery.recovery_code_card import RecoveryCodeCard
from kiosk.ui.screens.delivery.stick_card import StickCard
from kiosk.ui.screens.system.system_screen import CheckRow
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area


class WizardStep(QWidget):
    """A title, a sentence, the step's own widgets, and Skip and Next.

    The buttons are named ``wizard.<name>.skip`` and ``wizard.<name>.next``. ``left`` is emitted
    when the step is over.
    """

    left = Signal()

    def __init__(self, name: str, *items: QWidget) -> None:
        super().__init__()
        self.skip = Button("wizard.skip", "ghost", name=f"wizard.{name}.skip", large=True)
        self.next = Button(
            "common.next", "primary", "forward", name=f"wizard.{name}.next", large=True
        )
        self.note = Label("", wrap=True, name=f"wizard.{name}.note")
        inner = QWidget()
        inner.setLayout(
            column(
                Label(f"wizard.{name}.title", size=SIZES[3], bold=True, wrap=True),
                Label(f"wizard.{name}.text", quiet=True, wrap=True),
                *items,
                self.note,
                None,
                gap=2,
            )
        )
        layout = column(scroll_area(inner), row(self.skip, None, self.next), gap=2)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.skip.clicked.connect(self.skipped)
        self.next.clicked.connect(self.proceed)

    def begin(self) -> None:
        """Prepare the step for display."""
        self.note.set_key("")
        self.next.setEnabled(True)
        self.next.setFocus()  # no field: the on-screen keyboard would cover the buttons

    def proceed(self) -> None:
        """Go on to the next step."""
        self.left.emit()

    def skipped(self) -> None:
        """Leave the step without doing it."""
        self.left.emit()

    def show_note(self, tone: str, key: str, **values: object) -> None:
        """Show the message ``key`` below the step."""
        self.note.set_tone(tone)
        self.note.set_key(key, **values)

    def show_error(self, key: str, **values: object) -> None:
        """Show why something was not done; the step stays."""
        self.next.setEnabled(True)
        self.show_note("reject", key, **values)


class SiteStep(WizardStep):
    """The name of the door, and whom people at the door ask for help.

    ``saved(texts by key)`` is answered by ``left`` of the owner or by ``show_error``.
    """

    saved = Signal(object)

    def __init__(self) -> None:
        self.fields = {
            "door.name": Field("wizard.site.name", "wizard.site.name", max_length=60),
            "ui.contact_name": Field("wizard.site.contact", "wizard.site.contact", max_length=60),
            "ui.contact_phone": Field("wizard.site.phone", "wizard.site.phone", max_length=30),
        }
        super().__init__("site", Card(*self.fields.values(), gap=1))

    def show_values(self, name: str, contact: str, phone: str) -> None:
        """Show what is set now."""
        for field, text in zip(self.fields.values(), (name, contact, phone), strict=True):
            field.set_text(text)

    def proceed(self) -> None:
        self.next.setEnabled(False)
        self.saved.emit({key: field.text() for key, field in self.fields.items()})


class ClockStep(WizardStep):
    """The time of the machine, its zone, and whether a time server corrects it."""

    checkWanted = Signal()

    def __init__(self) -> None:
        self.time = Label("", size=SIZES[4], bold=True, name="wizard.clock.time")
        self._rows = column(gap=1)
        self._shown: list[CheckRow] = []
        rows = Card()
        rows.body.addLayout(self._rows)
        super().__init__("clock", self.time, rows)

    def begin(self) -> None:
        super().begin()
        self.show_time(datetime.now())
        self.checkWanted.emit()

    def show_time(self, now: datetime) -> None:
        """Show the time; called once a second."""
        self.time.set_text(moment_text(now))

    def show_checks(self, checks: Sequence[Check]) -> None:
        """Show what was found of clock and time zone."""
        for shown in self._shown:
            self._rows.removeWidget(shown)
            shown.hide()
            shown.deleteLater()
        self._shown = [CheckRow(check) for check in checks]
        for shown in self._shown:
            self._rows.addWidget(shown)


class LockStep(WizardStep):
    """Opens the lock once, so that somebody can watch it."""

    testWanted = Signal()

    def __init__(self) -> None:
        self.test = Button("wizard.lock.test", icon="unlock", name="wizard.lock.test")
        super().__init__("lock", Card(self.test))
        self.test.clicked.connect(self._ask)

    def begin(self) -> None:
        super().begin()
        self.test.setEnabled(True)

    def show_opened(self) -> None:
        """Ask whether the lock moved."""
        self.test.setEnabled(True)
        self.show_note("accept", "wizard.lock.opened")

    def show_error(self, key: str, **values: object) -> None:
        super().show_error(key, **values)
        self.test.setEnabled(True)

    def _ask(self) -> None:
        self.test.setEnabled(False)
        self.show_note("quiet", "admin.waiting")
        self.testWanted.emit()


class RecoveryStep(WizardStep):
    """Makes the recovery code, which is shown once; a further one ends the present one.

    While nobody has proved that the code was written down, leaving the step asks first.
    ``code``: the card with the code; ``stick``: saves it on a USB stick.
    """

    codeWanted = Signal()

    def __init__(self) -> None:
        self.again = False
        self.make = Button("wizard.recovery.make", icon="key", name="wizard.recovery.make")
        self.code = RecoveryCodeCard("wizard.recovery.code", takes=False)
        self.stick = StickCard()
        self.confirm = Confirm(
            "wizard.recovery.confirm",
            title="wizard.recovery.again_title",
            yes="wizard.recovery.make",
            no="people.panel.delete_no",
        )
        self.unsaved = Confirm(
            "wizard.recovery.unsaved",
            title="wizard.recovery.unsaved_title",
            yes="wizard.recovery.unsaved_yes",
            no="common.back",
        )
        super().__init__(
            "recovery", Card(self.make, self.confirm), self.code, self.unsaved, self.stick
        )
        self.make.clicked.connect(self._ask)
        self.confirm.confirmed.connect(self._make)
        self.code.kept.connect(self._kept)
        self.unsaved.confirmed.connect(self.left)

    def begin(self) -> None:
        super().begin()
        self.clear()
        self.make.setEnabled(True)

    def clear(self) -> None:
        """Forget the code."""
        self.code.forget()
        self.stick.reset()
        for part in (self.confirm, self.unsaved, self.stick):
            part.hide()

    def proceed(self) -> None:
        """Leave the step; ask first while the code may not have been written down."""
        if self.code.pending:
            self.unsaved.ask("wizard.recovery.unsaved_text")
        else:
            super().proceed()

    def skipped(self) -> None:
        self.proceed()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.clear()

    def show_code(self, code: str) -> None:
        """Show the code, this once."""
        self.code.show_code(code)
        self.stick.show()
        self.show_note("quiet", "")

    def show_error(self, key: str, **values: object) -> None:
        super().show_error(key, **values)
        self.make.setEnabled(True)

    def _ask(self) -> None:
        if self.again:
            self.confirm.ask("wizard.recovery.again_text")
        else:
            self._make()

    def _make(self) -> None:
        self.make.setEnabled(False)
        self.show_note("quiet", "admin.waiting")
        self.codeWanted.emit()

    def _kept(self) -> None:
        self.stick.hide()
        self.unsaved.hide()
        self.show_note("accept", "wizard.recovery.kept")
