"""What one person's signed content cannot do to a node: stop it, or spread what is not so."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from kiosk.core.fleet import FactKind, FleetCard, FleetPerson
from tests.unit.storage.fleet.test_fleet_store import only
from tests.unit.storage.fleet.two_nodes import Feed, Node
from tests.unit.storage.samples import MORNING

CARD = FleetCard("card", "c" * 64, MORNING)
LATER = dataclasses.replace(CARD, created_at=MORNING + timedelta(1))


@pytest.fixture
def good(a: Node, feed: Feed) -> FleetPerson:
    """What the fleet has of a person whom a enrolled."""
    a.enrol("2026-1")
    feed.push(a)
    found = feed.lines[0].content
    assert isinstance(found, FleetPerson)
    return found


@pytest.mark.parametrize(
    "cards", [(CARD, LATER), (dataclasses.replace(CARD, kind="palm"),)], ids=["twice", "unknown"]
)
def test_cards_that_no_kiosk_stores_keep_out_their_person_alone(
    b: Node, feed: Feed, good: FleetPerson, cards: tuple[FleetCard, ...]
) -> None:
    feed.say(FactKind.PERSON, "1" * 32, 1, dataclasses.replace(good, number="1", cards=cards))
    feed.say(FactKind.PERSON, "2" * 32, 1, dataclasses.replace(good, number="2"))
    feed.pull(b)
    assert b.numbers() == ["2026-1", "2"] and b.fleet.membership().head == feed.head()  # type: ignore[union-attr]
    assert b.fleet.waiting(9) == [(FactKind.PERSON, "1" * 32)]
    for number in ("2026-1", "2"):
        person = b.store.people.by_number(number)
        assert person is not None and person.templates == 2
    feed.say(FactKind.PERSON, "1" * 32, 2, dataclasses.replace(good, number="1"))
    feed.pull(b)
    assert b.numbers() == ["2026-1", "2", "1"] and b.fleet.waiting(9) == []


def test_a_refused_change_keeps_the_keys_of_those_before_it(
    b: Node, feed: Feed, good: FleetPerson
) -> None:
    feed.pull(b)
    subject = feed.lines[0].fact.subject
    feed.say(FactKind.PERSON, "2" * 32, 1, dataclasses.replace(good, number="2"))
    feed.say(FactKind.PERSON, subject, 2, dataclasses.replace(good, cards=(CARD, LATER)))
    feed.pull(b)
    person = b.store.people.by_number("2")
    assert person is not None
    faces = b.store.people.templates(good.templates[0].embedder_id)
    assert len([one for one in faces if one.person_id == person.id]) == 2


def test_many_people_with_one_number_have_numbers_of_their_own(
    b: Node, feed: Feed, good: FleetPerson
) -> None:
    for end in "0123":
        feed.say(FactKind.PERSON, "a" * 12 + end * 20, 1, good)
    feed.pull(b)
    assert len(set(b.numbers())) == 5 and len(b.fleet.conflicts()) == 4


def test_what_is_kept_of_a_refused_version_is_not_pushed_over_it(
    a: Node, b: Node, feed: Feed, good: FleetPerson
) -> None:
    feed.pull(b)
    fact = feed.lines[0].fact
    bad = dataclasses.replace(good, name="")
    feed.say(FactKind.PERSON, fact.subject, 2, bad)
    for _ in range(2):
        feed.pull(b)
        b.fleet.apply(feed.lines[-1:], feed.head())  # as whatever waits is tried again
    person = b.store.people.by_number("2026-1")
    assert person is not None and not person.enabled
    assert b.count("actions WHERE detail LIKE '%refused%'") == 1
    b.store.people.update(dataclasses.replace(person, name="홍길순"), "lee")
    assert b.fleet.local_changes(9) == []
    feed.say(FactKind.PERSON, fact.subject, 3, good)
    feed.exchange(b, a)
    (conflict,) = b.fleet.conflicts()
    assert conflict.mine.enabled and only(a).enabled and only(b).enabled  # type: ignore[union-attr]


def test_an_edit_while_the_content_waits_disables_nobody(
    a: Node, b: Node, feed: Feed, good: FleetPerson
) -> None:
    feed.pull(b)
    fact = feed.say(FactKind.PERSON, feed.lines[0].fact.subject, 2, None)
    feed.lines.append(dataclasses.replace(feed.lines.pop(), waiting=True))
    feed.pull(b)
    person = b.store.people.by_number("2026-1")
    assert person is not None and not person.enabled
    b.store.people.update(dataclasses.replace(person, name="홍길순"), "lee")
    feed.lines[-1] = dataclasses.replace(feed.lines[-1], content=good, waiting=False)
    b.fleet.apply(feed.lines[-1:], feed.head())
    assert fact.version == 2 and only(b).enabled
    feed.exchange(a, b)
    assert only(a).enabled and only(b).enabled


def test_somebody_whom_staff_disabled_before_stays_disabled(
    a: Node, b: Node, feed: Feed, good: FleetPerson
) -> None:
    feed.pull(b)
    person = b.store.people.by_number("2026-1")
    assert person is not None
    b.store.people.set_enabled(person.id or 0, False, "lee")
    feed.say(FactKind.PERSON, feed.lines[0].fact.subject, 2, None)
    feed.lines.append(dataclasses.replace(feed.lines.pop(), waiting=True))
    feed.pull(b)
    feed.lines[-1] = dataclasses.replace(feed.lines[-1], content=good, waiting=False)
    b.fleet.apply(feed.lines[-1:], feed.head())
    feed.exchange(a, b)
    assert not only(a).enabled and not only(b).enabled


def test_a_card_that_moved_is_its_new_owners_in_any_order(
    b: Node, feed: Feed, good: FleetPerson
) -> None:
    first = dataclasses.replace(good, number="1", cards=(CARD,))
    second = dataclasses.replace(good, number="2")
    feed.say(FactKind.PERSON, "1" * 32, 1, first)
    feed.say(FactKind.PERSON, "2" * 32, 1, second)
    feed.pull(b)
    feed.say(FactKind.PERSON, "2" * 32, 2, dataclasses.replace(second, cards=(LATER,)))
    feed.say(FactKind.PERSON, "1" * 32, 2, dataclasses.replace(first, cards=()))
    feed.pull(b)
    owner = b.store.people.by_number("2")
    assert owner is not None and b.count("cards") == 1
    assert b.count(f"cards WHERE person_id = {owner.id}") == 1
    feed.say(FactKind.PERSON, "1" * 32, 3, first)
    feed.pull(b)
    assert b.count("cards") == 0


def test_a_withdrawal_that_waited_reaches_the_backups_of_a_node_too(
    b: Node, feed: Feed, good: FleetPerson
) -> None:
    feed.pull(b)
    withdrawn = dataclasses.replace(good, consents=good.consents[:1], templates=())
    feed.say(FactKind.PERSON, feed.lines[0].fact.subject, 2, None)
    feed.lines.append(dataclasses.replace(feed.lines.pop(), waiting=True))
    feed.pull(b)
    feed.lines[-1] = dataclasses.replace(feed.lines[-1], content=withdrawn, waiting=False)
    for _ in range(2):
        b.fleet.apply(feed.lines[-1:], feed.head())
    assert only(b).templates == () and only(b).enabled
    assert b.count("actions WHERE event = 'consent_withdrawn'") == 1, "as a withdrawal here is"
    assert b.fleet.local_changes(9) == []
