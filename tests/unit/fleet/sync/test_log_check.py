"""The logs of all nodes, as the centre holds them, are verified from one node."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.fleet import LogRemoval
from kiosk.fleet.sync.log_check import verify_logs
from tests.helpers.fleet_centre import MemoryFleet
from tests.helpers.fleet_nodes import MemoryNode, small_fleet


def sent() -> tuple[MemoryFleet, MemoryNode, MemoryNode]:
    """Return a fleet of a desk with 3 and a door with 5 rows that the centre has."""
    db, desk, (door,) = small_fleet(("lab",))
    desk.add_rows(3)
    door.add_rows(5)
    for node in (desk, door):
        node.time.advance(60)
        node.rounds()
        node.time.advance(60)
        node.rounds()
    return db, desk, door


def found(desk: MemoryNode) -> tuple[int, tuple[str, ...]]:
    check = verify_logs(desk.centre, desk.trust, desk.head)
    return check.lines, check.findings


def test_good_logs_of_all_nodes_are_counted() -> None:
    _, desk, _ = sent()
    assert found(desk) == (8, ())


def test_a_door_that_serves_some_verifies_its_own_log() -> None:
    _, _, door = sent()
    assert found(door) == (5, ())


def test_rows_that_were_dropped_after_their_time_are_no_finding() -> None:
    db, desk, door = sent()
    gone = db.events[door.id][:2]
    del db.events[door.id][:2]
    assert found(desk) == (6, ())  # as if the door had removed them before it joined
    db.removals = [LogRemoval(door.id, 1, 2, gone[0].link, gone[1].link)]
    assert found(desk) == (6, ())
    db.removals = [LogRemoval(door.id, 1, 2, gone[0].link, bytes(32))]
    assert found(desk) == (3, ("The log of door 1: row 3 does not follow the row before it.",))


@pytest.mark.parametrize("change", ["drop", "swap", "alter", "cut", "fork"])
def test_a_log_that_the_centre_changed_is_named(change: str) -> None:
    db, desk, door = sent()
    log = db.events[door.id]
    db.log_heads[door.id] = (5, log[-1].link)
    if change == "drop":
        del log[2]
    elif change == "swap":
        log[2], log[3] = log[3], log[2]
    elif change == "alter":
        log[2] = replace(log[2], body=log[1].body)
    elif change == "cut":
        del log[3:]
    else:
        beat = door.trust.beat(door.head, 4, b"x" * 32, {})
        db.beats[door.id] = beat
    sentences = {
        "drop": "row 3 is missing",
        "swap": "row 3 is missing",
        "alter": "row 3 cannot be opened with the fleet's log key",
        "cut": "row 4 and those after it are missing",
        "fork": "row 4 is not the one that its node signed",
    }
    assert found(desk)[1] == (f"The log of door 1: {sentences[change]}.",)
