"""A clock behind the log is not trusted until an administrator confirms it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kiosk.core.decisions import Mode, Reason, Verdict
from kiosk.core.errors import StorageError
from kiosk.core.people import AccountRole, Person
from kiosk.door.verification import VerifyService
from kiosk.storage.audit.trusted_clock import TrustedClock
from kiosk.storage.store import Store
from tests.helpers.door import NotedLock
from tests.unit.storage.samples import MORNING, decision


class Clock:
    now = MORNING

    def __call__(self) -> datetime:
        return self.now


def test_a_clock_that_goes_on_is_believed(store: Store) -> None:
    clock = Clock()
    trusted = TrustedClock(store.database, clock)
    assert trusted() == MORNING
    store.access_log.append(decision(MORNING))
    for minutes in (0, 60, 61, 58):
        clock.now = MORNING + timedelta(minutes=minutes)
        assert trusted() == clock.now
        store.access_log.append(decision(clock.now))


def test_a_clock_behind_the_log_is_not_and_is_again_once_it_is_right(store: Store) -> None:
    clock = Clock()
    store.access_log.append(decision(MORNING))
    for trusted in (TrustedClock(store.database, clock), TrustedClock(store.database, clock)):
        clock.now = MORNING - timedelta(days=365)
        with pytest.raises(StorageError, match="set the clock") as caught:
            trusted()
        assert caught.value.key == "error.clock_behind"
        clock.now = MORNING + timedelta(seconds=1)
        assert trusted() == clock.now


@pytest.mark.slow
def test_an_administrators_sign_in_confirms_the_clock(store: Store) -> None:
    clock = Clock()
    trusted = TrustedClock(store.database, clock)
    accounts = store.using(clock).accounts
    accounts.create("관리자", AccountRole.ADMIN, "482915")
    store.access_log.append(decision(MORNING + timedelta(days=3000)))  # the clock was wrong once
    store.using(clock).audit_log.record("started", "system", {})
    with pytest.raises(StorageError):
        trusted()
    with pytest.raises(StorageError, match="wrong"):
        try:
            accounts.verify("관리자", "000000")
        except Exception as error:
            raise StorageError("wrong") from error
    with pytest.raises(StorageError, match="set the clock"):
        trusted()
    accounts.create("직원", AccountRole.STAFF, "736251")
    accounts.verify("직원", "736251")
    for asked in (trusted, TrustedClock(store.database, clock)):
        with pytest.raises(StorageError, match="set the clock"):
            asked()  # staff do not confirm the clock
    accounts.verify("관리자", "482915")
    assert trusted() == MORNING and TrustedClock(store.database, clock)() == MORNING


def test_expired_people_are_refused_with_a_clock_behind_the_log(store: Store) -> None:
    from kiosk.access.policy import may_enter

    clock = Clock()
    lock = NotedLock()
    person = store.people.add(Person("1", "이산", valid_until=MORNING.date()))
    verify = VerifyService(
        store.people,
        store.access_log,
        lock,
        may_enter,
        TrustedClock(store.database, clock),
        embedder_id="net",
        open_s=4.0,
    )
    match = Verdict(Reason.MATCH, person.id, 0.4, 0.9, 6, 5)
    clock.now = MORNING + timedelta(days=30)
    assert verify.decide(match, Mode.IDENTIFY, 1.0, threshold=1.0).decision.reason is Reason.EXPIRED
    clock.now = MORNING
    answer = verify.decide(match, Mode.IDENTIFY, 1.0, threshold=1.0)
    assert not answer.decision.accepted and answer.failed == "error.clock_behind"
    assert lock.opened == 0 and store.access_log.count() == 1
