"""A lock that is a small shell script, and the command that opens it, in real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tests.helpers.waiting import WAIT_S

ROOT = Path(__file__).resolve().parents[2]


class LockProgram:
    """A data folder whose settings name a program as the lock; what it was told is in a file."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._said = data / "said"
        self._stuck = data / "stuck"
        data.mkdir(mode=0o700, exist_ok=True)
        self.config = data / "config.toml"
        self.config.write_text(
            f"""[door]
lock = "command"
[command]
open = ["/bin/sh", "-c", "echo open >> '{self._said}'"]
close = ["/bin/sh", "-c", "test ! -e '{self._stuck}' && echo locked >> '{self._said}'"]
limit_s = 10.0
""",
            encoding="utf-8",
        )

    @property
    def said(self) -> list[str]:
        """What the lock was told, oldest first."""
        return self._said.read_text().splitlines() if self._said.exists() else []

    @property
    def is_open(self) -> bool:
        """Whether it was told to open, and not to lock since."""
        return self.said[-1:] == ["open"]

    def tell(self, word: str) -> None:
        """Tell the lock something, as a process did that was killed since."""
        with self._said.open("a", encoding="utf-8") as file:
            file.write(f"{word}\n")

    def stick(self, stuck: bool = True) -> None:
        """Let the lock refuse to lock, or not any more."""
        if stuck:
            self._stuck.touch()
        else:
            self._stuck.unlink()

    def locks_within(self, seconds: float) -> bool:
        """Return whether it is locked within ``seconds``."""
        return wait_until(lambda: not self.is_open, seconds)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command on this lock."""
        return subprocess.Popen(
            [sys.executable, str(ROOT / "run_kiosk.py"), *words, "--data-dir", str(self.data)],
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_ctrl_c,
        )

    def opened(self, seconds: float) -> subprocess.Popen[str]:
        """Start ``lock open`` and wait until the door is open."""
        command = self.begin("lock", "open", f"--seconds={seconds:g}")
        assert wait_until(lambda: self.is_open or command.poll() is not None, WAIT_S)
        assert self.is_open, command.communicate()[1]
        return command


def hear_ctrl_c() -> None:
    """Let a new process hear SIGINT: a shell lets what it starts in the background ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether ``condition`` holds within ``seconds``."""
    for _ in range(int(seconds / 0.02) + 1):
        if condition():
            return True
        threading.Event().wait(0.02)
    return condition()
