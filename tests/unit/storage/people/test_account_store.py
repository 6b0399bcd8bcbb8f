"""Accounts: PINs, wrong ones, and the last administrator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.decisions import LogFilter
from kiosk.core.errors import SignInError, StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.storage.audit.audit_log import AuditLog
from kiosk.storage.crypto.pin_hashing import check_pin, hash_pin, trivial, wait_after
from kiosk.storage.db.database import Database
from kiosk.storage.people import account_store as module
from kiosk.storage.people.account_store import AccountStore
from tests.unit.storage.made import MORNING

PIN = "294817"
WRONG = "000001"


class Clock:
    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self):  # type: ignore[no-untyped-def]
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: Database, clock: Clock) -> AccountStore:
    return AccountStore(database, clock)


@pytest.fixture
def kim(store: AccountStore) -> Account:
    return store.create("김 관리", AccountRole.ADMIN, PIN)


def wrong(store: AccountStore, name: str = "김 관리", pin: str = WRONG) -> SignInError:
    with pytest.raises(SignInError) as caught:
        store.verify(name, pin)
    return caught.value


def test_signing_in(store: AccountStore, kim: Account) -> None:
    assert kim == Account("김 관리", AccountRole.ADMIN, True, MORNING, kim.id)
    assert store.verify("김 관리", PIN) == kim
    assert store.verify(" 김 관리".strip(), PIN) == kim
    assert store.list() == [kim] and store.count() == 1
    assert wrong(store).key == wrong(store, "nobody", PIN).key == "error.sign_in"


def test_a_pin_is_stored_as_argon2id_with_the_recommended_cost(
    store: AccountStore, kim: Account, database: Database
) -> None:
    [stored] = database.call(
        lambda: [row["pin_hash"] for row in database.sqlite.table("accounts").rows]
    )
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$") and PIN not in stored
    assert hash_pin(PIN) != hash_pin(PIN)  # each has its own salt


@pytest.mark.parametrize(
    "pin", ["12345", "1" * 13, "", "abcdef", "１２３９８１", "12 456", "-12345", "²²³⁴⁵⁶"]
)
def test_a_pin_has_6_to_12_digits(store: AccountStore, pin: str) -> None:
    with pytest.raises(StorageError, match="6 to 12 digits"):
        store.create("x", AccountRole.STAFF, pin)
    assert store.count() == 0


@pytest.mark.parametrize(
    "pin", ["000000", "999999999999", "123456", "654321", "234567890", "098765", "890123"]
)
def test_an_easy_pin_is_refused(store: AccountStore, kim: Account, pin: str) -> None:
    with pytest.raises(StorageError, match="easy"):
        store.create("x", AccountRole.STAFF, pin)
    with pytest.raises(StorageError, match="easy"):
        store.set_pin(kim.id or 0, pin)
    assert store.verify("김 관리", PIN) == kim


@given(st.from_regex(r"[0-9]{6,12}", fullmatch=True))
def test_only_runs_and_repeats_are_too_easy(pin: str) -> None:
    run = pin in "01234567890123456789" * 2 or pin in "98765432109876543210" * 2
    assert trivial(pin) == (run or len(set(pin)) == 1)
    if not trivial(pin):
        check_pin(pin)


def test_names_are_taken_whatever_their_case(store: AccountStore) -> None:
    store.create("Kim", AccountRole.STAFF, PIN)
    with pytest.raises(StorageError, match="already"):
        store.create("KIM", AccountRole.STAFF, PIN)
    assert store.verify("kim", PIN).name == "Kim"


def test_five_wrong_pins_wait_30_seconds_then_twice_as_long(
    store: AccountStore, kim: Account, clock: Clock
) -> None:
    assert [wrong(store).key for _ in range(5)] == ["error.sign_in"] * 5
    waiting = wrong(store, pin=PIN)  # even the right one
    assert (waiting.key, waiting.values) == ("error.sign_in_wait", {"seconds": 30})
    clock.passes(29.5)
    assert wrong(store).values == {"seconds": 1}
    clock.passes(0.5)
    assert wrong(store).key == "error.sign_in"  # looked at, and wrong
    assert wrong(store).values == {"seconds": 60}
    clock.passes(60)
    assert store.verify("김 관리", PIN) == kim
    assert [wrong(store).key for _ in range(5)] == ["error.sign_in"] * 5  # from the beginning


def test_waiting_tries_do_not_lengthen_the_wait(
    store: AccountStore, kim: Account, clock: Clock
) -> None:
    for _ in range(50):
        wrong(store)
    clock.passes(30)
    assert store.verify("김 관리", PIN) == kim


def test_a_try_while_the_account_waits_is_written_down(
    store: AccountStore, kim: Account, database: Database
) -> None:
    for _ in range(7):
        wrong(store)
    failed = [
        a for a in AuditLog(database).query(LogFilter(), 20, 0)[0] if a.event == "sign_in_failed"
    ]
    assert [(a.actor, a.detail) for a in failed] == [("김 관리", {"account": "waiting"})] * 2 + [
        ("김 관리", {})
    ] * 5


def test_the_wait_outlives_a_restart(
    store: AccountStore, kim: Account, clock: Clock, database: Database
) -> None:
    for _ in range(5):
        wrong(store)
    assert wrong(AccountStore(database, clock), pin=PIN).key == "error.sign_in_wait"


def test_a_clock_set_back_does_not_lock_for_ever(
    store: AccountStore, kim: Account, clock: Clock
) -> None:
    for _ in range(5):
        wrong(store)
    clock.passes(-86_400)
    assert wrong(store).values == {"seconds": 30}


def test_one_account_waits_alone(store: AccountStore, kim: Account) -> None:
    lee = store.create("이 조교", AccountRole.STAFF, PIN)
    for _ in range(6):
        wrong(store)
    assert store.verify("이 조교", PIN) == lee


def test_waits_double_up_to_an_hour() -> None:
    waits = [wait_after(n) for n in range(20)]
    assert waits[:8] == [0, 0, 0, 0, 0, 30, 60, 120]
    assert max(waits) == waits[-1] == wait_after(10_000) == 3600


def test_a_try_counts_before_it_is_looked_at(
    store: AccountStore, kim: Account, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []

    def look(pin_hash: str | None, pin: str) -> bool:
        counted.append(
            database.call(lambda: next(iter(database.sqlite.table("accounts").rows))["failures"])
        )
        return False

    monkeypatch.setattr(module, "matches", look)
    for _ in range(3):
        wrong(store)
    assert counted == [1, 2, 3]


def test_an_unknown_name_costs_a_hash_too(
    store: AccountStore, kim: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    verify = type(module.matches.__globals__["_hasher"]).verify

    def counting(self: object, pin_hash: str, pin: str) -> bool:
        hashed.append(pin_hash.rsplit("$", 2)[0])
        return verify(self, pin_hash, pin)  # type: ignore[arg-type]

    monkeypatch.setattr(type(module.matches.__globals__["_hasher"]), "verify", counting)
    wrong(store)
    wrong(store, "nobody")
    assert hashed == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


def test_a_disabled_account_stays_out(store: AccountStore, kim: Account) -> None:
    lee = store.create("이 조교", AccountRole.STAFF, PIN)
    store.set_enabled(lee.id or 0, False)
    assert wrong(store, "이 조교", PIN).key == "error.sign_in_disabled"
    assert wrong(store, "이 조교").key == "error.sign_in"  # without the PIN nobody learns that
    store.set_enabled(lee.id or 0, True)
    assert store.verify("이 조교", PIN) == lee


def test_the_last_administrator_stays(store: AccountStore, kim: Account) -> None:
    store.create("이 조교", AccountRole.STAFF, PIN)
    with pytest.raises(StorageError, match="last administrator"):
        store.set_enabled(kim.id or 0, False)
    park = store.create("박 관리", AccountRole.ADMIN, PIN)
    store.set_enabled(kim.id or 0, False)
    with pytest.raises(StorageError, match="last administrator"):
        store.set_enabled(park.id or 0, False)
    store.set_enabled(kim.id or 0, False)  # disabled already: nothing to refuse
    assert [a.name for a in store.list() if a.enabled] == ["박 관리", "이 조교"]


def test_another_pin_replaces_the_old_and_ends_the_wait(store: AccountStore, kim: Account) -> None:
    for _ in range(5):
        wrong(store)
    store.set_pin(kim.id or 0, "582036")
    assert wrong(store, pin=PIN).key == "error.sign_in"
    assert store.verify("김 관리", "582036") == kim


def test_an_unknown_account_is_told(store: AccountStore) -> None:
    for attempt in (lambda: store.set_pin(9, PIN), lambda: store.set_enabled(9, False)):
        with pytest.raises(StorageError, match="does not exist"):
            attempt()


def test_a_pin_of_an_older_cost_is_hashed_again(
    store: AccountStore, kim: Account, database: Database
) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PIN)
    database.call(lambda: database.sqlite.execute("UPDATE accounts SET pin_hash = ?", [old]))
    assert store.verify("김 관리", PIN) == kim
    [stored] = database.call(
        lambda: [row["pin_hash"] for row in database.sqlite.table("accounts").rows]
    )
    assert "m=19456" in stored and store.verify("김 관리", PIN) == kim


def test_a_damaged_hash_lets_nobody_in(
    store: AccountStore, kim: Account, database: Database
) -> None:
    database.call(lambda: database.sqlite.execute("UPDATE accounts SET pin_hash = 'x'"))
    assert wrong(store, pin=PIN).key == "error.sign_in"
