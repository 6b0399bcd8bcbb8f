"""From a sound file to the present tables: backed up, migrated and sealed in one transaction."""

from __future__ import annotations

from pathlib import Path

import sqlite_utils

from kiosk.storage import erasing, migrations, opening, templates
from kiosk.storage.backups import Backups
from kiosk.storage.chain import Chain
from kiosk.storage.clock import local_now
from kiosk.storage.faults import sqlite_explained
from kiosk.storage.vault import Vault


def connect(path: Path, busy_timeout_s: float, vault: Vault, backups: Backups, chain: Chain) -> sqlite_utils.Database:
    """A writable connection to ``path`` with today's tables; for this thread only.

    Before an older database is changed it is backed up. Raises ``StorageError``; the file is as before then.
    """
    connection = opening.connect(path, busy_timeout_s)
    try:
        database = sqlite_utils.Database(connection, execute_plugins=False)
        with sqlite_explained(path):
            _bring_up_to_date(database, vault, backups, chain)
            erasing.finish(path, database)  # whoever was killed before it was empty does it next time
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
            erasing.begin(database.conn, local_now())  # plain templates may still stand there
