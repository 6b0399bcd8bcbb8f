"""From a sound file to the present tables: backed up, migrated and sealed in one transaction."""

from __future__ import annotations

from pathlib import Path

import sqlite_utils

from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import connection, schema_steps, wal_scrub
from kiosk.storage.db.sqlite_errors import sqlite_explained
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.people import template_rows


def connect(
    path: Path, busy_timeout_s: float, vault: Vault, backups: Backups, chain: Chain
) -> sqlite_utils.Database:
    """A writable connection to ``path`` with today's tables; for this thread only.

    Before an older database is changed it is backed up. Raises ``StorageError``; the file is as before then.
    """
    opened = connection.connect(path, busy_timeout_s)
    try:
        database = sqlite_utils.Database(opened, execute_plugins=False)
        with sqlite_explained(path):
            _bring_up_to_date(database, vault, backups, chain)
            wal_scrub.finish(
                path, database
            )  # whoever was killed before it was empty does it next time
        return database
    except BaseException:
        opened.close()
        raise


def _bring_up_to_date(
    database: sqlite_utils.Database, vault: Vault, backups: Backups, chain: Chain
) -> None:
    with connection.writing(
        database
    ):  # a second process that starts now waits here, then finds nothing to do
        pending = schema_steps.pending(database)
        if pending:
            if schema_steps.applied(database):
                backups.make(f"before-{pending[0][:4]}", local_now())
            schema_steps.steps.apply(database)
        vault.settle(database.conn, local_now())
        if any(
            name.endswith("_chain") for name in pending
        ):  # never for a chain that somebody has taken away
            chain.adopt(database.conn, local_now())
        if template_rows.seal_plain(database.conn, vault):
            wal_scrub.begin(database.conn, local_now())  # plain templates may still stand there
