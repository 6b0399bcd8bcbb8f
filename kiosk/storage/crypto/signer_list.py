"""The signing keys that belong to this kiosk, listed in its key store.

Anyone who can write the database can add a public key to it; the list in the key store cannot be
changed that way.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.key_store import KeyStore, fetch_key, key_id
from kiosk.storage.crypto.signing import Signer

SIGNERS = "signers"
"""Name in the key store of the list: fingerprints of 8 bytes each, of all keys ever used."""

_FINGERPRINT = 8

log = logging.getLogger(__name__)


class SignerList:
    """The list of this kiosk's signing keys in ``store``."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store

    def fingerprints(self) -> frozenset[str] | None:
        """Return the fingerprints of all keys that ever signed for this kiosk.

        ``None`` if the store has no list, as with an older program, or cannot be read.
        """
        try:
            listed = self._store.get(SIGNERS)
        except StorageError as error:
            log.error("the list of this kiosk's signing keys cannot be read: %s", error)
            return None
        return None if listed is None else frozenset(split_fingerprints(listed))

    def trust(self, fingerprints: Iterable[str]) -> None:
        """Add keys to the list: those of an opened backup, or all known before there was a list."""
        own = self.fingerprints() or frozenset()
        if not own.issuperset(fingerprints):
            listed = sorted(own.union(fingerprints))
            self._store.put(SIGNERS, b"".join(bytes.fromhex(name) for name in listed))

    def update(self, sql: sqlite3.Connection) -> None:
        """Add the keys whose private half is in the store, which proves that they are this kiosk's.

        If there is no list yet, add every key in the database: an older program had none.
        """
        held = [
            fingerprint
            for fingerprint, seed_id in sql.execute("SELECT fingerprint, key_id FROM signers")
            if self._holds(fingerprint, seed_id)
        ]
        if not held:  # the key store is not reachable
            return
        try:
            self.trust(held if self.fingerprints() is not None else all_signers(sql))
        except StorageError as error:
            log.error("the list of this kiosk's signing keys cannot be written: %s", error)

    def _holds(self, fingerprint: str, seed_id: str) -> bool:
        try:
            return Signer(fetch_key(self._store, "signer", seed_id)).fingerprint == fingerprint
        except StorageError:
            return False


def split_fingerprints(listed: bytes) -> list[str]:
    """Return the fingerprints in the stored form of a list, as hexadecimal digits."""
    return [listed[at : at + _FINGERPRINT].hex() for at in range(0, len(listed), _FINGERPRINT)]


def all_signers(sql: sqlite3.Connection) -> list[str]:
    """Return the fingerprints of all signing keys in the database, genuine or not."""
    return [
        fingerprint
        for fingerprint, public in sql.execute("SELECT fingerprint, public FROM signers")
        if key_id(public) == fingerprint
    ]
