"""Badges and cards are issued, added and revoked in the actor's name."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kiosk.core.card_facts import CardKind, masked_card
from kiosk.core.errors import StorageError
from kiosk.core.people import Account, AccountRole, Person
from kiosk.services.card_service import CardService
from tests.helpers.door import NOW

ADMIN = Account("관리자", AccountRole.ADMIN, id=1)
PERSON = Person("2026-1234", "이산", id=7)
OTHER = Person("2026-9", "홍길동", id=8)
PSEUDONYM = {"person": 7, "number": "•••••234"}


class Cards:
    """Cards, issuer, printer and audit log; records the calls in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.disk_full = False
        self.owner: int | None = None
        self.service = CardService(self, self, {8: OTHER}.get)

    def issue(self, expires: datetime) -> tuple[str, bytes]:
        return "text", b"serial"

    def print_text(self, text: str) -> None:
        if self.disk_full:
            raise StorageError("The disk is full.")
        self.calls.append(("print", text))

    def new_badge(self, person_id: int, serial: bytes, until: date | None = None) -> None:
        self.calls.append(("badge", person_id, serial, until))

    def owner_of_card(self, code: str) -> int | None:
        return self.owner

    def remove(self, person_id: int, card_id: int) -> CardKind:
        self.calls.append(("remove", person_id, card_id))
        return CardKind.CARD

    def add_card(self, person_id: int, code: str) -> None:
        self.calls.append(("card", person_id, code))

    def count(self, person_id: int) -> dict[str, int]:
        return {"card": 1}

    def forget(self, person_id: int) -> None:
        self.calls.append(("forget", person_id))

    def record(self, event: str, actor: str, detail: dict[str, object]) -> None:
        self.calls.append((event, actor, detail))


def test_a_badge_is_printed_before_it_replaces_the_earlier_one():
    cards = Cards()
    cards.service.issue_badge(ADMIN, PERSON, cards, NOW, cards.print_text)
    until = NOW.date().isoformat()
    assert cards.calls == [
        ("print", "text"),
        ("badge", 7, b"serial", NOW.date()),
        ("badge_issued", "관리자", PSEUDONYM | {"until": until}),
    ]


def test_a_badge_that_cannot_be_printed_leaves_the_earlier_one():
    cards = Cards()
    cards.disk_full = True
    with pytest.raises(StorageError):
        cards.service.issue_badge(ADMIN, PERSON, cards, NOW, cards.print_text)
    assert cards.calls == []


def test_cards_are_added_and_revoked():
    cards = Cards()
    assert cards.service.add_card(ADMIN, PERSON, "0102") == {"card": 1}
    cards.service.forget(ADMIN, PERSON)
    assert cards.calls == [
        ("card", 7, "0102"),
        ("card_added", "관리자", PSEUDONYM),
        ("forget", 7),
        ("cards_taken", "관리자", PSEUDONYM),
    ]


def test_the_owner_of_a_card_is_named_to_staff_and_keeps_it():
    cards = Cards()
    cards.owner = 8
    with pytest.raises(StorageError, match="홍길동") as caught:
        cards.service.add_card(ADMIN, PERSON, "0102")
    assert caught.value.values == {"name": "홍길동", "number": "2026-9"} and cards.calls == []


def test_a_card_of_the_same_person_is_not_added_twice():
    cards = Cards()
    cards.owner = 7
    assert cards.service.add_card(ADMIN, PERSON, "0102") == {"card": 1}
    assert cards.calls == []


@pytest.mark.parametrize("typed", ["", "123", " 1\t2 "])
def test_a_typing_error_is_no_card(typed: str):
    cards = Cards()
    with pytest.raises(StorageError, match="at least 4"):
        cards.service.add_card(ADMIN, PERSON, typed)
    assert cards.calls == []


def test_one_card_is_revoked():
    cards = Cards()
    cards.service.revoke(ADMIN, PERSON, 3)
    assert cards.calls == [
        ("remove", 7, 3),
        ("card_revoked", "관리자", PSEUDONYM | {"card": "card"}),
    ]


@pytest.mark.parametrize(
    ("code", "shown"),
    [("04a1b2c3d4", "••••••C3D4"), ("123456", "•••456"), ("1234", "••34"), ("ab", "•B"), ("", "")],
)
def test_at_least_half_of_a_card_is_hidden(code: str, shown: str):
    assert masked_card(code) == shown
