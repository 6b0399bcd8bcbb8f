"""Which photograph belongs to whom: ``2026-1.jpg``, ``2026-1-2.jpg``, or a folder ``2026-1``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

_COUNTED = re.compile(r"(.+?)(?:[-_ ]\(?\d{1,3}\)?|\(\d{1,3}\))")


def photo_name(stem: str) -> str:
    """Return the name of a file or folder as a student number would be written."""
    return unicodedata.normalize("NFKC", stem).strip().upper()


def owner_of(stem: str, known: Collection[str], taken: Collection[str], *, counted: bool) -> str:
    """Return the student number among ``known`` that ``stem`` names; "" if it names none.

    ``taken``: names that are themselves numbers of enrolled people. ``counted``: whether a name
    may end in a counter, as that of a file may and that of a folder may not.
    """
    name = photo_name(stem)
    if name in known:
        return name
    found = _COUNTED.fullmatch(name) if counted and name not in taken else None
    return found[1] if found and found[1] in known else ""
