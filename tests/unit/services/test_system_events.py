"""Audit entries of the kiosk itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.errors import StorageError
from kiosk.services.system_events import CLOCK_JUMP_S, SystemEvents

MORNING = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)


class Audit:
    def __init__(self) -> None:
        self.rows: list[tuple[str, str, Mapping[str, object]]] = []

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        self.rows.append((event, actor, detail))

    @property
    def events(self) -> list[str]:
        return [row[0] for row in self.rows]


class Memory(dict):
    def set(self, key: str, value: object) -> None:
        self[key] = value


class World:
    """A wall clock and a monotonic clock that the test sets."""

    def __init__(self) -> None:
        self.now = MORNING
        self.steady = 100.0
        self.audit = Audit()
        self.memory = Memory()
        self.events = self.restarted()

    def restarted(self) -> SystemEvents:
        return SystemEvents(self.audit, self.memory, lambda: self.now, lambda: self.steady)

    def passes(self, seconds: float, jump: float = 0.0) -> None:
        self.steady += seconds
        self.now += timedelta(seconds=seconds + jump)


@pytest.fixture
def world() -> World:
    return World()


def test_start_records_whether_the_last_stop_was_orderly(world: World) -> None:
    world.events.started("0.1", {}, None)
    world.events.stopped()
    world.events.started("0.1", {}, None)
    world.restarted().started("0.1", {}, None)  # killed meanwhile
    afters = [detail["after"] for event, _, detail in world.audit.rows if event == "started"]
    assert afters == ["a stop in order", "a stop in order", "a stop that was not in order"]
    assert {actor for _, actor, _ in world.audit.rows} == {"system"}


def test_passwords_stored_by_older_versions_are_not_recorded(world: World) -> None:
    world.memory.set("diary.settings", {"camera.source": "rtsp://admin:secret@10.0.0.2/live"})
    world.events.started("0.2", {"camera.source": "rtsp://***@10.0.0.2/live"}, None)
    assert world.audit.events == ["started"] and "secret" not in str(world.memory)


def test_a_renamed_setting_is_no_change(world: World) -> None:
    renamed = {"ui.low": "ui.low_controls"}
    world.memory.set("diary.settings", {"ui.low": "False", "door.open_s": "4.0 s"})
    now = {"ui.low_controls": "False", "door.open_s": "4.0 s"}
    world.events.started("0.2", now, None, renamed)
    assert world.audit.events == ["started"]
    world.events.started("0.2", now | {"ui.low_controls": "True"}, None, renamed)
    assert world.audit.rows[-1][2] == {"ui.low_controls": "False → True"}


def test_changed_settings_are_recorded_with_both_values(world: World) -> None:
    world.events.started("0.1", {"door.open_s": "4.0 s", "ui.theme": "dark"}, None)
    world.events.started("0.1", {"door.open_s": "9.0 s", "ui.theme": "dark", "door.new": "1"}, None)
    world.events.started("0.1", {"door.open_s": "9.0 s", "ui.theme": "dark", "door.new": "1"}, None)
    [changed] = [detail for event, _, detail in world.audit.rows if event == "settings_changed"]
    assert changed == {"door.open_s": "4.0 s → 9.0 s", "door.new": "- → 1"}


def test_start_records_a_clock_behind_the_log(world: World) -> None:
    world.events.started("0.1", {}, MORNING + timedelta(seconds=1))
    world.events.started("0.1", {}, MORNING + timedelta(hours=1))
    assert world.audit.events.count("clock_behind") == 1


def test_threshold_is_recorded_when_it_changes(world: World) -> None:
    for distance in (0.5, 0.5, 0.4):
        world.events.threshold(distance, 3)
    world.restarted().threshold(0.4, 3)
    assert [detail["to"] for _, _, detail in world.audit.rows] == [0.5, 0.4]


def test_a_webcam_that_is_opened_again_is_recorded_with_both_names(world: World) -> None:
    for title in ("Webcam", "Webcam", "Other camera"):
        world.events.camera_opened(title)
    assert [(event, detail) for event, _, detail in world.audit.rows] == [
        ("camera_reopened", {"from": "Webcam", "to": "Webcam"}),
        ("camera_reopened", {"from": "Webcam", "to": "Other camera"}),
    ]


@given(
    st.lists(
        st.tuples(st.floats(0.1, 100), st.one_of(st.just(0.0), st.floats(-1e6, 1e6))), max_size=6
    )
)
def test_only_clock_jumps_are_recorded(steps: list[tuple[float, float]]) -> None:
    world = World()
    for seconds, jump in steps:
        before = len(world.audit.rows)
        world.passes(seconds, jump)
        world.events.tick()
        recorded = world.audit.rows[before:]
        if abs(jump) >= CLOCK_JUMP_S + 0.001:
            [(event, _, detail)] = recorded
            assert event == "clock_changed" and detail["seconds"] == pytest.approx(jump, abs=0.1)
        elif abs(jump) <= CLOCK_JUMP_S - 0.001:
            assert recorded == []


def test_failing_audit_log_raises_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def full() -> None:
        raise StorageError("The disk is full.")

    world.events.quietly(full)
    assert "The disk is full" in caplog.text
