"""Periodic tasks such as retention and backups; a failing task does not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk.core.errors import KioskError

BACKUP = "the backup"
"""Name of the task that makes backups."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MaintenanceTask:
    """``due`` returns whether it is time to run; ``run`` may block for long."""

    name: str
    due: Callable[[datetime], bool]
    run: Callable[[datetime], object]


def run_due(
    tasks: Sequence[MaintenanceTask], now: datetime, stopped: Callable[[], bool] = lambda: False
) -> list[str]:
    """Run the tasks that are due, in order, until ``stopped`` returns true.

    Returns the names of the failed ones, which are retried next time.
    """
    failed = []
    for task in tasks:
        if stopped():
            break
        try:
            if task.due(now):
                task.run(now)
        except Exception as error:
            log.error("%s failed: %s", task.name, error, exc_info=not isinstance(error, KioskError))
            failed.append(task.name)
    return failed
