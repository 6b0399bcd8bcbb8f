"""How commands print a fleet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kiosk.core.fleet import Content, FleetAccount, FleetPerson
from kiosk.core.fleet_view import ConflictView, FleetView, NodeView


def status_lines(view: FleetView, now: datetime) -> Iterator[str]:
    """Yield the lines of ``fleet status``."""
    yield f"fleet {view.fleet}\tline {view.head}\t{'connected' if view.connected else 'alone'}"
    if view.problem:
        yield f"the centre: {view.problem}"
    if view.lease_left_s is not None:
        yield f"lease: {view.lease_left_s / 3600:.1f} h left"
    for node in view.nodes:
        yield node_line(node, now)
    for request in view.requests:
        yield f"{request.name}\tasks to join, code {request.code}"
    for deletion in view.deletions:
        names = ", ".join(
            f"{name} (until {ends:%Y-%m-%d %H:%M})" if ends else name
            for name, ends in deletion.pending
        )
        yield f"deletion of line {deletion.number}\twaits for {names}"
    if view.conflicts:
        yield f"{len(view.conflicts)} conflicts; see munjigi fleet conflicts"


def node_line(node: NodeView, now: datetime) -> str:
    """Return one node's line."""
    parts = [f"{node.name}{' (this one)' if node.own else ''}", str(node.kind)]
    if node.revoked:
        return "\t".join((*parts, "revoked"))
    if node.seen_at is None:
        return "\t".join((*parts, "never seen"))
    away = node.is_away(now)
    parts.append(f"{'away since' if away else 'seen'} {node.seen_at.astimezone():%Y-%m-%d %H:%M}")
    state = node.state
    parts.append(f"version {state.get('version', '?')}")
    parts.append(f"people {state.get('people', '?')}")
    parts.extend(f"no {part}" for part in ("camera", "lock") if state.get(part) is False)
    if state.get("log") is False:
        parts.append("its log is not sent (see munjigi fleet verify; leave and join again)")
    if node.behind:
        parts.append(f"{node.behind} lines behind")
    if not node.staff:
        parts.append("without staff")
    return "\t".join(parts)


def conflict_line(conflict: ConflictView) -> str:
    """Return one conflict's line."""
    sides = f"here: {_side(conflict.mine)}\tthere: {_side(conflict.theirs)}"
    return f"{conflict.id}\t{conflict.why}\t{sides}"


def _side(content: Content) -> str:
    if isinstance(content, FleetPerson):
        state = "" if content.enabled else ", disabled"
        return f"{content.name} ({content.number}), {content.role}{state}"
    if isinstance(content, FleetAccount):
        return f"{content.name}, {content.role}{'' if content.enabled else ', disabled'}"
    return "gone" if content is None else str(content)[:80]
