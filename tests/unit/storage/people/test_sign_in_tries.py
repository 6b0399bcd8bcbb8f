"""Guessing PINs at the screen is slow, and keeps nobody out for long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.core.errors import SignInError
from kiosk.core.people import AccountRole
from kiosk.storage.crypto.pin_hashing import PinHasher
from kiosk.storage.people.sign_in_tries import FREE_IN_ALL, LONGEST_WAIT_S
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING

PIN = "294817"
WRONG = "582036"


class Screen:
    """A kiosk with an administrator and a member of staff; PINs are compared without Argon2id."""

    def __init__(self, store: Store) -> None:
        self.now = MORNING
        self.store = store.using(lambda: self.now)
        self.accounts = self.store.accounts
        for name, role in (("kim", AccountRole.ADMIN), ("lee", AccountRole.STAFF)):
            self.accounts.create(name, role, PIN)

    def wait(self, name: str, pin: str = WRONG) -> int | None:
        """Try to sign in; return the wait that is asked for, 0 for a wrong PIN, None if it was."""
        try:
            self.accounts.verify(name, pin)
        except SignInError as refused:
            return int(refused.values.get("seconds", 0))
        return None

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    monkeypatch.setattr(PinHasher, "matches", lambda pins, stored, pin: bool(stored) and pin == PIN)
    with Store.open(tmp_path / "munjigi.db") as store:
        yield Screen(store)


@pytest.mark.slow
def test_trying_for_a_day_keeps_nobody_out_for_longer_than_five_minutes(
    screen: Screen,
) -> None:
    tried = 0
    for _ in range(24 * 12):
        while screen.wait("kim") == 0:
            tried += 1
        waits = screen.wait("kim", PIN)
        assert waits is not None and 0 < waits <= LONGEST_WAIT_S
        screen.passes(waits)
    assert tried < 310, "a million PINs take years"
    assert screen.wait("kim", PIN) is None, "the right PIN after the wait"


def test_the_answers_do_not_tell_which_names_there_are(screen: Screen) -> None:
    known = [screen.wait("kim") for _ in range(7)]
    screen.passes(3600 * 25)
    assert [screen.wait("nobody") for _ in range(7)] == known
    assert known == [0] * 5 + [30] * 2


def test_names_are_not_stored_as_they_were_typed(screen: Screen) -> None:
    for name in ("kim", "482915"):
        screen.wait(name)
    rows = screen.store.database.call(
        lambda: list(screen.store.database.sqlite.table("door_tries").rows)
    )
    assert len(rows) == 3 and not any("kim" in str(row) or "4829" in str(row) for row in rows)


def test_many_names_are_tried_no_faster_than_one(screen: Screen) -> None:
    waits = [screen.wait(f"name {n}") for n in range(FREE_IN_ALL + 1)]
    assert waits == [0] * FREE_IN_ALL + [30]
    assert screen.wait("kim", PIN) == 30, "the screen waits"
    screen.passes(30)
    assert screen.wait("kim", PIN) is None
    assert screen.wait("name 99") == 0, "somebody who may sign in is there"


def test_staff_who_sign_in_do_not_reset_the_count_of_another_name(screen: Screen) -> None:
    for _ in range(5):
        assert screen.wait("kim") == 0
        assert screen.wait("lee", PIN) is None
    assert screen.wait("kim") == 30


def test_counts_restart_after_a_quiet_day_and_old_rows_go(screen: Screen) -> None:
    for _ in range(5):
        screen.wait("kim")
    screen.passes(24 * 3600 + 1)
    assert screen.wait("lee") == 0
    count = screen.store.database.call(
        lambda: screen.store.database.sqlite.table("door_tries").count
    )
    assert count == 2
    assert [screen.wait("kim") for _ in range(5)] == [0] * 5


def test_another_pin_ends_the_wait_of_its_name(screen: Screen) -> None:
    for _ in range(5):
        screen.wait("kim")
    [kim] = [one for one in screen.accounts.list() if one.name == "kim"]
    screen.accounts.set_pin(kim.id or 0, WRONG)
    assert screen.wait("kim") == 0
