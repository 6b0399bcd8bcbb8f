"""Badges and cards of a person: issued, added and revoked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from kiosk.core.masking import masked_number
from kiosk.core.people import Person
from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require


class PersonCardsPort(Protocol):
    """The stored badges and cards; ``forget`` works without the key of their hashes."""

    def add_card(self, person_id: int, code: str) -> None: ...
    def new_badge(self, person_id: int, serial: bytes) -> None: ...
    def count(self, person_id: int) -> Mapping[str, int]: ...
    def forget(self, person_id: int) -> None: ...


class BadgeIssuerPort(Protocol):
    """Signs badges; ``issue`` returns (text, serial) of a new one."""

    def issue(self, expires: datetime) -> tuple[str, bytes]: ...


class CardService:
    """Every method raises ``SignInError`` without the right to change people, and may block."""

    def __init__(self, cards: PersonCardsPort, audit: AuditPort) -> None:
        self._cards = cards
        self._audit = audit

    def issue_badge(
        self,
        actor: Actor,
        person: Person,
        issuer: BadgeIssuerPort,
        expires: datetime,
        print_text: Callable[[str], None],
    ) -> None:
        """Issue a badge, which is printed first; the person's earlier badges become void.

        ``print_text``: prints the badge's text as a code, or raises ``KioskError``.
        """
        require(actor, Right.CHANGE_PEOPLE)
        text, serial = issuer.issue(expires)
        print_text(text)
        self._cards.new_badge(_id(person), serial)
        until = {"until": expires.date().isoformat()}
        self._audit.record("badge_issued", actor.name, _pseudonym(person) | until)

    def add_card(self, actor: Actor, person: Person, code: str) -> Mapping[str, int]:
        """Add a card by the code that its reader types; return the person's cards by kind.

        Raises ``StorageError`` if the card belongs to another person.
        """
        require(actor, Right.CHANGE_PEOPLE)
        self._cards.add_card(_id(person), code)
        self._audit.record("card_added", actor.name, _pseudonym(person))
        return self._cards.count(_id(person))

    def forget(self, actor: Actor, person: Person) -> None:
        """Revoke all badges and cards of a person."""
        require(actor, Right.CHANGE_PEOPLE)
        self._cards.forget(_id(person))
        self._audit.record("cards_taken", actor.name, _pseudonym(person))


def _pseudonym(person: Person) -> dict[str, object]:
    """Return what the audit log may say of the person after a deletion."""
    return {"person": _id(person), "number": masked_number(person.number)}


def _id(person: Person) -> int:
    assert person.id is not None, "a stored person has an id"
    return person.id
