"""What staff do with a fleet needs the rights that the same edit would need here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.errors import SignInError
from kiosk.core.fleet import Conflict
from kiosk.core.people import Account, AccountRole
from kiosk.core.rights import RIGHTS, Right
from kiosk.services.fleet_service import FleetService
from kiosk.services.two_admins import TwoAdmins
from tests.helpers.access import MemoryAudit

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=9)
KIM = Account("kim", AccountRole.ADMIN, created_at=LONG_AGO, id=1, pin_is_own=True)
LEE = Account("lee", AccountRole.ADMIN, created_at=LONG_AGO, id=2, pin_is_own=True)


class Store:
    """Conflicts, and what was settled."""

    def __init__(self, *found: Conflict) -> None:
        self.found = found
        self.settled: list[tuple[int, bool, str]] = []

    def conflicts(self):
        return list(self.found)

    def settle(self, conflict, keep_mine, by):
        self.settled.append((conflict, keep_mine, by))


def conflict(why: str, mine: object = None, theirs: object = None) -> Conflict:
    return Conflict(1, why, "a" * 32, "b" * 32, mine, theirs, NOW)


def service(store: Store, audit: MemoryAudit | None = None) -> FleetService:
    two = TwoAdmins(lambda: True, lambda name, pin: LEE, lambda: NOW)
    return FleetService(
        None, store, audit or MemoryAudit(), two, None, None, lambda text: text == "wider"
    )


def test_rules_that_let_more_in_are_chosen_by_two_administrators():
    store, audit = Store(conflict("version", "wider", "narrower")), MemoryAudit()
    with pytest.raises(SignInError):
        service(store).settle(KIM, 1, True)
    assert store.settled == []
    service(store, audit).settle(KIM, 1, True, "lee", "1234")
    service(store, audit).settle(KIM, 1, False)
    assert store.settled == [(1, True, "kim + lee"), (1, False, "kim")]


@pytest.mark.parametrize(
    ("found", "right"),
    [
        (conflict("version", "narrower", "narrower"), Right.CHANGE_RULES),
        (conflict("number"), Right.DELETE_PEOPLE),
        (conflict("face"), Right.DELETE_PEOPLE),
        (conflict("version"), Right.CHANGE_PEOPLE),
    ],
)
def test_a_choice_needs_the_right_of_the_same_edit(monkeypatch, found, right):
    monkeypatch.setitem(RIGHTS, AccountRole.ADMIN, frozenset(Right) - {right})
    store = Store(found)
    with pytest.raises(SignInError):
        service(store).settle(KIM, 1, True)
    assert store.settled == []
