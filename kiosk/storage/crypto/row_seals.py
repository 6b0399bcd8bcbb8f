"""Seals of the rows that decide: nobody can write them without a key from the key store.

A row's seal is the first half of an HMAC-SHA256 over the table's name and the name and value of
each sealed column that is not NULL; a nullable column that is added later does not change older
seals. The sum of the whole HMACs of all rows of a table is kept, encrypted, in ``table_seals``, so
that removed rows, and old rows put back, are noticed. How often these sums were changed is part of
each action of the audit log, which the hash chain covers: so are old sums put back with their rows.

Temporary triggers of the kiosk's own connection write both in the transaction of each statement.
An update seals a row again only if its old seal held. A trigger that somebody stored in the
database is refused where it writes sealed rows, and cannot call the functions used here.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import SealBroken, derive, length_prefixed, seal, unseal
from kiosk.storage.crypto.database_secret import ROW_SEALS, DatabaseSecret

SEALED: Mapping[str, tuple[str, ...]] = {
    "people": (
        "id",
        "number",
        "name",
        "role",
        "enabled",
        "valid_from",
        "valid_until",
        "consented_at",
        "created_at",
        "entry",
        "member_of",
        "face_key",
        "until_time",
    ),
    "door_pins": ("person_id", "pin_hash", "set_at"),
    "accounts": (
        "id",
        "name",
        "folded",
        "role",
        "pin_hash",
        "enabled",
        "created_at",
        "pin_given_at",
        "pin_is_own",
    ),
    "cards": ("id", "person_id", "kind", "code_hash", "created_at", "valid_until"),
    "settings": ("key", "value"),
    "look_alikes": ("first", "second", "distance", "embedder_id"),
    "consents": ("id", "person_id", "version", "language", "given_at", "withdrawn_at", "kind"),
    "fleet_membership": (
        "one",
        "fleet",
        "node",
        "name",
        "kind",
        "founder",
        "number",
        "link",
        "lease",
        "revoked",
    ),
    "fleet_nodes": ("node", "document"),
    "fleet_subjects": (
        "id",
        "kind",
        "subject",
        "local_id",
        "version",
        "member_of",
        "read_number",
        "read_version",
        "read_digest",
        "read_audience",
        "writer",
        "waiting",
    ),
    "fleet_conflicts": (
        "id",
        "why",
        "kind",
        "subject",
        "other",
        "local_id",
        "mine",
        "theirs",
        "mine_faces",
        "theirs_faces",
        "found_at",
    ),
}
"""The sealed columns by table."""

_LATER = tuple(table for table in SEALED if table.startswith("fleet_"))
"""Tables that were added, empty, to databases whose other tables were sealed already."""

log = logging.getLogger(__name__)

_SEAL = 16
"""Bytes of a row's seal; the other half of the HMAC never leaves the sum."""

_MODULUS = 1 << 256
_PROCESS = secrets.token_hex(8)
ROW_SEAL, ROW_HOLDS, ROW_SEALED_AGAIN, TABLE_STATE, TABLE_CHANGES = (
    f"{name}_{_PROCESS}"
    for name in ("row_seal", "row_holds", "row_sealed_again", "table_state", "table_changes")
)
"""Names of the SQL functions: unguessable, so that nothing stored in the database calls them."""

_WRITES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}

_CHANGES = f"SELECT sum({TABLE_CHANGES}(name, state)) FROM table_seals"

_TABLES = {table: length_prefixed(table) for table in SEALED}
_ENCODED = {
    table: tuple(length_prefixed(column) for column in columns) for table, columns in SEALED.items()
}


def genuine(table: str) -> str:
    """Return an SQL condition: the row of ``table`` was written by the kiosk."""
    return f"{ROW_HOLDS}('{table}', {_columns(table, table, 'seal')}, {_columns(table, table)})"


class TableState:
    """The sum of the HMACs of a table's rows, and how often it was changed."""

    def __init__(self, total: int = 0, changes: int = 0) -> None:
        self.total = total
        self.changes = changes


