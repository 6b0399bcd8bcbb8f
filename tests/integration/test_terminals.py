"""Commands on terminals that lack letters, and with streams that are closed, cut off or full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
NAMES = ("Nguyễn Thị Hương", "홍길동", "Zoë O’Brien", "\U00020bb7野家")
ENCODINGS = {
    "cp949": {"PYTHONIOENCODING": "cp949", "PYTHONUTF8": "0"},
    "posix": {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with people of several scripts."""
    folder = tmp_path_factory.mktemp("data")
    rows = "".join(f"2026-{row},{name}\n" for row, name in enumerate(NAMES))
    (folder / "names.csv").write_text(f"number,name\n{rows}", encoding="utf-8")
    assert shell(f"people import {folder}/names.csv", folder).returncode == 0
    return folder


def shell(words: str, data: Path, end: str = "", **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a shell does; ``end``: what follows it."""
    return subprocess.run(
        ["bash", "-c", f"{sys.executable} run_kiosk.py {words} --data-dir {data} {end}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(data), **env},
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_name_is_listed_whatever_the_terminal_can_show(data, encoding):
    done = shell("people list", data, **ENCODINGS[encoding])
    assert (done.returncode, done.stderr) == (0, b"") and b"Nguy\\u1ec5n" in done.stdout
    assert done.stdout.count(b"\n") == len(NAMES) + 1


def test_doctor_names_a_terminal_that_lacks_letters(data):
    assert b"encoding cp949" in shell("doctor", data, **ENCODINGS["cp949"]).stdout


def test_json_is_valid_whatever_the_terminal_can_show(data):
    plan = shell(f"people import {data}/names.csv --dry-run --json", data, **ENCODINGS["cp949"])
    assert [row["name"] for row in json.loads(plan.stdout)["rows"]] == list(NAMES)


@pytest.mark.parametrize(
    ("words", "end", "code", "said"),
    [
        ("people list", "| true; exit ${PIPESTATUS[0]}", 0, ""),
        ("people list", ">&-", 0, ""),
        ("people list", "> /dev/full", 2, "munjigi: the output cannot be written"),
        ("people import /nothing.csv", "2> /dev/full", 2, ""),
    ],
)
def test_a_stream_that_takes_nothing_is_no_fault_of_the_command(data, words, end, code, said):
    done = shell(words, data, end)
    said_by = done.stderr.decode()
    assert done.returncode == code and said_by.startswith(said) and said_by.count("\n") <= 1


def test_help_may_be_cut_off(data):
    done = shell("people --help", data, "| true; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_stream_never_becomes_a_file_of_the_program(data):
    """Else the database would get its number, and what is printed would be written into it."""
    done = shell("people import names.csv -v", data, "0<&- 1>&- 2>&-")
    assert done.returncode == 2
    assert shell("people list", data).stdout.count(b"\n") == len(NAMES) + 1
