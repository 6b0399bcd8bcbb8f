"""The card of a conflict: both sides, and a button for each."""

from __future__ import annotations

from PySide6.QtCore import Signal

from kiosk.core.fleet import Content, FleetAccount, FleetPerson
from kiosk.core.fleet_view import ConflictView
from kiosk.ui.formatting import moment_text, valid_text
from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.labels import Label


class ConflictCard(Card):
    """``settled(conflict, keep_mine, name, pin)``, with the second administrator's for rules.

    Until then the stricter of both sides counts.
    """

    settled = Signal(int, bool, str, str)

    def __init__(self, view: ConflictView) -> None:
        super().__init__(name=f"conflict.{view.id}", gap=1)
        self._view = view
        self._keep_mine = True
        self._two = False
        self.title = Label(f"doors.conflict.{view.why}", size=SIZES[2], bold=True, wrap=True)
        self.when = Label("", quiet=True)
        self.when.set_text(moment_text(view.found_at.astimezone()))
        self.mine = Label("doors.conflict.mine", wrap=True, name=f"conflict.{view.id}.mine")
        self.mine.set_key("doors.conflict.mine", side=side_text(view.mine))
        self.theirs = Label("doors.conflict.theirs", wrap=True, name=f"conflict.{view.id}.theirs")
        self.theirs.set_key("doors.conflict.theirs", side=side_text(view.theirs))
        self.keep = Button("doors.conflict.keep_mine", name=f"conflict.{view.id}.keepMine")
        self.take = Button("doors.conflict.keep_theirs", name=f"conflict.{view.id}.keepTheirs")
        self.second = SecondAdmin(f"conflict.{view.id}.second")
        self.confirm = Confirm(
            f"conflict.{view.id}.confirm",
            title="doors.conflict.ask",
            yes="doors.conflict.yes",
            no="common.cancel",
            also=self.second,
        )
        for part in (self.title, self.when, self.mine, self.theirs):
            self.body.addWidget(part)
        self.body.addLayout(flow(self.keep, self.take))
        self.body.addWidget(self.confirm)
        self.keep.clicked.connect(self._ask_mine)
        self.take.clicked.connect(self._ask_theirs)
        self.confirm.confirmed.connect(self._settle)

    def set_two_admins(self, two: bool) -> None:
        """Ask for a second administrator where rules are chosen, or not."""
        self._two = two and isinstance(self._view.mine, str)

    def _ask_mine(self) -> None:
        self._ask(True)

    def _ask_theirs(self) -> None:
        self._ask(False)

    def _ask(self, keep_mine: bool) -> None:
        self._keep_mine = keep_mine
        two_people = self._view.why == "number"
        self.second.setVisible(self._two)
        side = side_text(self._view.theirs if keep_mine else self._view.mine)
        self.confirm.ask(f"doors.conflict.{'deletes' if two_people else 'drops'}", side=side)

    def _settle(self) -> None:
        name, pin = self.second.take() if self._two else ("", "")
        self.settled.emit(self._view.id, self._keep_mine, name, pin)


def side_text(content: Content) -> str:
    """Return one side of a conflict in words."""
    if isinstance(content, FleetPerson):
        parts = [
            f"{content.name} ({content.number})",
            tr(f"people.role.{content.role}"),
            tr("doors.enabled" if content.enabled else "doors.disabled"),
            valid_text(content.valid_from, content.valid_until, content.until_time),
        ]
        return ", ".join([*parts, *content.groups])
    if isinstance(content, FleetAccount):
        state = tr("doors.enabled" if content.enabled else "doors.disabled")
        return f"{content.name}, {state}"
    return tr("doors.gone") if content is None else str(content)[:200]
