"""The card of one node of the fleet: how it is doing, lock-down, and revoking it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal

from kiosk.core.fleet import NodeKind
from kiosk.core.fleet_view import NodeView
from kiosk.ui.formatting import count_text, moment_text
from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.labels import Label


class NodeCard(Card):
    """``lockRequested(node, locked)``: lock it down, or end that; ``revoked(node, name, pin)``;
    ``openRequested(node)``: open it once.
    """

    openRequested = Signal(str)
    lockRequested = Signal(str, bool)
    revoked = Signal(str, str, str)

    def __init__(self, node: str) -> None:
        super().__init__(name=f"node.{node}", gap=1)
        self._node = node
        self._two = False
        self._name = self._held = ""
        self.title = Label("", size=SIZES[2], bold=True, wrap=True, name=f"node.{node}.title")
        self.seen = Label("", wrap=True, name=f"node.{node}.seen")
        self.facts = Label("", quiet=True, wrap=True, name=f"node.{node}.facts")
        self.trouble = Label("", wrap=True, name=f"node.{node}.trouble")
        self.trouble.set_tone("reject")
        self.lock = Button("doors.lock", icon="lock", name=f"node.{node}.lock")
        self.unlock = Button("doors.unlock", icon="unlock", name=f"node.{node}.unlock")
        self.open_once = Button("doors.open_once", icon="door", name=f"node.{node}.open")
        self.revoke = Button("doors.revoke", name=f"node.{node}.revoke")
        self.second = SecondAdmin(f"node.{node}.second")
        self.confirm = Confirm(
            f"node.{node}.confirm",
            title="doors.revoke_title",
            yes="doors.revoke",
            no="common.cancel",
            also=self.second,
        )
        for part in (self.title, self.seen, self.facts, self.trouble):
            self.body.addWidget(part)
        self.body.addLayout(flow(self.lock, self.unlock, self.open_once, self.revoke))
        self.body.addWidget(self.confirm)
        self.lock.clicked.connect(self._lock)
        self.unlock.clicked.connect(self._unlock)
        self.open_once.clicked.connect(self._open)
        self.revoke.clicked.connect(self._ask)
        self.confirm.confirmed.connect(self._revoke)

    def show_node(self, view: NodeView, now: datetime, *, two_admins: bool) -> None:
        """Show how the node is doing."""
        self._two = two_admins
        self._name = view.name
        kind = tr(f"doors.kind.{view.kind.value}")
        self.title.set_text(f"{view.name} · {kind}")
        away = view.is_away(now)
        if view.revoked:
            self.seen.set_key("doors.revoked")
        elif view.own:
            self.seen.set_key("doors.own")
        elif view.seen_at is None:
            self.seen.set_key("doors.never")
        else:
            key = "doors.away" if away else "doors.seen"
            self.seen.set_key(key, at=moment_text(view.seen_at.astimezone()))
        self.seen.set_tone("reject" if away and not view.own and not view.revoked else "quiet")
        self._show_facts(view)
        self._show_trouble(view)
        present = not view.revoked
        door = present and view.kind is NodeKind.DOOR
        self.lock.setVisible(door)
        self.unlock.setVisible(door)
        self.open_once.setVisible(door and not view.own and view.state.get("opens") is True)
        self.revoke.setVisible(present and not view.own)

    def _show_facts(self, view: NodeView) -> None:
        people = view.state.get("people")
        self._held = count_text(people) if isinstance(people, int) else "–"
        self.facts.set_key(
            "doors.facts",
            version=str(view.state.get("version", "–")),
            people=self._held,
            groups=tr("doors.everybody") if "*" in view.groups else ", ".join(view.groups),
        )
        self.facts.setVisible(not view.revoked)

    def _show_trouble(self, view: NodeView) -> None:
        words = [
            tr(f"doors.trouble.{part}")
            for part in ("camera", "lock", "service")
            if view.state.get(part) is False and view.kind is NodeKind.DOOR
        ]
        alert = view.state.get("alert")
        if alert in ("lockdown", "lockdown_groups", "fleet_locked", "fleet_faces_off"):
            words.append(tr(f"door.alert.{alert}"))
        if view.behind:
            words.append(tr("doors.behind", n=view.behind))
        if not view.staff:
            words.append(tr("doors.without_staff"))
        if view.state.get("log") is False:
            words.append(tr("doors.trouble.log"))
        self.trouble.set_text(" · ".join(words))
        self.trouble.setVisible(bool(words) and not view.revoked)

    def _lock(self) -> None:
        self.lockRequested.emit(self._node, True)

    def _open(self) -> None:
        self.openRequested.emit(self._node)

    def _unlock(self) -> None:
        self.lockRequested.emit(self._node, False)

    def _ask(self) -> None:
        self.second.setVisible(self._two)
        self.confirm.ask("doors.revoke_text", name=self._name, people=self._held)

    def _revoke(self) -> None:
        name, pin = self.second.take() if self._two else ("", "")
        self.revoked.emit(self._node, name, pin)
