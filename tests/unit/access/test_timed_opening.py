"""`lock open` in real processes: whatever ends the command, the door is locked."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.access import failsafe, timed_opening
from kiosk.cli import main
from kiosk.core.config import Config
from kiosk.core.errors import LockError
from tests.helpers.lock_program import LockProgram, wait_until
from tests.helpers.waiting import WAIT_S

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("heeded_hangup")]


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[LockProgram]:
    made = LockProgram(tmp_path / "data")
    yield made
    assert made.locks_within(WAIT_S)


def child_of(process: subprocess.Popen[str]) -> int:
    """Return the one process that ``process`` has started."""
    [child] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


def test_it_opens_for_a_while_and_says_so(lock: LockProgram):
    said, problem = lock.opened(0.2).communicate()
    assert said == "open for 0.2 s\ncommand: locked\n" and problem == ""
    assert lock.said == ["open", "locked", "locked"], "closed, and closed again as it is released"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_locks_at_once(lock: LockProgram, number: signal.Signals):
    command = lock.opened(60)
    command.send_signal(number)
    problem = command.communicate()[1]
    assert command.returncode == 128 + number and problem == "munjigi: stopped.\n"
    assert not lock.is_open, "before the command ends"


def test_a_killed_command_leaves_the_door_locked(lock: LockProgram):
    command = lock.opened(60)
    command.kill()
    assert lock.locks_within(WAIT_S)
    command.communicate()


def test_a_suspended_command_does_not_hold_the_door_open(lock: LockProgram):
    command = lock.opened(0.5)
    command.send_signal(signal.SIGSTOP)
    assert lock.locks_within(WAIT_S)
    command.send_signal(signal.SIGCONT)
    assert command.communicate()[0].endswith("command: locked\n")


def test_the_command_locks_where_the_process_that_opened_is_killed(lock: LockProgram):
    command = lock.opened(60)
    os.kill(child_of(command), signal.SIGKILL)
    problem = command.communicate()[1]
    assert command.returncode == 2 and "ended too early; try again" in problem
    assert not lock.is_open


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_for_that_process_locks_too(lock: LockProgram, number: signal.Signals):
    command = lock.opened(60)
    os.kill(child_of(command), number)
    assert command.wait(WAIT_S) == 0 and not lock.is_open
    command.communicate()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_lock_that_does_not_confirm_is_a_failure_and_is_told_again(
    lock: LockProgram, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(timed_opening, "CONFIRM_S", 0.3)
    lock.stick()
    assert main(["lock", "open", "--seconds=0.1", "--data-dir", str(lock.data)]) == 2
    said, problem = capfd.readouterr()
    assert "locked" not in said and "did not confirm that it is locked" in problem
    assert lock.is_open
    lock.stick(False)
    assert lock.locks_within(WAIT_S), "the process goes on after the command"


def test_a_lock_that_does_not_open_is_locked_and_said(
    lock: LockProgram, capfd: pytest.CaptureFixture[str]
):
    lock.config.write_text(lock.config.read_text().replace("echo open >>", "echo 42 >&2; false >>"))
    assert main(["lock", "open", "--seconds=0.1", "--data-dir", str(lock.data)]) == 2
    assert "failed with exit code 1: 42" in capfd.readouterr().err
    assert lock.said == ["locked", "locked"]


def test_nothing_is_opened_where_the_log_cannot_be_written(
    lock: LockProgram, capfd: pytest.CaptureFixture[str]
):
    (lock.data / "munjigi.db").mkdir()
    assert main(["lock", "open", "--seconds=0.1", "--data-dir", str(lock.data)]) == 2
    assert "munjigi.db" in capfd.readouterr().err and "open" not in lock.said


def test_a_relay_board_which_keeps_its_relay_is_switched_off_after_a_kill(tmp_path: Path):
    pytest.importorskip("serial")
    pytest.importorskip("pty")
    from tests.helpers.board import Board

    data = tmp_path / "data"
    lock = LockProgram(data)
    board = Board(tmp_path / "relay")
    lock.config.write_text(f'[door]\nlock = "serial"\n[serial]\nport = "{board.port}"\n')
    command = lock.begin("lock", "open", "--seconds=60")
    assert wait_until(lambda: board.relays[1], WAIT_S)
    command.kill()
    assert wait_until(lambda: not board.relays[1], WAIT_S)
    command.communicate()  # until nobody has the port open
    board.unplug()


def test_a_lock_that_cannot_be_made_is_said_before_anything_is_logged(lock: LockProgram):
    lock.config.write_text('[door]\nlock = "command"\n')
    command = lock.begin("lock", "open")
    assert "command.open or command.close is empty" in command.communicate()[1]
    assert command.returncode == 2 and not (lock.data / "munjigi.db").exists()


def test_a_process_that_cannot_be_started_opens_nothing(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_args: object, **_options: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(LockError, match="end other programs and try again"):
        timed_opening.TimedOpening(Config(), 3.0, "command_line")


@pytest.mark.parametrize("action", ["close", "check"])
def test_closing_that_is_not_confirmed_is_a_failure(
    lock: LockProgram,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    action: str,
):
    monkeypatch.setattr(failsafe, "CONFIRM_S", 0.3)
    lock.stick()
    assert main(["lock", action, "--data-dir", str(lock.data)]) == 2
    said, problem = capfd.readouterr()
    assert said == "" and "did not confirm that it is locked" in problem
