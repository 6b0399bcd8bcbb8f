"""Notes what staff change, so that it can be pushed to the fleet; no path can forget to.

Temporary triggers of the kiosk's own connection mark the subject of each row that is written, in
the same transaction, while the database belongs to a node of a fleet and no facts are applied. The
next entry of the audit log says who did it.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kiosk.core.access_rules import STORED
from kiosk.core.fleet import FactKind

_PROCESS = secrets.token_hex(8)
_CAPTURING = f"fleet_capturing_{_PROCESS}"
"""Name of the SQL function: unguessable, so that nothing stored in the database calls it."""

_PERSON = [
    "number",
    "name",
    "role",
    "enabled",
    "valid_from",
    "valid_until",
    "consented_at",
    "entry",
    "member_of",
    "until_time",
]
_ACCOUNT = ["name", "role", "pin_hash", "enabled", "pin_given_at", "pin_is_own"]
_CARD = ["person_id", "kind", "code_hash", "valid_until"]
_CONSENT = ["person_id", "given_at", "withdrawn_at", "kind"]

_WATCHED: tuple[tuple[FactKind, str, str, Sequence[str]], ...] = (
    (FactKind.PERSON, "people", "id", _PERSON),
    # not changed in place: other bytes are the same vector under another key
    (FactKind.PERSON, "templates", "person_id", ()),
    # changed in place when the same PIN is hashed again
    (FactKind.PERSON, "door_pins", "person_id", ()),
    (FactKind.PERSON, "cards", "person_id", _CARD),
    (FactKind.PERSON, "consents", "person_id", _CONSENT),
    (FactKind.ACCOUNT, "accounts", "id", _ACCOUNT),
)
"""Kind of fact, table, the column of the subject's local id, and columns that count as changed."""

_MARK = "INSERT OR REPLACE INTO fleet_changed (kind, local_id) VALUES ('{kind}', {local_id});"


class Capture:
    """The triggers of one connection. ``paused`` is used in the thread of that connection."""

    def __init__(self) -> None:
        self._pauses = 0

    def attach(self, sql: sqlite3.Connection) -> None:
        """Let every statement of ``sql`` that changes what the fleet shares leave a mark."""
        sql.create_function(_CAPTURING, 0, lambda: self._pauses == 0)
        for watched in _WATCHED:
            for event, row, differs in _events(watched[3]):
                _create(sql, watched[1], event, differs, _mark(watched, row))
        _create(
            sql,
            "settings",
            "INSERT",
            f"new.key = '{STORED}'",
            _MARK.format(kind=FactKind.RULES, local_id=0),
        )
        _create(
            sql,
            "actions",
            "INSERT",
            "EXISTS (SELECT 1 FROM fleet_changed WHERE actor IS NULL)",
            "UPDATE fleet_changed SET actor = new.actor, at = new.at WHERE actor IS NULL;",
        )

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave no marks in the block: it writes what comes from the fleet."""
        self._pauses += 1
        try:
            yield
        finally:
            self._pauses -= 1


def mark(sql: sqlite3.Connection, kind: FactKind, local_id: int, actor: str, at: str) -> None:
    """Mark a subject as changed by ``actor``."""
    sql.execute(
        "INSERT OR REPLACE INTO fleet_changed (kind, local_id, actor, at) VALUES (?, ?, ?, ?)",
        [kind, local_id, actor, at],
    )


def mark_all(sql: sqlite3.Connection, actor: str, at: str) -> None:
    """Mark everybody and every account, as when a node brings its own list into a fleet."""
    for kind, table in ((FactKind.PERSON, "people"), (FactKind.ACCOUNT, "accounts")):
        sql.execute(
            "INSERT OR REPLACE INTO fleet_changed (kind, local_id, actor, at)"
            f" SELECT ?, id, ?, ? FROM {table} ORDER BY id",
            [kind, actor, at],
        )


def mark_rules(sql: sqlite3.Connection, actor: str, at: str) -> None:
    """Mark the access rules, if staff ever stored any, as when a node founds a fleet."""
    if sql.execute("SELECT 1 FROM settings WHERE key = ?", [STORED]).fetchone():
        mark(sql, FactKind.RULES, 0, actor, at)


def unmark(sql: sqlite3.Connection, kind: FactKind, local_id: int) -> None:
    """Forget that a subject was changed."""
    sql.execute("DELETE FROM fleet_changed WHERE kind = ? AND local_id = ?", [kind, local_id])


def _events(columns: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the event, the row whose subject changed, and the condition that it did."""
    yield "INSERT", "new", "1"
    yield "DELETE", "old", "1"
    if columns:
        old, new = (", ".join(f"{row}.{name}" for name in columns) for row in ("old", "new"))
        yield f"UPDATE OF {', '.join(columns)}", "new", f"({old}) IS NOT ({new})"


def _mark(watched: tuple[FactKind, str, str, Sequence[str]], row: str) -> str:
    return _MARK.format(kind=watched[0], local_id=f"{row}.{watched[2]}")


def _create(sql: sqlite3.Connection, table: str, event: str, condition: str, body: str) -> None:
    sql.execute(
        f"CREATE TEMP TRIGGER fleet_{secrets.token_hex(8)} AFTER {event} ON main.{table}"
        f" WHEN {_CAPTURING}() AND EXISTS (SELECT 1 FROM fleet_membership) AND {condition}"
        f" BEGIN {body} END"
    )
