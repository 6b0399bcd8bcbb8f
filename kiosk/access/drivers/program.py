"""A lock opened by a program of the site: a list of arguments, run without a shell."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from kiosk.access.lock_driver import LockDriver, wrong_setting
from kiosk.access.locks import Input, LockState, check_seconds
from kiosk.core.config import lock_setting
from kiosk.core.errors import LockError

if TYPE_CHECKING:
    import subprocess

_SAID = 200


@dataclass(frozen=True, slots=True)
class CommandConfig:
    """Your own program that opens and locks (door.lock = "command").

    It runs without a shell: each list is a program and its arguments.
    """

    open: tuple[str, ...] = lock_setting(
        (),
        'Opens the door, for example ["/usr/local/bin/door", "open", "{seconds}"]; exit code 0 '
        "means that the door is open",
        '여는 프로그램, 예: ["/usr/local/bin/door", "open", "{seconds}"]. 종료 코드 0이면 열린 '
        "것입니다",
        weakens_security="any",
    )
    close: tuple[str, ...] = lock_setting(
        (),
        "Locks the door; runs when the time is over, and at start-up",
        "잠그는 프로그램. 시간이 지나면, 그리고 시작할 때 실행합니다",
        weakens_security="any",
    )
    help: tuple[str, ...] = lock_setting(
        (),
        "Calls for help; runs as soon as somebody types their duress PIN. Empty: only the opening "
        'with {reason} "duress" tells of it',
        "도움을 요청하는 프로그램. 협박 시 사용하는 PIN을 입력하면 바로 실행합니다. 비워 두면 "
        '문을 열 때의 {reason} "duress"로만 알립니다',
        weakens_security="any",
    )
    limit_s: float = lock_setting(
        1.5,
        "A program that takes longer than this is stopped and counts as failed",
        "이보다 오래 걸리는 프로그램은 멈추고 실패로 봅니다",
        unit="s",
        low=0.1,
        high=10,
    )


def make(config: CommandConfig, clock: Callable[[], float]) -> CommandLock:
    """Return the driver; ``LockError`` if ``command.open`` or ``command.close`` is empty."""
    return CommandLock(config)


DRIVER = LockDriver("command", "Command lock", "사용자 명령 잠금", CommandConfig, make, order=5)


class CommandLock:
    """Runs ``command.open``, ``close`` and ``help``; exit code 0 in time means done.

    ``{seconds}`` and ``{reason}`` in arguments are replaced. The program sees ``PATH`` and
    ``MUNJIGI_*`` only.
    """

    def __init__(self, config: CommandConfig) -> None:
        if not config.open or not config.close:
            raise wrong_setting(
                "command.open or command.close",
                "is empty; give each a list of program and arguments",
            )
        self._config = config
        self._open = False

    def open(self, seconds: float, reason: str) -> None:
        """Run the opening program; ``LockError`` unless it succeeds in time."""
        check_seconds(seconds)
        self._run(self._config.open, {"seconds": f"{seconds:g}", "reason": reason})
        self._open = True

    def close(self) -> None:
        """Run the locking program."""
        self._run(self._config.close, {"seconds": "0", "reason": "close"})
        self._open = False

    def call_for_help(self) -> None:
        """Run the program that calls for help, if there is one."""
        if self._config.help:
            self._run(self._config.help, {"seconds": "0", "reason": "duress"})

    def state(self) -> LockState:
        """Return the state that the last successful program set."""
        return LockState.OPEN if self._open else LockState.LOCKED

    def check(self) -> None:
        """Check that the programs exist and are executable."""
        for argv in (self._config.open, self._config.close, self._config.help):
            if argv and which(argv[0]) is None:
                raise LockError(
                    f"The program {argv[0]} of [command] is not there or may not be run; correct "
                    "the path or its permissions."
                )

    def inputs(self) -> Mapping[Input, bool]:
        """Return no inputs."""
        return {}

    def stop(self) -> None:
        """Lock."""
        self.close()

    def _run(self, argv: tuple[str, ...], values: Mapping[str, str]) -> None:
        import subprocess  # not at the top: every start imports this module

        filled = [_filled(part, values) for part in argv]
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            **{f"MUNJIGI_{k.upper()}": v for k, v in values.items()},
        }
        name = Path(argv[0]).name
        try:
            process = subprocess.Popen(
                filled,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise LockError(
                f"The program {argv[0]} cannot be run ({error.strerror}); correct [command]."
            ) from error
        try:
            _, said = process.communicate(timeout=self._config.limit_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise LockError(
                f"{name} did not end within {self._config.limit_s:g} s and was stopped; see what "
                "keeps it."
            ) from None
        if process.returncode != 0:
            words = said.decode(errors="replace").strip()[:_SAID]
            raise LockError(
                f"{name} failed with exit code {process.returncode}{': ' + words if words else ''}."
            )


def _filled(part: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        part = part.replace("{" + key + "}", value)
    return part


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the program and everything that it started."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    if process.stderr is not None:
        process.stderr.close()
