"""Watchdog: stalls are seen within 5 s, and restarted at most 5 times a minute."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.services.systemd_notify import Notifier
from kiosk.services.watchdog import LIMIT_S, MAX_RESTARTS, RESTART_WINDOW_S, Watchdog
from tests.helpers.fakes import FakeClock


class World:
    def __init__(self, earlier: tuple[float, ...] = ()) -> None:
        self.clock = FakeClock()
        self.restarted: list[tuple[str, float]] = []
        self.given_up: list[str] = []
        self.waits = False
        self.dog = Watchdog(self.clock, self.given_up.append, earlier)
        for name in ("camera", "inference", "ui"):
            self.dog.add(
                name,
                lambda name=name: self.restarted.append((name, self.clock.now)),
                lambda name=name: self.waits and name == "inference",
            )

    def pass_time(
        self, seconds: float, alive: tuple[str, ...] = ("camera", "inference", "ui")
    ) -> None:
        """Advance the clock in steps of half a second, like the thread."""
        for _ in range(round(seconds * 2)):
            self.clock.advance(0.5)
            for name in alive:
                self.dog.beat(name)
            self.dog.check()


@pytest.fixture
def world() -> World:
    return World()


def test_living_parts_are_not_restarted(world: World) -> None:
    world.pass_time(600)
    assert world.restarted == [] and world.given_up == []


@pytest.mark.parametrize("part", ["camera", "inference", "ui"])
def test_stalled_part_is_restarted_within_five_seconds(world: World, part: str) -> None:
    began = world.clock.now
    world.pass_time(5, tuple({"camera", "inference", "ui"} - {part}))
    [(name, at)] = world.restarted
    assert name == part and at - began <= 5
    world.pass_time(60)
    assert len(world.restarted) == 1


def test_time_in_which_the_process_stood_still_does_not_count(world: World) -> None:
    world.clock.advance(3600)
    world.dog.beat("ui")
    world.dog.excuse(3600)
    assert world.dog.check() == []
    world.pass_time(5, ())
    assert [name for name, _ in world.restarted] == ["camera", "inference", "ui"]


def test_gives_up_after_five_restarts_in_a_minute(world: World) -> None:
    world.pass_time(120, ("inference", "ui"))
    assert (
        len(world.restarted) == MAX_RESTARTS and world.given_up == ["camera"] and world.dog.given_up
    )
    assert world.restarted[-1][1] - world.restarted[0][1] <= RESTART_WINDOW_S


def test_the_log_names_the_part_and_its_silence_before_it_is_restarted(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    world.dog.add("screen", lambda: said.extend(caplog.messages))
    world.pass_time(5)
    assert said == ["screen has not responded for 5.0 s; restarting"], "a restart ends the process"


def test_the_log_names_a_part_that_is_given_up_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.pass_time(600, ("inference", "ui"))
    last = caplog.messages[-1]
    assert len(caplog.messages) == MAX_RESTARTS + 1
    assert last.startswith("camera has not responded for ") and last.endswith("too often")


def test_old_restarts_do_not_count(world: World) -> None:
    for _ in range(20):
        world.pass_time(5, ("inference", "ui"))
        world.pass_time(30)
    assert len(world.restarted) == 20 and not world.dog.given_up


def test_restarts_before_this_start_count() -> None:
    world = World(tuple(100.0 - n for n in range(MAX_RESTARTS, 0, -1)))
    world.pass_time(6, ("camera", "inference"))
    assert world.restarted == [] and world.given_up == ["ui"]
    assert World((1.0, 2.0)).dog.restarts() == []


def test_part_that_may_be_silent_is_not_stalled(world: World) -> None:
    world.waits = True
    world.pass_time(30, ("camera", "ui"))
    assert world.restarted == []
    world.waits = False
    world.pass_time(1, ("camera", "ui"))
    assert [name for name, _ in world.restarted] == ["inference"]


def test_grace_extends_the_deadline(world: World) -> None:
    world.dog.beat("inference", grace_s=60)
    world.pass_time(60, ("camera", "ui"))
    assert world.restarted == []
    world.pass_time(10, ("camera", "ui"))
    assert len(world.restarted) == 1


@given(st.lists(st.sampled_from(["", "camera", "ui", "inference"]), max_size=60))
def test_at_most_five_restarts_in_any_minute(stalls: list[str]) -> None:
    world = World()
    for stalled in stalls:
        world.pass_time(6, tuple({"camera", "inference", "ui"} - {stalled}))
    times = [at for _, at in world.restarted]
    assert all(
        sum(at <= other <= at + RESTART_WINDOW_S for other in times) <= MAX_RESTARTS for at in times
    )
    assert LIMIT_S < 5


def test_systemd_is_notified(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        notifier.ready()
        notifier.alive("the door waits")
        notifier.alive()
        notifier.stopping()
        assert [listener.recv(200).decode() for _ in range(4)] == [
            "READY=1",
            "WATCHDOG=1\nSTATUS=the door waits",
            "WATCHDOG=1",
            "STOPPING=1",
        ]
    notifier.alive()  # nobody listens any more: no error
    assert notifier.enabled and not Notifier({}).enabled
    Notifier({}).ready()


def test_abstract_sockets_are_supported() -> None:
    name = "munjigi-test-notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert listener.recv(100) == b"READY=1"
