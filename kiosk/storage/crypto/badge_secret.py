"""The secret of badges and cards: it signs badges and keys the hashes of codes."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from kiosk.core.errors import StorageError
from kiosk.core.files import shred
from kiosk.core.private_files import make_private
from kiosk.storage.crypto.key_records import key_in_use, use_key
from kiosk.storage.crypto.key_store import SIZE, KeyStore, fetch_key, new_key, store_key
from kiosk.storage.db.sqlite_errors import files_explained
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store

OLDER_BADGE = "badge-older"
"""Name in the key store of the secret that an older program kept in a file of its own."""


def badge_secret(store: Store, old_file: Path) -> bytes:
    """Return the secret of this database, 32 bytes; create it if there are no badges or cards yet.

    ``old_file``: the file of an older program; its content is moved to the key store. Raise
    ``StorageError`` if the secret is missing or damaged.
    """
    old_secret = _read(old_file)

    def find() -> bytes:
        sql = store.database.connection
        with store.database.transaction():
            return _find_or_create(sql, store.vault.store, old_secret, local_now())

    secret = store.database.call(find)
    if old_secret == secret:
        with files_explained(old_file, "deleted"):
            shred(old_file)
    return secret


def check_badge_key(store: Store, old_file: Path) -> None:
    """Raise ``StorageError`` if there are badges or cards without their secret; change nothing."""
    old_secret = _read(old_file)

    def check() -> None:
        sql = store.database.connection
        if _has_cards(sql) and _find(sql, store.vault.store, True) is None:
            _require(old_secret, store.vault.store)

    store.database.call(check)


def _find_or_create(
    sql: sqlite3.Connection, keys: KeyStore, old_secret: bytes | None, now: datetime
) -> bytes:
    """Return the secret in use, else that of an older program, else a new one.

    A new one is never created while there are cards: another secret would make them void.
    """
    needed = _has_cards(sql)
    found = _find(sql, keys, needed)
    if found is not None:
        return found
    if old_secret is not None:
        # a backup from before the move, restored one day, does not name the secret
        keys.put(OLDER_BADGE, old_secret)
    secret = _require(old_secret, keys) if needed else old_secret or new_key()
    use_key(sql, "badge", store_key(keys, "badge", secret), now)
    return secret


def _find(sql: sqlite3.Connection, keys: KeyStore, needed: bool) -> bytes | None:
    name = key_in_use(sql, "badge")
    if name is not None and (needed or keys.get(f"badge-{name}") is not None):
        return fetch_key(keys, "badge", name)
    return None


def _require(old_secret: bytes | None, keys: KeyStore) -> bytes:
    secret = old_secret or keys.get(OLDER_BADGE)
    if secret is None:
        raise StorageError(
            f"The key of badges and cards is missing: badge.key is gone, and {keys.place} does not"
            " have it; put it back, restore a backup, or take all cards away"
            " (people card NUMBER --forget) and issue them again.",
            key="error.key_missing",
            place=keys.place,
        )
    return secret


def _has_cards(sql: sqlite3.Connection) -> bool:
    return sql.execute("SELECT 1 FROM cards LIMIT 1").fetchone() is not None


def _read(old_file: Path) -> bytes | None:
    with files_explained(old_file, "read"):
        if not old_file.exists():
            return None
        make_private(old_file)
        secret = old_file.read_bytes()
    if len(secret) != SIZE:
        raise StorageError(
            f"The key of badges {old_file} is damaged; put a copy of it in its place,"
            " or delete it and issue all badges and cards again.",
            key="error.key_wrong",
            place=str(old_file),
        )
    return secret
