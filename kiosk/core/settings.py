"""Settings as people look at them and change them: one by one, with unit, bounds and default, each as a text that can be typed."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kiosk.core.config import Config
from kiosk.core.errors import ConfigError

_LOGIN = re.compile(r"(?<=://).*@")
_QUERY = re.compile(r"\?.+")
HIDDEN = "***@"
HIDDEN_QUERY = "?***"
"""Stand for the user and password inside an address, and for what comes after its question mark, which may hold them too."""


class SettingKind(StrEnum):
    """What a setting's value is."""

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
    """One setting: ``key`` is ``section.name``. ``weakens_security``: which changes make the door less strict (``kiosk.core.config.setting``)."""

    key: str
    kind: SettingKind
    value: Any
    default: Any
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    weakens_security: str = ""

    @property
    def section(self) -> str:
        """The table of the file."""
        return self.key.partition(".")[0]

    @property
    def step(self) -> float:
        """How far one touch goes: a round number, about a fiftieth of what is possible or a twentieth of the default."""
        assert self.low is not None and self.high is not None
        if self.unit == "port":
            return 1.0
        about = max(
            min((self.high - self.low) / 50, abs(self.default) / 10 or math.inf),
            1 if self.kind is SettingKind.WHOLE else 0.01,
        )
        power = 10 ** math.floor(math.log10(about))
        return float(max(part * power for part in (1, 2, 5) if part * power <= about * 1.0001))

    def laxer(self, value: Any) -> bool:
        """Whether ``value`` in place of the present one makes the door less strict."""
        if value == self.value or not self.weakens_security:
            return False
        if self.weakens_security == "any":
            return True
        if self.weakens_security == "off":
            return not value
        return bool(value > self.value if self.weakens_security == "up" else value < self.value)

    def parse(self, text: str) -> Any:
        """The value that ``text`` means. ``ConfigError`` where it is none, or beyond the bounds."""
        text = text.strip()
        if self.kind is SettingKind.SWITCH and text in ("true", "false"):
            return text == "true"
        if self.kind is SettingKind.CHOICE and text in self.choices:
            return text
        if self.kind is SettingKind.TEXT and (text.isprintable() or not text):
            return self._with_login(text)
        if self.kind is SettingKind.LIST:
            return self._list(text)
        if self.kind in (SettingKind.WHOLE, SettingKind.NUMBER):
            return self._number(text)
        raise self._refused(text)

    def words(self, value: Any) -> str:
        """``value`` as it is typed; users and passwords inside addresses are hidden."""
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
            raise self._refused(text) from None
        if not self.low <= value <= self.high or (
            self.kind is SettingKind.WHOLE and not value.is_integer()
        ):  # refuses NaN too
            raise self._refused(text)
        return int(value) if self.kind is SettingKind.WHOLE else value

    def _list(self, text: str) -> tuple[str, ...]:
        try:
            value = tomllib.loads(f"x = {text or '[]'}")
        except tomllib.TOMLDecodeError:
            raise self._refused(text) from None
        if (
            value.keys() != {"x"}
            or not isinstance(value["x"], list)
            or not all(
                isinstance(part, str) and HIDDEN not in part and HIDDEN_QUERY not in part
                for part in value["x"]
            )
        ):
            raise self._refused(text)
        return tuple(value["x"])

    def _with_login(self, text: str) -> str:
        """Whoever leaves the stars where they are keeps user and password."""
        value = str(self.value)
        login = _LOGIN.search(value)
        query = _QUERY.search(_LOGIN.sub("", value))
        if query:
            text = text.replace(HIDDEN_QUERY, query[0], 1)
        if login:
            text = text.replace(HIDDEN, login[0], 1)
        if "://" in text and (HIDDEN in text or HIDDEN_QUERY in text):
            raise self._refused(text)
        return text

    def _refused(self, text: str) -> ConfigError:
        if self.low is not None and self.high is not None:
            return ConfigError(
                f"{self.key} must be between {self.low:g} and {self.high:g} {self.unit}, not {text!r}.",
                key="setting.error.bounds",
                low=f"{self.low:g}",
                high=f"{self.high:g}",
            )
        return ConfigError(
            f"{self.key} cannot be {text!r}.", key=f"setting.error.{self.kind.value}"
        )


def hidden(text: str) -> str:
    """``text``, an address, with what may be a user or a password hidden, however it is written."""
    return _QUERY.sub(HIDDEN_QUERY, _LOGIN.sub(HIDDEN, text)) if "://" in text else text


def settings_of(config: Config) -> tuple[Setting, ...]:
    """Every setting, in the order of the file."""
    return tuple(
        _setting(section.name, item, getattr(getattr(config, section.name), item.name))
        for section in dataclasses.fields(config)
        for item in dataclasses.fields(getattr(config, section.name))
    )


def _setting(section: str, item: dataclasses.Field[Any], value: Any) -> Setting:
    facts = item.metadata
    kind = SettingKind.CHOICE if facts["choices"] else _KINDS[type(item.default)]
    return Setting(
        f"{section}.{item.name}",
        kind,
        value,
        item.default,
        facts["unit"],
        facts["low"],
        facts["high"],
        facts["choices"],
        facts["lax"],
    )


def setting_rows(config: Config) -> list[tuple[str, str]]:
    """Every setting as (key, value with unit), for reading; without what may be a password."""
    return [
        (setting.key, f"{_readable(setting.value)} {setting.unit}".strip())
        for setting in settings_of(config)
    ]


def _readable(value: Any) -> str:
    return str(tuple(map(hidden, value))) if isinstance(value, tuple) else hidden(str(value))


def sections() -> tuple[str, ...]:
    """The tables of the file, in its order."""
    return tuple(section.name for section in dataclasses.fields(Config))


@dataclass(frozen=True, slots=True)
class SettingsView:
    """What the page shows. ``pending``: keys that count after the next start. ``file``: where they are written."""

    settings: tuple[Setting, ...] = ()
    pending: frozenset[str] = frozenset()
    two_admins: bool = False
    file: str = ""
