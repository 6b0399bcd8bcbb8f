"""Signatures: sealed with the person's key, kept when it changes, gone with the person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.signature import MOST_POINTS, Signature
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.people.subject_access import own_data
from kiosk.storage.store import Store
from tests.helpers.consenting import consenting
from tests.unit.storage.samples import MORNING, template

DRAWN = Signature((((0.1, 0.2), (0.3, 0.4)), ((0.5, 0.6),)))
SIGNED = replace(consenting("2026-1", "홍길동", MORNING), signature=DRAWN)


@pytest.fixture
def people(store: Store) -> PeopleStore:
    return store.using(lambda: MORNING).people


def strokes(store: Store, person_id: int) -> list[object]:
    return [one["strokes"] for one in own_data(store, person_id, MORNING)["signatures"]]


def rows(store: Store) -> list[bytes]:
    sql = "SELECT sealed FROM consent_signatures ORDER BY id"
    found = store.database.call(lambda: store.database.connection.execute(sql).fetchall())
    return [sealed for (sealed,) in found]


AS_JSON = [[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6]]]


def test_a_signature_outlives_every_change_of_the_key_but_the_deletion(
    people: PeopleStore, store: Store, path: Path
) -> None:
    hong = people.add_with_templates(SIGNED, [template(1)])
    number = hong.id or 0
    assert strokes(store, number) == [AS_JSON]
    [sealed] = rows(store)
    assert b"0.1" not in sealed
    again = replace(
        hong, consented_at=MORNING + timedelta(days=1), signature=Signature((((0.9, 0.9),),))
    )
    people.enrol_again(again, [template(2)])
    assert strokes(store, number) == [AS_JSON, [[[0.9, 0.9]]]]
    assert sealed not in rows(store), "sealed with the new key"
    people.withdraw(number)
    assert strokes(store, number) == [AS_JSON, [[[0.9, 0.9]]]]
    given = [Consent(ConsentKind.PERSONAL, MORNING + timedelta(days=2), "ko")]
    people.give_consents(number, given, signature=DRAWN)
    assert len(strokes(store, number)) == 3
    people.delete(number)
    assert rows(store) == []
    written = [file.read_bytes() for file in path.parent.rglob("*.db*") if file.is_file()]
    assert not any(sealed in content for content in written)


def test_a_damaged_signature_stops_nothing(people: PeopleStore, store: Store) -> None:
    hong = people.add_with_templates(SIGNED, [template(1)])

    def damage() -> None:
        with store.database.transaction():
            store.database.connection.execute("UPDATE consent_signatures SET sealed = x'00'")

    store.database.call(damage)
    assert strokes(store, hong.id or 0) == [None]
    people.enrol_again(replace(hong, consented_at=MORNING + timedelta(days=1)), [template(2)])
    assert rows(store) == []


def test_a_signature_moved_to_somebody_else_does_not_open(
    people: PeopleStore, store: Store
) -> None:
    people.add_with_templates(SIGNED, [template(1)])
    san = people.add(replace(consenting("2", "이산", MORNING), consented_at=None))

    def move() -> None:
        with store.database.transaction():
            store.database.connection.execute(
                "UPDATE consent_signatures SET person_id = ?", [san.id]
            )

    store.database.call(move)
    assert strokes(store, san.id or 0) == [None]


def test_a_signature_is_bounded_and_inside_the_field() -> None:
    signature = Signature()
    assert not signature
    for n in range(MOST_POINTS + 10):
        signature = signature.with_point(2.0, -1.0, begins=n == 0)
    assert signature.points == MOST_POINTS and signature.strokes[0][0] == (1.0, 0.0)
