"""Lock drivers.

Each is a module with ``make(config, clock)``, imported only if ``door.lock`` names it.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from types import ModuleType

from kiosk.access.locks import Driver, LogLock
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError, LockError

DRIVERS = {
    "log": "",
    "gpio": "gpio",
    "serial": "relay_board",
    "mqtt": "mqtt",
    "http": "webhook",
    "command": "program",
}
"""Name in the settings → module of this package; the one without a module only records."""


def make_driver(config: Config, clock: Callable[[], float] = time.monotonic) -> Driver:
    """Return the driver that ``door.lock`` names, not connected yet.

    Raises ``LockError`` if there is no such driver, its package is missing, or its settings cannot
    be used. A lock that is only unplugged or switched off is not an error here: ``check`` reports
    it.
    """
    name = config.door.lock
    if name not in DRIVERS:
        raise LockError(
            f"There is no lock driver {name}; set door.lock to one of {', '.join(DRIVERS)}.",
            key="error.lock_settings",
        )
    if not DRIVERS[name]:
        return LogLock(clock)
    driver: Driver = importlib.import_module(f"kiosk.access.drivers.{DRIVERS[name]}").make(
        config, clock
    )
    return driver


def needed(module: str, driver: str, package: str) -> ModuleType:
    """Import ``module`` of an optional package; ``LockError`` names what to install."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise LockError(
            f"The lock driver {driver} needs the package {package}; install it with: pip install "
            f"'munjigi[{driver}]'.",
            key="error.lock_settings",
        ) from None


def wrong_setting(key: str, what: str) -> LockError:
    """Return the error for a setting that a driver cannot work with."""
    return LockError(f"The setting {key} {what}.", key="error.lock_settings")


def secret_from(file: str, key: str) -> bytes:
    """Return the secret in ``file`` without the line's end.

    Raises ``LockError`` naming the setting ``key`` if the file cannot be read or is too short.
    """
    try:
        secret = paths.expanded(file).read_bytes().strip()
    except (OSError, ConfigError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise wrong_setting(
            key, f"names a file that cannot be read ({why}); correct the path or its permissions"
        ) from None
    if len(secret) < 16:
        raise wrong_setting(
            key, "names a file with fewer than 16 characters; put a long random secret in it"
        )
    return secret
