"""Writing into the database without the kiosk, as somebody with the file can."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def tamper(path: Path, *statements: str, values: tuple[object, ...] = ()) -> None:
    """Run ``statements`` on the database at ``path`` in a connection of their own."""
    with closing(sqlite3.connect(path)) as raw, raw:
        for statement in statements:
            raw.execute(statement, values)


def rows_of(path: Path, table: str) -> list[dict[str, Any]]:
    """Return all rows of a table by column."""
    with closing(sqlite3.connect(path)) as raw:
        raw.row_factory = sqlite3.Row
        return [dict(row) for row in raw.execute(f"SELECT * FROM {table}")]


def put_back(path: Path, table: str, rows: list[dict[str, Any]]) -> None:
    """Put old rows in place of those with the same key."""
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("PRAGMA foreign_keys = OFF")
        for row in rows:
            names = ", ".join(row)
            marks = ", ".join("?" * len(row))
            raw.execute(
                f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", list(row.values())
            )
