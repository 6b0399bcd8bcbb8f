"""Who came back with a backup is shown to administrators, and confirmed by them alone."""

from __future__ import annotations

import pytest

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole, Person
from kiosk.services.restored_content import RestoredContentService
from kiosk.services.two_admins import TwoAdmins
from tests.helpers.door import NOW

ADMIN = Account("관리자", AccountRole.ADMIN)


class Restored:
    """A restored backup with two people."""

    def __init__(self) -> None:
        self.backup: str | None = "x.mjb"
        self.by: list[str] = []

    def pending(self) -> str | None:
        return self.backup

    def confirm(self, by: str) -> None:
        self.by.append(by)

    def search(self, text: str, limit: int, offset: int) -> tuple[list[Person], int]:
        return [Person("2026-1", "홍길동"), Person("2026-2", "이산")][:limit], 2

    def list(self) -> list[Account]:
        return [ADMIN]


def made(two: bool = False) -> tuple[RestoredContentService, Restored]:
    restored = Restored()

    def refuse(name: str, pin: str) -> Account:
        raise SignInError("Wrong.")

    service = RestoredContentService(
        restored, restored, restored, TwoAdmins(lambda: two, refuse, lambda: NOW)
    )
    return service, restored


def test_content_is_listed_and_confirmed():
    service, restored = made()
    content = service.unconfirmed(ADMIN, 1)
    assert content is not None and content.backup == "x.mjb"
    assert [one.name for one in content.people] == ["홍길동"] and content.total == 2
    assert content.accounts == (ADMIN,)
    service.confirm(ADMIN)
    assert restored.by == ["관리자"]
    restored.backup = None
    assert service.unconfirmed(ADMIN, 1) is None


def test_only_administrators_see_and_confirm_it():
    service, restored = made()
    staff = Account("조교", AccountRole.STAFF)
    with pytest.raises(SignInError):
        service.unconfirmed(staff, 1)
    with pytest.raises(SignInError):
        service.confirm(staff)
    assert restored.by == []


def test_second_administrator_is_needed_where_the_rule_is_on():
    service, restored = made(two=True)
    with pytest.raises(SignInError):
        service.confirm(ADMIN)
    assert restored.by == []
