"""Whether the kiosk could start with changed settings."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection

from kiosk.access.drivers import make_driver
from kiosk.app.bootstrap.pipeline_factory import check_weights
from kiosk.app.bootstrap.store_factory import backups_folder
from kiosk.app.health import Health, HealthServer
from kiosk.core.config import Config, StartupCheck
from kiosk.core.errors import ConfigError, KioskError
from kiosk.core.settings import settings_of
from kiosk.vision.camera.sources import check_source

log = logging.getLogger(__name__)


def check_startable(config: Config, changed: Collection[str], *, in_use: Config) -> None:
    """Raise ``ConfigError`` if the next start would fail because of a setting in ``changed``.

    There is no keyboard at the kiosk to repair it with. ``in_use``: the settings of this run.
    """
    checks: dict[StartupCheck, Callable[[], object]] = {
        StartupCheck.WEIGHTS: lambda: check_weights(config),
        StartupCheck.CAMERA: lambda: check_source(config.camera.source),
        StartupCheck.LOCK: lambda: make_driver(config),
        StartupCheck.BACKUPS: lambda: check_backups(config),
        StartupCheck.PORT: lambda: check_port(config.health.port, in_use.health.port),
    }
    needed = {item.spec.startup_check for item in settings_of(config) if item.key in changed}
    for name, check in checks.items():
        if name in needed:
            try:
                check()
            except KioskError as error:
                log.warning("settings were not kept: %s", error)
                raise ConfigError(str(error), key="setting.error.start", setting=name) from None


def check_backups(config: Config) -> None:
    """Raise ``ConfigError`` unless the folder, or its nearest existing parent, is writable."""
    folder = backups_folder(config)
    if folder is None:
        return
    parent = next(place for place in (folder, *folder.parents) if place.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise ConfigError(
            f"Backups cannot be written to {folder}; "
            f"correct the permissions of {parent} or choose another folder."
        )


def check_port(port: int, in_use: int) -> None:
    """Raise ``ConfigError`` if ``port`` is taken by another program than this kiosk."""
    if port not in (0, in_use):
        HealthServer(port, lambda: Health({}), str).stop()
