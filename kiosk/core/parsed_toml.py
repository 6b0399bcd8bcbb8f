"""Parse TOML that somebody else may have written."""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import Any

from kiosk.core.nesting import levels, too_deep

MAX_FILE = 1_000_000
"""Maximum size of a file in bytes; ours have a few thousand."""

MAX_DEPTH = 16
"""How deep lists and tables may lie in each other; ours lie at most 4 deep."""

_SHOWN = 60
_WHOLE = 2**63


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables in the file ``path``; raise ``OSError``, or ``ValueError`` as below."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise ValueError(f"it is larger than {MAX_FILE // 1_000_000} MB")
    return parse_toml(data.decode("utf-8"))


def parse_toml(text: str) -> dict[str, Any]:
    """Return the tables in ``text``.

    Raise ``ValueError`` for what is no TOML, for whole numbers of more than 64 bits, and for lists
    and tables more than ``MAX_DEPTH`` deep, which other code could not walk through.
    """
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise too_deep() from None
    _check(tables)
    return tables


def composed(tables: dict[str, Any]) -> dict[str, Any]:
    """Return ``tables`` with all texts and keys in NFC, as names of groups are stored.

    A Mac may write them decomposed. Raise ``ValueError`` for two keys of the same letters.
    """
    return {name: _composed(value) for name, value in _composed_keys(tables).items()}


def _composed(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_composed(each) for each in value]
    return composed(value) if isinstance(value, dict) else value


def _composed_keys(table: dict[str, Any]) -> dict[str, Any]:
    made = {unicodedata.normalize("NFC", name): value for name, value in table.items()}
    if len(made) != len(table):
        raise ValueError("it has the same key twice, in composed and in decomposed letters")
    return made


def shown(value: object) -> str:
    """Return ``value`` for a message: one line, cut off where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def plain(name: str) -> str:
    """Return a key for a message: as it is if it needs no quotes, else as ``shown``."""
    return name if name.isidentifier() and len(name) <= _SHOWN else shown(name)


def _check(tables: dict[str, Any]) -> None:
    for level in levels(tables, MAX_DEPTH):
        if any(type(each) is int and not -_WHOLE <= each < _WHOLE for each in level):
            raise ValueError("it has a number that is too large")
