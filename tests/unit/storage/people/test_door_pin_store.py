"""PINs for the door, and the limit on guessing numbers and PINs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.storage.crypto.number_mask import NumberMask
from kiosk.storage.people.door_pin_store import (
    ALL,
    FREE_IN_ALL,
    LONGEST_IN_ALL_S,
    LONGEST_IN_ALL_WITH_FACE_S,
    LONGEST_WITH_FACE_S,
    TryStore,
)
from kiosk.storage.store import Store
from tests.helpers.set_clock import SetClock

PIN = "482915"
OTHER = "739164"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "door.db") as opened:
        yield opened


@pytest.fixture
def tries(store: Store, clock: SetClock) -> TryStore:
    return store.using(clock).door_tries


def test_a_pin_is_set_matched_changed_and_taken_away(store: Store) -> None:
    people = store.people
    pins = store.door_pins
    person = people.add(Person("2026-1", "이산"))
    assert person.id and not person.has_pin and not pins.matches(person.id, PIN)
    pins.set(person.id, PIN)
    assert (
        people.get(person.id).has_pin
        and pins.matches(person.id, PIN)
        and not pins.matches(person.id, OTHER)
    )
    pins.set(person.id, OTHER)
    assert pins.matches(person.id, OTHER) and not pins.matches(person.id, PIN)
    pins.clear(person.id)
    assert not people.get(person.id).has_pin and not pins.matches(person.id, OTHER)


def test_a_hash_of_an_older_program_is_hashed_again_with_the_pepper(store: Store) -> None:
    person = store.people.add(Person("2026-1", "이산"))
    assert person.id
    store.door_pins.set(person.id, OTHER)
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PIN)

    def stored() -> str:
        [row] = store.database.sqlite.query("SELECT pin_hash FROM door_pins")
        return str(row["pin_hash"])

    store.database.call(
        lambda: store.database.sqlite.execute("UPDATE door_pins SET pin_hash = ?", [old])
    )
    assert not store.door_pins.matches(person.id, OTHER)
    assert store.database.call(stored) == old
    assert store.door_pins.matches(person.id, PIN)
    assert store.database.call(stored).startswith("p1$argon2id$")
    assert store.door_pins.matches(person.id, PIN)


def test_only_a_hash_is_kept_and_it_goes_with_the_person(store: Store) -> None:
    people = store.people
    pins = store.door_pins
    person = people.add(Person("2026-1", "이산"))
    pins.set(person.id or 0, PIN)
    [stored] = store.database.call(
        lambda: store.database.sqlite.execute("SELECT pin_hash FROM door_pins").fetchall()
    )
    assert stored[0].startswith("p1$argon2id$") and PIN not in stored[0]
    people.delete(person.id or 0)
    assert (
        store.database.call(
            lambda: store.database.sqlite.execute("SELECT count(*) FROM door_pins").fetchone()[0]
        )
        == 0
    )


@pytest.mark.parametrize("pin", ["", "12345", "123456", "000000", "abcdef", "1234567890123"])
def test_an_easy_pin_is_refused(store: Store, pin: str) -> None:
    person = store.people.add(Person("2026-1", "이산"))
    with pytest.raises(StorageError, match="PIN"):
        store.door_pins.set(person.id or 0, pin)


def test_a_pin_for_an_unknown_person_is_refused(store: Store) -> None:
    with pytest.raises(StorageError, match="not enrolled"):
        store.door_pins.set(7, PIN)


def test_four_wrong_tries_are_free_and_each_one_after_costs_twice_as_long(
    tries: TryStore, clock: SetClock
) -> None:
    waits = []
    for _ in range(8):
        tries.failed("2026-1")
        waits.append(tries.wait("2026-1"))
        clock.advance(waits[-1])
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240]
    assert tries.wait("2026-2") == 0, "nobody else waits for that"


def test_many_numbers_tried_a_little_each_make_every_number_wait(
    tries: TryStore, clock: SetClock
) -> None:
    for number in range(FREE_IN_ALL):
        assert tries.wait(f"9{number}") == 0
        tries.failed(f"9{number}")
    assert tries.wait("2026-1") == 30
    for number in range(10):
        clock.advance(tries.wait("2026-1"))
        tries.failed(f"8{number}")
    assert tries.wait("2026-1") == LONGEST_IN_ALL_S


def test_waits_are_short_where_the_owners_face_must_match_too(
    tries: TryStore, clock: SetClock
) -> None:
    longest, longest_in_all = 0, 0
    for _ in range(12):
        tries.failed("2026-1")
        longest = max(longest, tries.wait("2026-1", face_follows=True))
        longest_in_all = max(longest_in_all, tries.wait("2026-2", face_follows=True))
        clock.advance(tries.wait("2026-1"))
    assert (longest, longest_in_all) == (LONGEST_WITH_FACE_S, 0)
    for number in range(30):
        tries.failed(f"9{number}")
        longest_in_all = max(longest_in_all, tries.wait("2026-2", face_follows=True))
    assert longest_in_all == LONGEST_IN_ALL_WITH_FACE_S
    assert tries.wait("2026-2") == LONGEST_IN_ALL_S
    clock.advance(LONGEST_IN_ALL_WITH_FACE_S - 1)
    assert tries.wait("2026-2", face_follows=True) == 1
    clock.advance(1)
    assert tries.wait("2026-2", face_follows=True) == 0
    assert tries.wait("2026-2") == LONGEST_IN_ALL_S - LONGEST_IN_ALL_WITH_FACE_S


def test_the_first_waits_are_as_short_with_a_face(tries: TryStore) -> None:
    for _ in range(5):
        tries.failed("2026-1")
    assert tries.wait("2026-1", face_follows=True) == tries.wait("2026-1") == 30


def test_a_right_try_resets_its_number_but_not_the_total(tries: TryStore) -> None:
    for number in range(FREE_IN_ALL - 1):
        tries.failed(f"9{number}")
    for _ in range(3):
        tries.failed("2026-1")
        tries.took_back("2026-1")
    tries.succeeded("2026-1")
    assert tries.wait("2026-1") == 0
    tries.failed("77")
    assert tries.wait("2026-1") == 30, "a member cannot wash away what was guessed in between"


def test_a_number_is_the_same_however_it_is_typed(tries: TryStore) -> None:
    for typed in ("2026-1", "20261", "２０２６-1", " 2026-1 ", "2026--1"):
        tries.failed(typed)
    assert tries.wait("20261") == 30


def test_number_of_a_star_is_not_that_of_all(tries: TryStore) -> None:
    for _ in range(5):
        tries.failed("*")
    assert tries.wait("*") == 30 and tries.wait("2026-1") == 0


def subjects(store: Store) -> list[str]:
    """What the database keeps of the numbers that were tried, without the row of all."""
    rows = store.database.call(
        lambda: store.database.sqlite.execute("SELECT subject FROM door_tries").fetchall()
    )
    return [subject for (subject,) in rows if subject != ALL]


def test_tried_numbers_are_kept_as_keyed_hashes(tries: TryStore, store: Store) -> None:
    tries.failed(PIN)
    [kept] = subjects(store)
    assert kept == NumberMask(store.vault.secret.subkey).hashed(PIN) and PIN not in kept
    assert kept != NumberMask(lambda purpose: bytes(32)).hashed(PIN), "nobody hashes it alike"


def test_numbers_that_an_older_program_kept_in_clear_are_hashed(tmp_path: Path) -> None:
    Store.open(tmp_path / "door.db").close()
    with closing(sqlite3.connect(tmp_path / "door.db")) as older, older:
        rows = [(f"n{PIN}",), (ALL,)]
        older.executemany("INSERT INTO door_tries VALUES (?, 5, 0, 1)", rows)
    with Store.open(tmp_path / "door.db") as store:
        [kept] = subjects(store)
        assert kept == NumberMask(store.vault.secret.subkey).hashed(PIN)
    assert PIN.encode() not in (tmp_path / "door.db").read_bytes()


def test_tries_of_a_person_go_with_them(tries: TryStore, store: Store) -> None:
    person = store.people.add(Person("2026-1", "이산"))
    tries.failed("20261")
    store.people.delete(person.id or 0)
    assert subjects(store) == []


def test_quiet_forgets_and_old_rows_go(tries: TryStore, clock: SetClock, store: Store) -> None:
    for number in range(FREE_IN_ALL):
        tries.failed(f"9{number}")
    clock.advance(3601)
    assert tries.wait("2026-1") == 0
    clock.advance(24 * 3600)
    tries.failed("1")
    assert (
        store.database.call(
            lambda: store.database.sqlite.execute("SELECT count(*) FROM door_tries").fetchone()[0]
        )
        == 2
    )


def test_a_clock_set_back_neither_frees_nor_lengthens_a_wait(
    tries: TryStore, clock: SetClock
) -> None:
    for _ in range(5):
        tries.failed("2026-1")
    clock.advance(-7200)
    assert tries.wait("2026-1") == 30
    clock.advance(29)
    assert tries.wait("2026-1") == 1
    clock.advance(1)
    assert tries.wait("2026-1") == 0


def test_a_wait_outlives_a_restart(tmp_path: Path, clock: SetClock) -> None:
    with Store.open(tmp_path / "door.db") as first:
        for _ in range(5):
            first.using(clock).door_tries.failed("2026-1")
    with Store.open(tmp_path / "door.db") as second:
        assert second.using(clock).door_tries.wait("2026-1") == 30


steps = st.lists(
    st.tuples(st.sampled_from(["1", "2", "3"]), st.floats(0, 400), st.booleans()), max_size=60
)


@pytest.mark.slow
@given(steps)
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_however_one_goes_about_it_an_hour_has_few_wrong_tries(tries_of, steps) -> None:
    """An attacker who waits as required, with right tries of their own number in between."""
    tries, clock = tries_of()
    began = clock.now
    wrong = {"1": 0, "2": 0, "3": 0}
    for number, pause, right in steps:
        clock.advance(pause)
        if tries.wait(number):
            continue
        tries.failed(number)
        if right and number == "1":
            tries.took_back(number)
            tries.succeeded(number)
        else:
            wrong[number] += 1
        if (clock.now - began).total_seconds() <= 3600:
            assert wrong["2"] <= 5 + 7 and wrong["3"] <= 5 + 7, (
                "5 free, then 30 s doubling: 7 more fill an hour"
            )
            assert sum(wrong.values()) <= FREE_IN_ALL + 5 + 4, (
                "15 free, then 30 s doubling to 15 min"
            )


@pytest.fixture
def tries_of(tmp_path: Path) -> Iterator[object]:
    """Return a function that empties the database and returns its store with a new clock."""
    with Store.open(tmp_path / "property.db") as opened:

        def make() -> tuple[TryStore, SetClock]:
            opened.database.call(lambda: opened.database.sqlite.execute("DELETE FROM door_tries"))
            clock = SetClock()
            return opened.using(clock).door_tries, clock

        yield make
