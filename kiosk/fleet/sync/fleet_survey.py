"""Puts together what one node knows of all: from its own ring, and from the centre's beats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kiosk.core.fleet import (
    Beat,
    CentrePort,
    DoneReceipt,
    Fact,
    Membership,
)
from kiosk.core.fleet_view import ConflictView, DeletionView, FleetView, JoinView, NodeView
from kiosk.fleet.trust.beats import beat_genuine
from kiosk.fleet.trust.deletion_answers import receipt_genuine
from kiosk.fleet.trust.key_ring import KeyRing
from kiosk.fleet.trust.node_trust import NodeTrust

SHOWN_DELETIONS = 50
"""How many of the newest deletions are looked at."""

LeaseLeft = Callable[[Membership], float | None]


@dataclass(frozen=True, slots=True)
class _Known:
    beats: Mapping[str, Beat]
    head: int


class FleetSurvey:
    """What the node ``member`` shows. Beats and receipts that nobody signed do not count."""

    def __init__(self, trust: NodeTrust, member: Membership) -> None:
        self._member = member
        self._ring: KeyRing = trust.ring(member.head)

    def view(
        self,
        centre: CentrePort,
        requests: Sequence[JoinView],
        conflicts: Sequence[ConflictView],
        lease_left: LeaseLeft,
    ) -> FleetView:
        """Return the view with what the centre has."""
        genuine = {
            beat.node: beat
            for beat in centre.beats()
            if beat_genuine(self._member.fleet, self._ring, beat)
        }
        known = _Known(genuine, max(self._member.head.number, centre.head().number))
        nodes = self._nodes(known)
        view = self.view_alone(conflicts, lease_left, "")
        return replace(
            view,
            connected=True,
            head=known.head,
            nodes=nodes,
            requests=tuple(requests),
            deletions=self._deletions(centre, nodes),
        )

    def view_alone(
        self, conflicts: Sequence[ConflictView], lease_left: LeaseLeft, problem: str
    ) -> FleetView:
        """Return the view without the centre."""
        return FleetView(
            self._member.fleet[:16],
            False,
            self._member.head.number,
            self._nodes(_Known({}, self._member.head.number)),
            conflicts=tuple(conflicts),
            lease_left_s=lease_left(self._member),
            problem=problem,
        )

    def _nodes(self, known: _Known) -> tuple[NodeView, ...]:
        views = []
        for node in self._ring.nodes.values():
            document, beat = node.document, known.beats.get(node.document.node)
            views.append(
                NodeView(
                    document.node,
                    document.name,
                    document.kind,
                    own=document.node == self._member.node,
                    staff=document.staff,
                    groups=document.groups,
                    revoked=document.revoked,
                    seen_at=beat.at if beat else None,
                    behind=max(0, known.head - beat.number) if beat else 0,
                    state=beat.state if beat else {},
                )
            )
        return tuple(sorted(views, key=lambda view: (view.revoked, view.name)))

    def _deletions(self, centre: CentrePort, nodes: Sequence[NodeView]) -> tuple[DeletionView, ...]:
        since = max(0, self._member.head.number - 100_000)
        facts = centre.deletions_after(since, 100_000)[-SHOWN_DELETIONS:]
        views = (self._deletion(fact, centre.receipts(fact.number), nodes) for fact in facts)
        return tuple(view for view in views if view.pending)

    def _deletion(
        self, fact: Fact, receipts: Sequence[DoneReceipt], nodes: Sequence[NodeView]
    ) -> DeletionView:
        done = {
            receipt.node
            for receipt in receipts
            if receipt.subject == fact.subject
            and receipt_genuine(self._member.fleet, self._ring, receipt)
        }
        done.add(fact.writer)
        present = [node for node in nodes if not node.revoked and self._was_there(node, fact)]
        return DeletionView(
            fact.number,
            fact.subject,
            fact.at,
            tuple(node.name for node in present if node.node in done),
            tuple((node.name, _ends(node)) for node in present if node.node not in done),
        )

    def _was_there(self, node: NodeView, fact: Fact) -> bool:
        known = self._ring.get(node.node)
        return known is not None and known.admitted < fact.number


def _ends(node: NodeView) -> datetime | None:
    """Return when the lease of a node that is not heard any more surely ends, if that is known."""
    hours = node.state.get("lease_h")
    if node.seen_at is None or not isinstance(hours, int | float):
        return None
    return node.seen_at + timedelta(hours=float(hours))
