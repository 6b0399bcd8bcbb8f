"""Keeps or drops the edits of the access rules, with a second administrator where needed."""

from __future__ import annotations

from PySide6.QtCore import Signal

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.labels import Label

SECOND = "error.second_admin"
"""The refusal after which a second administrator is asked for."""


class RulesSaveBar(Card):
    """``saved`` carries name and PIN of the second administrator, empty until one is asked for.

    Its buttons are named ``rulesSave`` and ``rulesDiscard``.
    """

    saved = Signal(str, str)
    discarded = Signal()

    def __init__(self) -> None:
        self.note = Label("", size=SIZES[0], wrap=True, name="rulesNote")
        self.second = SecondAdmin("rulesSecond")
        self.save = Button("rules.save", "primary", "check", name="rulesSave")
        self.discard = Button("rules.discard", name="rulesDiscard")
        super().__init__(self.note, self.second, margin=1.5, name="rulesSaveBar")
        buttons = FlowLayout()
        for button in (self.discard, self.save):
            buttons.addWidget(button)
        self.body.addLayout(buttons)
        self.save.clicked.connect(self._save)
        self.discard.clicked.connect(self.discarded)
        self.show_state(edited=False)

    def show_state(self, *, edited: bool, outside: bool = False) -> None:
        """Show whether there is anything to keep: edits here, or edits of the file ``outside``."""
        self.second.hide()
        self.second.clear()
        self._say("rules.outside" if outside else "rules.edited", "wait", edited or outside)
        self.discard.setVisible(edited)

    def show_saved(self) -> None:
        """Show that the rules are in force."""
        self.show_state(edited=False)
        self.note.set_tone("accept")
        self.note.set_key("rules.saved")
        self.note.show()
        self.show()

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was kept; ask for a second administrator if that is missing."""
        self._say(key, "reject", True, **values)
        if key == SECOND:
            self.note.set_tone("wait")
            self.note.set_key("rules.second")
            self.second.show()
            self.second.name.edit.setFocus()

    def _say(self, key: str, tone: str, active: bool, **values: object) -> None:
        self.note.set_tone(tone)
        self.note.set_key(key if active else "", **values)
        for part in (self.save, self.discard):
            part.setVisible(active)
            part.setEnabled(True)
        self.setVisible(active)

    def _save(self) -> None:
        self.save.setEnabled(False)
        self.saved.emit(*self.second.take())
