"""Lock drivers, one file each: a new file here is a new driver.

Every module of this package declares one ``LockDriver`` as ``DRIVER`` (docs/locks.md). All are
imported to know their settings, so a module imports its hardware's package only when its driver is
made.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import time
from collections.abc import Callable
from functools import cache

from kiosk.access.lock_driver import LockDriver
from kiosk.access.locks import Driver, LogLock
from kiosk.core.config import Config, LockTable
from kiosk.core.config.lock_settings import NO_DRIVER
from kiosk.core.errors import LockError

log = logging.getLogger(__name__)


def lock_drivers() -> dict[str, LockDriver]:
    """Return every driver of this package by name, in the order of lists.

    One that cannot be loaded is left out, so that the others still lock.
    """
    drivers: list[LockDriver] = []
    for found in pkgutil.iter_modules(__path__):
        try:
            drivers.append(importlib.import_module(f"{__name__}.{found.name}").DRIVER)
        except Exception as error:  # whatever a site's own file raises
            _say_broken(found.name, f"{type(error).__name__}: {error}")
    drivers.sort(key=lambda driver: (driver.order, driver.name))
    return {driver.name: driver for driver in drivers}


@cache  # once for each file: drivers are listed again and again
def _say_broken(name: str, problem: str) -> None:
    log.error("the lock driver in %s.py cannot be loaded (%s); correct it", name, problem)


def lock_tables() -> tuple[LockTable, ...]:
    """Return the settings of every driver with their defaults, for ``Config.locks``."""
    return tuple(driver.table for driver in lock_drivers().values())


def make_driver(config: Config, clock: Callable[[], float] = time.monotonic) -> Driver:
    """Return the driver that ``door.lock`` names, not connected yet.

    Raises ``LockError`` if there is no such driver, its package is missing, or its settings cannot
    be used. A lock that is only unplugged or switched off is not an error here: ``check`` reports
    it.
    """
    name = config.door.lock
    if name == NO_DRIVER:
        return LogLock(clock)
    drivers = lock_drivers()
    if name not in drivers:
        raise LockError(
            f"There is no lock driver {name}; set door.lock to one of "
            f"{', '.join([NO_DRIVER, *drivers])}.",
            key="error.lock_settings",
        )
    settings = config.tables.get(name) or drivers[name].settings()
    return drivers[name].make(settings, clock)
