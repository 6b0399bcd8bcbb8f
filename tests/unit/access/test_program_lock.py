"""A program of one's own as the lock: no shell, no waiting, no leftovers."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.access.drivers.program import CommandConfig, CommandLock
from kiosk.access.locks import LockState
from kiosk.core.errors import LockError


def script(folder: Path, body: str) -> tuple[str, ...]:
    file = folder / "door.py"
    file.write_text("import os, sys, time\n" + body)
    return (sys.executable, "-I", "-S", str(file))


@pytest.fixture
def config(tmp_path: Path) -> CommandConfig:
    run = script(
        tmp_path,
        f"open({str(tmp_path / 'said')!r}, 'a').write(' '.join(sys.argv[1:]) + ' ' + "
        "os.environ['MUNJIGI_REASON'] + '\\n')\n",
    )
    return CommandConfig(
        open=(*run, "open", "{seconds}", "; touch owned"), close=(*run, "close"), limit_s=5.0
    )


def test_the_arguments_arrive_as_they_are(config: CommandConfig, tmp_path: Path):
    lock = CommandLock(config)
    lock.check()
    lock.open(4.0, "match")
    assert lock.state() is LockState.OPEN
    lock.close()
    assert lock.state() is LockState.LOCKED
    assert (tmp_path / "said").read_text().splitlines() == [
        "open 4 ; touch owned match",
        "close close",
    ]


def test_program_that_calls_for_help_runs_for_a_duress_pin(config: CommandConfig, tmp_path: Path):
    CommandLock(config).call_for_help()
    assert not (tmp_path / "said").exists(), "none is set"
    lock = CommandLock(replace(config, help=(*config.close[:-1], "help")))
    lock.check()
    lock.call_for_help()
    assert (tmp_path / "said").read_text() == "help duress\n" and lock.state() is LockState.LOCKED
    missing = CommandLock(replace(config, help=("/nowhere/help",)))
    with pytest.raises(LockError, match="/nowhere/help"):
        missing.check()
    with pytest.raises(LockError, match="cannot be run"):
        missing.call_for_help()


def test_the_program_sees_little_of_the_kiosks_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SECRET", "x")
    run = script(tmp_path, "sys.exit('SECRET' in os.environ)")
    CommandLock(CommandConfig(open=run, close=run, limit_s=5.0)).open(1.0, "match")


def test_a_program_that_fails_says_why(tmp_path: Path):
    run = script(tmp_path, "sys.exit('no power at the door')")
    lock = CommandLock(CommandConfig(open=run, close=run, limit_s=5.0))
    with pytest.raises(LockError, match="exit code 1: no power at the door"):
        lock.open(4.0, "match")
    assert lock.state() is LockState.LOCKED


def test_a_program_that_hangs_is_stopped_with_its_children(tmp_path: Path):
    run = ("/bin/sh", "-c", f"sleep 60 & echo $! > {tmp_path / 'pid'}; wait")
    lock = CommandLock(CommandConfig(open=run, close=run, limit_s=1.0))
    with pytest.raises(LockError, match="did not end within 1 s"):
        lock.open(4.0, "match")
    assert lock.state() is LockState.LOCKED
    child = int((tmp_path / "pid").read_text())
    waiting = threading.Event()
    for _ in range(500):  # a busy machine takes a moment to end what was killed
        if gone(child):
            return
        waiting.wait(0.02)
    raise AssertionError("the child still runs")


def gone(process: int) -> bool:
    """Whether no such process runs; one that has ended may wait for its parent to notice."""
    stat = Path(f"/proc/{process}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_program_that_is_not_there(config: CommandConfig):
    lock = CommandLock(replace(config, open=("/nowhere/door", "open")))
    for call in (lock.check, lambda: lock.open(4.0, "match")):
        with pytest.raises(LockError, match="/nowhere/door"):
            call()


def test_both_programs_are_needed():
    with pytest.raises(LockError, match="is empty"):
        CommandLock(CommandConfig(open=("true",)))
