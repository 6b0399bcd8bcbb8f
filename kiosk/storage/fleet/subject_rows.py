"""Which rows of this database are which subjects of the fleet, and in which version.

Every row is sealed: nobody who writes the file alone can make the node take a newer version for an
older one. The row of a deleted subject stays, so that nothing brings a person back.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.fleet import EVERYBODY, Fact, FactKind, Standing
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.row_seals import genuine

_COLUMNS = (
    "id, kind, subject, local_id, version, member_of, read_number, read_version, read_digest,"
    " read_audience, waiting"
)
_GENUINE = genuine("fleet_subjects")
_KINDS = ", ".join(f"'{kind}'" for kind in FactKind)
"""All kinds, so that the index by kind and subject serves."""


_UNREAD = Standing(0, 0, b"", ())


@dataclass(frozen=True, slots=True)
class FleetSubject:
    """A subject as this node knows it.

    ``local_id``: of its row here; ``None`` if there is none. ``version``: the newest known; what
    staff change here is made against it. ``groups``: the person's in that version. ``waiting``:
    the content of that version has not come yet, or cannot be used. ``kept_out``: this node,
    and not staff, disabled the person's row meanwhile.
    """

    kind: FactKind
    subject: str
    local_id: int | None
    version: int = 0
    groups: tuple[str, ...] = ()
    read: Standing = _UNREAD
    waiting: bool = False
    kept_out: bool = False
    id: int = 0


def subject_id(fleet: str, node: str, kind: FactKind, *own: str | int) -> str:
    """Return the subject of something that is new in the fleet, 32 hexadecimal digits.

    It is the same whenever it is asked for, so that a node that was restored from a backup gives
    nobody a second one.
    """
    return hashlib.sha256(length_prefixed(fleet, node, kind.value, *own)).hexdigest()[:32]


def by_subject(sql: sqlite3.Connection, kind: FactKind, subject: str) -> FleetSubject | None:
    """Return a subject; raise ``StorageError`` if somebody else changed its row."""
    return _one(sql, "kind = ? AND subject = ?", kind, subject)


def by_local_id(sql: sqlite3.Connection, kind: FactKind, local_id: int) -> FleetSubject | None:
    """Return the subject of a row here; raise ``StorageError`` if somebody else changed it."""
    return _one(sql, "kind = ? AND local_id = ?", kind, local_id)


def is_deleted(sql: sqlite3.Connection, subject: str) -> bool:
    """Return whether the deletion of that person is known here."""
    return by_subject(sql, FactKind.DELETION, subject) is not None


def keep(sql: sqlite3.Connection, subject: FleetSubject, writer: str = "") -> None:
    """Store what is known of a subject, in the caller's transaction.

    ``writer``: of the line that is read; the first one stays, as where the subject comes from.
    """
    values = [
        subject.local_id,
        subject.version,
        json.dumps(subject.groups, ensure_ascii=False),
        subject.read.number,
        subject.read.version,
        subject.read.digest,
        json.dumps(subject.read.audience, ensure_ascii=False),
        int(subject.waiting) + int(subject.waiting and subject.kept_out),
    ]
    if subject.id:
        sql.execute(
            "UPDATE fleet_subjects SET local_id = ?, version = ?, member_of = ?, read_number = ?,"
            " read_version = ?, read_digest = ?, read_audience = ?, waiting = ?,"
            " writer = CASE writer WHEN '' THEN ? ELSE writer END WHERE id = ?",
            [*values, writer, subject.id],
        )
        return
    sql.execute(
        "INSERT INTO fleet_subjects (local_id, version, member_of, read_number, read_version,"
        " read_digest, read_audience, waiting, kind, subject, writer)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [*values, subject.kind, subject.subject, writer],
    )


def name_person(sql: sqlite3.Connection, person_id: int) -> None:
    """Give a person here their subject, unless they have one; nothing happens outside a fleet.

    Whoever deletes a person calls this before: their entry may have reached the centre, although
    this node never heard so, and would bring them back.
    """
    place = sql.execute("SELECT fleet, node FROM fleet_membership").fetchone()
    person = sql.execute("SELECT created_at FROM people WHERE id = ?", [person_id]).fetchone()
    if place is None or person is None or by_local_id(sql, FactKind.PERSON, person_id):
        return
    subject = subject_id(place[0], place[1], FactKind.PERSON, person_id, person[0])
    known = by_subject(sql, FactKind.PERSON, subject)
    known = known or FleetSubject(FactKind.PERSON, subject, None)
    keep(sql, replace(known, local_id=person_id))


def standing(
    sql: sqlite3.Connection, subjects: Sequence[str]
) -> dict[tuple[FactKind, str], Standing]:
    """Return the newest line of the feed that was read, by kind and subject."""
    found: dict[tuple[FactKind, str], Standing] = {}
    for subject in subjects:
        for row in sql.execute(
            f"SELECT {_COLUMNS}, {_GENUINE} FROM fleet_subjects"
            f" WHERE kind IN ({_KINDS}) AND subject = ? AND read_number > 0",
            [subject],
        ):
            known = _subject(row)
            found[known.kind, subject] = known.read
    return found


def waiting(sql: sqlite3.Connection, limit: int) -> list[tuple[FactKind, str]]:
    """Return subjects whose content has not come yet: people last, and each in its turn.

    Which ones is left to chance, so that many that never come do not keep others waiting.
    """
    rows = sql.execute(
        "SELECT kind, subject FROM fleet_subjects WHERE waiting"
        " ORDER BY kind = 'person', random() LIMIT ?",
        [limit],
    )
    return [(FactKind(kind), subject) for kind, subject in rows]


def audience(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Return who must read a change: the groups before and after it; everybody for no group."""
    if not before and not after:
        return (EVERYBODY,)
    groups = {*before, *after}
    return tuple(sorted(groups | ({EVERYBODY} if not before or not after else set())))


def line(fact: Fact) -> Standing:
    """Return where a fact stands in the feed."""
    return Standing(fact.number, fact.version, fact.digest, tuple(fact.audience))


def _one(sql: sqlite3.Connection, condition: str, *values: object) -> FleetSubject | None:
    row = sql.execute(
        f"SELECT {_COLUMNS}, {_GENUINE} FROM fleet_subjects WHERE {condition}", values
    ).fetchone()
    return None if row is None else _subject(row)


def _subject(row: Sequence[Any]) -> FleetSubject:
    (id_, kind, subject, local_id, version, groups, number, read, digest, audience, waits, held) = (
        row
    )
    if not held:
        raise StorageError(
            "What this node knows of its fleet was changed outside Munjigi; run `log verify`,"
            " then restore a backup or join the fleet again.",
            key="error.fleet_not_genuine",
        )
    return FleetSubject(
        FactKind(kind),
        subject,
        local_id,
        version,
        tuple(json.loads(groups)),
        Standing(number, read, digest, tuple(json.loads(audience))),
        bool(waits),
        waits > 1,
        id_,
    )
