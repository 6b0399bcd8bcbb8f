"""Badges and cards of a person: issued, added, listed and revoked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Protocol

from kiosk.core.card_code import card_code
from kiosk.core.card_facts import CardKind, PersonCard
from kiosk.core.errors import StorageError
from kiosk.core.masking import masked_number
from kiosk.core.people import Person
from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require

SHORTEST = 4
"""Characters that a card's code must have; shorter ones are typing errors."""


class PersonCardsPort(Protocol):
    """The stored badges and cards.

    ``forget``, ``of_person`` and ``remove`` work without the key of their hashes.
    """

    def add_card(self, person_id: int, code: str) -> None: ...
    def new_badge(self, person_id: int, serial: bytes, until: date | None = None) -> None: ...
    def count(self, person_id: int) -> Mapping[str, int]: ...
    def of_person(self, person_id: int) -> tuple[PersonCard, ...]: ...
    def owner_of_card(self, code: str) -> int | None: ...
    def remove(self, person_id: int, card_id: int) -> CardKind: ...
    def forget(self, person_id: int) -> None: ...


class BadgeIssuerPort(Protocol):
    """Signs badges; ``issue`` returns (text, serial) of a new one."""

    def issue(self, expires: datetime) -> tuple[str, bytes]: ...


class CardService:
    """Every method raises ``SignInError`` without the right to change people, and may block.

    ``person_of``: returns the person with an id, to name who has a card already.
    """

    def __init__(
        self,
        cards: PersonCardsPort,
        audit: AuditPort,
        person_of: Callable[[int], Person | None] = lambda person_id: None,
    ) -> None:
        self._cards = cards
        self._audit = audit
        self._person_of = person_of

    def cards(self, actor: Actor, person: Person) -> tuple[PersonCard, ...]:
        """Return the cards and badges of a person, oldest first."""
        require(actor, Right.CHANGE_PEOPLE)
        return self._cards.of_person(_id(person))

    def issue_badge(
        self,
        actor: Actor,
        person: Person,
        issuer: BadgeIssuerPort,
        expires: datetime,
        print_text: Callable[[str], None],
    ) -> None:
        """Issue a badge, which is printed first; the person's earlier badges become void.

        ``print_text``: prints or draws the badge's text as a code, or raises ``KioskError``.
        """
        require(actor, Right.CHANGE_PEOPLE)
        text, serial = issuer.issue(expires)
        print_text(text)
        self._cards.new_badge(_id(person), serial, expires.date())
        until = {"until": expires.date().isoformat()}
        self._audit.record("badge_issued", actor.name, _pseudonym(person) | until)

    def add_card(self, actor: Actor, person: Person, code: str) -> Mapping[str, int]:
        """Add a card by the code that its reader types; return the person's cards by kind.

        A card that the person has already is not added again. Raises ``StorageError`` for a code
        that is too short, and for a card of somebody else, who is named.
        """
        require(actor, Right.CHANGE_PEOPLE)
        if len(card_code(code)) < SHORTEST:
            raise StorageError(
                f"A card's code has at least {SHORTEST} characters; hold the card to the reader"
                " again.",
                key="error.card_short",
                least=SHORTEST,
            )
        owner = self._cards.owner_of_card(code)
        if owner != person.id:
            self._refuse_taken(owner)
            self._cards.add_card(_id(person), code)
            self._audit.record("card_added", actor.name, _pseudonym(person))
        return self._cards.count(_id(person))

    def revoke(self, actor: Actor, person: Person, card_id: int) -> None:
        """Revoke one card or badge of a person."""
        require(actor, Right.CHANGE_PEOPLE)
        kind = self._cards.remove(_id(person), card_id)
        self._audit.record("card_revoked", actor.name, _pseudonym(person) | {"card": kind.value})

    def forget(self, actor: Actor, person: Person) -> None:
        """Revoke all badges and cards of a person."""
        require(actor, Right.CHANGE_PEOPLE)
        self._cards.forget(_id(person))
        self._audit.record("cards_taken", actor.name, _pseudonym(person))

    def _refuse_taken(self, owner_id: int | None) -> None:
        """Name the person who has the card; the store refuses it too, without a name."""
        owner = None if owner_id is None else self._person_of(owner_id)
        if owner is not None:
            raise StorageError(
                f"This card belongs to {owner.name} ({owner.number}); revoke it there first.",
                key="error.card_taken_by",
                name=owner.name,
                number=owner.number,
            )


def _pseudonym(person: Person) -> dict[str, object]:
    """Return what the audit log may say of the person after a deletion."""
    return {"person": _id(person), "number": masked_number(person.number)}


def _id(person: Person) -> int:
    assert person.id is not None, "a stored person has an id"
    return person.id
