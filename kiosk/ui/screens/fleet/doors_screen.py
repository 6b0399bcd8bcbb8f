"""The fleet: nodes, those that ask to join, conflicts, deletions that wait, lock-down."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.errors import KioskError
from kiosk.core.fleet_view import DeletionView, FleetView
from kiosk.ui.formatting import moment_text, span_text
from kiosk.ui.i18n import tr
from kiosk.ui.screens.fleet.conflict_card import ConflictCard
from kiosk.ui.screens.fleet.join_card import JoinCard
from kiosk.ui.screens.fleet.node_card import NodeCard
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import clear, column, row
from kiosk.ui.widgets.scrolling import scroll_area

K = TypeVar("K")
C = TypeVar("C", bound=QWidget)


class DoorsScreen(Screen):
    """``admitted(node, staff, name, pin)``, ``revoked(node, name, pin)``,
    ``settled(conflict, keep_mine, name, pin)``, ``lockRequested(node, locked)`` with ``"*"``
    for all doors, ``openRequested(node)``.

    ``nodes``, ``requests``, ``conflicts``: cards by id.
    """

    admitted = Signal(str, bool, str, str)
    revoked = Signal(str, str, str)
    settled = Signal(int, bool, str, str)
    lockRequested = Signal(str, bool)
    openRequested = Signal(str)
    backRequested = Signal()

    def __init__(self) -> None:
        super().__init__("doorsScreen")
        self.nodes: dict[str, NodeCard] = {}
        self.requests: dict[str, JoinCard] = {}
        self.conflicts: dict[int, ConflictCard] = {}
        self.back = Button("doors.back", "ghost", "back", name="doorsBack")
        self.title = Label("doors.title", size=SIZES[3], bold=True, wrap=True)
        self.state = Label("", wrap=True, name="doorsState")
        self.problem = Label("", wrap=True, name="doorsProblem")
        self.problem.set_tone("reject")
        self.lease = Label("", quiet=True, wrap=True, name="doorsLease")
        self.note = Label("", wrap=True, name="doorsNote")
        self.lock_all = Button("doors.lock_all", icon="lock", name="doorsLockAll")
        self.unlock_all = Button("doors.unlock_all", icon="unlock", name="doorsUnlockAll")
        self.confirm = Confirm(
            "doorsConfirm", title="doors.lock_all_title", yes="doors.lock_all", no="common.cancel"
        )
        self._buttons = QWidget()
        self._buttons.setLayout(flow(self.lock_all, self.unlock_all))
        self._requests, self._conflicts, self._nodes = (column(gap=2) for _ in range(3))
        self._deletions = column(gap=0.5)
        self._deleting = Label("doors.deletions", bold=True, wrap=True)
        self._add_parts()
        self.back.clicked.connect(self.backRequested)
        self.lock_all.clicked.connect(self._ask_lock_all)
        self.unlock_all.clicked.connect(self._unlock_all)
        self.confirm.confirmed.connect(self._lock_all)
        self.reset()

    def _add_parts(self) -> None:
        inner = QWidget()
        inner.setLayout(
            column(
                self.state,
                self.problem,
                self.lease,
                self.note,
                self._requests,
                self._conflicts,
                self._buttons,
                self.confirm,
                self._nodes,
                self._deleting,
                self._deletions,
                None,
                gap=2,
            )
        )
        head = row(self.back, self.title, gap=1)
        head.setStretch(1, 1)
        self._area = scroll_area(inner)
        layout = column(head, self._area, gap=2, margin=3)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def opened(self) -> None:
        """Prepare the page for display; the owner brings the fleet."""
        self._area.verticalScrollBar().setValue(0)

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.show_note("quiet", "")
        self.state.set_key("doors.loading")
        self.lease.hide()
        self.problem.hide()
        for cards in (self.nodes, self.requests, self.conflicts):
            cards.clear()
        for layout in (self._requests, self._conflicts, self._nodes, self._deletions):
            clear(layout)
        for part in (self._buttons, self._deleting):
            part.hide()

    def show_note(self, tone: str, key: str, **values: object) -> None:
        """Show what came of a request, or why there is nothing; an empty key hides it."""
        self.note.set_tone(tone)
        self.note.set_key(key, **values)
        self.note.setVisible(bool(key))

    def show_fleet(self, view: FleetView, now: datetime, *, two_admins: bool) -> None:
        """Show the fleet; cards that are still there stay, with what is typed in them."""
        self.state.set_tone("quiet" if view.connected else "reject")
        self.state.set_key("doors.connected" if view.connected else "doors.alone", fleet=view.fleet)
        self.lease.setVisible(view.lease_left_s is not None)
        if view.lease_left_s is not None:
            self.lease.set_key("doors.lease", left=span_text(view.lease_left_s))
        self._show_requests(view, two_admins)
        self._show_conflicts(view, two_admins)
        self._show_nodes(view, now, two_admins)
        self._show_deletions(view.deletions)
        for button in (self.lock_all, self.unlock_all):
            button.setEnabled(view.connected)
        self._buttons.show()

    def show_problem(self, problem: KioskError | None) -> None:
        """Show what keeps this node from following, though the centre answers."""
        self.problem.setVisible(problem is not None)
        if problem is not None:
            self.problem.set_key(problem.key, **problem.values)

    def show_nothing(self, key: str, **values: object) -> None:
        """Show why there is no fleet to see."""
        self.reset()
        self.state.set_tone("quiet")
        self.state.set_key(key, **values)

    def _show_requests(self, view: FleetView, two_admins: bool) -> None:
        wanted = {one.node: one for one in view.requests}
        _drop(self.requests, set(wanted))
        for node, one in wanted.items():
            if node not in self.requests:
                card = self.requests[node] = JoinCard(one)
                card.admitted.connect(self.admitted)
                self._requests.addWidget(card)
            self.requests[node].set_two_admins(two_admins)

    def _show_conflicts(self, view: FleetView, two_admins: bool) -> None:
        wanted = {one.id: one for one in view.conflicts}
        _drop(self.conflicts, set(wanted))
        for number, one in wanted.items():
            if number not in self.conflicts:
                card = self.conflicts[number] = ConflictCard(one)
                card.settled.connect(self.settled)
                self._conflicts.addWidget(card)
            self.conflicts[number].set_two_admins(two_admins)

    def _show_nodes(self, view: FleetView, now: datetime, two_admins: bool) -> None:
        _drop(self.nodes, {one.node for one in view.nodes})
        for one in view.nodes:
            if one.node not in self.nodes:
                card = self.nodes[one.node] = NodeCard(one.node)
                card.revoked.connect(self.revoked)
                card.lockRequested.connect(self.lockRequested)
                card.openRequested.connect(self.openRequested)
                self._nodes.addWidget(card)
            self.nodes[one.node].show_node(one, now, two_admins=two_admins)

    def _show_deletions(self, deletions: tuple[DeletionView, ...]) -> None:
        clear(self._deletions)
        self._deleting.setVisible(bool(deletions))
        for one in deletions:
            names = ", ".join(
                tr("doors.until", name=name, at=moment_text(ends.astimezone())) if ends else name
                for name, ends in one.pending
            )
            line = Label("", wrap=True)
            line.set_key("doors.deletion", at=moment_text(one.at.astimezone()), names=names)
            self._deletions.addWidget(line)

    def _ask_lock_all(self) -> None:
        self.confirm.ask("doors.lock_all_text")

    def _lock_all(self) -> None:
        self.lockRequested.emit("*", True)

    def _unlock_all(self) -> None:
        self.lockRequested.emit("*", False)


def _drop(cards: MutableMapping[K, C], kept: set[K]) -> None:
    """Take away the cards of what is not there any more."""
    for key in [key for key in cards if key not in kept]:
        card = cards.pop(key)
        card.hide()
        card.deleteLater()
