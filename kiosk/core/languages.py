"""The languages of the interface: one folder of assets/i18n each.

A language is added by a folder with messages (``*.toml``) and a ``language.toml``:

- ``name`` and ``short``: its own name, in full and as on the language switch
- ``order``: its place in the list; the lowest is the default language
- ``plural``: the rule in ``kiosk.ui.plurals`` that chooses the form for a count
- ``keyboard``: the script of the on-screen keyboard, ``hangul`` or ``latin``
- ``voice``: the voice of espeak-ng
- ``aliases``: further names accepted in imported tables
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kiosk.core.paths import ASSETS

FOLDER = ASSETS / "i18n"
"""The folder that holds a folder for each language."""

TERMINAL_LANGUAGE = "en"
"""The language of the command line and the logs, and of messages that a language lacks."""

KEYBOARDS = ("hangul", "latin")


@dataclass(frozen=True, slots=True)
class LanguageInfo:
    """A language as described by its ``language.toml``; raises ``ValueError`` for a bad value."""

    code: str
    name: str
    short: str
    order: int
    plural: str
    keyboard: str
    voice: str
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in ("code", "name", "short", "plural", "voice"):
            if not isinstance(getattr(self, field), str) or not getattr(self, field):
                raise ValueError(f"language {self.code!r}: {field} must be a text")
        if self.keyboard not in KEYBOARDS:
            raise ValueError(f"language {self.code!r}: keyboard must be one of {KEYBOARDS}")


@cache
def languages() -> tuple[LanguageInfo, ...]:
    """Return all languages in the order of their ``order``, the default language first.

    Raises ``ValueError`` for a ``language.toml`` that cannot be used.
    """
    found = [_read(path) for path in FOLDER.glob("*/language.toml")]
    return tuple(sorted(found, key=lambda info: (info.order, info.code)))


def language_codes() -> tuple[str, ...]:
    """Return the codes of all languages, that of the default language first."""
    return tuple(info.code for info in languages())


def default_language() -> str:
    """Return the code of the language used where none was chosen."""
    return language_codes()[0]


def language_info(code: str) -> LanguageInfo:
    """Return the language ``code``; raises ``ValueError`` for an unknown one."""
    for info in languages():
        if info.code == code:
            return info
    raise ValueError(f"unknown language {code!r}")


def language_names() -> Mapping[str, str]:
    """Return the code of a language by each of its names in lower case, as typed by people."""
    return {
        name.casefold(): info.code
        for info in languages()
        for name in (info.code, info.name, *info.aliases)
    }


def _read(path: Path) -> LanguageInfo:
    values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    values["aliases"] = tuple(values.get("aliases", ()))
    try:
        return LanguageInfo(path.parent.name, **values)
    except TypeError as error:
        raise ValueError(f"{path}: {error}") from None
