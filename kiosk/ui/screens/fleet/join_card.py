"""The card of a node that asks to join: its code, to be compared with the one on its screen."""

from __future__ import annotations

from PySide6.QtCore import Signal

from kiosk.core.fleet_view import JoinView
from kiosk.ui.formatting import moment_text
from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.labels import Label


class JoinCard(Card):
    """``admitted(node, staff, name, pin)``: whoever is there has compared the codes."""

    admitted = Signal(str, bool, str, str)

    def __init__(self, view: JoinView) -> None:
        super().__init__(name=f"join.{view.node}", gap=1)
        self._view = view
        self._two = False
        self._staff = True
        kind = tr(f"doors.kind.{view.kind.value}")
        self.title = Label("doors.asks", size=SIZES[2], bold=True, wrap=True)
        self.title.set_key("doors.asks", name=view.name, kind=kind)
        self.when = Label("", quiet=True, wrap=True)
        self.when.set_text(moment_text(view.asked_at.astimezone()))
        self.code = Label("", size=SIZES[4], bold=True, wrap=True, name=f"join.{view.node}.code")
        self.code.set_text(view.code)
        self.words = Label("doors.compare", wrap=True)
        self.with_staff = Button("doors.admit", "primary", "check", name=f"join.{view.node}.admit")
        self.without = Button("doors.admit_without_staff", name=f"join.{view.node}.without")
        self.second = SecondAdmin(f"join.{view.node}.second")
        self.confirm = Confirm(
            f"join.{view.node}.confirm",
            title="doors.admit_title",
            yes="doors.same_code",
            no="common.cancel",
            also=self.second,
        )
        for part in (self.title, self.when, self.code, self.words):
            self.body.addWidget(part)
        self.body.addLayout(flow(self.with_staff, self.without))
        self.body.addWidget(self.confirm)
        self.with_staff.clicked.connect(self._ask_with)
        self.without.clicked.connect(self._ask_without)
        self.confirm.confirmed.connect(self._admit)

    def set_two_admins(self, two: bool) -> None:
        """Ask for a second administrator, or not."""
        self._two = two

    def _ask_with(self) -> None:
        self._ask(True)

    def _ask_without(self) -> None:
        self._ask(False)

    def _ask(self, staff: bool) -> None:
        self._staff = staff
        self.second.setVisible(self._two)
        self.confirm.ask("doors.admit_text", code=self._view.code, name=self._view.name)

    def _admit(self) -> None:
        name, pin = self.second.take() if self._two else ("", "")
        self.admitted.emit(self._view.node, self._staff, name, pin)
