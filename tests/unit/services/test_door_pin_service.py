"""Setting PINs for the door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.errors import SignInError, StorageError
from kiosk.core.people import Account, AccountRole, Person
from kiosk.services.door_pin_service import DoorPinService
from tests.helpers.door import MemoryPeople, MemoryPins

STAFF = Account("조교", AccountRole.STAFF)
ADMIN = Account("관리자", AccountRole.ADMIN)


class Bench:
    """The service with one enrolled person; records audit entries, or fails if ``broken``."""

    def __init__(self) -> None:
        self.people = MemoryPeople()
        self.people.add_with_templates(Person("2026-1", "이산"), ())
        self.pins = MemoryPins(self.people)
        self.recorded: list[tuple[str, str, dict[str, object]]] = []
        self.broken = False
        self.service = DoorPinService(self.people, self.pins, self, self)

    def names_of(self, person_id: int) -> list[tuple[str, float]]:
        return [("이솔", 0.1)] if person_id == 1 else []

    def record(self, event: str, actor: str, detail: dict[str, object]) -> None:
        if self.broken:
            raise StorageError("The trail cannot be written.")
        self.recorded.append((event, actor, dict(detail)))


def test_staff_set_a_first_pin_and_only_administrators_replace_it():
    bench = Bench()
    bench.service.set_pin(STAFF, 1, "482915")
    with pytest.raises(SignInError) as caught:
        bench.service.set_pin(STAFF, 1, "739164")
    assert caught.value.key == "error.admin_only" and bench.pins.matches(1, "482915")
    bench.service.set_pin(ADMIN, 1, "739164")
    assert bench.pins.matches(1, "739164")
    assert [(event, actor, detail["replaced"]) for event, actor, detail in bench.recorded] == [
        ("door_pin.set", "조교", False),
        ("door_pin.set", "관리자", True),
    ]
    assert not any("482915" in str(row) or "739164" in str(row) for row in bench.recorded), (
        "no PIN is ever recorded"
    )


def test_unknown_actor_or_person_changes_nothing():
    bench = Bench()
    with pytest.raises(SignInError):
        bench.service.set_pin(replace(STAFF, enabled=False), 1, "482915")
    with pytest.raises(StorageError):
        bench.service.set_pin(ADMIN, 9, "482915")
    assert bench.recorded == [] and bench.pins.pins == {}


def test_pin_that_cannot_be_recorded_is_not_set():
    bench = Bench()
    bench.broken = True
    with pytest.raises(StorageError):
        bench.service.set_pin(ADMIN, 1, "482915")
    assert bench.pins.pins == {}


def test_look_alikes_are_returned():
    assert Bench().service.look_alikes(STAFF, 1) == [("이솔", 0.1)]
