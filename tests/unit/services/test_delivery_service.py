"""Handing out exported files: which are offered, and what is recorded first."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from kiosk.core.errors import SignInError, StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.core.sticks import HandOut, Parcel, Stick
from kiosk.services.delivery_service import MOST_PARCELS, DeliveryService, exported, parcel_of

ADMIN = Account("관리자", AccountRole.ADMIN, id=1)
STAFF = Account("김조교", AccountRole.STAFF, id=2)
STICK = Stick("sdb1", "LAB")


class Sticks:
    """Records what happened; stands in for the sticks and the audit log."""

    def __init__(self) -> None:
        self.happened: list[object] = []

    def find(self) -> list[Stick]:
        return [STICK]

    def write(self, device: str, files: Sequence[HandOut], *_: object) -> tuple[str, ...]:
        self.happened.append(("write", device, [file.name for file in files]))
        return tuple(file.name for file in files)

    def release(self, device: str) -> None:
        self.happened.append(("release", device))

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        self.happened.append((event, actor, dict(detail)))


def test_an_export_goes_with_its_proof_once_that_is_recorded(tmp_path: Path):
    log = tmp_path / "access-log.csv"
    for file in (log, tmp_path / "access-log.csv.proof"):
        file.write_text("x")
    sticks = Sticks()
    service = DeliveryService(sticks, sticks, tmp_path)
    assert service.sticks(ADMIN) == [STICK]
    names = ["access-log.csv", "access-log.csv.proof"]
    assert service.write(ADMIN, parcel_of(log), STICK) == tuple(names)
    service.release(ADMIN, STICK)
    assert sticks.happened == [
        ("files_to_stick", "관리자", {"files": names, "stick": "LAB"}),
        ("write", "sdb1", names),
        ("release", "sdb1"),
    ]


def test_staff_take_nothing_along(tmp_path: Path):
    sticks = Sticks()
    service = DeliveryService(sticks, sticks, tmp_path)
    parcel = Parcel("x", ())
    for call in (
        lambda: service.parcels(STAFF),
        lambda: service.sticks(STAFF),
        lambda: service.write(STAFF, parcel, STICK),
        lambda: service.release(STAFF, STICK),
    ):
        with pytest.raises(SignInError):
            call()
    assert sticks.happened == []


def test_a_file_that_is_gone_is_not_recorded_as_handed_out(tmp_path: Path):
    sticks = Sticks()
    service = DeliveryService(sticks, sticks, tmp_path)
    with pytest.raises(StorageError) as failed:
        service.write(ADMIN, parcel_of(tmp_path / "gone.csv"), STICK)
    assert failed.value.key == "error.stick_no_file" and sticks.happened == []


def test_finished_exports_are_listed_newest_first(tmp_path: Path):
    assert exported(tmp_path / "none") == []
    for age, name in enumerate(("new.csv", "old.json", ".unfinished.part", "new.csv.proof")):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert [(p.title, [f.name for f in p.files]) for p, _ in exported(tmp_path)] == [
        ("new.csv", ["new.csv", "new.csv.proof"]),
        ("old.json", ["old.json"]),
    ]
    for number in range(MOST_PARCELS + 5):
        (tmp_path / f"many-{number}").write_text("")
    assert len(exported(tmp_path)) == MOST_PARCELS
