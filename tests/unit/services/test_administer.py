"""Sign-in, people, log and accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kiosk.core.decisions import LogFilter, Outcome
from kiosk.core.errors import EnrolError, SignInError, StorageError
from kiosk.core.people import Account, AccountRole, CredentialMode, Person
from kiosk.core.reports import Order
from kiosk.services.administer import AdministerService
from kiosk.services.entry_change import check_entry_change
from tests.helpers.consenting import consenting
from tests.helpers.door import NOW

ADMIN = Account("관리자", AccountRole.ADMIN)
STAFF = Account("조교", AccountRole.STAFF)


class Recorder:
    """Stands in for every store and records the calls."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.accounts: list[Account] = []

    def query(self, wanted: LogFilter, limit: int, offset: int, order: Order):
        self.asked.append(("query", wanted, limit, offset))
        return [], 0

    def search(self, text: str, limit: int, offset: int, order: Order):
        self.asked.append(("search", text, limit, offset))
        return [], 0

    def list(self):
        return self.accounts

    def never_any(self) -> bool:
        return not self.accounts

    def create(self, name: str, role: AccountRole, pin: str, by: str, *, own: bool) -> Account:
        self.accounts.append(Account(name, role, pin_is_own=own))
        return self.accounts[-1]

    def __getattr__(self, name: str):
        return lambda *values: self.asked.append((name, *values))


@pytest.fixture
def stores():
    return Recorder()


@pytest.fixture
def service(stores):
    return AdministerService(
        stores, stores, stores, lambda: NOW, lambda: stores.asked.append(("gallery",)), stores
    )


def test_staff_may_enrol_people_without_a_face(service, stores):
    san = replace(consenting("2026-1", "이산", NOW), entry=CredentialMode.CARD, consented_at=None)
    service.add_person(STAFF, san)
    assert [asked[0] for asked in stores.asked] == ["add", "gallery"]
    with pytest.raises(EnrolError, match="consent to personal data"):
        service.add_person(STAFF, replace(san, consents=san.consents[1:]))
    with pytest.raises(SignInError, match="Sign in first"):
        service.add_person(Account("", AccountRole.STAFF, enabled=False), Person("2026-1", "이산"))


def test_staff_see_todays_log_whatever_the_filter(service, stores):
    service.log(STAFF, LogFilter(since=date(2020, 1, 1), outcome=Outcome.REJECT), 0, 50)
    wanted = stores.asked[0][1]
    assert (wanted.since, wanted.until, wanted.outcome) == (NOW.date(), NOW.date(), Outcome.REJECT)


def test_administrators_see_any_day(service, stores):
    wanted = LogFilter(since=date(2020, 1, 1))
    service.log(ADMIN, wanted, 100, 50)
    assert stores.asked == [("query", wanted, 50, 100)]


def test_changes_name_the_actor(service, stores):
    service.save_person(ADMIN, Person("2026-1", "이산"))
    service.set_person_enabled(ADMIN, 1, False)
    assert [asked[-1] for asked in stores.asked if asked != ("gallery",)] == [ADMIN.name] * 2


@pytest.mark.parametrize(
    ("before", "templates", "after", "key"),
    [
        (CredentialMode.FACE, 5, CredentialMode.PIN, "error.entry_has_face"),
        (CredentialMode.FACE, 0, CredentialMode.PIN, ""),
        (CredentialMode.PIN, 0, CredentialMode.CARD, ""),
        (CredentialMode.CARD, 0, CredentialMode.FACE, "error.entry_needs_face"),
        (CredentialMode.PIN, 5, CredentialMode.FACE, ""),
    ],
)
def test_the_way_in_changes_without_keeping_an_unused_face(before, templates, after, key):
    person = Person("2026-1", "이산", entry=before, templates=templates)
    refused = ""
    try:
        check_entry_change(person, after)
    except StorageError as error:
        refused = error.key
    assert refused == key


def test_a_refused_way_in_stores_nothing(service, stores):
    stores.get = lambda person_id: Person("2026-1", "이산", id=1, templates=5)
    with pytest.raises(StorageError):
        service.save_person(ADMIN, Person("2026-1", "이산", id=1, entry=CredentialMode.PIN))
    assert stores.asked == []


def test_first_admin_is_created_only_once(service, stores):
    assert service.needs_first_admin()
    first = service.first_admin("관리자", "482915")
    assert first.role is AccountRole.ADMIN and first.pin_is_own
    assert not service.needs_first_admin()
    with pytest.raises(SignInError, match="exists already"):
        service.first_admin("다른", "482915")
