"""Signed deletion receipts: what was destroyed, when and by whom, without name and number."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.masking import masked, masked_number
from kiosk.core.people import Person, Receipt
from kiosk.storage.crypto.signing import Signer, check, signed
from kiosk.storage.db.timestamps import iso

PURPOSE = "deletion receipt"
"""Purpose of the signature of a receipt."""

PERSON = "person"
"""Value of ``deleted`` in a receipt for a whole person."""

FACE = "face"
"""Value of ``deleted`` in a receipt for a face, after consent was withdrawn."""


def issue(
    sql: sqlite3.Connection,
    signer: Signer,
    deleted: str,
    person: Person,
    by: str,
    backups: int,
    now: datetime,
) -> Receipt:
    """Sign and store the receipt of a deletion, in the transaction that deletes.

    ``deleted``: ``PERSON`` or ``FACE``. ``backups``: number of backups where the key was destroyed.
    """
    statement: dict[str, Any] = {
        "deleted": deleted,
        "person": person.id,
        "name": masked(person.name),
        "number": masked_number(person.number),
        "deleted_at": iso(now),
        "by": by or "system",
        "consent": {
            "given_at": iso(person.consented_at),
            "version": person.consent_version,
            "language": person.consent_language,
        },
        "destroyed": {"key": 1, "templates": person.templates, "keys_in_backups": backups},
        "kept": "log rows, until their retention ends"
        if deleted == PERSON
        else "the person without a face; log rows, until their retention ends",
    }
    document = signed(signer, PURPOSE, statement)
    row = sql.execute(
        "INSERT INTO receipts (at, person_id, document) VALUES (?, ?, ?) RETURNING id",
        [iso(now), person.id, json.dumps(document, ensure_ascii=False)],
    ).fetchone()
    return Receipt(row[0], now, person.id or 0, document)


def listed(sql: sqlite3.Connection) -> list[Receipt]:
    """Return all receipts, newest first."""
    rows = sql.execute("SELECT id, at, person_id, document FROM receipts ORDER BY id DESC")
    return [
        Receipt(number, datetime.fromisoformat(at), person, json.loads(document))
        for number, at, person, document in rows
    ]


def verified(document: Any) -> dict[str, Any]:
    """Return the statement of a genuine receipt; raise ``StorageError`` for anything else."""
    statement = check(document, PURPOSE)
    if statement is None:
        raise StorageError(
            "This is not a receipt, or it was changed after it was signed; ask for another copy.",
            key="error.receipt_refused",
        )
    return dict(statement)
