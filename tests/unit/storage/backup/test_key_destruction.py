"""A person's key is destroyed in every backup: damaged ones, former folders, disks by turns."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.core import paths
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.core.reports import Unreached
from kiosk.storage.backup import backup_file
from kiosk.storage.backup.backup_file import FACE_GONE, GONE
from kiosk.storage.backup.backup_folders import BackupFolders
from kiosk.storage.backup.backup_job import BackupJob
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.backup.recovery_code import key_of
from kiosk.storage.crypto.key_rotation import finish, rotate
from kiosk.storage.crypto.key_store import FileKeys
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, template


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return tmp_path / "disk" / "backups"


def opened(path: Path, folder: Path | None = None) -> Store:
    return Store.open(path, backups=folder).using(lambda: MORNING)


@pytest.fixture
def backup(path: Path, disk: Path) -> Path:
    """A backup of two people in a folder that is then no longer configured."""
    with opened(path, disk) as store:
        for number in (1, 2):
            store.people.add_with_templates(
                Person(f"2026-{number}", "이산", consented_at=MORNING), [template(number)]
            )
        return store.backups.make("x", MORNING - timedelta(hours=1))


def key_in(path: Path, backup: Path, person: int) -> bytes:
    backups = Backups(path, Vault(FileKeys(paths.keys_dir(path.parent))))
    return backup_file.person_keys(backup, backups.content_key(backup))[person]


def job(store: Store) -> BackupJob:
    return BackupJob(store, every=timedelta(hours=24), keep=9, set_aside=timedelta(days=90))


@pytest.mark.parametrize("mark", [GONE, FACE_GONE])
def test_deletions_reach_a_former_folder(path: Path, backup: Path, mark: bytes) -> None:
    with opened(path) as store:
        receipt = store.people.delete(1) if mark == GONE else store.people.withdraw(1)
    assert key_in(path, backup, 1) == mark and key_in(path, backup, 2) != mark
    assert receipt.unreached == ()
    assert receipt.document["statement"]["destroyed"]["keys_in_backups"] == 1


def test_a_disk_that_is_away_is_named_and_cleaned_when_it_is_back(
    path: Path, backup: Path, disk: Path, tmp_path: Path
) -> None:
    shutil.move(disk, tmp_path / "drawer")
    with opened(path) as store:
        receipt = store.people.delete(1)
        assert receipt.unreached == (Unreached(str(disk), "missing"),)
        shutil.move(tmp_path / "drawer", disk)
        assert key_in(path, backup, 1) not in (GONE, FACE_GONE)
        job(store).back_up(MORNING, "x", "system")
    assert key_in(path, backup, 1) == GONE


def test_the_configured_disk_may_be_away_too(
    path: Path, backup: Path, disk: Path, tmp_path: Path
) -> None:
    """Nothing is created where it was: that would hide what is on it."""
    shutil.move(disk, tmp_path / "drawer")
    with opened(path, disk) as store:
        assert store.people.delete(1).unreached == (Unreached(str(disk), "missing"),)
    assert not disk.exists()


def test_two_disks_by_turns_at_one_path_are_told_apart(
    path: Path, backup: Path, disk: Path, tmp_path: Path
) -> None:
    shutil.move(disk, tmp_path / "first")
    with opened(path, disk) as store:
        store.backups.make("second", MORNING)
        receipt = store.people.delete(1)
        assert receipt.unreached == (Unreached(str(disk), "missing"),)
        assert receipt.document["statement"]["destroyed"]["keys_in_backups"] == 1


def test_a_former_folder_that_refuses_is_named(
    path: Path, backup: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def refused(self: Path, mode: str = "r", *rest: object, **named: object) -> object:
        if self == backup and "+" in mode:
            raise PermissionError(13, "Permission denied")
        return real(self, mode, *rest, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    with opened(path) as store:
        assert store.people.delete(1).unreached == (Unreached(str(disk), "refused"),)
        old, _, changed = rotate(store)
        assert changed == 0 and store.vault.store.get(f"master-{old}") is not None


def flipped(backup: Path, at: int) -> None:
    raw = bytearray(backup.read_bytes())
    raw[at] ^= 1
    backup.write_bytes(raw)


@pytest.mark.parametrize("where", ["magic", "length", "header", "id", "slot"])
def test_no_flipped_bit_keeps_a_key(path: Path, backup: Path, disk: Path, where: str) -> None:
    about = backup_file.header(backup)
    flipped(
        backup,
        {
            "magic": 3,
            "length": len(backup_file.MAGIC) + 3,
            "header": len(backup_file.MAGIC) + 6,
            "id": about.records_offset + 7,
            "slot": about.offset + 20,
        }[where],
    )
    with opened(path, disk) as store:
        destroyed = store.people.delete(1).document["statement"]["destroyed"]
    if where == "slot":  # the record is found by its id, and the recovery code may open the rest
        assert destroyed["keys_in_backups"] == 1
    else:
        assert destroyed["damaged_backups"] == 1 and not backup.exists()


def test_a_backup_that_no_key_opens_is_named_unless_the_person_is_in_it(
    path: Path, backup: Path, disk: Path
) -> None:
    flipped(backup, backup_file.header(backup).offset + 20)
    with opened(path, disk) as store:
        later = store.people.add_with_templates(Person("3", "나중"), [template(3)])
        receipt = store.people.delete(later.id or 0)
    assert receipt.unreached == (Unreached(backup.name, "other_key"),) and backup.exists()


def test_a_damaged_backup_that_an_older_program_moved_aside_is_destroyed(
    path: Path, backup: Path, disk: Path
) -> None:
    flipped(backup, 3)
    aside = backup.rename(backup.with_name(f"{backup.name}.damaged"))
    with opened(path, disk) as store:
        assert [place.why for place in store.backups.damaged()] == ["damaged"]
        store.people.delete(1)
    assert not aside.exists()


def test_another_master_key_reaches_a_former_folder(path: Path, backup: Path) -> None:
    with opened(path) as store:
        old, _, changed = rotate(store)
        assert changed == 1 and store.vault.store.get(f"master-{old}") is None
    assert len(key_in(path, backup, 1)) == 32


def test_a_replaced_master_key_is_kept_until_the_disk_is_back_or_forgotten(
    path: Path, backup: Path, disk: Path, tmp_path: Path
) -> None:
    shutil.move(disk, tmp_path / "drawer")
    with opened(path) as store:
        old, _, changed = rotate(store)
        assert changed == 0 and store.vault.store.get(f"master-{old}") is not None
        shutil.move(tmp_path / "drawer", disk)
        assert finish(store) == 1 and store.vault.store.get(f"master-{old}") is None
        older, _, _ = rotate(store)
        assert store.vault.store.get(f"master-{older}") is None
        shutil.move(disk, tmp_path / "drawer")
        newer, _, _ = rotate(store)
        store.backups.forget(str(disk))
        finish(store)
        assert store.vault.store.get(f"master-{newer}") is None
        assert store.backups.missing() == []
        with pytest.raises(StorageError, match="No missing folder"):
            store.backups.forget(str(disk))


def test_a_new_recovery_code_reaches_former_folders_now_or_when_they_are_back(
    path: Path, backup: Path, disk: Path, tmp_path: Path
) -> None:
    with opened(path) as store:
        code = job(store).new_recovery_code(MORNING, "관리자")
        assert backup_file.content_key(backup, "recovery", key_of(code))
        shutil.move(disk, tmp_path / "drawer")
        newer = job(store).new_recovery_code(MORNING, "관리자")
        shutil.move(tmp_path / "drawer", disk)
        job(store).back_up(MORNING, "x", "system")
        assert backup_file.content_key(backup, "recovery", key_of(newer))
        with pytest.raises(StorageError, match="does not open"):
            backup_file.content_key(backup, "recovery", key_of(code))


def test_a_list_of_folders_that_cannot_be_read_is_written_anew(path: Path, backup: Path) -> None:
    paths.backup_folders_file(path.parent).write_text("[{")
    assert BackupFolders(path.parent).known() == []
    with opened(path) as store:
        store.backups.make("x", MORNING)
    assert len(BackupFolders(path.parent).known()) == 1
