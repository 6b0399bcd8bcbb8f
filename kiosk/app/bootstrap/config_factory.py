"""Settings with the tables of the lock drivers, which core does not know."""

from __future__ import annotations

from pathlib import Path

from kiosk.access.drivers import lock_tables
from kiosk.core import paths
from kiosk.core.config import Config, load_config


def default_config() -> Config:
    """Return the defaults of every setting."""
    return Config(locks=lock_tables())


def site_config() -> Config:
    """Return the settings of the file that the administrator of this machine keeps, if any.

    They are the defaults of what is changed on screen, which the kiosk keeps in a file of its own.
    Raises ``ConfigError`` for a file that cannot be used.
    """
    file = paths.site_config_file()
    return load_config(file if file and file.exists() else None, default_config())


def read_config(file: Path, *, required: bool = False) -> Config:
    """Return the settings in ``file``, and those of the site where it has none.

    Raises ``ConfigError`` for a file that cannot be used, and for a missing one if ``required``.
    """
    return load_config(file if required or file.exists() else None, site_config())
