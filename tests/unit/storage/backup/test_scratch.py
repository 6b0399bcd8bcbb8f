"""Unencrypted databases exist only in the data folder, and only while they are used."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.core import paths
from kiosk.core.errors import StorageError
from kiosk.storage.backup import backup_file, carried_secrets
from kiosk.storage.backup.scratch import PREFIX, clear_left_behind, scratch_folder
from kiosk.storage.crypto.badge_secret import badge_secret
from kiosk.storage.crypto.key_store import new_key
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, opened


def test_a_folder_is_private_and_deleted_when_it_is_no_longer_used(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "data") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "copy.db").write_bytes(b"plain")
        assert clear_left_behind(folder.parent) == [folder], "another process would delete it"
        assert (folder / "copy.db").exists()
    assert not folder.exists() and folder.parent.exists()


def test_what_was_left_behind_goes_at_the_next_start(path: Path) -> None:
    data, disk = path.parent, path.parent.parent / "disk"
    disk.mkdir(parents=True)
    (disk / ".lock").touch()
    kept = disk / "kept"
    kept.write_bytes(b"another program's")
    lost = [
        data / f"{PREFIX}0" / "copy.db",
        data / ".offer.x" / "offer.db",
        data / "0.unpacked",
        data / "0.unpacked-journal",
        disk / "572c29f7.part",
        disk / "572c29f7.part-journal",
        disk / ".munjigi-x.mjb.12.part",
    ]
    for file in lost:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"plain")
    Store.open(path, backups=disk).close()
    assert not [file for file in lost if file.exists()] and kept.exists()
    assert not list(data.glob(f"{PREFIX}*")) and not (data / ".offer.x").exists()


def test_a_link_among_what_was_left_behind_leads_nowhere(path: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    target = tmp_path / "other" / "file"
    target.write_bytes(b"kept")
    path.parent.mkdir()
    for link, to in (("0.unpacked", target), (".offer.x", target.parent)):
        (path.parent / link).symlink_to(to)
    clear_left_behind(path.parent)
    assert target.read_bytes() == b"kept" and list(path.parent.iterdir()) == []


def test_a_backup_is_written_without_any_plain_file_on_its_disk(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = backup_file.write

    def looking(target: Path, *values: object, **named: object) -> None:
        seen.extend(file.name for file in target.parent.iterdir())
        real(target, *values, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(backup_file, "write", looking)
    store.backups.make("x", MORNING)
    assert seen == [".lock"]


def test_the_badge_secret_is_sealed_inside_a_backup(store: Store, path: Path) -> None:
    secret = badge_secret(store, paths.badge_key(path.parent))
    with opened(store.backups.make("x", MORNING), path) as inside:
        assert not any(secret in line.encode() for line in inside.iterdump())
        assert secret.hex() not in "".join(inside.iterdump()).lower()


@pytest.fixture
def inside(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "copy.db")


def test_carried_secrets_come_back_once(inside: sqlite3.Connection) -> None:
    key = new_key()
    with closing(inside):
        carried_secrets.put(inside, {"badge-1": b"secret", "signers": b""}, key)
        assert carried_secrets.take(inside, key) == {"badge-1": b"secret", "signers": b""}
        assert carried_secrets.take(inside, key) == {}


def test_those_of_an_older_program_are_read(inside: sqlite3.Connection) -> None:
    with closing(inside):
        inside.execute("CREATE TABLE carried (name TEXT PRIMARY KEY, value BLOB NOT NULL)")
        inside.execute("INSERT INTO carried VALUES ('badge-1', x'00ff')")
        assert carried_secrets.take(inside, new_key()) == {"badge-1": b"\x00\xff"}


def test_a_changed_one_is_refused(inside: sqlite3.Connection) -> None:
    key = new_key()
    with closing(inside):
        carried_secrets.put(inside, {"a": b"secret", "b": b"other"}, key)
        inside.execute(
            "UPDATE carried_sealed SET value = (SELECT value FROM carried_sealed WHERE name = 'b')"
        )
        with pytest.raises(StorageError, match="damaged"):
            carried_secrets.take(inside, key)
