"""Master keys that were replaced and are to be destroyed.

They are rows of the database, and a row alone must never destroy a key: each carries a code that
only this kiosk can compute, and a key that anything here needs is kept, whatever a row says.
"""

from __future__ import annotations

import hmac
import logging
import sqlite3
from datetime import datetime

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.database_secret import DatabaseSecret
from kiosk.storage.crypto.key_records import use_key

PURPOSE = "retired keys"
"""Purpose of the subkey that authenticates the rows."""

log = logging.getLogger(__name__)


def retire(sql: sqlite3.Connection, secret: DatabaseSecret, name: str, now: datetime) -> None:
    """Record, in the caller's transaction, that the master key ``name`` was replaced."""
    use_key(sql, f"retired {name}", name, now, _code(secret, name))


def retired_keys(sql: sqlite3.Connection, secret: DatabaseSecret) -> list[str]:
    """Return the ids of the master keys that this kiosk replaced and that nothing here needs.

    Backups may still need them: the caller seals those again first.
    """
    rows = sql.execute(
        "SELECT purpose, key_id, wrapped FROM vault_keys WHERE purpose LIKE 'retired %'"
    ).fetchall()
    if not rows:
        return []
    needed = _needed(sql)
    found = []
    for purpose, name, code in rows:
        if purpose == f"retired {name}" and name not in needed and _genuine(secret, name, code):
            found.append(name)
        else:
            log.error("the master key %s is kept: it is needed, or was not replaced here", name)
    return found


def _needed(sql: sqlite3.Connection) -> set[str]:
    """Return the ids of the master key in use and of all that people's keys are wrapped by."""
    return {
        row[0]
        for row in sql.execute(
            "SELECT key_id FROM vault_keys WHERE purpose NOT LIKE 'retired %'"
            " UNION SELECT master FROM person_keys"
        )
    }


def _genuine(secret: DatabaseSecret, name: str, code: bytes | None) -> bool:
    try:
        return code is not None and hmac.compare_digest(code, _code(secret, name))
    except StorageError as error:  # the secret is away: nothing is destroyed meanwhile
        log.error("replaced master keys are kept: %s", error)
        return False


def _code(secret: DatabaseSecret, name: str) -> bytes:
    return hmac.digest(secret.subkey(PURPOSE), length_prefixed("retired", name), "sha256")
