"""The table ``vault_keys``: which key is in use for which purpose. The keys are not in it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from kiosk.core.errors import StorageError
from kiosk.storage.db.timestamps import iso


def has_vault(sql: sqlite3.Connection) -> bool:
    """Return whether the templates in the database are sealed."""
    row = sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'vault_keys'").fetchone()
    return row is not None


def key_in_use(sql: sqlite3.Connection, purpose: str) -> str | None:
    """Return the id of the key that is in use for ``purpose``."""
    row = sql.execute("SELECT key_id FROM vault_keys WHERE purpose = ?", [purpose]).fetchone()
    return row[0] if row else None


def required_key(sql: sqlite3.Connection, purpose: str) -> str:
    """Return the id of the key in use for ``purpose``; raise ``StorageError`` if there is none."""
    key_id = key_in_use(sql, purpose)
    if key_id is None:
        raise StorageError(
            f"The database does not say which {purpose} key it uses; restore a backup.",
            key="error.storage_damaged",
        )
    return key_id


def use_key(
    sql: sqlite3.Connection, purpose: str, key_id: str, now: datetime, wrapped: bytes | None = None
) -> None:
    """Record that ``key_id`` is in use for ``purpose`` from now on.

    ``wrapped``: what is kept with it, such as the key itself, sealed.
    """
    sql.execute(
        "INSERT OR REPLACE INTO vault_keys (purpose, key_id, since, wrapped) VALUES (?, ?, ?, ?)",
        [purpose, key_id, iso(now), wrapped],
    )
