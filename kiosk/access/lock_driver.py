"""What a file in ``kiosk/access/drivers/`` declares: one lock driver, with its settings."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kiosk.access.locks import Driver
from kiosk.core import paths
from kiosk.core.config import LockTable
from kiosk.core.errors import ConfigError, LockError
from kiosk.core.private_files import make_private

if TYPE_CHECKING:  # imported where it is used: every start imports this module
    import ssl


@dataclass(frozen=True, slots=True)
class LockDriver:
    """A lock driver, which its module declares as ``DRIVER``.

    ``name``: the value of ``door.lock`` and the table of its settings. ``en``, ``ko``: what the
    Settings screen calls it. ``settings``: a frozen dataclass of ``lock_setting`` fields. ``make``:
    returns the driver for its settings and a clock (monotonic seconds), not connected yet; raises
    ``LockError`` for settings that cannot be used. ``order``: place in lists; equal ones by name.
    """

    name: str
    en: str
    ko: str
    settings: type[Any]
    make: Callable[[Any, Callable[[], float]], Driver]
    order: int = 100

    @property
    def table(self) -> LockTable:
        """The driver's settings with their defaults."""
        return LockTable(self.name, self.en, self.ko, self.settings())


def needed(module: str, driver: str, package: str, install: str = "") -> ModuleType:
    """Import ``module`` of an optional package when the driver is made.

    Raises ``LockError`` that says what to install: ``install``, or else ``package``.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise LockError(
            f"The lock driver {driver} needs the package {package}; install it with: pip install "
            f"'{install or package}'.",
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
        path = paths.expanded(file)
        make_private(path)
        secret = path.read_bytes().strip()
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


def tls_context(ca_file: str, key: str) -> ssl.SSLContext:
    """Return a context that trusts the authority in ``ca_file``; empty takes the system's.

    Raises ``LockError`` naming the setting ``key`` if there is no certificate to read.
    """
    import ssl

    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise wrong_setting(key, f"names no certificate that can be read ({error})") from None
