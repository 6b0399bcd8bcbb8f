"""What the kiosk does by itself from time to time: retention, backups. Each chore on its own, whatever becomes of the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk.core.errors import KioskError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MaintenanceTask:
    """``due`` says whether it is time; ``run`` does it and may take a while."""

    name: str
    due: Callable[[datetime], bool]
    run: Callable[[datetime], object]


def run_due(
    chores: Sequence[MaintenanceTask], now: datetime, stopped: Callable[[], bool] = lambda: False
) -> list[str]:
    """Do what is due, in order, until ``stopped``; the names of those that failed, which are tried again next time."""
    failed = []
    for chore in chores:
        if stopped():
            break
        try:
            if chore.due(now):
                chore.run(now)
        except Exception as error:
            log.error(
                "%s failed: %s", chore.name, error, exc_info=not isinstance(error, KioskError)
            )
            failed.append(chore.name)
    return failed
