"""The numbered migrations of the centre's schema, which lie in ``sql/`` beside this file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

OLDEST = 6
"""The oldest migration that this program can work with."""


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Return number and text of each migration, in order."""
    folder = files("kiosk.fleet.centre") / "sql"
    found = [
        (int(file.name.partition("_")[0]), file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    ]
    return tuple(sorted(found))


def newest_migration() -> int:
    """Return the number of the newest migration."""
    return migrations()[-1][0]
