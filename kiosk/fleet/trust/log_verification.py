"""Verify the logs of all nodes as the centre holds them.

A row's link is the hash of the link before and of the row (``storage/audit/hash_chain.py``). A
node's signed beats name its newest link, so that neither the node nor the centre can show another
log than the one that the beats were signed for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kiosk.core.fleet import Beat, NodeEvent
from kiosk.fleet.trust.beats import beat_genuine
from kiosk.fleet.trust.event_sealing import open_event
from kiosk.fleet.trust.fleet_secrets import FleetSecrets
from kiosk.fleet.trust.key_ring import KeyRing
from kiosk.storage.crypto.aead import SealBroken


class LogFinding(StrEnum):
    """What is wrong with a node's log."""

    GAP = "gap"
    """A row is missing."""
    CHANGED = "changed"
    """A row is not the one whose link follows."""
    UNREADABLE = "unreadable"
    """A row cannot be opened with the fleet's log key."""
    FORK = "fork"
    """A beat was signed for another row under the same number."""
    CUT = "cut"
    """The node signed a later row than it signs now: its log was cut or rolled back."""
    LOST = "lost"
    """The centre had a row, as a beat says, that it no longer has."""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """A row of a log by its number and link; (0, zeros) is before the first.

    Where the link is empty it is not known: the node's own retention had removed the row before
    anything was sent.
    """

    sequence: int = 0
    link: bytes = bytes(32)


@dataclass(frozen=True, slots=True)
class LogReport:
    """What was found in one log. ``end``: the last good row. ``findings``: each with its row."""

    node: str
    end: LogEnd
    findings: tuple[tuple[LogFinding, int], ...] = ()


def verify_log(
    fleet: str,
    node: str,
    secrets: FleetSecrets,
    events: Iterable[NodeEvent],
    *,
    begin: LogEnd = LogEnd(),
    signed: Sequence[LogEnd] = (),
    pushed: int = 0,
) -> LogReport:
    """Return what is wrong with the rows of ``node`` that follow ``begin``, in their order.

    ``signed``: ends that the node's genuine beats named, in the order in which they were signed.
    ``pushed``: the row up to which the centre has said that it holds them.
    """
    findings = [(LogFinding.CUT, end.sequence) for end in _cuts(signed)]
    named = {end.sequence: end.link for end in signed}
    end = begin
    for event in events:
        wrong = _wrong(fleet, node, secrets, end, event)
        if wrong is not None:
            return LogReport(node, end, (*findings, (wrong, end.sequence + 1)))
        if named.get(event.sequence, event.link) != event.link:
            findings.append((LogFinding.FORK, event.sequence))
        end = LogEnd(event.sequence, event.link)
    if end.sequence < pushed:
        findings.append((LogFinding.LOST, end.sequence + 1))
    return LogReport(node, end, tuple(findings))


def signed_ends(fleet: str, ring: KeyRing, node: str, beats: Iterable[Beat]) -> list[LogEnd]:
    """Return the ends that genuine beats of ``node`` name, in the order of their times."""
    genuine = [beat for beat in beats if beat.node == node and beat_genuine(fleet, ring, beat)]
    return [
        LogEnd(beat.sequence, beat.event_link) for beat in sorted(genuine, key=lambda one: one.at)
    ]


def event_link(previous: bytes, body: bytes) -> bytes:
    """Return the link of a row with that ``body`` after ``previous``."""
    return hashlib.sha256(b"munjigi chain 1\0" + previous + body).digest()


def _wrong(
    fleet: str, node: str, secrets: FleetSecrets, end: LogEnd, event: NodeEvent
) -> LogFinding | None:
    if event.sequence != end.sequence + 1:
        return LogFinding.GAP
    try:
        opened = open_event(fleet, node, secrets, event)
    except SealBroken:
        return LogFinding.UNREADABLE
    follows = not end.link or event_link(end.link, opened.body) == event.link
    return None if follows else LogFinding.CHANGED


def _cuts(signed: Sequence[LogEnd]) -> list[LogEnd]:
    """Return the ends that are before, or beside, one that was signed earlier."""
    cuts = []
    farthest = LogEnd()
    for end in signed:
        beside = end.sequence == farthest.sequence and end.link != farthest.link
        if end.sequence < farthest.sequence or (beside and end.sequence > 0):
            cuts.append(end)
        else:
            farthest = end
    return cuts
