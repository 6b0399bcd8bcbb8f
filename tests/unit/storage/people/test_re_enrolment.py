"""Re-enrolment after the network changed; only an enrolment removes a person from the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.decisions import Outcome, Reason
from kiosk.core.people import CredentialMode, Person
from kiosk.core.reports import Order
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.people.re_enrolment import SHOWN
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, decision, template


@pytest.fixture
def people(store: Store) -> PeopleStore:
    made = store.using(lambda: MORNING).people
    for number, embedders in (
        ("1", ["old"]),
        ("2", ["old", "new"]),
        ("3", ["new"]),
        ("4", []),
        ("5", ["old", "older"]),
    ):
        made.add_with_templates(
            Person(
                number,
                f"사람{number}",
                groups=("lab",),
                entry=CredentialMode.FACE if embedders else CredentialMode.PIN,
            ),
            [template(n, embedder_id=embedder) for n, embedder in enumerate(embedders)],
        )
    return made


def came(
    store: Store, person: int | None, minutes: int, reason: Reason = Reason.ENROL_AGAIN
) -> None:
    store.access_log.append(
        decision(
            MORNING - timedelta(minutes=minutes), Outcome.REJECT, reason=reason, person_id=person
        )
    )


def test_people_without_a_template_of_the_network_are_counted(store, people):
    found = store.re_enrolment.progress("new", MORNING)
    assert (found.needed, found.done, found.waiting) == (2, 2, ())
    rows, total = people.search("", 10, 0, Order("number"), without="new")
    assert [person.number for person in rows] == ["1", "5"] and total == 2
    assert people.search("5", 10, 0, without="new")[1] == 1 and people.search(
        "2", 10, 0, without="new"
    ) == ([], 0)
    assert people.without("new") == 2 and people.search("", 10, 0)[1] == 5


def test_visitors_are_listed_once_latest_first(store, people):
    for person, minutes in ((1, 300), (5, 200), (1, 100), (2, 50), (4, 40), (None, 30)):
        came(store, person, minutes)
    came(store, 5, 10, Reason.EXPIRED)
    found = store.re_enrolment.progress("new", MORNING - timedelta(hours=12)).waiting
    assert [(person.number, at) for person, at in found] == [
        ("4", MORNING - timedelta(minutes=40)),
        ("1", MORNING - timedelta(minutes=100)),
        ("5", MORNING - timedelta(minutes=200)),
    ]
    assert (
        store.re_enrolment.progress("new", MORNING - timedelta(minutes=150)).waiting[-1][0].number
        == "1"
    )


def test_only_an_enrolment_removes_a_person_from_the_list(store, people):
    came(store, 1, 5)
    first = people.get(1)
    people.update(replace(first, name="하나"))
    assert store.re_enrolment.progress("new", MORNING - timedelta(hours=1)).needed == 2
    people.enrol_again(replace(first, name="하나"), [template(9, embedder_id="new")])
    found = store.re_enrolment.progress("new", MORNING - timedelta(hours=1))
    assert (found.needed, found.done, found.waiting) == (1, 3, ()) and people.get(1).groups == (
        "lab",
    )
    people.delete(5)
    assert store.re_enrolment.progress("new", MORNING).needed == 0


def test_the_list_of_visitors_is_limited(store, people):
    for n in range(SHOWN + 3):
        added = people.add_with_templates(Person(f"X{n}", "이름"), [template(n, embedder_id="old")])
        came(store, added.id, n)
    assert len(store.re_enrolment.progress("new", MORNING - timedelta(hours=1)).waiting) == SHOWN
