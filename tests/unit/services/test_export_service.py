"""Exports: recorded before they begin, and named after table and time."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.core.decisions import LogFilter, Outcome
from kiosk.core.errors import StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.core.rights import Operator
from kiosk.services.export_service import ExportService, free_name
from tests.helpers.door import NOW

ADMIN = Account("관리자", AccountRole.ADMIN)


class Room:
    """Audit log and writer that record the calls in order."""

    def __init__(self, *, broken: bool = False) -> None:
        self.events: list[tuple[object, ...]] = []
        self.broken = broken
        self.service = ExportService(self, self.write, lambda: NOW)

    def record(self, event: str, actor: str, detail: dict[str, object]) -> None:
        if self.broken:
            raise StorageError("The audit log cannot be written.")
        self.events.append((event, actor, detail))

    def write(self, wanted, path, kind, progress, cancelled, *, what) -> int:
        progress(3, 3)
        self.events.append(("written", path, kind, what, cancelled()))
        return 3


@pytest.mark.parametrize("actor", [ADMIN, Operator("command:root")])
def test_an_export_is_recorded_with_its_filter_before_it_begins(actor):
    room = Room()
    seen = []
    wanted = LogFilter(text="길동", outcome=Outcome.ACCEPT)
    rows = room.service.export(
        actor, "log", wanted, "csv", Path("x.csv"), lambda *now: seen.append(now), lambda: True
    )
    assert rows == 3 and seen == [(3, 3)]
    detail = {"kind": "csv", "table": "log", "text": "길동", "outcome": "ACCEPT"}
    assert room.events == [
        ("log_exported", actor.name, detail),
        ("written", Path("x.csv"), "csv", "log", True),
    ]


def test_an_export_that_cannot_be_recorded_is_not_made():
    room = Room(broken=True)
    with pytest.raises(StorageError):
        room.service.export(ADMIN, "log", LogFilter(), "csv", Path("x.csv"))
    assert room.events == []


def test_an_export_into_a_folder_never_replaces_another(tmp_path):
    room = Room()
    first = room.service.export_into(ADMIN, "actions", LogFilter(), "xlsx", tmp_path)
    assert first.name == f"actions-{NOW:%Y%m%d-%H%M%S}.xlsx"
    first.touch()
    second = room.service.export_into(ADMIN, "actions", LogFilter(), "xlsx", tmp_path)
    assert second.name == f"actions-{NOW:%Y%m%d-%H%M%S}-2.xlsx"
    second.touch()
    assert free_name(first).stem.endswith("-3")
