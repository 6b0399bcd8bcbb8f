"""Bring a database up to date: back it up, migrate its tables and seal its content."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import sqlite_utils

from kiosk.core.errors import StorageError
from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.number_mask import NumberMask
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import connection, schema_steps, wal_scrub
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.fleet.capture import Capture
from kiosk.storage.people import template_rows
from kiosk.storage.people.door_pin_store import hash_plain

_OBJECTS = (
    "SELECT 1 FROM sqlite_master WHERE type IN ('trigger', 'view')"
    " OR (type = 'table' AND name NOT IN ('_sqlite_migrations', 'sqlite_sequence'))"
)
"""Finds nothing in a database that holds neither rows nor triggers that could write some."""

log = logging.getLogger(__name__)


def migrate(
    path: Path,
    database: sqlite_utils.Database,
    vault: Vault,
    backups: Backups,
    chain: Chain,
    capture: Capture,
) -> None:
    """Bring ``database``, just opened from ``path``, to the current tables, with keys and a chain.

    An older database is backed up before it is changed. If anything raises, the file is unchanged.
    """
    # a second process that starts now waits for the write lock, then finds nothing to do
    with connection.transaction(database):
        empty = not database.conn.execute(_OBJECTS).fetchone()
        pending = schema_steps.pending(database)
        first = schema_steps.ROW_SEALS in pending
        if pending:
            # a backup is trusted: never of rows whose seals somebody removed
            if schema_steps.applied(database) and not (first and vault.secret.ever(path.parent)):
                backups.make(f"before-{pending[0][:4]}", local_now())
            schema_steps.steps.apply(database)
        vault.create_missing_keys(database.conn, local_now())
        created = vault.secret.settle(database.conn, path.parent, local_now(), first)
        # only with the migration that creates the chain: never for a chain that was removed
        if any(name.endswith("_chain") for name in pending):
            chain.adopt(database.conn, local_now())
        numbers_hashed = _hash_numbers(database.conn, vault)
        if template_rows.seal_plain(database.conn, vault) or numbers_hashed:
            wal_scrub.begin(database.conn, local_now())  # plain templates may still be in the log
        # rows are sealed as they are only where none ever was: never those of somebody who removed
        # the seals
        if first and (created or empty):
            vault.seal_rows(database.conn)
        if schema_steps.ROW_SEALS in schema_steps.applied(database):
            vault.seals.attach(database.conn)
            capture.attach(database.conn)
    vault.secret.keep()
    # also finishes what a killed process left
    wal_scrub.finish(path, database)


def _hash_numbers(sql: sqlite3.Connection, vault: Vault) -> bool:
    """Hash the typed numbers that an older program kept in clear; return whether there were any.

    Without the secret they stay until it is there again: tries cannot be counted then either.
    """
    try:
        return hash_plain(sql, NumberMask(vault.secret.subkey))
    except StorageError as error:
        log.error("typed numbers are not hashed yet: %s", error)
        return False
