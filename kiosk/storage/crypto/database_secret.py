"""The secret of one database: its subkeys seal rows, pepper PINs and mask numbers.

The key store lists the secrets of each data folder, so that nobody who can write the database
alone can make the kiosk use another secret, or create a new one.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import derive
from kiosk.storage.crypto.key_records import key_in_use, use_key
from kiosk.storage.crypto.key_store import KeyStore, fetch_key, new_key, store_key

ROW_SEALS = "row seals"
"""Purpose of the subkey that authenticates rows which decide."""

PIN_PEPPER = "pin pepper"
"""Purpose of the subkey without which stored PINs cannot be guessed."""

NUMBER_MASK = "number mask"
"""Purpose of the subkey that hashes typed numbers which belong to nobody."""

_KIND = "seal"
_ID = 8
"""Bytes of a secret's id in the list of the key store."""

log = logging.getLogger(__name__)


class DatabaseSecret:
    """The secret of one database, 32 random bytes in ``store``.

    ``settle`` runs in the thread of its connection, inside the caller's transaction, before
    ``subkey``, which any thread may call.
    """

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._folder = Path()
        self._named: str | None = None
        self._name = ""
        self._secret = b""

    def settle(self, sql: sqlite3.Connection, folder: Path, now: datetime, first: bool) -> bool:
        """Find the secret of the database in ``folder``; return whether it was just created.

        It is created only for a database that is sealed for the ``first`` time, in a folder that
        never had a secret. One that is missing or cannot be read raises later, where it is needed.
        """
        self.locate(sql, folder)
        created = first and self._named is None and not self._known(folder)
        if created:
            self._secret = new_key()
            self._name = store_key(self._store, _KIND, self._secret)
            use_key(sql, _KIND, self._name, now)
            return True
        try:
            self._find()
        except StorageError as error:
            log.error("the secret of the database is missing: %s", error)
        else:
            if self._name != self._named:
                use_key(sql, _KIND, self._name, now)
        return False

    def ever(self, folder: Path) -> bool:
        """Return whether the database in ``folder`` was ever sealed.

        Raise ``StorageError`` if the key store cannot be read.
        """
        return bool(self._known(folder))

    def keep(self) -> None:
        """List a created secret in the key store, after the database that names it is committed.

        Listed before, a kiosk that is killed meanwhile would not seal the older rows any more.
        """
        if self._name:
            self._remember(self._folder, self._name)

    def locate(self, sql: sqlite3.Connection, folder: Path) -> None:
        """Take what the database in ``folder`` names, without changing anything."""
        self._folder = folder
        self._named = key_in_use(sql, _KIND)

    def subkey(self, purpose: str) -> bytes:
        """Return the 32-byte key for one ``purpose``, the same at every start.

        Raise ``StorageError`` if the secret is missing, wrong or cannot be read.
        """
        if not self._secret:
            self._find()
        return derive(self._secret, purpose)

    def _find(self) -> None:
        """Fetch the secret. What the database names counts only if the key store lists it."""
        known = self._known(self._folder)
        if not known:  # moved to another folder
            name = self._named or _refuse_unnamed()
        else:
            name = self._named if self._named in known else known[-1]
        secret = fetch_key(self._store, _KIND, name)
        if not known:
            self._remember(self._folder, name)
        self._name, self._secret = name, secret

    def exported(self, sql: sqlite3.Connection) -> dict[str, bytes]:
        """Return the secret by its name in the key store, for a backup; empty if there is none."""
        entry = f"{_KIND}-{self._name or key_in_use(sql, _KIND) or ''}"
        secret = self._store.get(entry)
        return {} if secret is None else {entry: secret}

    def admit(self, folder: Path, carried: Mapping[str, bytes]) -> None:
        """Store the secret that an opened backup carried, and list it for ``folder``."""
        for entry, secret in carried.items():
            if entry.startswith(f"{_KIND}-"):
                self._remember(folder, store_key(self._store, _KIND, secret))

    def _remember(self, folder: Path, name: str) -> None:
        known = self._known(folder)
        if name not in known:
            listed = b"".join(map(bytes.fromhex, [*known, name]))
            self._store.put(_list_of(folder), listed)

    def _known(self, folder: Path) -> list[str]:
        """Return the ids of the secrets that the database in ``folder`` ever had, newest last."""
        listed = self._store.get(_list_of(folder))
        if listed is None:
            return []
        if not listed or len(listed) % _ID:
            raise StorageError(
                f"The list {_list_of(folder)} in {self._store.place} is damaged;"
                " put a copy of it in its place.",
                key="error.key_wrong",
                place=self._store.place,
            )
        return [listed[at : at + _ID].hex() for at in range(0, len(listed), _ID)]


def _refuse_unnamed() -> NoReturn:
    raise StorageError(
        "The database does not say which secret seals its rows; restore a backup.",
        key="error.storage_damaged",
    )


def _list_of(folder: Path) -> str:
    """Return the name in the key store of the list for a data folder; several may share one."""
    path = os.path.abspath(folder)  # noqa: PTH100 (links could be changed with the database)
    return f"sealed-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"
