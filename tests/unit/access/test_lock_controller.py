"""A lock that fails, hangs or answers late leaves the door locked, and nobody waits long for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from kiosk.access.door_monitor import DoorEvent, DoorMonitor
from kiosk.access.lock_controller import (
    CHECK_S,
    HOLD_S,
    LONGEST_CALL_S,
    LockController,
    LockControllerSettings,
)
from kiosk.access.locks import Input, LockState
from kiosk.core.errors import LockError
from kiosk.services.watchdog import LIMIT_S, Watchdog
from tests.helpers.access import FakeDriver
from tests.helpers.fakes import FakeClock

PATIENCE_S = 0.2


class Reported:
    """Events as they come."""

    def __init__(self) -> None:
        self.events: list[DoorEvent] = []
        self._changed = threading.Condition()

    def __call__(self, event: DoorEvent, words: str) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def until(self, event: DoorEvent, times: int = 1) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.events.count(event) >= times, 10)


class Bench:
    def __init__(self, **rules: object) -> None:
        self.clock = FakeClock()
        self.driver = FakeDriver()
        self.reported = Reported()
        self.lock = LockController(
            self.driver,
            LockControllerSettings(timeout_s=PATIENCE_S, **rules),
            DoorMonitor(30.0),
            self.reported,
            self.clock,
        )

    def begin(self) -> Bench:
        self.lock.start()
        assert self.driver.until("close"), "it begins by locking, whatever the relay was left at"
        return self


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench().begin()
    yield made
    made.driver.free()
    made.lock.stop()


def test_it_opens_and_locks_by_itself(bench: Bench):
    bench.lock.open(4.0, "match")
    assert (
        bench.driver.on
        and bench.lock.state() is LockState.OPEN
        and bench.driver.reasons == ["match"]
    )
    bench.clock.advance(3.9)
    assert bench.lock.state() is LockState.OPEN
    bench.clock.advance(0.2)
    assert bench.lock.state() is LockState.LOCKED
    assert bench.driver.until("close", 2) and not bench.driver.on


def test_it_locks_early_when_told_and_nobody_waits_for_that(bench: Bench):
    bench.lock.open(4.0, "match")
    bench.lock.close()
    assert bench.driver.until("close", 2) and not bench.driver.on


def test_a_driver_that_fails_is_told_and_locked_again_until_it_answers(bench: Bench):
    bench.driver.unplug()
    with pytest.raises(LockError, match="plug it in"):
        bench.lock.open(4.0, "match")
    assert (
        bench.lock.state() is LockState.LOCKED
        and not bench.lock.reachable
        and bench.lock.alert == "lock_lost"
    )
    assert bench.reported.until(DoorEvent.LOCK_LOST)
    bench.driver.broken = None
    bench.clock.advance(2)
    assert bench.reported.until(DoorEvent.LOCK_BACK) and bench.driver.calls[-1] == "close"
    assert bench.lock.alert == ""


@pytest.mark.parametrize("when", ["opening", "open"])
def test_a_driver_that_hangs_while_the_relay_may_be_on_is_seen_by_the_watchdog(
    bench: Bench, when: str
):
    clock = FakeClock()
    restarted = []
    dog = Watchdog(clock, lambda name: None)
    bench.lock._beat = lambda: dog.beat("lock", LONGEST_CALL_S)
    dog.add(
        "lock", lambda: restarted.append("lock"), lambda: bench.lock.surely_locked, LONGEST_CALL_S
    )
    clock.advance(100)
    assert bench.driver.looked(2) and dog.check() == [] and bench.lock.surely_locked
    if when == "opening":
        bench.driver.hang()
        with pytest.raises(LockError):
            bench.lock.open(4.0, "match")
    else:
        bench.lock.open(4.0, "match")
        bench.driver.hang("inputs")
        assert bench.driver.until("inputs hang")
    clock.advance(LONGEST_CALL_S)
    assert dog.check() == [] and not bench.lock.surely_locked, "a slow controller is waited for"
    clock.advance(LIMIT_S + 1)
    assert dog.check() == restarted == ["lock"]


def test_driver_hanging_while_locked_restarts_nothing(bench: Bench):
    clock = FakeClock()
    restarted = []
    dog = Watchdog(clock, lambda name: None)
    dog.add(
        "lock", lambda: restarted.append("lock"), lambda: bench.lock.surely_locked
    )  # which hears nothing
    clock.advance(100)
    assert bench.driver.looked(2) and dog.check() == restarted == []


def test_an_error_of_ours_is_a_lock_that_failed(bench: Bench):
    bench.driver.broken = ZeroDivisionError()
    with pytest.raises(LockError, match="ZeroDivisionError"):
        bench.lock.open(4.0, "match")
    assert not bench.driver.on


def test_a_driver_that_hangs_keeps_nobody_waiting_and_its_late_opening_is_undone(bench: Bench):
    bench.driver.hang()
    began = time.monotonic()
    with pytest.raises(LockError, match="did not answer within"):
        bench.lock.open(4.0, "match")
    with pytest.raises(LockError, match="still busy"):
        bench.lock.open(4.0, "match")
    bench.lock.close()
    assert time.monotonic() - began < PATIENCE_S + 2
    assert bench.lock.state() is LockState.LOCKED
    bench.driver.free()
    assert bench.reported.until(DoorEvent.LATE) and bench.driver.until("close", 2)
    assert not bench.driver.on and bench.lock.state() is LockState.LOCKED
    bench.lock.open(4.0, "match")
    assert bench.driver.on, "the next one is served again"


def test_abandoned_command_behind_a_hanging_one_never_runs(bench: Bench):
    bench.driver.hang()
    outcomes: list[str] = []

    def ask(reason: str) -> None:
        try:
            bench.lock.open(4.0, reason)
        except LockError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(outcomes) == 2
    bench.driver.free()
    assert (
        bench.driver.until("close", 2)
        and bench.driver.calls.count("open") == 1
        and not bench.driver.on
    )


def test_unplugged_while_nobody_comes_is_noticed_and_so_is_its_return(bench: Bench):
    bench.driver.unplug()
    bench.clock.advance(CHECK_S + 1)
    assert bench.reported.until(DoorEvent.LOCK_LOST) and bench.lock.alert == "lock_lost"
    bench.driver.broken = None
    bench.clock.advance(2)
    assert bench.reported.until(DoorEvent.LOCK_BACK)


def test_the_exit_button_opens(bench: Bench):
    bench.driver.wired = {Input.EXIT: True}
    assert bench.driver.until("open") and bench.driver.reasons == ["exit_button"]
    assert DoorEvent.EXIT in bench.reported.events


def test_the_door_locks_once_somebody_went_through(bench: Bench):
    bench.lock.open(30.0, "match")
    bench.driver.wired = {Input.CONTACT: False}
    assert bench.driver.looked(5)
    bench.driver.wired = {Input.CONTACT: True}
    assert bench.reported.until(DoorEvent.OPENED) and bench.driver.on
    bench.driver.wired = {Input.CONTACT: False}
    assert (
        bench.reported.until(DoorEvent.CLOSED)
        and bench.driver.until("close", 2)
        and not bench.driver.on
    )
    assert bench.lock.state() is LockState.LOCKED


def test_fire_holds_the_door_open_and_its_end_locks(bench: Bench):
    bench.driver.wired = {Input.FIRE: True}
    assert bench.driver.until("open") and bench.lock.held_for == "fire"
    bench.lock.close()
    bench.clock.advance(1.2 * HOLD_S)
    assert bench.driver.until("open", 2) and bench.driver.on, (
        "it is opened again before its time is over"
    )
    closed = bench.driver.calls.count("close")
    bench.driver.wired = {Input.FIRE: False}
    assert bench.driver.until("close", closed + 1) and not bench.driver.on


def test_fire_is_only_told_where_the_settings_say_so():
    bench = Bench(fire_opens=False).begin()
    bench.driver.wired = {Input.FIRE: True}
    assert (
        bench.reported.until(DoorEvent.FIRE) and bench.lock.held_for == "" and not bench.driver.on
    )
    bench.lock.stop()


def test_a_door_held_open_ends_when_it_is_held_for_nothing(bench: Bench):
    bench.lock.hold("free_access")
    assert bench.driver.until("open")
    bench.lock.open(4.0, "match")
    bench.clock.advance(5)
    assert bench.driver.until("open", 3), "an accept in between shortens nothing"
    bench.lock.hold("")
    assert bench.driver.until("close", 2) and not bench.driver.on


def test_an_end_locks_and_nothing_opens_after_it(bench: Bench):
    bench.lock.open(4.0, "match")
    bench.lock.stop()
    assert (
        bench.driver.calls[-1] == "stop"
        and not bench.driver.on
        and bench.lock.state() is LockState.LOCKED
    )
    with pytest.raises(LockError, match="switched off"):
        bench.lock.open(4.0, "match")


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), 61.0])
def test_a_time_that_no_door_stays_open_is_refused(bench: Bench, seconds: float):
    with pytest.raises(LockError, match="open_s"):
        bench.lock.open(seconds, "match")
    assert "open" not in bench.driver.calls