class RowSeals:
    """The seals of one database. Methods with ``sql`` run in the thread of that connection."""

    def __init__(self, secret: DatabaseSecret) -> None:
        self._secret = secret
        self._key = b""
        self._state_key = b""
        self._error: StorageError | None = None
        # what was computed last; every value stands for itself
        self._last: tuple[str, Sequence[Any], bytes] = ("", (), b"")
        self._states: dict[str, tuple[bytes, TableState]] = {}

    def attach(self, sql: sqlite3.Connection) -> None:
        """Let every statement of ``sql`` that writes a sealed table seal its rows."""
        self.define(sql)
        # unguessable: a trigger stored in the database cannot have the name of one of ours
        own = frozenset(f"seal_{secrets.token_hex(8)}" for _ in range(3 * len(SEALED) + 1))
        names = iter(own)
        for table in SEALED:
            for statement in _triggers(table, names):
                sql.execute(statement)
        if "sealed_changes" in [row[1] for row in sql.execute("PRAGMA table_info(actions)")]:
            sql.execute(
                f"CREATE TEMP TRIGGER {next(names)} AFTER INSERT ON main.actions BEGIN"
                f" UPDATE actions SET sealed_changes = ({_CHANGES}) WHERE id = new.id; END"
            )
        sql.set_authorizer(lambda *action: _authorize(own, *action))
        self._begin_later_tables(sql)

    def _begin_later_tables(self, sql: sqlite3.Connection) -> None:
        """Expect no rows of a table that was just added.

        Not where the audit log knows of more changes than the sums: then a sum was removed.
        """
        known = {name for (name,) in sql.execute("SELECT name FROM table_seals")}
        new = [table for table in _LATER if table not in known]
        try:
            if not new or self.missing_changes(sql) > 0:
                return
            for table in new:
                if not sql.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
                    state = self._sealed_state(table, TableState())
                    sql.execute("INSERT INTO table_seals VALUES (?, ?)", [table, state])
        except StorageError as error:  # the key is away: at the next start
            log.error("sums of new tables are not begun yet: %s", error)

    def define(self, sql: sqlite3.Connection) -> None:
        """Define the SQL functions of this module for ``sql``."""
        # so that REPLACE takes the rows that it removes out of the sum
        sql.execute("PRAGMA recursive_triggers = ON")
        for name, function in (
            (ROW_SEAL, self._row_seal),
            (ROW_HOLDS, self._row_holds),
            (ROW_SEALED_AGAIN, self._row_sealed_again),
            (TABLE_STATE, self._table_state),
            (TABLE_CHANGES, self._table_changes),
        ):
            sql.create_function(name, -1, self._reported(function))

    def holds(self, table: str, row: Mapping[str, Any]) -> bool:
        """Return whether ``row``, with its seal and all sealed columns, was written by the kiosk.

        Raise ``StorageError`` if the key is missing.
        """
        values = [row.get(name) for name in SEALED[table]]  # an older database has fewer columns
        return self._holds(table, row["seal"], values)

    def seal_all(self, sql: sqlite3.Connection) -> None:
        """Seal every row as it is: at the first opening after an update, or of a backup."""
        self.define(sql)
        for table in SEALED:
            sql.execute(f"UPDATE {table} SET seal = {ROW_SEAL}('{table}', {_columns(table)})")
            self.count_again(sql, table)

    def seal_row(self, sql: sqlite3.Connection, table: str, rowid: int) -> None:
        """Seal a row whose whole content was just confirmed; nothing happens if its seal holds."""
        before = sql.execute(
            f"UPDATE {table} SET seal = {ROW_SEAL}('{table}', {_columns(table)})"
            f" WHERE rowid = ? AND NOT {genuine(table)}",
            [rowid],
        )
        if before.rowcount:
            sql.execute(
                "UPDATE table_seals SET state = (SELECT"
                f" {TABLE_STATE}('{table}', table_seals.state, NULL, {_columns(table, table)})"
                f" FROM {table} WHERE {table}.rowid = ?) WHERE name = '{table}'",
                [rowid],
            )

    def count_again(self, sql: sqlite3.Connection, table: str) -> None:
        """Make the rows that hold now those that the table is expected to have."""
        total = 0
        rows = 0
        for stored, *values in sql.execute(f"SELECT seal, {_columns(table)} FROM {table}"):
            if self._holds(table, stored, values):
                total += self._element(table, values)
                rows += 1
        state = self.state(sql, table) or TableState()
        state.total = total % _MODULUS
        state.changes += 1 if rows or state.changes else 0
        state.changes += max(0, self.missing_changes(sql))
        sql.execute(
            "INSERT INTO table_seals VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET state = excluded.state",
            [table, self._sealed_state(table, state)],
        )

    def state(self, sql: sqlite3.Connection, table: str) -> TableState | None:
        """Return what the kiosk last left in a table; ``None`` if that was changed or removed."""
        row = sql.execute("SELECT state FROM table_seals WHERE name = ?", [table]).fetchone()
        return None if row is None else self._opened_state(table, row[0])

    def changes(self, sql: sqlite3.Connection) -> dict[str, int]:
        """Return how often each table was changed, which never falls; none that was tampered with.

        Raise ``StorageError`` if the key is missing.
        """
        found: dict[str, int] = {}
        if not sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'table_seals'").fetchone():
            return found  # of an older program
        for table, sealed in sql.execute("SELECT name, state FROM table_seals").fetchall():
            state = self._opened_state(table, sealed)
            if state is not None:
                found[table] = state.changes
        return found

    def broken_rows(self, sql: sqlite3.Connection, table: str) -> tuple[list[int], bool]:
        """Return the rowids of rows that do not hold, and whether the table is as it was left."""
        broken = []
        total = 0
        query = f"SELECT rowid, seal, {_columns(table)} FROM {table} ORDER BY rowid"
        for rowid, stored, *values in sql.execute(query):
            digest = self._digest(table, values)
            if isinstance(stored, bytes) and hmac.compare_digest(stored, digest[:_SEAL]):
                total += int.from_bytes(digest, "big")
            else:
                broken.append(rowid)
        state = self.state(sql, table)
        return broken, state is not None and state.total == total % _MODULUS

    def missing_changes(self, sql: sqlite3.Connection) -> int:
        """Return how many changes the audit log knows of and the sums do not.

        More than none if old sums were put back.
        """
        if "sealed_changes" not in [row[1] for row in sql.execute("PRAGMA table_info(actions)")]:
            return 0
        known = sql.execute("SELECT coalesce(max(sealed_changes), 0) FROM actions").fetchone()[0]
        states = [self.state(sql, table) for table in SEALED]
        if not isinstance(known, int):  # the chain names the row
            return 0
        return known - sum(state.changes for state in states if state is not None)

    def take_error(self) -> StorageError | None:
        """Return why a function of ``define`` failed, once: SQLite's own error does not say it."""
        error, self._error = self._error, None
        return error

    # the SQL functions

    def _row_seal(self, table: str, *values: Any) -> bytes:
        return self._digest(table, values)[:_SEAL]

    def _row_holds(self, table: str, stored: Any, *values: Any) -> bool:
        return self._holds(table, stored, values)

    def _row_sealed_again(self, table: str, stored: Any, *values: Any) -> bytes | None:
        old, new = _halves(table, values)
        return self._row_seal(table, *new) if self._holds(table, stored, old) else None

    def _table_state(self, table: str, sealed: bytes, stored: Any, *values: Any) -> bytes:
        """Return the state after a row was added (``stored`` NULL), removed or changed.

        ``values``: the columns of the row as added, as removed, or before and after the change.
        """
        state = self._opened_state(table, sealed)
        first, second = _halves(table, values)
        added = [first] if stored is None else [second] if second else []
        if stored is not None and not self._holds(table, stored, first):
            return sealed
        if state is None:
            return sealed
        state.total -= 0 if stored is None else self._element(table, first)
        state.total += sum(self._element(table, row) for row in added)
        state.total %= _MODULUS
        state.changes += 1
        return self._sealed_state(table, state)

    def _table_changes(self, table: str, sealed: bytes) -> int | None:
        try:
            state = self._opened_state(table, sealed)
        except StorageError:  # the key is away; the audit log goes on
            return None
        return None if state is None else state.changes

    def _reported(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            try:
                return function(*values)
            except StorageError as error:
                self._error = error
                raise

        return call

    # keys and digests

    def _find_keys(self) -> None:
        self._key = self._secret.subkey(ROW_SEALS)
        self._state_key = derive(self._key, "table states")

    def _digest(self, table: str, values: Sequence[Any]) -> bytes:
        if not self._key:
            self._find_keys()
        last = self._last  # another thread may verify meanwhile
        if last[:2] == (table, values):  # the seal and the sum of one row
            return last[2]
        parts = [_TABLES[table]]
        for name, value in zip(_ENCODED[table], values, strict=True):
            if value is not None:
                parts += (name, length_prefixed(value))
        digest = hmac.digest(self._key, b"".join(parts), "sha256")
        self._last = (table, values, digest)
        return digest

    def _element(self, table: str, values: Sequence[Any]) -> int:
        return int.from_bytes(self._digest(table, values), "big")

    def _holds(self, table: str, stored: Any, values: Sequence[Any]) -> bool:
        expected = self._digest(table, values)[:_SEAL]
        return isinstance(stored, bytes) and hmac.compare_digest(stored, expected)

    def _sealed_state(self, table: str, state: TableState) -> bytes:
        if not self._state_key:
            self._find_keys()
        plain = state.total.to_bytes(32, "big") + state.changes.to_bytes(8, "big")
        sealed = seal(self._state_key, plain, _about(table))
        self._states[table] = (sealed, TableState(state.total, state.changes))
        return sealed

    def _opened_state(self, table: str, sealed: Any) -> TableState | None:
        if not self._state_key:
            self._find_keys()
        known = self._states.get(table)
        if known is not None and known[0] == sealed:  # as this process sealed it
            return TableState(known[1].total, known[1].changes)
        try:
            plain = unseal(self._state_key, bytes(sealed), _about(table))
        except (SealBroken, TypeError):
            return None
        return TableState(int.from_bytes(plain[:32], "big"), int.from_bytes(plain[32:], "big"))


def _columns(table: str, prefix: str = "", *names: str) -> str:
    dotted = f"{prefix}." if prefix else ""
    return ", ".join(f"{dotted}{name}" for name in names or SEALED[table])


def _halves(table: str, values: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    size = len(SEALED[table])
    return values[:size], values[size:]


def _about(table: str) -> bytes:
    return length_prefixed("table state", table)


def _triggers(table: str, names: Any) -> tuple[str, ...]:
    """Return the statements that create the triggers of ``table``."""
    old = _columns(table, "old")
    new = _columns(table, "new")

    def state(stored: str, values: str) -> str:
        return (
            f"UPDATE table_seals SET state = {TABLE_STATE}('{table}', state, {stored}, {values})"
            f" WHERE name = '{table}';"
        )

    def sealed(value: str) -> str:
        return f"UPDATE {table} SET seal = {value} WHERE rowid = new.rowid;"

    begin = "CREATE TEMP TRIGGER {} AFTER {} ON main.{} BEGIN {} END"
    return (
        begin.format(
            next(names),
            "INSERT",
            table,
            sealed(f"{ROW_SEAL}('{table}', {new})") + state("NULL", new),
        ),
        begin.format(
            next(names),
            f"UPDATE OF {_columns(table)}",
            table,
            sealed(f"{ROW_SEALED_AGAIN}('{table}', old.seal, {old}, {new})")
            + state("coalesce(old.seal, x'')", f"{old}, {new}"),
        ),
        begin.format(next(names), "DELETE", table, state("coalesce(old.seal, x'')", old)),
    )


def _authorize(
    own: frozenset[str], action: int, first: str | None, _: Any, __: Any, trigger: str | None
) -> int:
    """Refuse triggers of others that write sealed rows or what their seals are built on."""
    if trigger is None or trigger in own or action not in _WRITES:
        return sqlite3.SQLITE_OK
    guarded = first in SEALED or first in ("table_seals", "person_keys", "vault_keys")
    return sqlite3.SQLITE_DENY if guarded else sqlite3.SQLITE_OK
