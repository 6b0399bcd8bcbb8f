"""The messages of both languages, read from assets/i18n. Without Qt, for commands and for what is imported before it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from kiosk.core.paths import ASSETS

LANGUAGES = ("ko", "en")


@cache
def catalogue(language: str) -> dict[str, str]:
    """All messages of ``language`` by dotted key, from every file of its folder.

    Raises ``ValueError`` where two files say the same key, so that no message hides another.
    """
    messages: dict[str, str] = {}
    for path in sorted((ASSETS / "i18n" / language).glob("*.toml")):
        for key, text in _flat(tomllib.loads(path.read_text(encoding="utf-8")), ""):
            if key in messages:
                raise ValueError(f"{path.name} says {key} again")
            messages[key] = text
    return messages


def _flat(table: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, value))
    return rows
