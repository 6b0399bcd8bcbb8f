"""Parse JSON that somebody else may have written."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from kiosk.core.nesting import levels, too_deep

MAX_DEPTH = 64
"""How deep lists and objects may lie in each other; ours lie at most 5 deep."""


def parse_json(text: str | bytes) -> Any:
    """Return the value that ``text`` holds.

    Raise ``ValueError`` for what is no JSON, for numbers that are not finite (1e999, NaN), and for
    lists and objects more than ``MAX_DEPTH`` deep, which other code could not walk through.
    """
    try:
        value = json.loads(text, parse_float=_finite, parse_constant=_refused)
    except RecursionError:
        raise too_deep() from None
    for _ in levels(value, MAX_DEPTH):
        pass
    return value


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:
        _refused(text)
    return number


def _refused(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is not a finite number")
