"""The settings in use: those of the start, with what may change while the kiosk runs."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from kiosk.app.bootstrap.config_factory import read_config
from kiosk.app.bootstrap.time_factor import apply_time_factor
from kiosk.core.config import Config, Reload
from kiosk.core.errors import ConfigError
from kiosk.core.settings import keys_reloaded, merged

ENGINE = keys_reloaded(Reload.ENGINE)
"""Settings that the engine is built with: it is rebuilt when one changes."""

LIVE = ENGINE | keys_reloaded(Reload.LIVE)
"""Settings that take effect at once; the others do after the next start."""


class LiveConfig(QObject):
    """``value``: the settings in use, durations already multiplied by ``ui.time_factor``.

    ``file``: where they are kept. ``started_with``: what the file said at the start; ``None`` if it
    could not be read.
    """

    changed = Signal(object, object)
    """The settings before and after a change."""

    def __init__(self, config: Config, file: Path) -> None:
        super().__init__()
        self.value = apply_time_factor(config)
        self.file = file
        self.started_with = _config_on_disk(file)

    def use(self, config: Config) -> None:
        """Take over the ``LIVE`` settings of ``config`` from the file; the main thread's.

        Command-line options and the time factor of the start stay.
        """
        before = self.value
        factor = replace(config.ui, time_factor=before.ui.time_factor)
        self.value = merged(before, apply_time_factor(replace(config, ui=factor)), LIVE)
        self.changed.emit(before, self.value)


def needs_new_engine(before: Config, after: Config) -> bool:
    """Whether a setting of ``ENGINE`` differs."""
    return merged(before, after, ENGINE) != before


def _config_on_disk(file: Path) -> Config | None:
    """Read ``file``; ``None`` if that fails, which the Settings page reports when it is opened."""
    with contextlib.suppress(ConfigError):
        return read_config(file)
    return None
