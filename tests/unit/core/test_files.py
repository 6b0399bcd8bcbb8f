"""Atomic writes: the old content or the new, and nothing left behind."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from kiosk.core import files
from kiosk.core.files import atomic_file, atomic_write, showable, shred


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400])
def test_the_content_is_replaced_with_the_given_permissions(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.txt"
    atomic_write(path, b"old")
    umask = os.umask(0o077)
    try:
        atomic_write(path, b"new", mode)
    finally:
        os.umask(umask)
    assert path.read_bytes() == b"new"
    assert mode_of(path) == mode
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_mode_the_umask_decides(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        atomic_write(tmp_path / "a.txt", b"new", None)
    finally:
        os.umask(umask)
    assert mode_of(tmp_path / "a.txt") == 0o640


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_after_an_error_the_old_content_stays_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if step == "fsync":
        monkeypatch.setattr(files.os, "fsync", full)
    elif step == "replace":
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"), atomic_file(path) as file:
        file.write(b"half")
        if step == "write":
            full()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_content_and_name_are_on_disk_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    path = tmp_path / "a.txt"
    fsync = os.fsync

    def record(handle: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        synced.append((kind, path.exists()))
        fsync(handle)

    monkeypatch.setattr(files.os, "fsync", record)
    atomic_write(path, b"new")
    assert synced == [("file", False), ("folder", True)]


def test_a_shredded_file_is_overwritten_before_it_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(b"secret")
    other = tmp_path / "same content"
    os.link(path, other)
    shred(path)
    assert not path.exists()
    assert other.read_bytes() == bytes(6)


def test_a_link_is_deleted_but_not_what_it_leads_to(tmp_path: Path) -> None:
    target = tmp_path / "database"
    target.write_bytes(b"kept")
    link = tmp_path / "x.part"
    link.symlink_to(target)
    shred(link)
    assert not link.is_symlink() and target.read_bytes() == b"kept"


def test_names_of_other_peoples_files_can_be_printed_and_stored():
    assert showable(Path("연구실.mjb")) == "연구실.mjb"
    assert showable(os.fsdecode(b"a\xff\n\x1b.mjb")) == "a\ufffd\ufffd\ufffd.mjb"
