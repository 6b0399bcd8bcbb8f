"""Opening the door once: who may, what is logged first, and what keeps it locked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.decisions import Decision, LogEntry, Mode, Outcome, Reason
from kiosk.core.errors import LockError, SignInError, StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.services.single_opening import OpeningReason, OpeningRules, SingleOpening
from kiosk.services.two_admins import TwoAdmins
from tests.helpers.door import NOW

OLD = NOW - timedelta(days=9)
STAFF = Account("김조교", AccountRole.STAFF, id=2, created_at=OLD)
ADMIN = Account("관리자", AccountRole.ADMIN, id=1, created_at=OLD, pin_is_own=True)
SECOND = Account("이교수", AccountRole.ADMIN, id=3, created_at=OLD, pin_is_own=True)


class Door:
    """Lock and logs in one list, in the order of what happened."""

    def __init__(self) -> None:
        self.happened: list[object] = []
        self.broken = ""
        self.rules = OpeningRules(4.0)
        self.two = False
        self.decided: list[Decision] = []
        self.before_open = lambda: None
        self.service = SingleOpening(
            self,
            self,
            self,
            TwoAdmins(lambda: self.two, lambda name, pin: SECOND, lambda: NOW),
            lambda: NOW,
            lambda: self.rules,
            self.decided.append,
        )

    def record(self, event: str, actor: str, detail: object) -> None:
        self._fail("audit")
        self.happened.append((event, actor, detail))

    def append(self, decision: Decision, basis: str | None = None) -> LogEntry:
        self._fail("log")
        self.happened.append(decision)
        return LogEntry(1, decision)

    def open(self, seconds: float, reason: str) -> None:
        self.before_open()
        self._fail("lock")
        self.happened.append(("open", seconds))

    def close(self) -> None:
        self.happened.append("locked")

    def _fail(self, what: str) -> None:
        if self.broken == what:
            raise LockError("no answer") if what == "lock" else StorageError("full")


@pytest.fixture
def door() -> Door:
    return Door()


def test_staff_open_once_both_logs_are_written(door: Door):
    assert door.service.open(STAFF, OpeningReason.DELIVERY, " 택배\n 두 개 ") == 4.0
    action, row, opened = door.happened
    detail = {"opening_reason": "delivery", "words": "택배 두 개", "seconds": 4.0}
    assert action == ("door_opened_once", "김조교", detail)
    assert (row.outcome, row.reason, row.mode) == (
        Outcome.ACCEPT,
        Reason.OPENED_BY_STAFF,
        Mode.BY_HAND,
    )
    assert row.person_name == "김조교" and row.person_id is None
    assert opened == ("open", 4.0) and door.decided == [row]


@pytest.mark.parametrize("broken", ["audit", "log"])
def test_what_cannot_be_logged_does_not_open(door: Door, broken: str):
    door.broken = broken
    with pytest.raises(StorageError):
        door.service.open(STAFF, OpeningReason.VISITOR)
    assert ("open", 4.0) not in door.happened and door.decided == []


def test_a_lock_that_does_not_answer_is_logged_as_a_reject(door: Door):
    door.broken = "lock"
    with pytest.raises(LockError):
        door.service.open(STAFF, OpeningReason.VISITOR)
    assert "locked" in door.happened
    assert (door.happened[-1].outcome, door.happened[-1].reason) == (
        Outcome.REJECT,
        Reason.LOCK_FAILED,
    )


def test_another_reason_must_be_said(door: Door):
    with pytest.raises(LockError) as refused:
        door.service.open(STAFF, OpeningReason.OTHER, "  ")
    assert refused.value.key == "error.opening_reason" and door.happened == []


@pytest.mark.parametrize(
    ("rules", "key"),
    [
        (OpeningRules(4.0, locked_down=True), "error.opening_lockdown"),
        (OpeningRules(4.0, other_door_open=True), "error.opening_other_door"),
    ],
)
def test_a_locked_down_door_and_an_interlock_stay_shut(door: Door, rules: OpeningRules, key: str):
    door.rules = rules
    with pytest.raises(LockError) as refused:
        door.service.open(ADMIN, OpeningReason.VISITOR)
    assert refused.value.key == key and door.happened == []


def test_a_lockdown_that_comes_while_it_opens_locks_again(door: Door):
    door.before_open = lambda: setattr(door, "rules", replace(door.rules, locked_down=True))
    with pytest.raises(LockError):
        door.service.open(ADMIN, OpeningReason.VISITOR)
    assert door.happened[-2] == "locked" and door.happened[-1].reason is Reason.LOCK_FAILED


def test_in_a_lockdown_the_settings_may_allow_it_to_two_administrators(door: Door):
    door.rules = OpeningRules(4.0, locked_down=True, in_lockdown=True)
    door.two = True
    assert door.service.needs_two(ADMIN)
    with pytest.raises(SignInError):
        door.service.open(ADMIN, OpeningReason.VISITOR)
    with pytest.raises(SignInError):
        door.service.open(STAFF, OpeningReason.VISITOR, "", "이교수", "482915")
    assert door.happened == []
    door.service.open(ADMIN, OpeningReason.VISITOR, "", "이교수", "482915")
    assert door.happened[0][1] == "관리자 + 이교수"
