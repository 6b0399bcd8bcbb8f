"""A recovery code, shown once, until somebody proves that it was written down."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from PySide6.QtCore import Signal

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label

SEPARATOR = "-"
"""Between the groups of a code."""


class RecoveryCodeCard(Card):
    """Shows a code; *I have written it down* hides it and asks for one of its groups.

    ``kept``: the group was typed right. ``taken`` carries the code that is to be saved on a USB
    stick. The parts are named ``<name>Text``, ``<name>Done``, ``<name>Take``, ``<name>Group``,
    ``<name>Check`` and ``<name>Again``.
    """

    kept = Signal()
    taken = Signal(str)

    def __init__(
        self, name: str, *, takes: bool = True, pick: Callable[[int], int] = secrets.randbelow
    ) -> None:
        """``takes``: offer to save it. ``pick``: chooses one of n groups, from 0."""
        super().__init__(name=name, gap=1.5, margin=2)
        self._pick = pick
        self._code = ""
        self._number = 0
        self.text = Label("recovery_code.text", wrap=True)
        self.code = Label("", size=SIZES[3], bold=True, wrap=True, name=f"{name}Text")
        self.done = Button("recovery_code.done", "primary", "check", name=f"{name}Done")
        self.take = Button("recovery_code.take", icon="download", name=f"{name}Take")
        self.field = Field("recovery_code.group", f"{name}Group", max_length=12)
        self.field.set_label("recovery_code.group", n=1)
        self.check = Button("recovery_code.check", "primary", "check", name=f"{name}Check")
        self.again = Button("recovery_code.again", "ghost", "back", name=f"{name}Again")
        self._shown = (self.text, self.code, self.done, *((self.take,) if takes else ()))
        self._asked = (self.field, self.check, self.again)
        for item in (self.text, self.code, self.field):
            self.body.addWidget(item)
        self.body.addLayout(flow(self.again, self.take, self.done, self.check, gap=1))
        self.done.clicked.connect(self._ask)
        self.take.clicked.connect(lambda: self.taken.emit(self._code))
        self.check.clicked.connect(self._check)
        self.field.submitted.connect(self._check)
        self.again.clicked.connect(self._show)
        self.take.setVisible(takes)
        self.forget()

    @property
    def pending(self) -> str:
        """The code, while nobody has proved that it was written down."""
        return self._code

    def show_code(self, code: str) -> None:
        """Show ``code`` until it is proved to be written down."""
        self._code = code
        self._show()
        self.show()

    def forget(self) -> None:
        """Forget the code."""
        self._code = ""
        self.code.set_text("")
        self.field.set_text("")
        self.hide()

    def _show(self) -> None:
        self.code.set_text(self._code)
        self._show_parts(asked=False)

    def _ask(self) -> None:
        """Hide the code and ask for one of its groups."""
        groups = self._code.split(SEPARATOR)
        self._number = self._pick(sum(len(group) == len(groups[0]) for group in groups))
        self.code.set_text("")
        self.field.set_text("")
        self.field.set_label("recovery_code.group", n=self._number + 1)
        self._show_parts(asked=True)
        self.field.edit.setFocus()

    def _show_parts(self, *, asked: bool) -> None:
        for part in self._shown:
            part.setVisible(not asked)
        for part in self._asked:
            part.setVisible(asked)

    def _check(self) -> None:
        wanted = self._code.split(SEPARATOR)[self._number]
        if self.field.text().upper() != wanted:
            self.field.set_error("recovery_code.wrong", n=self._number + 1)
            return
        self.forget()
        self.kept.emit()
