"""Settings with the tables of the lock drivers, which core does not know."""

from __future__ import annotations

from pathlib import Path

from kiosk.access.drivers import lock_tables
from kiosk.core.config import Config, load_config


def default_config() -> Config:
    """Return the defaults of every setting."""
    return Config(locks=lock_tables())


def read_config(file: Path, *, required: bool = False) -> Config:
    """Return the settings in ``file``, or the defaults where there is none.

    Raises ``ConfigError`` for a file that cannot be used, and for a missing one if ``required``.
    """
    return load_config(file if required or file.exists() else None, default_config())
