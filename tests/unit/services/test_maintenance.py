"""Maintenance tasks: a failing one does not stop the others."""

from __future__ import annotations

from datetime import UTC, datetime

from kiosk.core.errors import StorageError
from kiosk.services.maintenance import MaintenanceTask, run_due

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_failing_task_does_not_stop_the_others(caplog):
    done: list[str] = []

    def broken(now: datetime) -> None:
        raise StorageError("The disk is full.")

    chores = [
        MaintenanceTask("a", lambda now: True, lambda now: done.append("a")),
        MaintenanceTask("broken", lambda now: True, broken),
        MaintenanceTask("not due", lambda now: False, lambda now: done.append("not due")),
        MaintenanceTask("defect", lambda now: True, lambda now: 1 / 0),
        MaintenanceTask("b", lambda now: True, lambda now: done.append("b")),
    ]
    assert run_due(chores, NOW) == ["broken", "defect"] and done == ["a", "b"]
    assert "The disk is full" in caplog.text and "ZeroDivisionError" in caplog.text


def test_no_task_starts_while_stopping():
    done: list[str] = []
    chores = [MaintenanceTask("a", lambda now: True, lambda now: done.append("a"))] * 2
    assert run_due(chores, NOW, lambda: bool(done)) == [] and done == ["a"]
