"""Locks open for a while, never longer, and are locked after every error."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.access.drivers import make_driver
from kiosk.access.locks import LONGEST_OPEN_S, REMEMBERED, Driver, LockEvent, LockState, LogLock
from kiosk.core.config import Config
from kiosk.core.errors import LockError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lock(clock: Clock) -> LogLock:
    return LogLock(clock)


def test_it_begins_locked(lock: LogLock) -> None:
    assert lock.state() is LockState.LOCKED and lock.events == ()


def test_it_locks_by_itself(lock: LogLock, clock: Clock) -> None:
    lock.open(4.0, "match")
    states = []
    for clock.now in (100.0, 103.999, 104.0, 1e9):
        states.append(lock.state())
    assert states == [LockState.OPEN, LockState.OPEN, LockState.LOCKED, LockState.LOCKED]
    assert lock.events == (LockEvent(100.0, LockState.OPEN, 4.0, "match"),)


def test_it_is_locked_before_its_time(lock: LogLock, clock: Clock) -> None:
    lock.open(4.0, "match")
    clock.now = 101.0
    lock.close()
    lock.close()
    assert lock.state() is LockState.LOCKED
    assert [(e.at, e.state) for e in lock.events] == [
        (100.0, LockState.OPEN),
        (101.0, LockState.LOCKED),
    ]


def test_openings_do_not_add_up(lock: LogLock, clock: Clock) -> None:
    lock.open(30.0, "match")
    clock.now = 101.0
    lock.open(4.0, "match")
    clock.now = 105.0
    assert lock.state() is LockState.LOCKED


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf, LONGEST_OPEN_S + 0.01])
def test_a_wrong_time_locks_even_an_open_door(lock: LogLock, seconds: float) -> None:
    lock.open(4.0, "match")
    with pytest.raises(LockError, match=r"door\.open_s"):
        lock.open(seconds, "match")
    assert lock.state() is LockState.LOCKED


def test_a_broken_clock_leaves_it_locked() -> None:
    answers = iter([100.0])
    lock = LogLock(lambda: next(answers, math.nan))
    lock.open(4.0, "match")
    assert lock.state() is LockState.LOCKED  # NaN is never before the end


@given(
    st.lists(
        st.tuples(st.sampled_from(["open", "close", "wait"]), st.floats(0.01, LONGEST_OPEN_S)),
        max_size=30,
    )
)
def test_it_is_open_only_within_the_latest_opening(steps: list[tuple[str, float]]) -> None:
    clock = Clock()
    lock = LogLock(clock)
    until = -math.inf
    for step, seconds in steps:
        if step == "open":
            lock.open(seconds, "match")
            until = clock.now + seconds
        elif step == "close":
            lock.close()
            until = -math.inf
        else:
            clock.now += seconds
        assert (lock.state() is LockState.OPEN) == (clock.now < until)


def test_it_forgets_its_oldest_events(lock: LogLock) -> None:
    for n in range(REMEMBERED + 5):
        lock.open(1.0, str(n))
    assert len(lock.events) == REMEMBERED and lock.events[0].reason == "5"


def test_drivers_by_name(clock: Clock) -> None:
    lock: Driver = make_driver(Config(), clock)
    lock.check()
    lock.open(1.0, "match")
    clock.now += 1.0
    assert lock.state() is LockState.LOCKED and lock.inputs() == {}
    with pytest.raises(LockError, match=r"set door\.lock to one of log"):
        make_driver(named("magnet"))


def named(name: str) -> Config:
    return replace(Config(), door=replace(Config().door, lock=name))


@pytest.mark.parametrize(
    ("name", "package"), [("gpio", "gpiozero"), ("serial", "pyserial"), ("mqtt", "paho-mqtt")]
)
def test_a_missing_package_is_one_sentence_that_says_what_to_install(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("gpiozero", "serial", "paho.mqtt.client"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        LockError,
        match=rf"needs the package {package}; install it with: pip install 'munjigi\[{name}\]'",
    ):
        make_driver(named(name))


def test_settings_are_known_without_loading_what_a_driver_needs() -> None:
    code = (
        "import sys; from kiosk.app.bootstrap.config_factory import default_config;"
        "from kiosk.access.drivers import make_driver; make_driver(default_config());"
        "print({'gpiozero', 'serial', 'paho', 'ssl', 'http.client'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "set()"
