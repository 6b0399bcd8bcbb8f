"""A fleet as staff see it, drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kiosk.core.fleet import FleetPerson, NodeKind
from kiosk.core.fleet_view import ConflictView, DeletionView, FleetView, JoinView, NodeView

NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)


def person(**changes: object) -> FleetPerson:
    """Return a side of a conflict."""
    facts: dict[str, object] = {
        "number": "2026-1234",
        "name": "홍길동",
        "role": "graduate",
        "enabled": True,
        "entry": "face",
        "created_at": NOW,
        "groups": ("lab",),
    }
    return FleetPerson(**{**facts, **changes})  # type: ignore[arg-type]


def node(name: str, number: int, kind: NodeKind = NodeKind.DOOR, **facts: object) -> NodeView:
    """Return a node that was seen a moment ago."""
    state = {"version": "0.3.0", "people": 1204, "camera": True, "lock": True, "service": True}
    state["opens"] = True
    usual: dict[str, object] = {
        "groups": ("*",),
        "seen_at": NOW - timedelta(seconds=5),
        "state": state,
    }
    return NodeView(f"{number:032x}", name, kind, **{**usual, **facts})  # type: ignore[arg-type]


FLEET = FleetView(
    "1f3a9c0d7e2b4a68",
    True,
    5120,
    (
        node("행정실", 1, NodeKind.DESK, own=True),
        node("301호", 2),
        node(
            "302호",
            3,
            behind=3,
            state={"version": "0.2.9", "people": 1203, "camera": False, "log": False},
        ),
        node("기계실", 4, staff=False, seen_at=NOW - timedelta(hours=5), groups=("시설",)),
        node("옛 301호", 5, revoked=True),
    ),
    requests=(JoinView("9" * 32, "303호", NodeKind.DOOR, NOW, "7K3M 0Q9R XF2D"),),
    conflicts=(
        ConflictView(1, "version", person(), person(enabled=False, groups=()), NOW),
        ConflictView(2, "number", person(), person(name="김철수"), NOW),
    ),
    deletions=(
        DeletionView(5100, "c" * 32, NOW, ("301호",), (("기계실", NOW + timedelta(hours=19)),)),
    ),
    lease_left_s=86_000.0,
)
