"""Verify the seals of the rows that decide: name what was not written by the kiosk."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import sqlite_utils

from kiosk.core.errors import StorageError
from kiosk.core.reports import SealCheck
from kiosk.storage.audit.audit_log import SYSTEM
from kiosk.storage.crypto.row_seals import SEALED
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import schema_steps
from kiosk.storage.db.connection import connect_read_only, recognise
from kiosk.storage.db.sqlite_errors import sqlite_explained, storage_error
from kiosk.storage.people import template_rows
from kiosk.storage.store import Store

NOT_AS_SEALED = "rows_not_as_sealed"
"""Event of the audit log: somebody wrote rows that decide without the kiosk."""

CONFIRMED = "rows_confirmed"
"""Event of the audit log: somebody took the rows as they are."""

SHOWN = 10
"""How many rows of a table are named."""

_EVERY = timedelta(hours=1)

log = logging.getLogger(__name__)


def verify_seals(path: Path, vault: Vault) -> SealCheck:
    """Check every sealed row of the database at ``path``, in the caller's thread.

    Rows can be written meanwhile. Raise ``StorageError`` if the database or the key of the seals
    cannot be read.
    """
    with sqlite_explained(path), closing(connect_read_only(path)) as sql:
        database = sqlite_utils.Database(sql, execute_plugins=False)
        recognise(path, database)
        if schema_steps.ROW_SEALS not in schema_steps.applied(database):
            raise storage_error(
                path,
                "has no seals that could be verified; check --data-dir, or start the kiosk once",
                "no_chain",
            )
        sql.execute("BEGIN")  # a consistent snapshot, however long this takes
        vault.secret.locate(sql, path.parent)
        rows = {}
        tables = []
        for table in SEALED:
            broken, whole = vault.seals.broken_rows(sql, table)
            if broken:
                rows[table] = tuple(broken)
            elif not whole:
                tables.append(table)
        if damaged := _damaged_templates(sql, vault):
            rows["templates"] = damaged
        if vault.seals.missing_changes(sql) > 0:
            tables.append("table_seals")
        return SealCheck(rows, tuple(tables), _people_with_other_keys(sql, vault))


def sentences(check: SealCheck) -> list[str]:
    """Return what is wrong, in English; empty if nothing is."""
    found = [
        f"Rows of {table} were changed or inserted outside Munjigi: {_listed(rows)}"
        for table, rows in check.rows.items()
    ]
    found += [
        f"Rows of {table} were removed outside Munjigi, or older ones put back"
        for table in check.tables
    ]
    if check.keys:
        found.append(f"Keys of people were changed outside Munjigi: {_listed(check.keys)}")
    return found


def identifiers(check: SealCheck) -> str:
    """Return tables and row ids of what is wrong, in no language; empty if nothing is."""
    found = [f"{table} {_listed(rows)}" for table, rows in check.rows.items()]
    found += [f"{table} -" for table in check.tables]
    return "; ".join([*found, f"person_keys {_listed(check.keys)}"] if check.keys else found)


def confirm_tables(store: Store, by: str) -> str:
    """Take the rows that hold as all that there should be; return what was not so, for people.

    Rows that do not hold stay so. Recorded in the audit log.
    """
    return store.database.call(_confirm_tables, store, by)


def _confirm_tables(store: Store, by: str) -> str:
    sql = store.database.connection
    seals = store.vault.seals
    with store.database.transaction():
        found = [table for table in SEALED if not seals.broken_rows(sql, table)[1]]
        if not found and seals.missing_changes(sql) > 0:
            found = [next(iter(SEALED))]
        for table in found:
            seals.count_again(sql, table)
        if found:
            store.audit_log.record(CONFIRMED, by, {"found": ", ".join(found)})
    return ", ".join(found)


class SealWatch:
    """Maintenance task: records once in the audit log that rows were not written by the kiosk."""

    def __init__(self, storage: Store) -> None:
        self._storage = storage
        self._next: datetime | None = None
        self._recorded = ""

    def due(self, now: datetime) -> bool:
        """Return whether the seals were not verified for an hour."""
        return self._next is None or now >= self._next

    def run(self, now: datetime) -> None:
        """Verify the seals; what is found is recorded when it is new."""
        self._next = now + _EVERY
        check = verify_seals(self._storage.database.path, self._storage.vault)
        found = identifiers(check)
        if found and found != self._recorded:
            log.error("%s", "; ".join(sentences(check)))
            self._storage.audit_log.record(NOT_AS_SEALED, SYSTEM, {"found": found})
        self._recorded = found


def _listed(rows: tuple[int, ...]) -> str:
    more = f" (+{len(rows) - SHOWN})" if len(rows) > SHOWN else ""
    return f"{', '.join(map(str, rows[:SHOWN]))}{more}"


def _damaged_templates(sql: sqlite3.Connection, vault: Vault) -> tuple[int, ...]:
    """Return the ids of the templates that do not open."""
    try:
        return tuple(template_rows.damaged(sql, vault))
    except StorageError as error:  # reported by the check of the keys
        log.warning("the templates cannot be opened: %s", error)
        return ()


def _people_with_other_keys(sql: sqlite3.Connection, vault: Vault) -> tuple[int, ...]:
    """Return the ids of people whose key is not the one that their row names."""
    everybody = sql.execute("SELECT id FROM people ORDER BY id").fetchall()
    try:
        current = vault.current_keys(sql)
    except StorageError as error:  # reported by the check of the keys
        log.warning("the keys of the people cannot be compared: %s", error)
        return ()
    return tuple(person_id for (person_id,) in everybody if person_id not in current)
