"""The door's events reach the audit log in order, and the door never waits."""

from __future__ import annotations

import logging
import threading

import pytest

from kiosk.core.errors import StorageError
from kiosk.services.audit_writer import QUEUE_SIZE, RECENT, AuditWriter
from tests.helpers.access import MemoryAudit
from tests.helpers.door import NOW


def test_events_are_recorded_in_order():
    audit = MemoryAudit()
    journal = AuditWriter(audit, lambda: NOW)
    for number in range(50):
        journal.record("door_opened", "door", {"number": number})
    journal.close()
    assert [detail["number"] for _, _, detail in audit.records] == list(range(50))
    assert journal.recent == ((NOW, "door_opened"),) * RECENT


def test_hanging_or_failing_database_does_not_block_the_door(caplog: pytest.LogCaptureFixture):
    free = threading.Event()

    class Hanging(MemoryAudit):
        def record(self, event: str, actor: str, detail: object) -> None:
            free.wait(10)
            raise StorageError("The disk is full.")

    journal = AuditWriter(Hanging(), lambda: NOW)
    with caplog.at_level(logging.WARNING):
        for _ in range(QUEUE_SIZE + 5):
            journal.record("door_forced", "door", {})
        free.set()
        journal.close()
    said = [record.message for record in caplog.records]
    assert sum("door: door_forced" in line for line in said) == QUEUE_SIZE + 5, (
        "each stands in the program's log"
    )
    assert any("does not keep up" in line for line in said) and any(
        "The disk is full" in line for line in said
    )
