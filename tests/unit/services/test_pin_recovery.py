"""An administrator who forgot the PIN."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.app.bootstrap.use_cases import build_pin_recovery
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import SignInError, StorageError
from kiosk.core.people import AccountRole
from kiosk.services.pin_recovery import PinRecoveryService
from kiosk.storage.backup.recovery_code import key_of, new_code
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store

PIN, OTHER_PIN, NEW_PIN = "482915", "582036", "739164"
WRONG = new_code()


class Office:
    """Two administrators of a month ago, a member of staff and a recovery code."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.allowed = True
        month_ago = store.using(lambda: local_now() - timedelta(days=30)).accounts
        self.first = month_ago.create("하나", AccountRole.ADMIN, PIN, own=True)
        self.second = month_ago.create("둘", AccountRole.ADMIN, OTHER_PIN, own=True)
        month_ago.create("조교", AccountRole.STAFF, PIN)
        self.code = new_code()
        database = store.database

        def keep_code() -> None:
            with database.transaction():
                store.vault.set_recovery(database.connection, key_of(self.code), local_now())

        database.call(keep_code)
        self.recovery: PinRecoveryService = build_pin_recovery(store, lambda: self.allowed)

    def require_two(self) -> None:
        self.store.two_admins.turn_on()

    def signs_in(self, pin: str) -> bool:
        try:
            return self.store.accounts.verify("하나", pin).name == "하나"
        except SignInError:
            return False

    def events(self) -> list[tuple[str, str]]:
        rows, _ = self.store.audit_log.query(LogFilter(), 3, 0)
        return [(row.event, row.actor) for row in rows]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Store.open(tmp_path / "munjigi.db") as store:
        yield Office(store)


def test_the_code_gives_a_new_pin_that_counts_as_given_by_somebody_else(office):
    office.recovery.by_code(" 하나 ", office.code.lower().replace("-", " "), NEW_PIN)
    assert ("pin_recovered", "recovery code") in office.events()
    assert office.signs_in(NEW_PIN) and not office.signs_in(PIN)
    first = next(one for one in office.store.accounts.list() if one.name == "하나")
    assert not first.pin_is_own and first.pin_given_at > office.first.pin_given_at


@pytest.mark.parametrize(
    ("name", "code", "key"),
    [
        ("하나", WRONG, "error.recovery"),
        ("조교", None, "error.recovery_name"),
        ("아무개", None, "error.recovery_name"),
    ],
    ids=["wrong code", "staff", "nobody"],  # the code is another at each collection
)
def test_refusals_change_nothing_and_are_recorded(office, name, code, key):
    with pytest.raises(SignInError) as refused:
        office.recovery.by_code(name, code or office.code, NEW_PIN)
    assert refused.value.key == key
    assert office.events()[0] == ("pin_recovery_refused", "system")
    assert office.signs_in(PIN)


def test_what_is_no_code_and_an_easy_pin_are_refused(office):
    with pytest.raises(StorageError, match="letters and digits"):
        office.recovery.by_code("하나", "1234", NEW_PIN)
    with pytest.raises(StorageError):
        office.recovery.by_code("하나", office.code, "123456")
    assert office.signs_in(PIN)


def test_codes_cannot_be_tried_without_end(office):
    keys = []
    for _ in range(7):
        with pytest.raises(SignInError) as refused:
            office.recovery.by_code("하나", WRONG, NEW_PIN)
        keys.append(refused.value.key)
    assert keys[0] == "error.recovery" and keys[-1] == "error.sign_in_wait"
    with pytest.raises(SignInError):
        office.recovery.by_code("하나", office.code, NEW_PIN)


def test_the_setting_switches_the_code_off(office):
    office.allowed = False
    with pytest.raises(SignInError) as refused:
        office.recovery.by_code("하나", office.code, NEW_PIN)
    assert refused.value.key == "error.recovery_off"


def test_with_two_administrators_required_the_code_is_for_an_only_one(office):
    office.require_two()
    with pytest.raises(SignInError) as refused:
        office.recovery.by_code("하나", office.code, NEW_PIN)
    assert refused.value.key == "error.recovery_two" and office.signs_in(PIN)
    office.store.accounts.set_enabled(office.second.id, False)
    office.recovery.by_code("하나", office.code, NEW_PIN)
    assert office.signs_in(NEW_PIN)


def test_another_administrator_gives_a_pin_unless_two_are_required(office):
    with pytest.raises(SignInError):
        office.recovery.by_admin("하나", "조교", PIN, NEW_PIN)
    office.recovery.by_admin("하나", "둘", OTHER_PIN, NEW_PIN)
    assert office.signs_in(NEW_PIN)
    office.require_two()
    with pytest.raises(SignInError) as refused:
        office.recovery.by_admin("하나", "둘", OTHER_PIN, PIN)
    assert refused.value.key == "error.second_admin" and office.signs_in(NEW_PIN)
