"""Accounts on a real database: control of them is control of the two-administrator rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.core.decisions import LogFilter
from kiosk.core.errors import SignInError, StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.services.account_service import AccountService
from kiosk.services.two_admins import TwoAdmins
from kiosk.storage.audit.seal_verification import confirm_tables
from kiosk.storage.store import Store
from tests.helpers.door import NOW
from tests.helpers.tampering import put_back, rows_of, tamper

PIN = "482915"
OTHER_PIN = "582036"
THIRD_PIN = "739164"


@dataclass
class Office:
    """Two administrators of a month ago and a member of staff; ``now`` can be moved."""

    store: Store
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.store = self.store.using(lambda: self.now)
        self.accounts = self.store.accounts
        self.now = NOW - timedelta(days=30)
        self.first = self.accounts.create("하나", AccountRole.ADMIN, PIN, own=True)
        self.second = self.accounts.create("둘", AccountRole.ADMIN, OTHER_PIN, own=True)
        self.staff = self.accounts.create("조교", AccountRole.STAFF, PIN)
        self.now = NOW
        self.two = TwoAdmins(self.store.two_admins.is_on, self.accounts.verify, lambda: self.now)
        self.service = AccountService(self.accounts, self.two)

    def named(self, name: str) -> Account:
        return next(one for one in self.accounts.list() if one.name == name)

    def recorded(self, event: str) -> list[str]:
        rows = self.store.audit_log.query(LogFilter(), 50, 0)[0]
        return [row.actor for row in rows if row.event == event]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Store.open(tmp_path / "munjigi.db") as store:
        yield Office(store)


@pytest.fixture
def two(office: Office) -> Office:
    """The same with the rule on."""
    office.store.two_admins.turn_on()
    return office


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(SignInError) as caught:
        act()
    return caught.value.key


Act = Callable[[Office, str, str], object]
NEED_TWO: dict[str, Act] = {
    "make an administrator": lambda o, name, pin: o.service.add(
        o.first, "셋", AccountRole.ADMIN, THIRD_PIN, name, pin
    ),
    "choose an administrator's PIN": lambda o, name, pin: o.service.set_pin(
        o.first, o.second.id or 0, THIRD_PIN, name, pin
    ),
    "choose the PIN of staff": lambda o, name, pin: o.service.set_pin(
        o.first, o.staff.id or 0, THIRD_PIN, name, pin
    ),
    "disable an administrator": lambda o, name, pin: o.service.set_enabled(
        o.first, o.second.id or 0, False, name, pin
    ),
    "enable an administrator": lambda o, name, pin: o.service.set_enabled(
        o.first, o.second.id or 0, True, name, pin
    ),
}


@pytest.mark.parametrize("what", NEED_TWO)
def test_control_of_accounts_needs_two_while_the_rule_is_on(two: Office, what: str) -> None:
    before = two.accounts.list()
    for name, pin in (("", ""), ("하나", PIN), ("조교", PIN), ("둘", PIN)):
        refused(lambda name=name, pin=pin: NEED_TWO[what](two, name, pin))  # type: ignore[misc]
    assert two.accounts.list() == before
    NEED_TWO[what](two, "둘", OTHER_PIN)
    assert two.store.audit_log.query(LogFilter(), 1, 0)[0][0].actor == "하나 + 둘"


@pytest.mark.parametrize("what", NEED_TWO)
def test_one_is_enough_while_the_rule_is_off(office: Office, what: str) -> None:
    NEED_TWO[what](office, "", "")
    assert office.store.audit_log.query(LogFilter(), 1, 0)[0][0].actor == "하나"


def test_staff_are_made_and_disabled_by_one(two: Office) -> None:
    made = two.service.add(two.first, "새 조교", AccountRole.STAFF, PIN)
    two.service.set_enabled(two.first, made.id or 0, False)
    assert not two.named("새 조교").enabled


def test_ones_own_pin_asks_for_the_old_one(office: Office) -> None:
    assert refused(lambda: office.service.set_pin(office.first, office.first.id or 0, OTHER_PIN))
    key = refused(lambda: office.service.change_own_pin(office.first, "000222", OTHER_PIN))
    assert key == "error.sign_in" and office.recorded("account_pin_set") == []
    office.service.change_own_pin(office.first, PIN, THIRD_PIN)
    assert office.accounts.verify("하나", THIRD_PIN).pin_is_own
    with pytest.raises(StorageError, match="easy"):
        office.service.change_own_pin(office.first, THIRD_PIN, "111111")


def test_a_new_administrator_agrees_after_a_day_with_a_pin_of_their_own(two: Office) -> None:
    two.service.add(two.first, "셋", AccountRole.ADMIN, PIN, "둘", OTHER_PIN)

    def disable() -> object:
        return two.service.set_enabled(two.first, two.staff.id or 0, False) or (
            two.service.set_enabled(two.first, two.second.id or 0, False, "셋", THIRD_PIN)
        )

    two.now = NOW + timedelta(days=2)
    third = two.named("셋")
    assert refused(lambda: two.two.agreed(two.first, "셋", PIN)) == "error.approver_pin"
    two.service.change_own_pin(third, PIN, THIRD_PIN)
    two.now = NOW + timedelta(hours=23)
    assert refused(disable) == "error.approver_new"
    two.now = NOW + timedelta(hours=24)
    disable()
    assert not two.named("둘").enabled


def test_who_has_a_pin_chosen_by_others_agrees_a_day_after_that(two: Office) -> None:
    """Else two could take a third one's voice: they know the PIN that they chose."""
    third = two.service.add(two.first, "셋", AccountRole.ADMIN, PIN, "둘", OTHER_PIN)
    two.now = NOW + timedelta(days=30)
    two.service.set_pin(two.first, third.id or 0, THIRD_PIN, "둘", OTHER_PIN)
    two.service.change_own_pin(two.named("셋"), THIRD_PIN, PIN)
    assert refused(lambda: two.two.agreed(two.first, "셋", PIN)) == "error.approver_new"
    two.now += timedelta(days=1)
    assert two.two.agreed(two.first, "셋", PIN) == "하나 + 셋"


