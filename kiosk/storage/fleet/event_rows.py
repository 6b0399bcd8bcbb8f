"""The rows of this node's logs in the order of their chain, with the bytes that were hashed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kiosk.core.fleet import NodeEvent
from kiosk.storage.audit.hash_chain import KINDS, content


def after(sql: sqlite3.Connection, sequence: int, limit: int) -> list[NodeEvent]:
    """Return up to ``limit`` rows after ``sequence``, in the order of the chain.

    Rows that retention removed are left out: the first sequence is then higher than the next.
    """
    links = sql.execute(
        "SELECT seq, kind, row_id, link FROM chain WHERE seq > ? ORDER BY seq LIMIT ?",
        [sequence, limit],
    ).fetchall()
    rows = {
        (number, kind): row
        for number, table in enumerate(KINDS)
        for kind, row in _rows(sql, table, [one[2] for one in links if one[1] == number]).items()
    }
    found = []
    for seq, number, row_id, link in links:
        columns, row = rows[number, row_id]
        kind = KINDS[number]
        at = datetime.fromisoformat(row[columns.index("at")])
        found.append(NodeEvent(seq, kind, at, content(kind, columns, row), link))
    return found


def _rows(
    sql: sqlite3.Connection, table: str, ids: Sequence[int]
) -> dict[int, tuple[list[str], Sequence[Any]]]:
    found: dict[int, tuple[list[str], Sequence[Any]]] = {}
    for begin in range(0, len(ids), 500):
        some = ids[begin : begin + 500]
        places = ", ".join("?" * len(some))
        cursor = sql.execute(f"SELECT * FROM {table} WHERE id IN ({places})", some)
        columns = [column[0] for column in cursor.description]
        at = columns.index("id")
        found |= {row[at]: (columns, row) for row in cursor}
    return found
