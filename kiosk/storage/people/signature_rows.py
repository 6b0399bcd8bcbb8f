"""Signatures drawn at the consents: sealed with the person's key, like their templates."""

from __future__ import annotations

import json
import logging
import sqlite3
from datetime import datetime
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.signature import Signature
from kiosk.storage.crypto.aead import SealBroken, derive, length_prefixed, seal, unseal
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import iso

log = logging.getLogger(__name__)


def add(
    sql: sqlite3.Connection, vault: Vault, person_id: int, signature: Signature, now: datetime
) -> None:
    """Store ``signature``, inside the transaction that stores the consents."""
    signed_at = iso(now) or ""
    sql.execute(
        "INSERT INTO consent_signatures (person_id, signed_at, sealed) VALUES (?, ?, ?)",
        [
            person_id,
            signed_at,
            _sealed(
                vault.person_key(sql, person_id),
                person_id,
                signed_at,
                json.dumps(signature.strokes).encode(),
            ),
        ],
    )


def history(sql: sqlite3.Connection, vault: Vault, person_id: int) -> list[dict[str, Any]]:
    """Return every signature of a person, oldest first, as ``signed_at`` and ``strokes``.

    One that does not open has no strokes.
    """
    return [
        {"signed_at": signed_at, "strokes": None if plain is None else json.loads(plain)}
        for _, signed_at, plain in _opened(sql, vault, person_id)
    ]


def change_key(sql: sqlite3.Connection, vault: Vault, person_id: int) -> bytes:
    """Give a person a new key, seal their signatures with it, and return it.

    A signature that does not open with the old key is deleted.
    """
    kept = _opened(sql, vault, person_id)
    key = vault.create_person_key(sql, person_id)
    for number, signed_at, plain in kept:
        if plain is None:
            sql.execute("DELETE FROM consent_signatures WHERE id = ?", [number])
        else:
            sealed = _sealed(key, person_id, signed_at, plain)
            sql.execute("UPDATE consent_signatures SET sealed = ? WHERE id = ?", [sealed, number])
    return key


def _opened(
    sql: sqlite3.Connection, vault: Vault, person_id: int
) -> list[tuple[int, str, bytes | None]]:
    """Return number, time and content of each signature; ``None`` for one that does not open."""
    rows = sql.execute(
        "SELECT id, signed_at, sealed FROM consent_signatures WHERE person_id = ? ORDER BY id",
        [person_id],
    ).fetchall()
    if not rows:
        return []
    try:
        key = vault.person_key(sql, person_id)
    except StorageError:
        return [(number, signed_at, None) for number, signed_at, _ in rows]
    return [
        (number, signed_at, _unsealed(key, person_id, signed_at, sealed))
        for number, signed_at, sealed in rows
    ]


def _sealed(key: bytes, person_id: int, signed_at: str, plain: bytes) -> bytes:
    return seal(derive(key, "signature"), plain, length_prefixed("signature", person_id, signed_at))


def _unsealed(key: bytes, person_id: int, signed_at: str, sealed: bytes) -> bytes | None:
    about = length_prefixed("signature", person_id, signed_at)
    try:
        return unseal(derive(key, "signature"), sealed, about)
    except SealBroken:
        log.error("a signature of person %s is damaged", person_id)
        return None
