"""The settings of one lock as text, enough to make its driver without the settings file."""

from __future__ import annotations

import dataclasses
import json

from kiosk.access.drivers import lock_tables
from kiosk.core.config import Config, config_from
from kiosk.core.errors import ConfigError
from kiosk.core.parsed_json import parse_json


def lock_settings_text(config: Config) -> str:
    """Return ``door.lock`` and the table of its driver as JSON, always the same for the same."""
    name = config.door.lock
    tables: dict[str, object] = {"door": {"lock": name}}
    if name in config.tables:
        tables[name] = dataclasses.asdict(config.tables[name])
    return json.dumps(tables, ensure_ascii=False, sort_keys=True)


def lock_settings_from(text: str, origin: str = "the lock's settings") -> Config:
    """Return the defaults with the lock's settings in ``text``; ``origin`` is named in errors.

    Raises ``ConfigError`` for a text that is not from ``lock_settings_text``.
    """
    try:
        tables = parse_json(text)
    except ValueError as error:
        raise ConfigError(f"{origin} cannot be read ({error}); delete it.") from None
    if not isinstance(tables, dict):
        raise ConfigError(f"{origin} holds no settings; delete it.")
    return config_from(tables, origin, Config(locks=lock_tables()))
