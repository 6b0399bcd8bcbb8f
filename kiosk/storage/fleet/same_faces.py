"""Pairs of people with one face who were enrolled at two nodes apart: nobody could compare them.

The comparison of all faces finds them as it finds other look-alikes, and neither is let in by the
face alone. People who were enrolled at one node were shown to staff there.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from kiosk.core.errors import StorageError
from kiosk.core.fleet import Conflict, FactKind, FleetPerson
from kiosk.storage.crypto.row_seals import genuine
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.fleet.conflict_rows import OpenConflict
from kiosk.storage.fleet.person_content import read_person

_PAIRS = (
    "SELECT look_alikes.first, look_alikes.second, one.subject, other.subject, found_at"
    " FROM look_alikes"  # the order of CROSS JOIN is kept: there are few look-alikes
    " CROSS JOIN fleet_subjects AS one ON one.kind = 'person' AND one.local_id = look_alikes.first"
    " CROSS JOIN fleet_subjects AS other ON other.kind = 'person'"
    " AND other.local_id = look_alikes.second"
    f" WHERE one.writer <> other.writer AND {genuine('look_alikes')}"
    " ORDER BY look_alikes.first, look_alikes.second"
)


def listed(sql: sqlite3.Connection, vault: Vault, now: datetime) -> list[OpenConflict]:
    """Return the pairs as conflicts. Their ids are negative, and made from both people's."""
    found = []
    for first, second, subject, other, found_at in sql.execute(_PAIRS).fetchall():
        shown = Conflict(
            -(first << 31 | second),
            "face",
            subject,
            other,
            _read(sql, vault, first),
            _read(sql, vault, second),
            datetime.fromisoformat(found_at) if found_at else now,
        )
        found.append(OpenConflict(FactKind.PERSON, first, shown))
    return found


def count(sql: sqlite3.Connection) -> int:
    """Return how many pairs ``listed`` has."""
    return int(sql.execute(f"SELECT count(*) FROM ({_PAIRS})").fetchone()[0])


def _read(sql: sqlite3.Connection, vault: Vault, person_id: int) -> FleetPerson | None:
    try:
        return read_person(sql, vault, person_id)
    except StorageError:  # not a row of the kiosk's: log verify names it
        return None
