"""Conflicts that wait for staff: both sides as they were, and nothing lost.

Templates are kept only of two versions of one person who both had the consent for the face. They
are sealed with the person's key, so that a deletion reaches them in every backup. After another key
was made (the face was enrolled again, or its consent withdrawn) they open no more.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from kiosk.core.consent import ConsentKind
from kiosk.core.errors import StorageError
from kiosk.core.fleet import Conflict, Content, FactKind, FleetPerson
from kiosk.core.templates import Template
from kiosk.storage.crypto.aead import SealBroken, derive, length_prefixed, seal, unseal
from kiosk.storage.crypto.row_seals import genuine
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import iso
from kiosk.storage.fleet.content_json import faces_from_bytes, faces_to_bytes, from_json, to_json

_COLUMNS = (
    "id, why, kind, subject, other, local_id, mine, theirs, mine_faces, theirs_faces, found_at"
)
_GENUINE = genuine("fleet_conflicts")


@dataclasses.dataclass(frozen=True, slots=True)
class OpenConflict:
    """A conflict with the kind of its fact and the id here of the row that it is about."""

    kind: FactKind
    local_id: int
    shown: Conflict


def add(sql: sqlite3.Connection, vault: Vault, found: OpenConflict) -> None:
    """Store a conflict in the caller's transaction, in place of an older one of that subject.

    Of the older one what stood at this node stays: nobody has chosen yet.
    """
    shown = found.shown
    older = next(
        (
            one
            for one in listed(sql, vault, shown.subject)
            if (one.shown.why, one.kind) == (shown.why, found.kind)
        ),
        None,
    )
    mine = older.shown.mine if older else shown.mine
    if older:
        close(sql, older.shown.id)
    key = _key(sql, vault, found.local_id) if found.kind is FactKind.PERSON else None
    # a face is needed only where staff choose between two versions of one person
    faces = shown.why == "version" and _consented(mine) and _consented(shown.theirs)
    sql.execute(
        "INSERT INTO fleet_conflicts (why, kind, subject, other, local_id, mine, theirs,"
        " mine_faces, theirs_faces, found_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            shown.why,
            found.kind,
            shown.subject,
            shown.other,
            found.local_id,
            to_json(mine),
            to_json(shown.theirs),
            _sealed(key, shown.subject, mine) if faces else None,
            _sealed(key, shown.subject, shown.theirs) if faces else None,
            iso(shown.found_at),
        ],
    )


def listed(sql: sqlite3.Connection, vault: Vault, subject: str = "") -> list[OpenConflict]:
    """Return all conflicts, or those of one subject, oldest first; and none forged."""
    condition = " AND subject = ?" if subject else ""
    rows = sql.execute(
        f"SELECT {_COLUMNS} FROM fleet_conflicts WHERE {_GENUINE}{condition} ORDER BY id",
        [subject] if subject else [],
    ).fetchall()
    return [_conflict(sql, vault, row) for row in rows]


def count(sql: sqlite3.Connection) -> int:
    """Return how many conflicts ``listed`` has."""
    row = sql.execute(f"SELECT count(*) FROM fleet_conflicts WHERE {_GENUINE}").fetchone()
    return int(row[0])


def claimed_numbers(sql: sqlite3.Connection) -> list[tuple[int, int, str]]:
    """Return id, id here of the person, and number of conflicts about a number; opens none."""
    rows = sql.execute(
        "SELECT id, local_id, json_extract(theirs, '$.person.number') AS number"
        f" FROM fleet_conflicts WHERE why = 'number' AND number IS NOT NULL AND {_GENUINE}"
        " ORDER BY id"
    )
    return [(int(conflict), int(local_id), str(number)) for conflict, local_id, number in rows]


def close(sql: sqlite3.Connection, conflict: int) -> None:
    """Remove a conflict."""
    sql.execute("DELETE FROM fleet_conflicts WHERE id = ?", [conflict])


def close_all_of(sql: sqlite3.Connection, subject: str) -> None:
    """Remove the conflicts of a subject that is gone.

    One about a number that it had as well ends when the number is given to who is left.
    """
    sql.execute("DELETE FROM fleet_conflicts WHERE subject = ?", [subject])


def forget_person(sql: sqlite3.Connection, person_id: int) -> None:
    """Remove what conflicts say of a person who is being deleted here.

    What the other of two people with one number needs to get it stays.
    """
    sql.execute(
        "DELETE FROM fleet_conflicts WHERE kind = ? AND local_id = ?", [FactKind.PERSON, person_id]
    )
    sql.execute(
        "UPDATE fleet_conflicts SET mine = ?, mine_faces = NULL WHERE kind = ? AND other IN"
        " (SELECT subject FROM fleet_subjects WHERE kind = ? AND local_id = ?)",
        [to_json(None), FactKind.PERSON, FactKind.PERSON, person_id],
    )


def claimed_number(sql: sqlite3.Connection, local_id: int) -> str | None:
    """Return the number of a person who is here under another, because two people have it."""
    row = sql.execute(
        "SELECT json_extract(theirs, '$.person.number') FROM fleet_conflicts"
        f" WHERE why = 'number' AND local_id = ? AND {_GENUINE}",
        [local_id],
    ).fetchone()
    return str(row[0]) if row else None


def _conflict(sql: sqlite3.Connection, vault: Vault, row: Sequence[object]) -> OpenConflict:
    number, why, kind, subject, other, local_id, mine, theirs, faces, other_faces, at = row
    key = _key(sql, vault, int(str(local_id))) if kind == FactKind.PERSON else None
    shown = Conflict(
        int(str(number)),
        str(why),
        str(subject),
        str(other),
        from_json(str(mine), _opened(key, str(subject), faces)),
        from_json(str(theirs), _opened(key, str(subject), other_faces)),
        datetime.fromisoformat(str(at)),
    )
    return OpenConflict(FactKind(str(kind)), int(str(local_id)), shown)


def _consented(content: Content) -> bool:
    return isinstance(content, FleetPerson) and any(
        given.kind is ConsentKind.FACE for given in content.consents
    )


def _key(sql: sqlite3.Connection, vault: Vault, person_id: int) -> bytes | None:
    try:
        return derive(vault.person_key(sql, person_id), "fleet conflict")
    except StorageError:  # the person is gone
        return None


def _sealed(key: bytes | None, subject: str, content: Content) -> bytes | None:
    if key is None or not isinstance(content, FleetPerson) or not content.templates:
        return None
    return seal(key, faces_to_bytes(content.templates), length_prefixed("conflict", subject))


def _opened(key: bytes | None, subject: str, sealed: object) -> tuple[Template, ...]:
    if key is None or not isinstance(sealed, bytes):
        return ()
    try:
        return faces_from_bytes(unseal(key, sealed, length_prefixed("conflict", subject)))
    except SealBroken:
        return ()
