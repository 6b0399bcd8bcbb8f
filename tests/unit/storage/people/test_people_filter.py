"""Filters of the people list agree with the states that the screen shows."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.core.people_filter import PeopleFilter, PersonState, state_of
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, decision, template

TODAY = MORNING.date()
DAY = timedelta(days=1)


@pytest.fixture
def store_now(store: Store) -> Store:
    return store.using(lambda: MORNING)


def numbers(people: PeopleStore, only: PeopleFilter) -> set[str]:
    found, total = people.listed(only, 500, 0)
    assert total == len(found) == people.count(only)
    assert set(people.all_of(only)) == {person.id for person in found}
    return {person.number for person in found}


def test_every_state_is_filtered_as_it_is_shown(store_now: Store) -> None:
    people = store_now.people
    minute = MORNING.time().replace(second=0, microsecond=0)
    ends = [None, TODAY - DAY, TODAY, TODAY + DAY]
    times = [None, time(0, 0), minute, time(23, 59)]
    combined = itertools.product(
        (True, False), (None, TODAY + DAY), ends, times, CredentialMode, (0, 1)
    )
    for n, (enabled, start, end, at, entry, faces) in enumerate(combined):
        if (at is not None and end is None) or (start and end and start > end):
            continue
        person = Person(
            str(n), f"사람 {n}", enabled=enabled, valid_from=start, valid_until=end, entry=entry
        )
        people.add_with_templates(replace(person, until_time=at), [template()] * faces)
    everybody, _ = people.listed(PeopleFilter(), 500, 0)
    for state in PersonState:
        shown = {p.number for p in everybody if state_of(p, MORNING) is state}
        assert numbers(people, PeopleFilter(state=state)) == shown, state
    assert {state_of(p, MORNING) for p in everybody} == set(PersonState)


def test_who_was_not_let_in_for_a_while(store_now: Store) -> None:
    people = store_now.people
    for number, days in (("today", 0), ("month", 30), ("season", 90), ("never", None)):
        person = people.add(Person(number, number))
        if days is not None:
            at = MORNING - days * DAY
            store_now.access_log.append(decision(at, person_id=person.id))
    assert numbers(people, PeopleFilter(unseen_days=30)) == {"MONTH", "SEASON", "NEVER"}
    assert numbers(people, PeopleFilter(unseen_days=90)) == {"SEASON", "NEVER"}
    assert numbers(people, PeopleFilter(never_seen=True)) == {"NEVER"}
    month = people.by_number("month")
    assert month is not None and month.last_entry == TODAY - 30 * DAY


def test_who_leaves_soon_and_which_role(store_now: Store) -> None:
    people = store_now.people
    for number, end in (("gone", -1), ("soon", 14), ("later", 15)):
        people.add(Person(number, number, PersonRole.VISITOR, valid_until=TODAY + end * DAY))
    people.add(Person("open", "open", PersonRole.STAFF))
    assert numbers(people, PeopleFilter(ends_within_days=14)) == {"SOON"}
    assert numbers(people, PeopleFilter("o", role=PersonRole.VISITOR)) == {"GONE", "SOON"}


def test_a_pass_needs_a_last_day_and_keeps_its_minute(store_now: Store) -> None:
    people = store_now.people
    added = people.add(
        Person("1", "이산", valid_until=date(2026, 12, 2), until_time=time(18, 30, 59))
    )
    assert people.get(added.id or 0).until_time == time(18, 30)
    with pytest.raises(Exception, match="needs a last day"):
        people.update(replace(added, valid_until=None))
