"""Read and validate the TOML file of settings."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kiosk.core.addresses import shown_address
from kiosk.core.config.all_settings import CORE_DEFAULTS, Config
from kiosk.core.config.setting_spec import SettingSpec, spec_of
from kiosk.core.errors import ConfigError
from kiosk.core.parsed_toml import plain, read_toml, shown

log = logging.getLogger(__name__)

_TYPE_NAMES = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "a list of texts in quotes",
}


def load_config(path: Path | None, template: Config = CORE_DEFAULTS) -> Config:
    """Return the settings in ``path``, or ``template`` where it is ``None``.

    ``template``: the defaults, with the tables that the file may have. Raises ``ConfigError`` that
    names the key if a key is unknown, has the wrong type or is out of bounds.
    """
    if path is None:
        return template
    try:
        tables = read_toml(path)
    except FileNotFoundError:
        raise ConfigError(
            f"There is no configuration file {path}; create it or leave --config out."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The configuration file {path} cannot be read ({error}); "
            "check the path and its permissions."
        ) from None
    except ValueError as error:
        raise ConfigError(f"{path} is not valid TOML ({error}); correct that line.") from None
    return config_from(tables, str(path), template)


def config_from(
    tables: Mapping[str, Any], origin: str = "the configuration", template: Config = CORE_DEFAULTS
) -> Config:
    """Return the settings in parsed TOML; ``origin`` is named in errors.

    ``template`` and errors as in ``load_config``.
    """
    config = template
    known = template.tables
    for name, table in with_present_keys(tables, origin, template).items():
        if name not in known:
            raise ConfigError(
                f"{origin} has the unknown table [{plain(name)}]; use one of {', '.join(known)}."
            )
        if not isinstance(table, Mapping):
            raise ConfigError(f"{origin}: {name} must be a table, written [{name}].")
        config = config.with_table(name, _section(template, name, table, origin))
    return config


def with_present_keys(tables: Mapping[str, Any], origin: str, template: Config) -> dict[str, Any]:
    """Return a copy of ``tables`` in which every renamed setting has its present key.

    Logs each old key once. Raises ``ConfigError`` if a setting stands under both keys.
    """
    renamed = {
        name: dict(table) if isinstance(table, Mapping) else table for name, table in tables.items()
    }
    for old, new in template.renamed_keys.items():
        old_table, _, old_name = old.partition(".")
        new_table, _, new_name = new.partition(".")
        source = renamed.get(old_table)
        if not isinstance(source, dict) or old_name not in source:
            continue
        target = renamed.setdefault(new_table, {})
        if not isinstance(target, dict):
            continue  # refused by the caller
        if new_name in target:
            raise ConfigError(f"{origin} sets {new} and its old name {old}; remove {old}.")
        target[new_name] = source.pop(old_name)
        _log_renamed(origin, old, new)
    return renamed


@cache  # once for each file and key: the Settings screen reads the file again and again
def _log_renamed(origin: str, old: str, new: str) -> None:
    log.warning("%s: %s is now called %s; the old name is still read", origin, old, new)


def _section(template: Config, name: str, table: Mapping[str, Any], origin: str) -> Any:
    section = template.tables[name]
    fields = {item.name: item for item in dataclasses.fields(section)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            raise ConfigError(
                f"{origin} has the unknown key {name}.{plain(key)}; use one of {', '.join(fields)}."
            )
        item = fields[key]
        values[key] = _checked(
            value, type(item.default), template.spec_of(item), f"{name}.{key}", origin
        )
    made = dataclasses.replace(section, **values)
    _check_together(made, name, origin)
    return made


def _checked(value: Any, kind: type, spec: SettingSpec, key: str, origin: str) -> Any:
    """Return ``value`` as a ``kind`` that ``spec`` allows, or raise ``ConfigError``."""
    value = _converted(value, kind)
    if type(value) is not kind:
        raise ConfigError(f"{origin}: {key} must be {_TYPE_NAMES[kind]}, not {_said(value)}.")
    if spec.choices and value not in spec.choices:
        raise ConfigError(
            f"{origin}: {key} must be one of {', '.join(spec.choices)}, not {_said(value)}."
        )
    _check_pattern(value, spec, key, origin)
    if spec.parts and isinstance(value, tuple) and set(value) - set(spec.parts):
        raise ConfigError(
            f"{origin}: {key} may only hold {', '.join(spec.parts)}, not {_said(value)}."
        )
    if spec.steps and not spec.within_bounds(value):
        raise ConfigError(f"{origin}: {key} must be one of {spec.steps}, not {_said(value)}.")
    if not spec.within_bounds(value):
        raise ConfigError(
            f"{origin}: {key} must be between {spec.low:g} and {spec.high:g} {spec.unit}, "
            f"not {_said(value)}."
        )
    return value


def _check_pattern(value: Any, spec: SettingSpec, key: str, origin: str) -> None:
    for part in value if spec.pattern else ():
        if not re.fullmatch(spec.pattern, part):
            raise ConfigError(
                f"{origin}: {key} must be written like {spec.example}, not {_said(part)}."
            )


def _said(value: Any) -> str:
    """Return a refused value for a message: it may be an address with a password, in a list too."""
    if isinstance(value, str):
        return shown(shown_address(value))
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    return shown(value)


def _converted(value: Any, kind: type) -> Any:
    """Return a list of texts as a tuple, and a whole number as a float, where ``kind`` is that."""
    if kind is tuple and isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):  # too large for any setting
            return float(value)
    return value


def _check_together(section: Any, name: str, origin: str) -> None:
    """Check the settings that bound each other."""
    for item in dataclasses.fields(section):
        spec = spec_of(item)
        value = getattr(section, item.name)
        if spec.at_most and value > getattr(section, spec.at_most):
            raise ConfigError(
                f"{origin}: {name}.{item.name} must not be larger than {name}.{spec.at_most}."
            )
        if spec.below and value >= getattr(section, spec.below):
            raise ConfigError(
                f"{origin}: {name}.{item.name} must be smaller than {name}.{spec.below}."
            )