def test_an_only_administrator_makes_the_second_alone(two: Office) -> None:
    two.service.set_enabled(two.first, two.second.id or 0, False, "둘", OTHER_PIN)
    two.service.add(two.first, "셋", AccountRole.ADMIN, PIN)
    assert two.recorded("account_created")[0] == "하나"
    key = refused(lambda: two.service.add(two.first, "넷", AccountRole.ADMIN, PIN))
    assert key == "error.second_admin", "from the second on, two are needed"
    assert refused(lambda: two.service.set_enabled(two.first, two.second.id or 0, True))


def test_an_account_that_is_gone_is_one_sentence(two: Office) -> None:
    with pytest.raises(StorageError, match="does not exist any more"):
        two.service.set_enabled(two.first, 99, False)


def test_the_list_says_whether_two_are_needed(office: Office) -> None:
    assert not office.service.accounts(office.first).two_admins
    office.store.two_admins.turn_on()
    page = office.service.accounts(office.first)
    assert page.two_admins and [one.name for one in page.rows] == ["둘", "조교", "하나"]


def test_removed_accounts_make_nobody_the_only_administrator(two: Office) -> None:
    tamper(two.store.database.path, "DELETE FROM accounts WHERE name <> '하나'")
    assert [one.name for one in two.accounts.list()] == ["하나"]
    act = lambda: two.service.add(two.first, "셋", AccountRole.ADMIN, THIRD_PIN)  # noqa: E731
    assert refused(act) == "error.second_admin"


def test_an_old_row_lets_no_dismissed_administrator_sign_in(office: Office) -> None:
    path = office.store.database.path
    old = rows_of(path, "accounts")
    office.accounts.set_enabled(office.second.id or 0, False, "하나")
    put_back(path, "accounts", old)
    for _ in range(2):  # a failed sign-in is a row of the log, but notes no other administrators
        assert refused(lambda: office.accounts.verify("둘", OTHER_PIN)) == "error.accounts_changed"
    assert office.accounts.verify("하나", PIN).name == "하나"
    assert confirm_tables(office.store, "root") == "accounts"
    assert office.accounts.verify("둘", OTHER_PIN).name == "둘"
