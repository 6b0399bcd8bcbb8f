"""Earlier access rules, and a button that brings them back."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.access_rules import AccessRules, RulesVersion, RulesView
from kiosk.ui.formatting import moment_text
from kiosk.ui.screens.access.listed_line import add_line
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.labels import ElidedLabel, Label
from kiosk.ui.widgets.layouts import clear, column

MOST = 10


class RulesHistoryPanel(QWidget):
    """Emits ``restored`` with the number of a version; the buttons are ``rulesBack<number>``."""

    restored = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self._shown: tuple[RulesVersion, ...] | None = None
        self.none = Label("rules.history.none", wrap=True, quiet=True)
        self.place = ElidedLabel("", size=SIZES[0], quiet=True, name="rulesPlace")
        self.confirm = Confirm(
            "rulesBackConfirm",
            title="rules.history.title",
            yes="rules.history.back",
            no="rules.keep",
        )
        self._list = column(gap=1)
        self.setLayout(column(Card(self.none, self._list, self.confirm, self.place, gap=1.5)))
        self.confirm.confirmed.connect(self._restore)

    def show_rules(self, _rules: AccessRules, view: RulesView) -> None:
        """Show the history in ``view``."""
        self.none.setVisible(not view.history)
        self.place.set_key("rules.history.place", path=view.place)
        if view.history == self._shown:
            return
        self._shown = view.history
        self.confirm.hide()
        clear(self._list)
        for version in view.history[:MOST]:
            self._add(version)

    def _add(self, version: RulesVersion) -> None:
        words = Label(
            "rules.history.until",
            size=SIZES[0],
            wrap=True,
            until=moment_text(version.until.astimezone()),
            by=version.by,
        )
        button = Button("rules.history.back", icon="refresh", name=f"rulesBack{version.number}")
        button.clicked.connect(partial(self._ask, version))
        add_line(self._list, words, button)

    def _ask(self, version: RulesVersion) -> None:
        self._number = version.number
        until = moment_text(version.until.astimezone())
        self.confirm.ask("rules.history.ask", until=until)

    def _restore(self) -> None:
        self.restored.emit(self._number)
