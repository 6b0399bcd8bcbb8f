"""Settings as people read and change them: one by one, each as text that can be typed."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from kiosk.core.addresses import STARS, hidden, is_like_address, revealed, shown_address
from kiosk.core.config import CORE_DEFAULTS, Config, Reload, SettingSpec, spec_of
from kiosk.core.errors import ConfigError
from kiosk.core.languages import language_codes, languages
from kiosk.core.parsed_toml import parse_toml, shown

FILE_ONLY = "setting.file_only"
"""Message key of the sentence that says why a setting is not changed on screen."""


class SettingKind(StrEnum):
    """Type of a setting's value."""

    SWITCH = "switch"
    WHOLE = "whole"
    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"
    LIST = "list"


_KINDS = {
    bool: SettingKind.SWITCH,
    int: SettingKind.WHOLE,
    float: SettingKind.NUMBER,
    str: SettingKind.TEXT,
    tuple: SettingKind.LIST,
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with its present value; ``key`` is ``table.name``.

    ``section_titles``: the table's title by language, where a lock driver gives it.
    ``choice_titles``: the same for choices that are lock drivers or languages, by choice; a
    language has its own name.
    """

    key: str
    value: Any
    default: Any
    spec: SettingSpec
    section_titles: Mapping[str, str] = field(default_factory=dict)
    choice_titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def section(self) -> str:
        """Table of the file."""
        return self.key.partition(".")[0]

    @property
    def kind(self) -> SettingKind:
        """Type of the value."""
        return SettingKind.CHOICE if self.choices else _KINDS[type(self.default)]

    @property
    def unit(self) -> str:
        """Unit as docs/settings.md gives it; empty where there is none."""
        return self.spec.unit

    @property
    def low(self) -> float | None:
        """Smallest value of a number."""
        return self.spec.low

    @property
    def high(self) -> float | None:
        """Largest value of a number."""
        return self.spec.high

    @property
    def choices(self) -> tuple[str, ...]:
        """Allowed texts of a choice."""
        return self.spec.choices

    @property
    def step(self) -> float:
        """Change of one touch: a round number near 1/50 of the range or 1/10 of the default."""
        assert self.low is not None and self.high is not None
        if self.spec.step or self.unit == "port":
            return float(self.spec.step or 1)
        target = max(
            min((self.high - self.low) / 50, abs(self.default) / 10 or math.inf),
            1 if self.kind is SettingKind.WHOLE else 0.01,
        )
        power = 10 ** math.floor(math.log10(target))
        return float(max(part * power for part in (1, 2, 5) if part * power <= target * 1.0001))

    def weakened_by(self, value: Any) -> bool:
        """Whether replacing the present value with ``value`` weakens security."""
        direction = self.spec.weakens_security
        if value == self.value or not direction:
            return False
        if direction == "any":
            return True
        if direction == "off":
            return not value
        return bool(value > self.value if direction == "up" else value < self.value)

    def parse(self, text: str) -> Any:
        """Return the value that ``text`` means; raise ``ConfigError`` if it is not valid."""
        text = text.strip()
        if self.kind is SettingKind.SWITCH and text in ("true", "false"):
            return text == "true"
        if self.kind is SettingKind.CHOICE and text in self.choices:
            return text
        if self.kind is SettingKind.TEXT and (text.isprintable() or not text):
            return self._with_password(text)
        if self.kind is SettingKind.LIST:
            return self._list(text)
        if self.kind in (SettingKind.WHOLE, SettingKind.NUMBER):
            return self._number(text)
        raise self._invalid(text)

    def words(self, value: Any) -> str:
        """Return ``value`` as it is typed, with users and passwords inside addresses hidden."""
        if self.spec.secret:
            return STARS if value else ""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, tuple):
            return json.dumps([hidden(part) for part in value], ensure_ascii=False)
        return hidden(f"{value:g}" if isinstance(value, float) else str(value))

    def _number(self, text: str) -> float | int:
        assert self.low is not None and self.high is not None
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            raise self._invalid(text) from None
        if not self.spec.within_bounds(value) or (
            self.kind is SettingKind.WHOLE and not value.is_integer()
        ):  # refuses NaN too
            raise self._invalid(text)
        return int(value) if self.kind is SettingKind.WHOLE else value

    def _list(self, text: str) -> tuple[str, ...]:
        try:
            table = parse_toml(f"x = {text or '[]'}")
        except ValueError:
            raise self._invalid(text) from None
        parts = table["x"]
        if table.keys() != {"x"} or not isinstance(parts, list) or not all(map(_plain, parts)):
            raise self._invalid(text)
        if self.spec.parts and set(parts) - set(self.spec.parts):
            raise ConfigError(
                f"{self.key} may only hold {', '.join(self.spec.parts)}.",
                key="setting.error.parts",
                parts=", ".join(self.spec.parts),
            )
        return tuple(parts)

    def _with_password(self, text: str) -> str:
        """Return ``text`` with the present user, password and path for the stars in it."""
        value = revealed(text, str(self.value))
        if value is None:
            raise self._invalid(text)
        return value

    def _invalid(self, text: str) -> ConfigError:
        if self.spec.steps:
            return ConfigError(
                f"{self.key} must be one of {self.spec.steps}, not {shown(text)}.",
                key="setting.error.steps",
                steps=self.spec.steps,
            )
        if self.low is not None and self.high is not None:
            return ConfigError(
                f"{self.key} must be between {self.low:g} and {self.high:g} {self.unit}, "
                f"not {shown(text)}.",
                key="setting.error.bounds",
                low=f"{self.low:g}",
                high=f"{self.high:g}",
            )
        return ConfigError(
            f"{self.key} cannot be {shown(shown_address(text))}.",
            key=f"setting.error.{self.kind.value}",
        )


def _plain(part: object) -> bool:
    """Whether ``part`` is a text without stars that stand for a password."""
    return isinstance(part, str) and not (is_like_address(part) and STARS in part)


def settings_of(config: Config) -> tuple[Setting, ...]:
    """Return every setting, in the order of ``Config``."""
    tables = config.tables
    titles = {lock.name: lock.titles for lock in config.locks}
    return tuple(
        Setting(
            f"{table}.{item.name}",
            getattr(tables[table], item.name),
            item.default,
            config.spec_of(item),
            section_titles=titles.get(table, {}),
            choice_titles=_choice_titles(spec_of(item), titles),
        )
        for table, item in config.fields()
    )


def _choice_titles(
    spec: SettingSpec, drivers: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Mapping[str, str]]:
    """Return the titles of the choices that are lock drivers or languages."""
    if spec.names_driver:
        return drivers
    if spec.choices == language_codes():
        return {info.code: {"en": info.name} for info in languages()}
    return {}


def keys_reloaded(*reloads: Reload) -> frozenset[str]:
    """Return the keys of the settings that take effect in one of these ways.

    Without those of lock drivers, which take effect after a restart.
    """
    return frozenset(
        f"{table}.{item.name}"
        for table, item in CORE_DEFAULTS.fields()
        if spec_of(item).reload in reloads
    )


def merged(config: Config, other: Config, keys: Collection[str]) -> Config:
    """Return ``config`` with the values that ``other`` has for ``keys``."""
    for key in keys:
        section, _, name = key.partition(".")
        value = getattr(other.tables[section], name)
        config = config.with_table(section, replace(config.tables[section], **{name: value}))
    return config


def setting_rows(config: Config) -> list[tuple[str, str]]:
    """Return every setting as (key, value with unit), without what may be a password."""
    return [
        (setting.key, f"{_readable(setting)} {setting.unit}".strip())
        for setting in settings_of(config)
    ]


def _readable(setting: Setting) -> str:
    value = setting.value
    if setting.spec.secret:
        return setting.words(value)
    return str(tuple(map(hidden, value))) if isinstance(value, tuple) else hidden(str(value))


@dataclass(frozen=True, slots=True)
class SettingsView:
    """What the Settings screen shows.

    ``pending``: keys that take effect after the next start. ``file``: where the settings are saved.
    """

    settings: tuple[Setting, ...] = ()
    pending: frozenset[str] = frozenset()
    two_admins: bool = False
    file: str = ""

    @property
    def section_titles(self) -> Mapping[str, Mapping[str, str]]:
        """Titles of the tables as in ``Setting``, by table, in the order of the screen."""
        return {setting.section: setting.section_titles for setting in self.settings}
