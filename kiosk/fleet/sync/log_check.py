"""Verify the logs of all nodes, as the centre holds them."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.core.errors import FleetError
from kiosk.core.fleet import EVERYBODY, CentrePort, FeedHead, NodeEvent
from kiosk.core.fleet_view import FeedCheck
from kiosk.fleet.trust.fleet_secrets import FleetSecrets
from kiosk.fleet.trust.log_verification import (
    LogEnd,
    LogFinding,
    LogReport,
    signed_ends,
    verify_log,
)
from kiosk.fleet.trust.node_trust import NodeTrust

PAGE = 1000
"""Rows that are fetched at a time."""

_SENTENCES = {
    LogFinding.GAP: "row {row} is missing",
    LogFinding.CHANGED: "row {row} does not follow the row before it",
    LogFinding.UNREADABLE: "row {row} cannot be opened with the fleet's log key",
    LogFinding.FORK: "row {row} is not the one that its node signed",
    LogFinding.CUT: "its node signs row {row} as its newest, and had signed later ones",
    LogFinding.LOST: "row {row} and those after it are missing",
}


def verify_logs(centre: CentrePort, trust: NodeTrust, head: FeedHead) -> FeedCheck:
    """Return how many rows are good, and what is wrong in which node's log.

    A node that does not serve everybody may read its own log alone. Rows that were dropped after
    their time are named by the centre alone; the row after them must follow the link that it names.
    """
    if trust.secrets is None:
        raise FleetError(
            "The fleet's secrets are not here yet; keep another node running to send them.",
            key="error.fleet_secrets",
        )
    ring = trust.ring(head)
    heads, beats = centre.log_heads(), centre.beats()
    removed = {one.node: LogEnd(one.to_sequence, one.last_link) for one in centre.log_removals()}
    rows, findings = 0, []
    own = ring.get(trust.keys.node)
    reads_all = own is not None and EVERYBODY in own.document.groups
    for node in ring.nodes.values():
        if not reads_all and node is not own:
            continue
        name, node_id = node.document.name, node.document.node
        report, counted = _verify(
            centre,
            trust.fleet,
            node_id,
            trust.secrets,
            removed.get(node_id),
            signed_ends(trust.fleet, ring, node_id, beats),
            heads.get(node_id, (0, b""))[0],
        )
        rows += counted
        findings += [f"The log of {name}: {_said(one)}." for one in report.findings]
    return FeedCheck(rows, tuple(findings))


def _verify(
    centre: CentrePort,
    fleet: str,
    node: str,
    secrets: FleetSecrets,
    removed: LogEnd | None,
    signed: list[LogEnd],
    pushed: int,
) -> tuple[LogReport, int]:
    """Return the report on one log, and how many rows were good."""
    begin = removed or _before_first(centre, node)
    report = verify_log(
        fleet,
        node,
        secrets,
        _rows(centre, node, begin.sequence),
        begin=begin,
        signed=signed,
        pushed=pushed,
    )
    return report, report.end.sequence - begin.sequence


def _before_first(centre: CentrePort, node: str) -> LogEnd:
    """Return where a log begins whose node had removed older rows before it joined."""
    first = next(iter(centre.events_of(node, 0, 1)), None)
    if first is None or first.sequence <= 1:
        return LogEnd()
    return LogEnd(first.sequence - 1, b"")


def _rows(centre: CentrePort, node: str, sequence: int) -> Iterator[NodeEvent]:
    while page := centre.events_of(node, sequence, PAGE):
        yield from page
        sequence = page[-1].sequence


def _said(finding: tuple[LogFinding, int]) -> str:
    return _SENTENCES[finding[0]].format(row=finding[1])
