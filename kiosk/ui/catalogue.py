"""The messages of a language, read from its folder of assets/i18n, and filling them in.

Without Qt, so that the command line can use them. A message may contain

- ``{name}``: the value;
- ``{name:은/는}``: the value with the Korean particle that follows it;
- ``{n:one=row;other=rows}``: the form for a count, without the count itself.

A message may also be given as several, ``<key>.one`` and ``<key>.other``, chosen by the value
``n``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from kiosk.core import languages
from kiosk.core.languages import TERMINAL_LANGUAGE, language_info
from kiosk.ui.particles import is_pair, with_particle
from kiosk.ui.plurals import OTHER, choose_form, plural_category

COUNT = "n"
"""The value that chooses the plural form of a message given as several."""


@cache
def catalogue(code: str) -> dict[str, str]:
    """Return all messages of language ``code`` by dotted key, from every file of its folder.

    The languages' own names are among them. Raises ``ValueError`` where two files give the same
    key, so that no message hides another.
    """
    messages: dict[str, str] = {}
    for path in sorted((languages.FOLDER / code).glob("*.toml")):
        if path.name == "language.toml":
            continue
        for key, text in _flat(tomllib.loads(path.read_text(encoding="utf-8")), ""):
            if key in messages:
                raise ValueError(f"{path.name} says {key} again")
            messages[key] = text
    for key, name in _language_names().items():
        messages.setdefault(key, name)
    return messages


def find_message(code: str, key: str, /, **values: object) -> str:
    """Return the message ``key`` in language ``code`` before filling in, or an empty string.

    The language of the terminal stands in for a message that the language lacks.
    """
    for language in dict.fromkeys((code, TERMINAL_LANGUAGE)):
        messages = catalogue(language)
        if key in messages:
            return messages[key]
        if COUNT in values:
            category = plural_category(language_info(language).plural, values[COUNT])
            for suffix in (category, OTHER):
                if f"{key}.{suffix}" in messages:
                    return messages[f"{key}.{suffix}"]
    return ""


def tr_in(code: str, key: str, /, **values: object) -> str:
    """Return the message ``key`` in language ``code`` with ``values`` filled in.

    A missing key is returned itself, so that nothing is blank.
    """
    text = find_message(code, key, **values) or key
    if not values:
        return text
    rule = language_info(code).plural
    return text.format(**{name: _Inserted(value, rule) for name, value in values.items()})


class _Inserted:
    """A value of a message, which understands the format specifications of this module."""

    __slots__ = ("_rule", "_value")

    def __init__(self, value: object, rule: str) -> None:
        self._value = value
        self._rule = rule

    def __format__(self, spec: str) -> str:
        if is_pair(spec):
            return with_particle(str(self._value), spec)
        if f"{OTHER}=" in spec:
            return choose_form(self._rule, self._value, spec)
        return format(self._value, spec)


def _language_names() -> dict[str, str]:
    return {
        f"{prefix}.{info.code}": name
        for info in languages.languages()
        for prefix, name in (
            ("common.language.short", info.short),
            ("common.language.long", info.name),
            ("setting.choice", info.name),
        )
    }


def _flat(table: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, value))
    return rows
