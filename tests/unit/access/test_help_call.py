"""A call for help is made at once, beside the lock's own commands, until it is confirmed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from kiosk.access.door_monitor import DoorEvent, DoorMonitor
from kiosk.access.help_call import PAUSE_S, TRIES, HelpCall
from kiosk.access.lock_controller import LockController, LockControllerSettings
from kiosk.core.errors import LockError
from tests.helpers.access import FakeDriver

WAIT_S = 10


class Caller(FakeDriver):
    """A driver that can call for help; fails the first ``failures`` times."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0
        self.error: Exception = LockError("The controller does not answer.")
        self.held = threading.Event()
        self.held.set()

    def call_for_help(self) -> None:
        self._note("help")
        assert self.held.wait(WAIT_S)
        if self.failures:
            self.failures -= 1
            raise self.error


class Made:
    """A call whose pauses are only counted."""

    def __init__(self, caller: object) -> None:
        self.unanswered: list[str] = []
        self.pauses: list[float] = []
        self.call = HelpCall(caller, self.unanswered.append, self.pauses.append)

    def make(self) -> None:
        self.call.make()
        self.call._thread.join(WAIT_S)


def test_call_that_is_confirmed_is_made_once():
    caller = Caller()
    made = Made(caller)
    made.make()
    made.make()
    assert caller.calls == ["help", "help"] and made.pauses == made.unanswered == []


@pytest.mark.parametrize("error", [LockError("It does not answer."), ValueError("a mistake")])
def test_call_is_made_again_until_it_is_confirmed(error: Exception):
    caller = Caller()
    caller.failures = 3
    caller.error = error
    made = Made(caller)
    made.make()
    assert caller.calls == ["help"] * 4 and made.pauses == [PAUSE_S] * 3 and not made.unanswered


def test_call_that_nobody_confirms_is_reported():
    caller = Caller()
    caller.failures = TRIES
    made = Made(caller)
    made.make()
    assert caller.calls == ["help"] * TRIES and made.unanswered == [str(caller.error)]


def test_driver_that_cannot_call_is_left_alone():
    made = Made(FakeDriver())
    made.call.make()
    assert made.call._thread is None and made.unanswered == []


class Bench:
    def __init__(self) -> None:
        self.driver = Caller()
        self.events: list[DoorEvent] = []
        self.lock = LockController(
            self.driver,
            LockControllerSettings(),
            DoorMonitor(30),
            lambda event, words: self.events.append(event),
        )
        self.lock.start()
        assert self.driver.until("close")


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.driver.held.set()
    made.lock.stop()


def test_call_that_hangs_keeps_no_opening_waiting(bench: Bench):
    bench.driver.held.clear()
    bench.lock.call_for_help()
    assert bench.driver.until("help")
    bench.lock.open(4.0, "duress")
    assert bench.driver.on and bench.driver.reasons == ["duress"]
    bench.lock.call_for_help()
    bench.lock.close()
    assert bench.driver.until("close", 2) and bench.driver.calls.count("help") == 1


def test_call_that_fails_is_no_lost_lock(bench: Bench):
    bench.driver.failures = 1
    bench.lock.call_for_help()
    assert bench.driver.until("help")
    assert bench.lock.reachable and bench.lock.alert == "" and bench.events == []
