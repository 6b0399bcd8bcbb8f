"""From a sound file to the present tables: backed up, migrated and sealed in one transaction."""

from __future__ import annotations

from pathlib import Path

import sqlite_utils

from kiosk.storage import migrations, opening, templates
from kiosk.storage.backups import Backups
from kiosk.storage.chain import Chain
from kiosk.storage.clock import iso, local_now
from kiosk.storage.faults import sqlite_explained
from kiosk.storage.vault import Vault

_JOURNAL = "journal to be emptied"


def connect(path: Path, busy_timeout_s: float, vault: Vault, backups: Backups, chain: Chain) -> sqlite_utils.Database:
    """A writable connection to ``path`` with today's tables; for this thread only.

    Before an older database is changed it is backed up. Raises ``StorageError``; the file is as before then.
    """
    connection = opening.connect(path, busy_timeout_s)
    try:
        database = sqlite_utils.Database(connection, execute_plugins=False)
        with sqlite_explained(path):
            _bring_up_to_date(database, vault, backups, chain)
            _finish_sealing(path, database)
        return database
    except BaseException:
        connection.close()
        raise


def _bring_up_to_date(database: sqlite_utils.Database, vault: Vault, backups: Backups, chain: Chain) -> None:
    with opening.writing(database):  # a second process that starts now waits here, then finds nothing to do
        pending = migrations.pending(database)
        if pending:
            if migrations.applied(database):
                backups.make(f"before-{pending[0][:4]}", local_now())
            migrations.steps.apply(database)
        vault.settle(database.conn, local_now())
        if any(name.endswith("_chain") for name in pending):  # never for a chain that somebody has taken away
            chain.adopt(database.conn, local_now())
        if templates.seal_plain(database.conn, vault):
            database.execute("INSERT OR REPLACE INTO vault_keys VALUES (?, '', ?, NULL)", [_JOURNAL, iso(local_now())])


def _finish_sealing(path: Path, database: sqlite_utils.Database) -> None:
    """Plain templates may still stand in the write-ahead log; whoever is killed before it is empty does it next time."""
    if database.execute("SELECT 1 FROM vault_keys WHERE purpose = ?", [_JOURNAL]).fetchone() is None:
        return
    if opening.empty_journal(path, database.conn):
        with opening.writing(database):
            database.execute("DELETE FROM vault_keys WHERE purpose = ?", [_JOURNAL])
