"""Owners of cards and badges."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.core.card_facts import CardKind
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.storage.people.card_store import CardStore
from kiosk.storage.store import Store


@pytest.fixture
def two(store: Store) -> tuple[int, int]:
    people = store.people
    one, other = (people.add(Person(f"2026-{n}", "이산")) for n in (1, 2))
    assert one.id and other.id
    return one.id, other.id


@pytest.fixture
def cards(store: Store) -> CardStore:
    return store.cards(b"pepper")


def test_a_card_has_one_owner(cards: CardStore, two: tuple[int, int]) -> None:
    cards.add_card(two[0], "04A1B2C3D4")
    cards.add_card(two[0], "04A1B2C3D4")
    assert cards.owner_of_card("04A1B2C3D4") == two[0] and cards.owner_of_card("04A1B2C3D5") is None
    assert cards.owner_of_badge(b"04A1B2C3D4") is None, "a badge is no card"
    with pytest.raises(StorageError, match="somebody else") as caught:
        cards.add_card(two[1], "04A1B2C3D4")
    assert caught.value.key == "error.card_taken" and cards.count(two[0]) == {"card": 1}


@pytest.mark.parametrize(
    "typed", ["04a1b2c3d4", "04ㅁ1ㅠ2ㅊ3ㅇ4", "\t04A1B2C3D4", "０４Ａ１B2C3D4"]
)
def test_a_card_is_the_same_whatever_the_keyboard_state(
    cards: CardStore, two: tuple[int, int], typed: str
) -> None:
    cards.add_card(two[0], "04A1B2C3D4")
    assert cards.owner_of_card(typed) == two[0]
    with pytest.raises(StorageError, match="somebody else"):
        cards.add_card(two[1], typed)
    cards.add_card(two[0], typed)
    assert cards.count(two[0]) == {"card": 1}


@pytest.mark.parametrize("stored", ["04a1b2c3d4", "04A1B2C3D4", "04a1B2C3D4", "04\udcff"])
def test_cards_that_were_stored_as_typed_are_still_known(
    cards: CardStore, two: tuple[int, int], store: Store, stored: str
) -> None:
    as_typed = cards._hash(stored.encode("utf-8", "surrogatepass"))
    store.database.call(cards._add, two[0], "card", as_typed, [as_typed])
    assert cards.owner_of_card(stored) == two[0]


def test_a_new_badge_voids_the_old_one(cards: CardStore, two: tuple[int, int]) -> None:
    cards.new_badge(two[0], b"first")
    cards.new_badge(two[0], b"second")
    cards.new_badge(two[1], b"third")
    assert [cards.owner_of_badge(s) for s in (b"first", b"second", b"third")] == [
        None,
        two[0],
        two[1],
    ]


def test_codes_are_not_in_the_database(
    cards: CardStore, two: tuple[int, int], store: Store
) -> None:
    cards.add_card(two[0], "04A1B2C3D4")
    [[kept]] = store.database.call(
        lambda: store.database.sqlite.execute("SELECT code_hash FROM cards").fetchall()
    )
    assert "04A1B2C3D4" not in kept and len(kept) == 64
    assert store.cards(b"another").owner_of_card("04A1B2C3D4") is None


def test_a_deleted_person_has_no_card(cards: CardStore, two: tuple[int, int], store: Store) -> None:
    cards.add_card(two[0], "04A1B2C3D4")
    cards.new_badge(two[0], b"serial")
    store.people.delete(two[0])
    assert cards.owner_of_card("04A1B2C3D4") is None and cards.owner_of_badge(b"serial") is None
    cards.add_card(two[1], "04A1B2C3D4")
    cards.forget(two[1])
    assert cards.count(two[1]) == {}


def test_only_enrolled_people_get_a_card(cards: CardStore, two: tuple[int, int]) -> None:
    with pytest.raises(StorageError, match="not enrolled"):
        cards.add_card(999, "04A1B2C3D4")


def test_cards_are_listed_and_removed_one_by_one(cards: CardStore, two: tuple[int, int]) -> None:
    cards.add_card(two[0], "04A1B2C3D4")
    cards.new_badge(two[0], b"serial", date(2027, 5, 30))
    first, badge = cards.of_person(two[0])
    assert (first.kind, first.valid_until) == (CardKind.CARD, None)
    assert (badge.kind, badge.valid_until) == (CardKind.BADGE, date(2027, 5, 30))
    assert cards.of_person(two[1]) == () and cards.holders() == {two[0]}
    with pytest.raises(StorageError, match="no longer registered"):
        cards.remove(two[1], first.id)  # of somebody else
    assert cards.remove(two[0], first.id) is CardKind.CARD
    assert cards.owner_of_card("04A1B2C3D4") is None
    assert cards.of_person(two[0]) == (badge,)
