"""Secrets of the key store that travel inside a backup, sealed by its content key.

They are in the key store so that the data folder has none; sealed, they are not in the copy of the
database either, from which a backup is written and into which it is unpacked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import SealBroken, derive, length_prefixed, seal, unseal

_TABLE = "carried_sealed"

_PLAIN = "carried"
"""Table of an older program, which did not seal them."""


def put(sql: sqlite3.Connection, secrets: Mapping[str, bytes], content: bytes) -> None:
    """Store ``secrets`` in the copied database, sealed by the content key of the backup."""
    key = _key(content)
    rows = [(name, seal(key, value, _data(name))) for name, value in secrets.items()]
    for table in (_TABLE, _PLAIN):
        sql.execute(f"DROP TABLE IF EXISTS {table}")
    sql.execute(f"CREATE TABLE {_TABLE} (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT")
    sql.executemany(f"INSERT INTO {_TABLE} VALUES (?, ?)", rows)
    sql.commit()


def take(sql: sqlite3.Connection, content: bytes) -> dict[str, bytes]:
    """Remove the secrets that ``put`` stored, and return them.

    Backups of older programs have them unsealed, or none. Raise ``StorageError`` if one was
    changed.
    """
    key = _key(content)
    try:
        sealed = {
            name: unseal(key, value, _data(name)) for name, value in _taken(sql, _TABLE).items()
        }
    except SealBroken:
        raise StorageError(
            "A key in that backup is damaged; use another backup.",
            key="error.backup_damaged",
            name="",
        ) from None
    return _taken(sql, _PLAIN) | sealed


def _taken(sql: sqlite3.Connection, table: str) -> dict[str, bytes]:
    if not sql.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone():
        return {}
    found = dict(sql.execute(f"SELECT name, value FROM {table}"))
    sql.execute(f"DROP TABLE {table}")
    return found


def _key(content: bytes) -> bytes:
    return derive(content, "backup carried secrets")


def _data(name: str) -> bytes:
    return length_prefixed("backup carried secret", name)
