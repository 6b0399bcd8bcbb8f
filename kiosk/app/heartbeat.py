"""How a thread reports to the watchdog that it is alive."""

from __future__ import annotations

from collections.abc import Callable

Beat = Callable[[float], None]
"""Reports that a thread is alive and may be silent for that many seconds longer than usual."""


def no_beat(grace_s: float) -> None:
    """Do nothing: no watchdog."""
