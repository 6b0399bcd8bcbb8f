"""USB sticks: which are offered, and that a file is on one whole or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.core.errors import StorageError
from kiosk.core.sticks import HandOut, Stick, StickProblem
from kiosk.core.system_command import run_command
from kiosk.storage.sticks import stick_mounting, stick_writer, usb_sticks
from kiosk.storage.sticks.stick_finder import find_sticks
from kiosk.storage.sticks.stick_mounting import KIOSK_PLACE, mount_stick, release_stick
from kiosk.storage.sticks.stick_writer import PIECE, safe_name, write_to_stick
from kiosk.storage.sticks.usb_sticks import UsbSticks
from tests.helpers.fake_sticks import FakeMachine, number_of


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    made = FakeMachine(tmp_path / "root")
    made.add("sda", "8:0", usb=False, removable=False)
    made.add("sda1", "8:1", usb=False, removable=False)
    return made


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "media" / "LAB STICK"
    made.mkdir(parents=True)
    return made


def stick_at(place: Path) -> Stick:
    return Stick("sdb1", "LAB", place.stat().st_dev, place, 1 << 30, 1 << 30)


# which sticks there are


def test_a_mounted_stick_is_found_with_its_label_and_room(machine: FakeMachine, place: Path):
    machine.add("sdb", "8:16", ID_MODEL="Cruzer_Blade")
    machine.add("sdb1", number_of(place), ID_FS_LABEL="LAB", ID_FS_TYPE="vfat")
    machine.mount(number_of(place), place)
    (found,) = find_sticks(machine.root)
    assert (found.device, found.title, found.place) == ("sdb1", "LAB", place)
    assert found.problem is None and 0 < found.free <= found.size
    assert found.number == place.stat().st_dev


def test_two_sticks_and_a_reader_without_a_card(machine: FakeMachine, place: Path):
    machine.add("sdb", number_of(place), ID_MODEL="Cruzer_Blade")
    machine.mount(number_of(place), place)
    machine.add("sdc", "8:32", ID_FS_TYPE="exfat", ID_FS_LABEL="둘째")
    machine.add("sdd", "8:48", size=0)
    assert [(s.device, s.title, s.problem) for s in find_sticks(machine.root)] == [
        ("sdb", "Cruzer Blade", None),
        ("sdc", "둘째", StickProblem.UNMOUNTED),
    ]


@pytest.mark.parametrize("facts", [{"ID_FS_TYPE": "ntfs"}, {"ID_FS_TYPE": "crypto_LUKS"}, {}])
def test_an_unknown_file_system_is_named(machine: FakeMachine, facts: dict[str, str]):
    machine.add("sdb", "8:16", **facts)
    assert [stick.problem for stick in find_sticks(machine.root)] == [StickProblem.FORMAT]


def test_a_write_protected_stick_is_named(machine: FakeMachine, place: Path):
    machine.add("sdb", number_of(place))
    machine.mount(number_of(place), place, "ro,nosuid")
    assert [stick.problem for stick in find_sticks(machine.root)] == [StickProblem.READ_ONLY]


def test_the_disk_that_the_machine_runs_from_is_not_offered(machine: FakeMachine, place: Path):
    machine.add("sdb", "8:16")
    machine.add("sdb1", "8:17")
    machine.add("sdb2", number_of(place))
    machine.mount("8:17", "/boot/firmware")
    machine.mount(number_of(place), place)
    assert find_sticks(machine.root) == []


def test_the_disk_of_the_kiosks_own_data_is_not_offered(machine: FakeMachine, place: Path):
    machine.add("sdb", number_of(place))
    machine.mount(number_of(place), place)
    assert find_sticks(machine.root, place) == []


def test_a_disk_inside_the_machine_is_not_offered(machine: FakeMachine, place: Path):
    machine.add("sdb", number_of(place), usb=False, removable=False)
    machine.mount(number_of(place), place)
    assert find_sticks(machine.root) == []


def test_a_machine_without_sysfs_has_no_sticks(tmp_path: Path):
    assert find_sticks(tmp_path) == []


# writing


def parts(place: Path) -> list[str]:
    return sorted(entry.name for entry in place.iterdir())


def test_a_file_and_its_proof_are_written_and_nothing_is_replaced(place: Path, tmp_path: Path):
    log = tmp_path / "access-log.csv"
    log.write_bytes(os.urandom(3 * PIECE + 5))
    (place / "access-log.csv").write_text("older")
    seen: list[tuple[int, int]] = []
    files = [HandOut(log.name, log), HandOut("code.txt", content="가나".encode())]
    names = write_to_stick(stick_at(place), files, lambda *moved: seen.append(moved))
    assert names == ("access-log-2.csv", "code.txt") and parts(place) == [
        "access-log-2.csv",
        "access-log.csv",
        "code.txt",
    ]
    assert (place / names[0]).read_bytes() == log.read_bytes()
    assert (place / "access-log.csv").read_text() == "older"
    assert seen[-1] == (3 * PIECE + 11, 3 * PIECE + 11) and seen == sorted(seen)


def test_cancelling_leaves_nothing(place: Path, tmp_path: Path):
    log = tmp_path / "log.csv"
    log.write_bytes(bytes(3 * PIECE))
    stops = iter([False, True])
    assert (
        write_to_stick(stick_at(place), [HandOut("log.csv", log)], cancelled=stops.__next__) == ()
    )
    assert parts(place) == []


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (errno.ENOSPC, "error.stick_full"),
        (errno.EROFS, "error.stick_read_only"),
        (errno.EIO, "error.stick_gone"),
        (errno.ENODEV, "error.stick_gone"),
        (errno.EFBIG, "error.stick_too_large"),
        (errno.EACCES, "error.stick_no_access"),
        (errno.EINVAL, "error.stick_broken"),
    ],
)
def test_each_failure_is_one_sentence_and_leaves_nothing_half_written(
    place: Path, monkeypatch: pytest.MonkeyPatch, code: int, key: str
):
    synced: list[int] = []

    def fails(number: int) -> None:
        synced.append(number)
        if len(synced) == 2:
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fails)
    files = [HandOut("a.txt", content=b"a"), HandOut("b.txt", content=b"b")]
    with pytest.raises(StorageError) as failed:
        write_to_stick(stick_at(place), files)
    assert failed.value.key == key and parts(place) == []


def test_a_stick_without_room_is_full_before_anything_is_written(place: Path, monkeypatch):
    real = os.fstatvfs

    def little(number: int) -> os.statvfs_result:
        values = list(real(number))
        values[4] = 0  # f_bavail
        return os.statvfs_result(values)

    monkeypatch.setattr(os, "fstatvfs", little)
    with pytest.raises(StorageError) as failed:
        write_to_stick(stick_at(place), [HandOut("a.txt", content=b"a")])
    assert failed.value.key == "error.stick_full" and parts(place) == []


def test_the_empty_folder_of_a_stick_that_was_pulled_out_is_not_written_to(place: Path):
    elsewhere = replace(stick_at(place), number=place.stat().st_dev + 1)
    with pytest.raises(StorageError) as failed:
        write_to_stick(elsewhere, [HandOut("a.txt", content=b"a")])
    assert failed.value.key == "error.stick_gone" and parts(place) == []


@pytest.mark.parametrize("problem", list(StickProblem))
def test_a_stick_with_a_problem_says_which(place: Path, problem: StickProblem):
    with pytest.raises(StorageError) as failed:
        write_to_stick(replace(stick_at(place), problem=problem), [])
    assert failed.value.key == f"error.stick_{problem.value}"


def test_an_export_that_was_deleted_is_not_the_sticks_fault(place: Path, tmp_path: Path):
    with pytest.raises(StorageError) as failed:
        write_to_stick(stick_at(place), [HandOut("gone.csv", tmp_path / "gone.csv")])
    assert parts(place) == [] and failed.value.key == "error.stick_no_file"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("own-data-2026/1:a.json", "own-data-2026_1_a.json"),
        ("..", "file"),
        ("a" * 300 + ".json", "a" * 120 + ".json"),
        ("기록.csv", "기록.csv"),
    ],
)
def test_names_are_those_that_every_stick_takes(name: str, kept: str):
    assert safe_name(name) == kept


# mounting and taking out


def test_a_stick_of_the_kiosks_unit_is_taken_out_by_systemd(place: Path):
    asked: list[list[str]] = []

    def run(words: list[str]) -> str:
        asked.append(list(words))
        return ""

    release_stick(replace(stick_at(place), place=KIOSK_PLACE / "sdb1"), run)
    release_stick(stick_at(place), run)
    release_stick(replace(stick_at(place), place=None), run)
    mount_stick(stick_at(place), run)
    assert asked[0] == ["systemctl", "--no-ask-password", "stop", "munjigi-stick@sdb1.service"]
    assert [words[:2] for words in asked[1:]] == [["udisksctl", "unmount"], ["udisksctl", "mount"]]
    assert "nosuid,nodev,noexec" in asked[2]


def test_a_stick_in_use_is_not_called_safe(place: Path):
    with pytest.raises(StorageError) as failed:
        release_stick(stick_at(place), lambda words: "target is busy")
    assert failed.value.key == "error.stick_busy" and "target is busy" in str(failed.value)


def test_a_command_that_is_missing_or_fails_says_why():
    assert run_command(["true"]) == ""
    assert "7" in run_command(["sh", "-c", "exit 7"])
    assert run_command(["sh", "-c", "echo one >&2; echo two >&2; exit 1"]) == "two"
    assert run_command(["munjigi-no-such-command"])


def test_a_stick_is_mounted_where_that_is_possible(
    machine: FakeMachine, place: Path, monkeypatch: pytest.MonkeyPatch
):
    machine.add("sdb", number_of(place), ID_FS_TYPE="vfat")
    sticks = UsbSticks(Path("/nowhere"), machine.root)
    monkeypatch.setattr(usb_sticks, "can_mount", lambda: False)
    assert sticks.find()[0].problem is StickProblem.UNMOUNTED
    monkeypatch.setattr(usb_sticks, "can_mount", lambda: True)
    monkeypatch.setattr(
        usb_sticks, "mount_stick", lambda stick: machine.mount(number_of(place), place)
    )
    assert sticks.find()[0].problem is None
    names = sticks.write("sdb", [HandOut("a.txt", content=b"a")], lambda *_: None, lambda: False)
    assert names == ("a.txt",) and (place / "a.txt").read_bytes() == b"a"


def test_a_stick_that_is_gone_is_said(machine: FakeMachine):
    with pytest.raises(StorageError) as failed:
        UsbSticks(Path("/nowhere"), machine.root).write("sdb", [], lambda *_: None, lambda: False)
    assert failed.value.key == "error.stick_gone"
    assert stick_mounting.can_mount() in (True, False)


# a real file system of a stick


@pytest.fixture
def real_stick(tmp_path: Path) -> Iterator[Path]:
    """A mounted FAT (or, where the kernel has none, ext4) file system of 8 MB, if possible."""
    image = tmp_path / "stick.img"
    image.write_bytes(bytes(8 << 20))
    place = tmp_path / "mounted"
    place.mkdir()
    why = ""
    for make in (["mkfs.vfat", str(image)], ["mkfs.ext4", "-q", "-F", str(image)]):
        why = run_command(make) or run_command(["mount", "-o", "loop", str(image), str(place)])
        if not why:
            break
    if why:
        pytest.skip(f"no file system can be mounted here: {why}")
    yield place
    subprocess.run(["umount", str(place)], check=True, timeout=20)


def test_a_real_stick_is_full_in_one_sentence_and_keeps_what_was_on_it(real_stick: Path):
    before = parts(real_stick)
    names = write_to_stick(stick_at(real_stick), [HandOut("기록:1.csv", content=b"a" * 1000)])
    assert (real_stick / names[0]).read_bytes() == b"a" * 1000
    with pytest.raises(StorageError) as failed:
        write_to_stick(stick_at(real_stick), [HandOut("big", content=bytes(9 << 20))])
    assert failed.value.key == "error.stick_full"
    assert parts(real_stick) == sorted([*before, names[0]])


def test_a_real_stick_that_fills_up_while_it_is_written_is_left_as_it_was(
    real_stick: Path, monkeypatch: pytest.MonkeyPatch
):
    before = parts(real_stick)
    monkeypatch.setattr(stick_writer, "_check_room", lambda folder, needed: None)
    with pytest.raises(StorageError) as failed:
        write_to_stick(stick_at(real_stick), [HandOut("big", content=bytes(9 << 20))])
    assert failed.value.key == "error.stick_full" and parts(real_stick) == before
