"""A digest of everything stored that lets a person in, to notice a change before the door opens."""

from __future__ import annotations

import hashlib
import json
import sqlite3

GONE = ""
"""The digest of a person who is not enrolled."""

_SELECT = """
SELECT number, name, role, enabled, valid_from, valid_until, until_time, entry, member_of,
       (SELECT json_array(count(*), max(id)) FROM templates WHERE person_id = people.id),
       (SELECT set_at FROM door_pins WHERE person_id = people.id),
       (SELECT json_group_array(kind || code_hash) FROM
           (SELECT kind, code_hash FROM cards WHERE person_id = people.id ORDER BY 1, 2)),
       EXISTS (SELECT 1 FROM look_alikes WHERE first = people.id OR second = people.id),
       (SELECT value FROM settings WHERE key = 'door.override') IS '"lockdown"'
FROM people WHERE id = ?
"""


def entry_basis(sql: sqlite3.Connection, person_id: int) -> str:
    """Return the digest for that person: their row, face, PIN and cards, and whether the door is
    locked down; ``GONE`` if nobody has that id.
    """
    row = sql.execute(_SELECT, [person_id]).fetchone()
    return hashlib.sha256(json.dumps(row).encode()).hexdigest() if row else GONE


def is_disabled(sql: sqlite3.Connection, person_id: int) -> bool:
    """Return whether that person is enrolled and disabled."""
    row = sql.execute("SELECT enabled FROM people WHERE id = ?", [person_id]).fetchone()
    return row is not None and not row[0]
