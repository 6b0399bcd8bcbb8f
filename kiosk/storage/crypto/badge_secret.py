"""The secret of badges and cards, kept with the other keys: it signs badges and hides the codes of cards."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kiosk.core.errors import StorageError
from kiosk.core.files import shred
from kiosk.storage.crypto.key_store import SIZE
from kiosk.storage.db.sqlite_errors import files_explained
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store


def badge_secret(store: Store, before: Path) -> bytes:
    """The secret of this database, 32 bytes; made where there are no badges and cards yet. ``StorageError`` where it is missing or damaged.

    ``before``: the file of an older program, which is taken over and deleted.
    """
    older = _read(before)

    def work() -> bytes:
        sql = store.database.connection
        with store.database.transaction():
            return store.vault.badge(sql, older, bool(_in_use(sql)), local_now())

    secret = store.database.call(work)
    if older == secret:
        _forget(before)
    return secret


def check_badge_key(store: Store, before: Path) -> None:
    """``StorageError`` where there are badges or cards without their secret; makes and moves nothing."""
    older = _read(before)

    def work() -> None:
        sql = store.database.connection
        if _in_use(sql):
            store.vault.badge(sql, older, True, local_now(), keep_it=False)

    store.database.call(work)


def _in_use(sql: sqlite3.Connection) -> bool:
    return sql.execute("SELECT 1 FROM cards LIMIT 1").fetchone() is not None


def _read(before: Path) -> bytes | None:
    with files_explained(before, "read"):
        if not before.exists():
            return None
        secret = before.read_bytes()
    if len(secret) != SIZE:
        raise StorageError(
            f"The key of badges {before} is damaged; put a copy of it in its place, or delete it and give out all badges and cards anew.",
            key="error.key_wrong",
            place=str(before),
        )
    return secret


def _forget(before: Path) -> None:
    with files_explained(before, "deleted"):
        shred(before)
