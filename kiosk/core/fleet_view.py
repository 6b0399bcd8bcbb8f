"""View models of a fleet: nodes, requests, conflicts and deletions as staff see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kiosk.core.fleet import Content, NodeKind

FRESH_S = 90.0
"""A node whose last beat is older than this counts as away."""


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node. ``own``: this one. ``seen_at``: its last genuine beat, ``None`` if none came.

    ``staff``: whether its key may write people. ``groups``: whom it serves, ``("*",)``: everybody.
    ``behind``: lines of the feed that it had not read then. ``state``: what it said of itself:
    version, camera, lock, people, conflicts, alert, and ``log`` = ``False`` if its log is not sent.
    ``held``: people whose keys were wrapped for it.
    """

    node: str
    name: str
    kind: NodeKind
    own: bool = False
    staff: bool = True
    groups: tuple[str, ...] = ()
    revoked: bool = False
    seen_at: datetime | None = None
    behind: int = 0
    state: Mapping[str, Any] = field(default_factory=dict)

    def is_away(self, now: datetime) -> bool:
        """Return whether the node has not been heard for ``FRESH_S``."""
        return self.seen_at is None or (now - self.seen_at).total_seconds() > FRESH_S


@dataclass(frozen=True, slots=True)
class JoinView:
    """A node that asks to be admitted, with the code that its screen shows too."""

    node: str
    name: str
    kind: NodeKind
    asked_at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class ConflictView:
    """Two sides of a conflict: of one person changed at two nodes, or two with one number or face.

    ``why``: ``version``, ``number`` or ``face``.
    """

    id: int
    why: str
    mine: Content
    theirs: Content
    found_at: datetime


@dataclass(frozen=True, slots=True)
class DeletionView:
    """A deletion that some nodes have not confirmed yet.

    ``pending``: (name of a node, when its lease surely ends), by name.
    """

    number: int
    subject: str
    at: datetime
    done: tuple[str, ...]
    pending: tuple[tuple[str, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """Result of verifying feed and logs: lines and rows that are good, and what is wrong."""

    lines: int
    findings: tuple[str, ...] = ()
    rows: int = 0


@dataclass(frozen=True, slots=True)
class FleetView:
    """A fleet as one node knows it. ``connected``: whether the centre answered just now.

    ``fleet``: the first digits of its id. ``lease_left_s``: of this node. ``locked``: whether a
    lock-down of the fleet is in force. ``problem``: why the centre did not answer.
    """

    fleet: str
    connected: bool
    head: int
    nodes: tuple[NodeView, ...]
    requests: tuple[JoinView, ...] = ()
    conflicts: tuple[ConflictView, ...] = ()
    deletions: tuple[DeletionView, ...] = ()
    lease_left_s: float | None = None
    locked: tuple[str, ...] = ()
    problem: str = ""
