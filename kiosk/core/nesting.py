"""How deep parsed documents may be nested: what walks through them must not run out of stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def levels(value: object, most: int) -> Iterator[list[Any]]:
    """Yield ``value`` in a list, then what lies in its lists and dictionaries, level by level.

    Raise ``ValueError`` where there are more than ``most`` levels.
    """
    level = [value]
    for _ in range(most):
        yield level
        level = [part for each in level for part in _parts(each)]
        if not level:
            return
    raise too_deep()


def too_deep() -> ValueError:
    """Return the error for a document that is nested too deeply."""
    return ValueError("its brackets lie too deep in each other")


def _parts(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
