"""Frames behind the log, look-alikes, and the chosen threshold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.decisions import LogFilter, Outcome
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.core.thresholds import Choice, LookAlike
from kiosk.storage.settings_store import ChoiceStore
from kiosk.storage.store import Store
from tests.unit.storage.samples import decision


def test_the_frames_of_a_row_are_kept_with_it_and_read_only_when_asked(store: Store) -> None:
    log = store.access_log
    traces = store.traces
    entry = log.append(decision(trace=b"frames"))
    log.append(decision(outcome=Outcome.REJECT, trace=b""))
    assert entry.decision.trace == b"" and log.latest() is not None
    found = traces.recent(LogFilter(), 10)
    assert [trace for _, trace in found] == [b"", b"frames"] and found[1][0].id == entry.id
    assert [e.id for e, _ in traces.recent(LogFilter(outcome=Outcome.ACCEPT), 10)] == [entry.id]
    assert len(traces.recent(LogFilter(), 1)) == 1


def test_frames_go_with_their_row(store: Store) -> None:
    log = store.access_log
    traces = store.traces
    made = decision(trace=b"frames")
    rows = [log.append(replace(made, at=made.at + timedelta(days=day))) for day in range(3)]
    assert [trace for _, trace in traces.recent(LogFilter(), 9)] == [
        b"frames",
        b"frames",
        b"frames",
    ] and log.count() == 3
    store.database.call(
        lambda: store.database.sqlite.execute("DELETE FROM log WHERE id = ?", [rows[2].id])
    )
    assert (
        store.database.call(
            lambda: store.database.sqlite.execute("SELECT count(*) FROM log_traces").fetchone()[0]
        )
        == 2
    )


def test_both_people_of_a_pair_are_marked_until_either_is_deleted(store: Store) -> None:
    people = store.people
    pairs = store.look_alikes
    ids = [people.add(Person(f"2026-{n}", f"사람{n}")).id or 0 for n in range(3)]
    assert pairs.replace("net", [LookAlike(ids[0], ids[1], 0.2), LookAlike(ids[0], ids[2], 0.1)])
    assert not pairs.replace(
        "net", [LookAlike(ids[0], ids[2], 0.1), LookAlike(ids[0], ids[1], 0.2)]
    ), "nothing new"
    assert all(people.get(i).look_alike for i in ids)
    assert not pairs.replace(
        "net", [LookAlike(ids[0], ids[2], 0.1), LookAlike(ids[0], ids[1], 0.15)]
    ), "the same people, a little nearer"
    assert pairs.names_of(ids[1]) == [("사람0", 0.15)]
    pairs.replace("net", [LookAlike(ids[0], ids[1], 0.2), LookAlike(ids[0], ids[2], 0.1)])
    assert pairs.names_of(ids[0]) == [("사람2", 0.1), ("사람1", 0.2)] and pairs.names_of(
        ids[1]
    ) == [("사람0", 0.2)]
    people.delete(ids[2])
    assert pairs.all() == [LookAlike(ids[0], ids[1], 0.2)] and people.get(ids[0]).look_alike
    pairs.replace("net", [])
    assert not any(people.get(i).look_alike for i in ids[:2])


def test_a_pair_with_a_deleted_person_is_ignored(store: Store) -> None:
    person = store.people.add(Person("2026-1", "이산"))
    pairs = store.look_alikes
    pairs.replace("net", [LookAlike(person.id or 0, 99, 0.1)])
    assert pairs.all() == []


def test_the_choice_on_screen_is_stored_and_deleted(store: Store) -> None:
    choice = ChoiceStore(store.settings)
    assert choice.get() is None
    for chosen in (Choice(target=0.5), Choice(distance=0.31)):
        choice.set(chosen)
        assert choice.get() == chosen
    choice.set(None)
    assert choice.get() is None


@pytest.mark.parametrize(
    "stored",
    [
        {},
        [],
        1,
        {"target": 0},
        {"target": 10_001},
        {"distance": -1},
        {"distance": 3},
        {"target": "1"},
        {"target": 1, "distance": 1},
        {"margin": 1},
        {"target": True},
    ],
)
def test_a_choice_that_makes_no_sense_keeps_the_door_locked(store: Store, stored: object) -> None:
    settings = store.settings
    settings.set(ChoiceStore.KEY, stored)
    with pytest.raises(StorageError, match="is damaged"):
        ChoiceStore(settings).get()
