"""Attacks on what bounds an opening of the lock."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
from pathlib import Path
from unittest import mock

from kiosk.access import failsafe
from kiosk.cli import main
from tests.attacks.table import Outcome, attack
from tests.helpers.lock_program import LockProgram

LOCKS_WITHIN_S = 5.0
ENDINGS = (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM, signal.SIGSTOP, signal.SIGINT)


@attack("A2", "end `lock open` by a signal while the door is open", tries=20, short=2)
def end_lock_open(folder: Path, tries: int) -> Outcome:
    """Let ``lock open`` open a real process's lock, and send it each signal in turn."""
    left_open = 0
    for number in range(tries):
        lock = LockProgram(folder / f"data{number}")
        ending = ENDINGS[number % len(ENDINGS)]
        command = lock.opened(2 if ending is signal.SIGSTOP else 60)
        command.send_signal(ending)
        left_open += not lock.locks_within(LOCKS_WITHIN_S)
        end(command)
    return tries, left_open, "SIGKILL, SIGHUP, SIGTERM, SIGSTOP, SIGINT in turn"


@attack("A2", "a lock that does not lock is reported as locked", tries=2, short=1)
def report_a_stuck_lock(folder: Path, tries: int) -> Outcome:
    """Let ``lock close`` and ``lock check`` meet a lock that refuses to lock."""
    said_locked = 0
    for action in ("close", "check")[:tries]:
        lock = LockProgram(folder / action)
        lock.stick()
        words = ["lock", action, "--data-dir", str(lock.data)]
        with contextlib.ExitStack() as around:
            around.enter_context(mock.patch.object(failsafe, "CONFIRM_S", 0.3))
            said = around.enter_context(contextlib.redirect_stdout(io.StringIO()))
            around.enter_context(contextlib.redirect_stderr(io.StringIO()))
            code = main(words)
        said_locked += code == 0 or "locked" in said.getvalue()
    return tries, said_locked, "the command ends with code 2 and says so"


@attack("A3", "kill the opening and break config.toml: lock close, next start", tries=8, short=2)
def lock_with_broken_settings(folder: Path, tries: int) -> Outcome:
    """Kill a real opening with all its processes, break the settings, then close or start."""
    left_open = 0
    for number in range(tries):
        lock = LockProgram(folder / f"data{number}")
        kill_all(lock.opened(60))
        break_settings = BREAKAGES[number // 2 % len(BREAKAGES)]
        break_settings(lock.config)
        words = ("lock", "close") if number % 2 == 0 or break_settings is forget else ("run",)
        lock.begin(*words).communicate()
        left_open += lock.is_open
    return tries, left_open, "unreadable, unknown key, folder, gone; `lock close` and `run` in turn"


def forget(config: Path) -> None:
    """Delete the settings."""
    config.unlink()


def make_folder(config: Path) -> None:
    """Put a folder in the place of the settings."""
    config.unlink()
    config.mkdir()


BREAKAGES = (
    lambda config: config.write_text("[door\n", encoding="utf-8"),
    lambda config: config.write_text("[door]\nlook = 1\n", encoding="utf-8"),
    make_folder,
    forget,
)


def kill_all(command: subprocess.Popen[str]) -> None:
    """Kill a command and what it started, so that none of them can lock."""
    children = Path(f"/proc/{command.pid}/task/{command.pid}/children").read_text().split()
    everybody = [command.pid, *map(int, children)]
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for process in everybody:
            os.kill(process, number)
    command.communicate()


def end(command: subprocess.Popen[str]) -> None:
    """End a command, whatever state it is in."""
    with contextlib.suppress(ProcessLookupError):
        command.kill()
    command.communicate()
