"""A node's log that was cut, changed, forked or lost is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.fleet import NodeEvent
from kiosk.fleet.trust.event_sealing import open_event, seal_events
from kiosk.fleet.trust.fleet_secrets import FleetSecrets
from kiosk.fleet.trust.log_verification import (
    LogEnd,
    LogFinding,
    event_link,
    signed_ends,
    verify_log,
)
from kiosk.storage.audit.hash_chain import content, next_link
from kiosk.storage.crypto.aead import SealBroken
from tests.helpers.fleet_nodes import START, small_fleet

FLEET, NODE = "f" * 64, "a" * 32
SECRETS = FleetSecrets.create({})


def rows(count: int, name: str = "row") -> list[NodeEvent]:
    """Return a log as a node hashes it."""
    link, log = bytes(32), []
    for sequence in range(1, count + 1):
        body = content("log", ["id", "what"], [sequence, f"{name} {sequence}"])
        link = next_link(link, "log", ["id", "what"], [sequence, f"{name} {sequence}"])
        log.append(NodeEvent(sequence, "log", START, body, link))
    return log


def sealed(log: list[NodeEvent]) -> list[NodeEvent]:
    return seal_events(FLEET, NODE, SECRETS, log)


def found(events: list[NodeEvent], **more: object) -> tuple[tuple[LogFinding, int], ...]:
    return verify_log(FLEET, NODE, SECRETS, events, **more).findings  # type: ignore[arg-type]


def test_links_are_those_of_the_nodes_own_chain() -> None:
    assert event_link(bytes(32), rows(1)[0].body) == rows(1)[0].link


def test_a_good_log_has_no_findings_from_the_beginning_or_after_a_removal() -> None:
    log = sealed(rows(5))
    report = verify_log(FLEET, NODE, SECRETS, log, signed=[LogEnd(5, log[4].link)], pushed=5)
    assert report.end == LogEnd(5, log[4].link) and not report.findings
    assert not found(log[2:], begin=LogEnd(2, log[1].link))


LOG = sealed(rows(5))
SHORT = rows(5)


@pytest.mark.parametrize(
    "events,finding",
    [
        ([*LOG[:2], *LOG[3:]], (LogFinding.GAP, 3)),
        ([LOG[1], LOG[0]], (LogFinding.GAP, 1)),
        ([*LOG[:2], LOG[1]], (LogFinding.GAP, 3)),
        ([*LOG[:2], replace(LOG[2], body=LOG[3].body)], (LogFinding.UNREADABLE, 3)),
        ([*LOG[:2], replace(LOG[2], body=b"")], (LogFinding.UNREADABLE, 3)),
        ([*LOG[:2], replace(LOG[2], link=bytes(32))], (LogFinding.UNREADABLE, 3)),
        ([*LOG[:2], replace(LOG[2], at=START + timedelta(1))], (LogFinding.UNREADABLE, 3)),
        (
            sealed([*SHORT[:2], replace(SHORT[2], body=SHORT[3].body)]),
            (LogFinding.CHANGED, 3),
        ),
    ],
)
def test_a_wrong_row_is_named(events: list[NodeEvent], finding: tuple[LogFinding, int]) -> None:
    assert found(events) == (finding,)


def test_a_log_that_beats_contradict_is_named() -> None:
    log, another = sealed(rows(5)), rows(5, "other")
    assert found(log, signed=[LogEnd(4, another[3].link)]) == ((LogFinding.FORK, 4),)
    assert found(log[:3], pushed=5) == ((LogFinding.LOST, 4),)
    ends = [LogEnd(each.sequence, each.link) for each in rows(5)]
    assert found(log, signed=[ends[4], ends[2]]) == ((LogFinding.CUT, 3),)
    rolled_back = [ends[4], LogEnd(5, another[4].link)]
    assert (LogFinding.CUT, 5) in found(log, signed=rolled_back)
    assert not found(log, signed=[LogEnd(), ends[1], ends[1], ends[4]])


def test_only_genuine_beats_of_the_node_are_asked() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    ring = desk.trust.ring(desk.head)
    good = door.trust.beat(door.head, 3, b"x" * 32, {})
    beats = [good, replace(good, sequence=9), desk.trust.beat(desk.head, 7, b"y" * 32, {})]
    assert signed_ends(desk.trust.fleet, ring, door.id, beats) == [LogEnd(3, b"x" * 32)]


def test_sealed_rows_hide_what_they_say_and_are_the_same_each_time() -> None:
    log = rows(2)
    assert sealed(log) == sealed(log)
    assert b"row" not in sealed(log)[0].body
    assert open_event(FLEET, NODE, SECRETS, sealed(log)[1]) == log[1]
    rolled = replace(log[1], body=b"another row under the same number")
    assert sealed([rolled])[0].body[4:16] != sealed([log[1]])[0].body[4:16]


def test_rows_of_an_earlier_key_open_and_those_of_a_later_one_do_not() -> None:
    later = SECRETS.next()
    old, new = sealed(rows(1))[0], seal_events(FLEET, NODE, later, rows(1))[0]
    assert open_event(FLEET, NODE, later, old) == rows(1)[0]
    with pytest.raises(SealBroken):
        open_event(FLEET, NODE, SECRETS, new)
    with pytest.raises(SealBroken):
        open_event(FLEET, "b" * 32, later, new)
