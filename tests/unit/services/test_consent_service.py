"""Who has to be asked for a consent again, and what they decide."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.consent_due import ConsentDue
from kiosk.core.errors import EnrolError, SignInError
from kiosk.core.people import Account, AccountRole, CredentialMode
from kiosk.core.signature import Signature
from kiosk.services.consent_service import ConsentService

NOW = datetime(2026, 12, 1, tzinfo=UTC)
STAFF = Account("조교", AccountRole.STAFF)
NOBODY = Account("", AccountRole.STAFF, enabled=False)
DRAWN = Signature((((0.1, 0.2), (0.3, 0.4)),))
DUE = [ConsentDue(7, "1", "이산", (), (ConsentKind.PERSONAL,))]


class People:
    """Stands in for the people store and records what was given."""

    def __init__(self) -> None:
        self.given: list[tuple[object, ...]] = []

    def give_consents(self, person_id: int, consents: object, by: str, signature: object) -> str:
        self.given.append((person_id, consents, by, signature))
        return "person"


def test_what_is_agreed_to_is_stored_and_a_refusal_is_not():
    people = People()
    service = ConsentService(people, lambda: DUE, lambda: NOW)
    assert service.due(STAFF) == DUE
    agreed = ConsentChoice(frozenset(ConsentKind), "en", CredentialMode.FACE, DRAWN)
    service.give_again(STAFF, 7, agreed)
    consents = tuple(Consent(kind, NOW, "en") for kind in ConsentKind)
    assert people.given == [(7, consents, "조교", DRAWN)]
    refused = ConsentChoice(frozenset({ConsentKind.FACE}), "en", CredentialMode.FACE)
    with pytest.raises(EnrolError, match="stays until it is withdrawn"):
        service.give_again(STAFF, 7, refused)
    for act in (lambda: service.due(NOBODY), lambda: service.give_again(NOBODY, 7, agreed)):
        with pytest.raises(SignInError):
            act()
    assert len(people.given) == 1
