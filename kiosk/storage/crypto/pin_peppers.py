"""Which keys PINs are hashed under: this database's own, or the one that its fleet shares."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

from kiosk.storage.crypto.key_records import key_in_use, use_key
from kiosk.storage.crypto.key_store import KeyStore, fetch_key, store_key

_PURPOSE = "pin pepper"
"""The row of ``vault_keys``; without one the pepper is the database's own."""

KIND = "pepper"
"""Before the id of a shared pepper in the key store."""


class PinPeppers:
    """The peppers of one database. ``own`` returns its own; ``named``, what ``in_use`` says."""

    def __init__(
        self, own: Callable[[], bytes], store: KeyStore, named: Callable[[], str | None]
    ) -> None:
        self._own = own
        self._store = store
        self._named = named

    def current(self) -> bytes:
        """Return the pepper of hashes with the usual marker; raise ``StorageError`` if missing."""
        name = self._named()
        return fetch_key(self._store, KIND, name) if name else self._own()

    def own(self) -> bytes:
        """Return the database's own pepper."""
        return self._own()

    def awaited(self) -> bool:
        """Return whether this node waits for the pepper of its fleet."""
        return self._named() == ""


def in_use(sql: sqlite3.Connection) -> str | None:
    """Return the id of the shared pepper; empty while it is awaited, ``None`` without a fleet."""
    return key_in_use(sql, _PURPOSE)


def await_shared(sql: sqlite3.Connection, now: datetime) -> None:
    """Note that this node will hash under the pepper of its fleet."""
    use_key(sql, _PURPOSE, "", now)


def use_shared(sql: sqlite3.Connection, store: KeyStore, pepper: bytes, now: datetime) -> None:
    """Hash PINs under ``pepper`` from now on."""
    use_key(sql, _PURPOSE, store_key(store, KIND, pepper), now)
