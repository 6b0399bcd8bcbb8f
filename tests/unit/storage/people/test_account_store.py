"""Accounts: PINs, waits after wrong ones, and the last administrator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from kiosk.core.decisions import LogFilter
from kiosk.core.errors import SignInError, StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.storage.crypto.database_secret import PIN_PEPPER
from kiosk.storage.crypto.pin_hashing import PinHasher, wait_after
from kiosk.storage.people.account_store import AccountStore
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING

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
def accounts(store: Store, clock: Clock) -> AccountStore:
    return store.using(clock).accounts


@pytest.fixture
def kim(accounts: AccountStore) -> Account:
    return accounts.create("김 관리", AccountRole.ADMIN, PIN)


def wrong(accounts: AccountStore, name: str = "김 관리", pin: str = WRONG) -> SignInError:
    with pytest.raises(SignInError) as caught:
        accounts.verify(name, pin)
    return caught.value


def test_signing_in(accounts: AccountStore, kim: Account) -> None:
    assert kim == Account("김 관리", AccountRole.ADMIN, True, MORNING, kim.id, MORNING, False)
    assert accounts.verify("김 관리", PIN) == kim
    assert accounts.verify(" 김 관리".strip(), PIN) == kim
    assert accounts.list() == [kim] and accounts.count() == 1
    assert wrong(accounts).key == wrong(accounts, "nobody", PIN).key == "error.sign_in"


@pytest.mark.usefixtures("costly_pins")
def test_a_pin_is_stored_as_argon2id_with_the_recommended_cost(
    accounts: AccountStore, kim: Account, store: Store
) -> None:
    [stored] = store.database.call(
        lambda: [row["pin_hash"] for row in store.database.sqlite.table("accounts").rows]
    )
    assert stored.startswith("p1$argon2id$v=19$m=19456,t=2,p=1$") and PIN not in stored
    hasher = PinHasher(lambda: bytes(32))
    assert hasher.hash(PIN) != hasher.hash(PIN)  # each hash has its own salt


def test_a_stored_pin_cannot_be_guessed_without_the_key(
    accounts: AccountStore, kim: Account, store: Store
) -> None:
    [stored] = store.database.call(
        lambda: [row["pin_hash"] for row in store.database.sqlite.table("accounts").rows]
    )
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(stored.removeprefix("p1"), PIN)
    assert not PinHasher(lambda: bytes(32)).matches(stored, PIN)
    pepper = store.vault.secret.subkey(PIN_PEPPER)
    assert PinHasher(lambda: pepper).matches(stored, PIN)


@pytest.mark.parametrize(
    "pin", ["12345", "1" * 13, "", "abcdef", "１２３９８１", "12 456", "-12345", "²²³⁴⁵⁶"]
)
def test_a_pin_has_6_to_12_digits(accounts: AccountStore, pin: str) -> None:
    with pytest.raises(StorageError, match="6 to 12 digits"):
        accounts.create("x", AccountRole.STAFF, pin)
    assert accounts.count() == 0


@pytest.mark.parametrize(
    "pin", ["000000", "123456", "890123", "121212", "112233", "000001", "19991231", "147258"]
)
def test_an_easy_pin_is_refused(accounts: AccountStore, kim: Account, pin: str) -> None:
    with pytest.raises(StorageError, match="easy"):
        accounts.create("x", AccountRole.STAFF, pin)
    with pytest.raises(StorageError, match="easy"):
        accounts.set_pin(kim.id or 0, pin)
    assert accounts.verify("김 관리", PIN) == kim


def test_names_are_taken_whatever_their_case(accounts: AccountStore) -> None:
    accounts.create("Kim", AccountRole.STAFF, PIN)
    with pytest.raises(StorageError, match="already"):
        accounts.create("KIM", AccountRole.STAFF, PIN)
    assert accounts.verify("kim", PIN).name == "Kim"


def test_five_wrong_pins_wait_30_seconds_then_twice_as_long(
    accounts: AccountStore, kim: Account, clock: Clock
) -> None:
    assert [wrong(accounts).key for _ in range(5)] == ["error.sign_in"] * 5
    waiting = wrong(accounts, pin=PIN)  # even the right one
    assert (waiting.key, waiting.values) == ("error.sign_in_wait", {"seconds": 30})
    clock.passes(29.5)
    assert wrong(accounts).values == {"seconds": 1}
    clock.passes(0.5)
    assert wrong(accounts).key == "error.sign_in"  # compared, and wrong
    assert wrong(accounts).values == {"seconds": 60}
    clock.passes(60)
    assert accounts.verify("김 관리", PIN) == kim
    assert [wrong(accounts).key for _ in range(5)] == ["error.sign_in"] * 5  # from the beginning


def test_waiting_tries_do_not_lengthen_the_wait(
    accounts: AccountStore, kim: Account, clock: Clock
) -> None:
    for _ in range(50):
        wrong(accounts)
    clock.passes(30)
    assert accounts.verify("김 관리", PIN) == kim


def test_a_try_while_the_account_waits_is_written_down(
    accounts: AccountStore, kim: Account, store: Store
) -> None:
    for _ in range(7):
        wrong(accounts)
    failed = [
        a for a in store.audit_log.query(LogFilter(), 20, 0)[0] if a.event == "sign_in_failed"
    ]
    assert [(a.actor, a.detail) for a in failed] == [("김 관리", {"account": "waiting"})] * 2 + [
        ("김 관리", {})
    ] * 5


def test_the_wait_outlives_a_restart(
    accounts: AccountStore, kim: Account, clock: Clock, store: Store
) -> None:
    for _ in range(5):
        wrong(accounts)
    assert wrong(store.using(clock).accounts, pin=PIN).key == "error.sign_in_wait"


def test_a_clock_set_back_does_not_lock_for_ever(
    accounts: AccountStore, kim: Account, clock: Clock
) -> None:
    for _ in range(5):
        wrong(accounts)
    clock.passes(-86_400)
    assert wrong(accounts).values == {"seconds": 30}


def test_one_account_waits_alone(accounts: AccountStore, kim: Account) -> None:
    lee = accounts.create("이 조교", AccountRole.STAFF, PIN)
    for _ in range(6):
        wrong(accounts)
    assert accounts.verify("이 조교", PIN) == lee


def test_waits_double_up_to_an_hour() -> None:
    waits = [wait_after(n) for n in range(20)]
    assert waits[:8] == [0, 0, 0, 0, 0, 30, 60, 120]
    assert max(waits) == waits[-1] == wait_after(10_000) == 3600


def test_a_try_counts_before_it_is_looked_at(
    accounts: AccountStore, kim: Account, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []

    def look(pins: PinHasher, pin_hash: str | None, pin: str) -> bool:
        counted.append(
            store.database.call(
                lambda: next(iter(store.database.sqlite.table("door_tries").rows))["failures"]
            )
        )
        return False

    monkeypatch.setattr(PinHasher, "matches", look)
    for _ in range(3):
        wrong(accounts)
    assert counted == [1, 2, 3]


@pytest.mark.usefixtures("costly_pins")
def test_an_unknown_name_takes_as_long_as_a_wrong_pin(
    accounts: AccountStore, kim: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    verify = PasswordHasher.verify

    def counting(self: object, pin_hash: str, pin: str) -> bool:
        hashed.append(pin_hash.rsplit("$", 2)[0])
        return verify(self, pin_hash, pin)  # type: ignore[arg-type]

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    wrong(accounts)
    wrong(accounts, "nobody")
    assert hashed == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


def test_a_disabled_account_stays_out(accounts: AccountStore, kim: Account) -> None:
    lee = accounts.create("이 조교", AccountRole.STAFF, PIN)
    accounts.set_enabled(lee.id or 0, False)
    assert wrong(accounts, "이 조교", PIN).key == "error.sign_in_disabled"
    assert wrong(accounts, "이 조교").key == "error.sign_in"  # not revealed without the PIN
    accounts.set_enabled(lee.id or 0, True)
    assert accounts.verify("이 조교", PIN) == lee


def test_the_last_administrator_stays(accounts: AccountStore, kim: Account) -> None:
    accounts.create("이 조교", AccountRole.STAFF, PIN)
    with pytest.raises(StorageError, match="last administrator"):
        accounts.set_enabled(kim.id or 0, False)
    park = accounts.create("박 관리", AccountRole.ADMIN, PIN)
    accounts.set_enabled(kim.id or 0, False)
    with pytest.raises(StorageError, match="last administrator"):
        accounts.set_enabled(park.id or 0, False)
    accounts.set_enabled(kim.id or 0, False)  # disabled already: nothing to refuse
    assert [a.name for a in accounts.list() if a.enabled] == ["박 관리", "이 조교"]


def test_another_pin_replaces_the_old_and_ends_the_wait(
    accounts: AccountStore, kim: Account
) -> None:
    for _ in range(5):
        wrong(accounts)
    accounts.set_pin(kim.id or 0, "582036")
    assert wrong(accounts, pin=PIN).key == "error.sign_in"
    assert accounts.verify("김 관리", "582036") == kim


def test_who_chose_the_pin_and_when_is_kept(
    accounts: AccountStore, kim: Account, clock: Clock
) -> None:
    def stored() -> tuple[object, bool]:
        [one] = accounts.list()
        return one.pin_given_at, one.pin_is_own

    assert stored() == (MORNING, False)
    clock.passes(3600)
    accounts.set_pin(kim.id or 0, "582036", own=True)
    assert stored() == (MORNING, True), "the owner's choice is nobody else's"
    accounts.set_pin(kim.id or 0, PIN)
    assert stored() == (clock.now, False)
    assert accounts.create("이 관리", AccountRole.ADMIN, PIN, own=True).pin_is_own


def test_an_unknown_account_is_an_error(accounts: AccountStore) -> None:
    for attempt in (lambda: accounts.set_pin(9, PIN), lambda: accounts.set_enabled(9, False)):
        with pytest.raises(StorageError, match="does not exist"):
            attempt()


@pytest.mark.usefixtures("costly_pins")
def test_a_pin_of_an_older_cost_is_hashed_again(
    accounts: AccountStore, kim: Account, store: Store
) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PIN)
    store.database.call(
        lambda: store.database.sqlite.execute("UPDATE accounts SET pin_hash = ?", [old])
    )
    assert accounts.verify("김 관리", PIN) == kim
    [stored] = store.database.call(
        lambda: [row["pin_hash"] for row in store.database.sqlite.table("accounts").rows]
    )
    assert stored.startswith("p1$") and "m=19456" in stored
    assert accounts.verify("김 관리", PIN) == kim


def test_a_damaged_hash_refuses_sign_in(accounts: AccountStore, kim: Account, store: Store) -> None:
    store.database.call(lambda: store.database.sqlite.execute("UPDATE accounts SET pin_hash = 'x'"))
    assert wrong(accounts, pin=PIN).key == "error.sign_in"
