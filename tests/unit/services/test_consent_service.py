"""Who has to be asked for a consent again, and what they decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kiosk.core.consent import Consent, ConsentKind, ConsentTerms
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.consent_due import ConsentDue
from kiosk.core.errors import EnrolError, SignInError, StorageError
from kiosk.core.people import Account, AccountRole, CredentialMode, Person, Receipt
from kiosk.core.signature import Signature
from kiosk.services.consent_service import ConsentService

NOW = datetime(2026, 12, 1, tzinfo=UTC)
STAFF = Account("조교", AccountRole.STAFF)
NOBODY = Account("", AccountRole.STAFF, enabled=False)
DRAWN = Signature((((0.1, 0.2), (0.3, 0.4)),))
DUE = [ConsentDue(7, "1", "이산", (), (ConsentKind.PERSONAL,))]


WHOLE = Person(
    "1", "이산", id=7, templates=5, consents=tuple(Consent(kind, NOW, "ko") for kind in ConsentKind)
)


class People:
    """Stands in for the people store and records what was done, in order."""

    def __init__(self, person: Person = WHOLE) -> None:
        self.person = person
        self.done: list[tuple[object, ...]] = []

    def get(self, person_id: int) -> Person | None:
        return self.person if person_id == self.person.id else None

    def give_consents(
        self, person_id: int, consents: object, by: str, signature: object, refused: object
    ) -> Person:
        self.done.append((person_id, consents, by, signature, refused))
        return self.person

    def withdraw(self, person_id: int, by: str = "") -> Receipt:
        self.done.append(("face withdrawn", person_id, by))
        return Receipt(1, NOW, person_id, {})

    def withdraw_other(self, person_id: int, kind: ConsentKind, by: str = "") -> None:
        self.done.append((kind, person_id, by))


def service(people: People, changed: list[int] | None = None) -> ConsentService:
    told = [] if changed is None else changed
    asked = ConsentTerms(attendance=True)
    return ConsentService(
        people, lambda: DUE, lambda: NOW, lambda face: asked.kinds(face=face), told.append
    )


def choice(*kinds: ConsentKind) -> ConsentChoice:
    return ConsentChoice(frozenset(kinds), "en", CredentialMode.FACE, DRAWN)


def test_what_is_agreed_to_is_stored():
    people = People()
    consents = service(people)
    assert consents.due(STAFF) == DUE
    answer = consents.give_again(STAFF, 7, choice(*ConsentKind))
    given = tuple(Consent(kind, NOW, "en") for kind in ConsentKind)
    assert people.done == [(7, given, "조교", DRAWN, ())]
    assert (answer.withdrawn, answer.receipt) == ((), None)
    with pytest.raises(EnrolError, match="stays until it is withdrawn"):
        consents.give_again(STAFF, 7, choice(ConsentKind.FACE))
    with pytest.raises(StorageError, match="not enrolled any more"):
        consents.give_again(STAFF, 8, choice(*ConsentKind))
    for act in (
        lambda: consents.due(NOBODY),
        lambda: consents.give_again(NOBODY, 7, choice(*ConsentKind)),
    ):
        with pytest.raises(SignInError):
            act()
    assert len(people.done) == 1


def test_a_given_consent_that_is_refused_now_is_withdrawn():
    people, changed = People(), []
    answer = service(people, changed).give_again(STAFF, 7, choice(ConsentKind.PERSONAL))
    assert people.done[:2] == [
        (ConsentKind.ATTENDANCE, 7, "조교"),
        ("face withdrawn", 7, "조교"),
    ], "before anything is stored: a fault leaves the person to be asked again"
    assert people.done[2][4] == (ConsentKind.FACE, ConsentKind.ATTENDANCE)
    assert answer.receipt is not None and changed == [7], "the door forgets the face at once"
    assert set(answer.withdrawn) == {ConsentKind.FACE, ConsentKind.ATTENDANCE}


def test_what_was_never_given_is_refused_without_a_withdrawal():
    people = People(replace(WHOLE, templates=0, consents=WHOLE.consents[:1]))
    answer = service(people).give_again(STAFF, 7, choice(ConsentKind.PERSONAL))
    assert len(people.done) == 1 and people.done[0][4] == (ConsentKind.ATTENDANCE,)
    assert answer.withdrawn == ()


def test_templates_without_a_consent_go_too():
    people = People(replace(WHOLE, consents=WHOLE.consents[:1]))
    answer = service(people).give_again(STAFF, 7, choice(ConsentKind.PERSONAL))
    assert answer.withdrawn == (ConsentKind.FACE,)
