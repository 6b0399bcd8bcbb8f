"""A node that was restored from an old backup brings nobody back and pushes nothing old."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.core.errors import FleetError
from kiosk.core.fleet import FactKind
from kiosk.fleet.sync.event_push import EventPush
from kiosk.storage.backup.restore import restore
from kiosk.storage.people.subject_access import own_data
from tests.unit.storage.fleet.test_fleet_conflicts import edit
from tests.unit.storage.fleet.test_fleet_store import only
from tests.unit.storage.fleet.two_nodes import Feed, Node, node
from tests.unit.storage.samples import MORNING


def restored(one: Node, file: Path) -> Node:
    """Put the backup ``file`` in the place of a node's database and open it."""
    backups, vault, path = one.store.backups, one.store.vault, one.store.database.path
    one.store.close()
    restore(backups, file, vault, MORNING, "kim")
    return node(path, "south")


def test_what_the_fleet_decided_since_the_backup_counts(a: Node, b: Node, feed: Feed) -> None:
    first, second = a.enrol("2026-1", seed=1), a.enrol("2026-2", seed=2)
    feed.exchange(a, b)
    file = b.store.backups.make("daily", MORNING)
    a.store.people.delete(first.id or 0, "kim")
    a.store.people.set_enabled(second.id or 0, False, "kim")
    b.enrol("2026-3", seed=3)
    feed.exchange(a, b)
    lines = len(feed.lines)
    again = restored(b, file)
    feed.pull(again)
    assert again.fleet.local_changes(10) == [], "nothing old is pushed"
    assert sorted(again.numbers()) == ["2026-2", "2026-3"]
    disabled = again.store.people.by_number("2026-2")
    assert disabled is not None and not disabled.enabled
    assert len(feed.lines) == lines and again.fleet.conflicts() == []
    assert len(again.fleet.deletions_done()) == 1
    again.store.close()


def test_an_edit_that_was_pushed_since_the_backup_undoes_no_later_one(
    a: Node, b: Node, feed: Feed
) -> None:
    person = a.enrol("2026-1")
    feed.exchange(a, b)
    edit(b, name="홍길순")
    file = b.store.backups.make("daily", MORNING)
    feed.exchange(a, b)
    a.store.people.set_enabled(person.id or 0, False, "kim")
    feed.exchange(a, b)
    again = restored(b, file)
    feed.exchange(a, again)
    assert not only(a).enabled and not only(again).enabled
    again.store.close()


def test_somebody_enrolled_before_the_backup_and_pushed_after_it_is_not_enrolled_twice(
    a: Node, b: Node, feed: Feed
) -> None:
    b.enrol("2026-1")
    file = b.store.backups.make("daily", MORNING)
    feed.exchange(a, b)
    again = restored(b, file)
    feed.exchange(a, again)
    assert a.numbers() == again.numbers() == ["2026-1"] and again.fleet.conflicts() == []
    again.store.close()


@pytest.mark.parametrize("after", [True, False])
def test_somebody_deleted_before_or_after_a_restore_without_contact_is_not_brought_back(
    a: Node, b: Node, feed: Feed, after: bool
) -> None:
    person = b.enrol("2026-1")
    file = b.store.backups.make("daily", MORNING)
    feed.exchange(a, b)
    if not after:
        b.store.people.delete(person.id or 0, "kim")
    again = restored(b, file)
    if after:
        again.store.people.delete(person.id or 0, "kim")
    feed.exchange(a, again)
    assert a.numbers() == again.numbers() == []
    again.store.close()


def test_the_centre_notices_a_log_that_ends_before_what_it_has(
    a: Node, b: Node, feed: Feed
) -> None:
    file = b.store.backups.make("daily", MORNING)
    for n in range(20):
        b.enrol(f"2026-{n}", seed=n)
    newest = b.fleet.events_after(0, 1000)[-1]
    again = restored(b, file)

    class Centre:
        def events_stored(self) -> tuple[int, bytes]:
            return newest.sequence, newest.link

    with pytest.raises(FleetError, match="cut or replaced"):
        EventPush(again.fleet, Centre(), list)  # type: ignore[arg-type]
    again.store.close()


def test_a_persons_own_data_name_the_fleet_and_the_other_side_of_a_conflict(
    a: Node, b: Node, feed: Feed
) -> None:
    person = a.enrol("2026-1")
    feed.exchange(a, b)
    edit(a, enabled=False)
    edit(b, name="홍길순")
    feed.exchange(a, b)
    there = b.store.people.by_number("2026-1")
    assert there is not None and person is not None
    fleet = own_data(b.store, there.id or 0, MORNING)["fleet"]
    assert fleet["subject"] == feed.lines[0].fact.subject and fleet["version"] >= 2
    (conflict,) = fleet["conflicts"]
    assert (conflict["mine"]["name"], conflict["theirs"]["name"]) == ("홍길순", "홍길동")
    assert len(conflict["mine"]["templates"]) == 2
    assert "pin_hash" not in json.dumps(conflict)
    assert dataclasses.asdict(there)["number"] == "2026-1"


def test_somebody_new_is_sent_although_their_mark_was_removed(a: Node, b: Node, feed: Feed) -> None:
    b.enrol("2026-1")
    feed.say(FactKind.ORDER, "7" * 32, 1, {"order": "lockdown", "doors": ["*"]})
    feed.pull(b)
    path = b.store.database.path
    b.store.close()
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("DELETE FROM fleet_changed")
    again = node(path, "south")
    feed.exchange(again, a)
    assert a.numbers() == ["2026-1"] and again.fleet.local_changes(9) == []
    again.store.close()
