"""Deletion receipts: what was destroyed, when and by whom, signed, without the name or the number of who is gone."""

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
PERSON = "person"
FACE = "face"
"""What was deleted: a whole person, or their face after they took back their consent."""


def issue(
    sql: sqlite3.Connection,
    signer: Signer,
    what: str,
    person: Person,
    by: str,
    backups: int,
    now: datetime,
) -> Receipt:
    """Sign and keep the receipt of a deletion, in the transaction that deletes. ``backups``: in how many the key was destroyed."""
    statement: dict[str, Any] = {
        "deleted": what,
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
        if what == PERSON
        else "the person without a face; log rows, until their retention ends",
    }
    document = signed(signer, PURPOSE, statement)
    row = sql.execute(
        "INSERT INTO receipts (at, person_id, document) VALUES (?, ?, ?) RETURNING id",
        [iso(now), person.id, json.dumps(document, ensure_ascii=False)],
    ).fetchone()
    return Receipt(row[0], now, person.id or 0, document)


def listed(sql: sqlite3.Connection) -> list[Receipt]:
    """Every receipt, newest first."""
    rows = sql.execute("SELECT id, at, person_id, document FROM receipts ORDER BY id DESC")
    return [
        Receipt(number, datetime.fromisoformat(at), person, json.loads(document))
        for number, at, person, document in rows
    ]


def verified(document: Any) -> dict[str, Any]:
    """The statement of a receipt with a good signature; ``StorageError`` for anything else."""
    statement = check(document, PURPOSE)
    if statement is None:
        raise StorageError(
            "This is no receipt, or it was changed after it was signed; ask for another copy.",
            key="error.receipt_refused",
        )
    return dict(statement)
