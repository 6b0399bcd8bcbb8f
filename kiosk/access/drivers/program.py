"""A lock opened by a program of the site: a list of arguments, run without a shell."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import which

from kiosk.access.drivers import wrong_setting
from kiosk.access.locks import Input, LockState, check_seconds
from kiosk.core.config import CommandConfig, Config
from kiosk.core.errors import LockError

_SAID = 200


def make(config: Config, clock: Callable[[], float]) -> CommandLock:
    """Return the driver; ``LockError`` if ``command.open`` or ``command.close`` is empty."""
    return CommandLock(config.command)


class CommandLock:
    """Runs ``command.open`` and ``command.close``; exit code 0 in time means done.

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

    def state(self) -> LockState:
        """Return the state that the last successful program set."""
        return LockState.OPEN if self._open else LockState.LOCKED

    def check(self) -> None:
        """Check that both programs exist and are executable."""
        for argv in (self._config.open, self._config.close):
            if which(argv[0]) is None:
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
