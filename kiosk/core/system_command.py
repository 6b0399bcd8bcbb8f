"""Commands of the system that the kiosk asks for something, such as systemctl."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence

PATIENCE_S = 60.0
"""Longest wait for a command: what was written last must reach a slow stick."""

Run = Callable[[Sequence[str]], str]
"""Runs a command; returns why it failed, or nothing."""


def run_command(words: Sequence[str]) -> str:
    """Run ``words`` for at most ``PATIENCE_S``; return its last line of errors, if it failed."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else (said[-1] if said else f"exit code {done.returncode}")
