"""Badges and cards are issued, added and revoked in the actor's name."""

from __future__ import annotations

from datetime import datetime

import pytest

from kiosk.core.errors import StorageError
from kiosk.core.people import Account, AccountRole, Person
from kiosk.services.card_service import CardService
from tests.helpers.door import NOW

ADMIN = Account("관리자", AccountRole.ADMIN, id=1)
PERSON = Person("2026-1234", "이산", id=7)
PSEUDONYM = {"person": 7, "number": "••••••234"}


class Cards:
    """Cards, issuer, printer and audit log; records the calls in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.disk_full = False
        self.service = CardService(self, self)

    def issue(self, expires: datetime) -> tuple[str, bytes]:
        return "text", b"serial"

    def print_text(self, text: str) -> None:
        if self.disk_full:
            raise StorageError("The disk is full.")
        self.calls.append(("print", text))

    def new_badge(self, person_id: int, serial: bytes) -> None:
        self.calls.append(("badge", person_id, serial))

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
        ("badge", 7, b"serial"),
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
