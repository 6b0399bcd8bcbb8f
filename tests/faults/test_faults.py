"""The short version of ``make faults``: each fault of the storage once, in real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import camera_trial
from tests.faults.camera_trial import NeverHappened, ScriptRunner, Wait
from tests.faults.harness import Fault, line, run
from tests.faults.soak import door


def test_no_fault_loses_a_row_or_lets_somebody_in() -> None:
    reported: list[Fault] = []
    found = run(5, True, reported.append)
    assert found == reported and len(found) == 13
    assert [line(fault) for fault in found if not fault.passed] == []
    assert all(fault.tried for fault in found if not fault.note.startswith("not tried"))


def test_a_fault_that_loses_something_does_not_pass() -> None:
    assert Fault("x", 1, 0, 0, 0.1).passed
    for bad in (
        Fault("x", 1, 1, 0, 0.1),
        Fault("x", 1, 0, 1, 0.1),
        Fault("x", 1, 0, 0, -1.0),
        Fault("x", 1, 0, 0, 0.1, "! wrong"),
    ):
        assert not bad.passed and line(bad).startswith("FAIL")


def test_an_event_that_never_happens_ends_the_camera_trial(
    qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_trial, "PATIENCE_S", -1.0)
    monkeypatch.setattr(ScriptRunner, "_quit", lambda runner: runner._timer.stop())

    def script() -> Iterator[Wait]:
        yield Wait("the first event", lambda: True)
        yield Wait("an accepted visit", lambda: False)

    runner = ScriptRunner(script())
    for _ in range(3):
        runner._advance()
    assert isinstance(runner.error, NeverHappened) and str(runner.error) == "an accepted visit"


def test_many_people_leave_memory_and_files_as_they_were(tmp_path: Path) -> None:
    soak = door(tmp_path, 400)
    assert soak.flat and soak.people == 400, soak
