"""Copies and deletions of a person's data: recorded, named, and followed by the gallery."""

from __future__ import annotations

import pytest

from kiosk.core.consent import ConsentKind
from kiosk.core.errors import StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.services.own_data_service import OwnDataService

ADMIN = Account("관리자", AccountRole.ADMIN)


class Room:
    """Stands in for every store and records the calls in order."""

    def __init__(self, *, broken: bool = False) -> None:
        self.events: list[tuple[object, ...]] = []
        self.broken = broken
        self.service = OwnDataService(
            self, self, self.collect, lambda who: self.events.append(("gallery", who))
        )

    def _note(self, *event: object) -> None:
        if self.broken:
            raise StorageError("The database is full.")
        self.events.append(event)

    def record(self, event: str, actor: str, detail: dict[str, object]) -> None:
        self._note(event, actor, detail)

    def collect(self, person_id: int) -> dict[str, object]:
        self._note("collected", person_id)
        return {"person": {"id": person_id}}

    def delete(self, person_id: int, by: str, because: str = "") -> str:
        self._note("delete", person_id, by, *filter(None, [because]))
        return "receipt"

    def withdraw_other(self, person_id: int, kind: ConsentKind, by: str) -> None:
        self._note("withdraw_other", person_id, kind, by)

    def withdraw(self, person_id: int, by: str) -> str:
        self._note("withdraw", person_id, by)
        return "receipt"


def test_a_copy_is_recorded_before_it_is_collected():
    room = Room()
    assert room.service.export(ADMIN, 7) == {"person": {"id": 7}}
    assert room.events == [
        ("own_data_exported", ADMIN.name, {"person": 7}),
        ("collected", 7),
    ]
    broken = Room(broken=True)
    with pytest.raises(StorageError):
        broken.service.export(ADMIN, 7)
    assert broken.events == []


def test_the_gallery_follows_a_deletion_and_a_withdrawal():
    room = Room()
    assert room.service.delete(ADMIN, 7) == room.service.withdraw_consent(ADMIN, 8) == "receipt"
    assert room.events == [
        ("delete", 7, ADMIN.name),
        ("gallery", 7),
        ("withdraw", 8, ADMIN.name),
        ("gallery", 8),
    ]


def test_each_consent_is_withdrawn_apart():
    room = Room()
    assert room.service.withdraw_consent(ADMIN, 7, ConsentKind.PERSONAL) == "receipt"
    room.service.withdraw_attendance(ADMIN, 8)
    assert room.events == [
        ("delete", 7, ADMIN.name, "consent_withdrawn"),
        ("gallery", 7),
        ("withdraw_other", 8, ConsentKind.ATTENDANCE, ADMIN.name),
    ]


def test_the_gallery_is_read_again_even_after_a_failed_deletion():
    room = Room(broken=True)
    for act in (room.service.delete, room.service.withdraw_consent):
        with pytest.raises(StorageError):
            act(ADMIN, 7)
    assert room.events == [("gallery", 7), ("gallery", 7)]
