"""The backup format: it opens only whole and with its keys; a person's key can be destroyed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.errors import StorageError
from kiosk.storage.backup import backup_file
from kiosk.storage.backup.backup_file import FACE_GONE, GONE
from kiosk.storage.crypto.key_store import new_key

MASTER = ("m" * 16, new_key())
RECOVERY = ("r" * 16, new_key())
PEOPLE = {3: new_key(), 70: new_key(), 2**40: new_key()}


def write_backup(folder: Path, plain: bytes, name: str = "a.mjb") -> Path:
    source = folder / "source"
    target = folder / name
    source.write_bytes(plain)
    backup_file.write(
        target,
        source,
        new_key(),
        made_at="2026-03-02T09:41:07+09:00",
        label="test",
        version="0003",
        person_keys=PEOPLE,
        opened_by={"master": MASTER, "recovery": RECOVERY},
    )
    return target


def content(path: Path) -> bytes:
    return backup_file.content_key(path, "master", MASTER[1])


def unpacked(path: Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "out"
        backup_file.unpack(path, content(path), into)
        return into.read_bytes()


@pytest.mark.slow
@given(st.binary(max_size=300), st.integers(0, 3))
@settings(max_examples=15)
def test_the_content_of_a_backup_is_restored(plain: bytes, megabytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = plain + b"\0" * (megabytes << 20) + plain
        path = write_backup(Path(folder), whole)
        assert unpacked(path) == whole
        about = backup_file.header(path)
        assert (about.label, about.version, about.people, about.sealed) == ("test", "0003", 3, True)
        assert about.slots == {"master": MASTER[0], "recovery": RECOVERY[0]}
        assert backup_file.person_keys(path, content(path)) == PEOPLE


def test_a_backup_is_private_and_reveals_nothing(tmp_path: Path) -> None:
    path = write_backup(tmp_path, b"the name of somebody" * 50)
    assert path.stat().st_mode & 0o777 == 0o600 and sorted(f.name for f in tmp_path.iterdir()) == [
        "a.mjb",
        "source",
    ]
    raw = path.read_bytes()
    assert b"the name" not in raw and not any(
        key in raw for key in (*PEOPLE.values(), MASTER[1], RECOVERY[1])
    )


def test_either_key_opens_it_and_no_other(tmp_path: Path) -> None:
    path = write_backup(tmp_path, b"x")
    assert backup_file.content_key(path, "recovery", RECOVERY[1]) == content(path)
    for kind, key in (("master", RECOVERY[1]), ("recovery", MASTER[1]), ("master", new_key())):
        with pytest.raises(StorageError, match="does not open"):
            backup_file.content_key(path, kind, key)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of several chunks that cannot be compressed."""
    import random

    return write_backup(
        tmp_path_factory.mktemp("large"), random.Random(1).randbytes((2 << 20) + 77)
    )


@given(st.data())
@settings(max_examples=30)
def test_a_changed_or_cut_off_backup_is_refused(large: Path, data: st.DataObject) -> None:
    raw = bytearray(large.read_bytes())
    if data.draw(st.booleans(), label="cut"):
        raw = raw[: data.draw(st.integers(0, len(raw) - 1))]
    else:
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "b.mjb"
        into = Path(folder) / "out"
        path.write_bytes(raw)
        try:
            key = backup_file.content_key(path, "master", MASTER[1])
            keys = backup_file.person_keys(path, key)
            backup_file.unpack(path, key, into)
        except StorageError:
            assert not into.exists()
        else:  # the other slot was changed, or the id of a person
            assert into.read_bytes() and len(keys) == 3


def test_a_piece_of_another_backup_does_not_fit(tmp_path: Path) -> None:
    one = write_backup(tmp_path, b"one" * 9)
    other = write_backup(tmp_path, b"two" * 9, "b.mjb")
    head = backup_file.header(one)
    start = head.chunks_offset
    one.write_bytes(one.read_bytes()[:start] + other.read_bytes()[start:])
    with pytest.raises(StorageError, match="damaged"):
        unpacked(one)


def test_a_destroyed_key_is_gone_and_the_rest_stays(tmp_path: Path) -> None:
    path = write_backup(tmp_path, b"contents")
    before = path.read_bytes()
    assert (
        backup_file.destroy_key(path, 70)
        and backup_file.destroy_key(path, 70)
        and not backup_file.destroy_key(path, 71)
    )
    assert backup_file.person_keys(path, content(path)) == {**PEOPLE, 70: GONE}
    assert unpacked(path) == b"contents" and len(path.read_bytes()) == len(before)
    assert sum(a != b for a, b in zip(before, path.read_bytes(), strict=True)) <= len(GONE)


def test_a_deleted_face_differs_from_a_deleted_person(tmp_path: Path) -> None:
    path = write_backup(tmp_path, b"contents")
    backup_file.destroy_key(path, 3, FACE_GONE)
    assert backup_file.person_keys(path, content(path))[3] == FACE_GONE
    backup_file.destroy_key(path, 3)
    assert backup_file.person_keys(path, content(path))[3] == GONE
    backup_file.destroy_key(path, 3, FACE_GONE)
    assert backup_file.person_keys(path, content(path))[3] == GONE, "nobody comes back"


def test_another_master_key_can_open_it(tmp_path: Path) -> None:
    path = write_backup(tmp_path, b"contents")
    new = new_key()
    backup_file.set_slot(path, "master", ("n" * 16, new), content(path))
    assert backup_file.header(path).slots["master"] == "n" * 16
    assert backup_file.content_key(path, "master", new) == backup_file.content_key(
        path, "recovery", RECOVERY[1]
    )
    backup_file.set_slot(path, "recovery", None, backup_file.content_key(path, "master", new))
    assert "recovery" not in backup_file.header(path).slots


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not a backup",
        backup_file.MAGIC,
        backup_file.MAGIC + b"\xff\xff\xff\xff",
        backup_file.MAGIC + b"\0\0\0\x02{}" + b"\0" * 500,
    ],
)
def test_anything_but_a_backup_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.mjb"
    path.write_bytes(raw)
    with pytest.raises(StorageError, match=r"damaged|not a backup"):
        backup_file.header(path)
