"""Which block devices deploy/mount-stick mounts; the system's programs are played by scripts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk.storage.sticks import stick_finder

SCRIPT = Path(__file__).resolve().parents[2] / "deploy/mount-stick"

LSBLK = """
case "$3" in
/dev/sda*) echo "${3#/dev/} part"; echo "sda disk" ;;
/dev/mapper/root) echo "root crypt"; echo "sda3 part"; echo "sda disk" ;;
/dev/sdb*) echo "${3#/dev/} part"; echo "sdb disk" ;;
/dev/mmcblk0*) echo "${3#/dev/} part"; echo "mmcblk0 disk" ;;
esac
"""
FINDMNT = """
wanted="$*"
while read -r table source place; do
    case "$wanted" in
    -s*) [ "$table" = fstab ] || continue ;;
    *) [ "$table" = now ] || continue ;;
    esac
    case "$wanted" in
    *" -M $place") echo "$source"; exit 0 ;;
    *" -S $source") echo "$place"; exit 0 ;;
    esac
done <"$TABLE"
exit 1
"""


@pytest.fixture
def run(tmp_path: Path):
    """Run the script with these mounts; return what it mounted and what it said."""
    programs = tmp_path / "bin"
    programs.mkdir()
    done = tmp_path / "mounted"
    for name, text in {
        "lsblk": LSBLK,
        "findmnt": FINDMNT,
        "blkid": "echo vfat\n",
        "id": "echo 999\n",
        "mkdir": "",
        "mount": f'echo "$*" >>"{done}"\n',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}")
        (programs / name).chmod(0o755)
    (programs / "sed").symlink_to(shutil.which("sed") or "/bin/sed")

    def mounted(device: str, *table: str) -> tuple[str, str]:
        (tmp_path / "table").write_text("".join(f"{line}\n" for line in table))
        result = subprocess.run(
            [SCRIPT, device],
            env={**os.environ, "PATH": str(programs), "TABLE": str(tmp_path / "table")},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return (done.read_text() if done.exists() else ""), result.stderr

    return mounted


def test_a_stick_beside_the_machines_disk_is_mounted(run):
    mounted, said = run("sdb1", "now /dev/sda2 /", "fstab /dev/sda1 /boot/efi")
    assert "/dev/sdb1 /run/munjigi-sticks/sdb1" in mounted and not said


@pytest.mark.parametrize(
    "table",
    [
        ["now /dev/sda2 /"],
        ["now /dev/mapper/root /"],
        ["now /dev/mmcblk0p2 /", "now /dev/sda2 /boot"],
        ["now /dev/mmcblk0p2 /", "fstab /dev/sda2 /boot/efi"],
    ],
    ids=["root", "encrypted root", "boot", "boot not mounted yet"],
)
def test_no_partition_of_the_machines_own_disk_is_mounted(run, table: list[str]):
    mounted, said = run("sda1", *table)
    assert mounted == "" and "the machine's own disk" in said


@pytest.mark.parametrize("table", ["now", "fstab"])
def test_what_somebody_else_mounts_is_left_to_them(run, table: str):
    mounted, said = run("sdb1", "now /dev/sda2 /", f"{table} /dev/sdb1 /media/lab")
    assert mounted == "" and "mounted already" in said


def test_a_device_whose_disk_is_not_known_is_not_mounted(run):
    mounted, said = run("sdx1", "now /dev/sda2 /")
    assert mounted == "" and "not known" in said


def test_the_script_and_the_kiosk_mean_the_same_disks():
    found = re.search(r"for folder in (.*); do", SCRIPT.read_text(encoding="utf-8"))
    assert found is not None and tuple(found[1].split()) == stick_finder._SYSTEM
