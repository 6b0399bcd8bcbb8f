"""Change config.toml in place, keeping comments and order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from kiosk.core.config import CORE_DEFAULTS, Config, config_from, load_config
from kiosk.core.errors import ConfigError
from kiosk.core.files import atomic_write
from kiosk.core.parsed_toml import parse_toml
from kiosk.storage.db.sqlite_errors import files_explained


class ConfigFile:
    """The configuration file at ``path``, which need not exist yet."""

    def __init__(self, path: Path, template: Config = CORE_DEFAULTS) -> None:
        """``template``: the defaults, with the tables that the file may have."""
        self.path = path
        self._template = template

    def read(self) -> Config:
        """Return the configuration; raise ``ConfigError`` if the file cannot be used."""
        return load_config(self.path if self.path.exists() else None, self._template)

    def change(self, values: Mapping[str, Any]) -> Config:
        """Write ``values`` by ``section.name`` and return the new configuration.

        ``None`` removes the line, which means the default. Raise ``ConfigError`` if the result
        would not be valid, ``StorageError`` if it cannot be written; the file is then unchanged.
        """
        text, config = self._changed(values)
        self._write(text)
        return config

    def check(self, values: Mapping[str, Any]) -> Config:
        """Return or raise what ``change`` would, without writing anything."""
        return self._changed(values)[1]

    def _changed(self, values: Mapping[str, Any]) -> tuple[str, Config]:
        document = _parsed(self._text(), self.path)
        _use_present_keys(document, self._template.renamed_keys)
        for key, value in values.items():
            section, _, name = key.partition(".")
            table = document.setdefault(section, tomlkit.table())
            if not isinstance(table, Table):
                raise ConfigError(f"{self.path}: {section} must be a table, written [{section}].")
            if value is None:
                table.pop(name, None)
            else:
                table[name] = list(value) if isinstance(value, tuple) else value
        text = tomlkit.dumps(document)
        try:
            tables = parse_toml(text)
        except ValueError as error:
            raise _invalid(self.path, error) from None
        return text, config_from(tables, str(self.path), self._template)

    def _text(self) -> str:
        with files_explained(self.path, "read"):
            try:
                return self.path.read_text(encoding="utf-8")
            except FileNotFoundError:
                return ""
            except UnicodeDecodeError as error:
                raise ConfigError(
                    f"The configuration file {self.path} cannot be read ({error});"
                    " correct it first."
                ) from None

    def _write(self, text: str) -> None:
        target = self.path.resolve()  # keep a symbolic link
        with files_explained(self.path, "written"):
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
            atomic_write(target, text.encode("utf-8"), mode)


def _parsed(text: str, path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise _invalid(path, error) from None


def _invalid(path: Path, error: ValueError | TOMLKitError) -> ConfigError:
    return ConfigError(f"{path} is not valid TOML ({error}); correct that line.")


def _use_present_keys(document: tomlkit.TOMLDocument, renamed: Mapping[str, str]) -> None:
    """Rename the settings that stand under an old key, unless the present key is there too."""
    for old, new in renamed.items():
        old_table, _, old_name = old.partition(".")
        new_table, _, new_name = new.partition(".")
        source = document.get(old_table)
        if not isinstance(source, Table) or old_name not in source:
            continue
        target = document.setdefault(new_table, tomlkit.table())
        if isinstance(target, Table) and new_name not in target:
            target[new_name] = source.pop(old_name)
