"""The secrets that all nodes of a fleet share, so that a PIN or a card set at one counts at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from kiosk.core import paths
from kiosk.storage.crypto import pin_peppers
from kiosk.storage.crypto.badge_secret import badge_secret
from kiosk.storage.crypto.database_secret import PIN_PEPPER
from kiosk.storage.crypto.key_records import key_in_use, use_key
from kiosk.storage.crypto.key_store import KeyStore, fetch_key, key_id, store_key
from kiosk.storage.crypto.pin_hashing import FORMER
from kiosk.storage.store import Store

PIN = "pin"
"""Name of the pepper that PINs are hashed under."""

BADGE = "badge"
"""Name of the secret of badges and cards."""


def shared_by(store: Store) -> dict[str, bytes]:
    """Return what this node shares with a fleet that it founds, 32 bytes each, by name."""
    badge = badge_secret(store, paths.badge_key(store.database.path.parent))
    name = store.database.call(lambda: pin_peppers.in_use(store.database.connection))
    if name:
        return {PIN: fetch_key(store.vault.store, pin_peppers.KIND, name), BADGE: badge}
    return {PIN: store.vault.secret.subkey(PIN_PEPPER), BADGE: badge}


def adopt(
    sql: sqlite3.Connection, keys: KeyStore, shared: Mapping[str, bytes], now: datetime
) -> bool:
    """Use the fleet's secrets in place of this database's own; return whether that is new.

    What this program does not know is ignored.
    """
    new = False
    if PIN in shared and pin_peppers.in_use(sql) != key_id(shared[PIN]):
        pin_peppers.use_shared(sql, keys, shared[PIN], now)
        new = True
    if BADGE in shared and key_in_use(sql, "badge") != key_id(shared[BADGE]):
        use_key(sql, "badge", store_key(keys, "badge", shared[BADGE]), now)
        new = True
    return new


def leave_own(sql: sqlite3.Connection, now: datetime) -> None:
    """Prepare a joining node for the fleet's secrets, in the caller's transaction.

    Accounts keep the PINs that they have, marked as hashed under this database's own pepper, until
    their owners sign in. PINs and cards of people are deleted: no other node could compare them.
    """
    pin_peppers.await_shared(sql, now)
    sql.execute(
        "UPDATE accounts SET pin_hash = ? || substr(pin_hash, 3) WHERE pin_hash LIKE 'p1%'",
        [FORMER],
    )
    for table in ("door_pins", "cards"):
        sql.execute(f"DELETE FROM {table}")
