"""Signed deletion receipts: what was destroyed, when and by whom, without name and number."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.masking import masked, masked_number
from kiosk.core.people import Person, Receipt
from kiosk.core.reports import Unreached
from kiosk.storage.crypto.signing import Signer, check, signed
from kiosk.storage.db.timestamps import iso
from kiosk.storage.people.normalise import loggable

PURPOSE = "deletion receipt"
"""Purpose of the signature of a receipt."""

PERSON = "person"
"""Value of ``deleted`` in a receipt for a whole person."""

FACE = "face"
"""Value of ``deleted`` in a receipt for a face, after consent was withdrawn."""


@dataclass(frozen=True, slots=True)
class Copies:
    """What a deletion did outside the database.

    ``destroyed``: numbers by kind. ``unreached``: where data of the person may be left.
    """

    destroyed: Mapping[str, int]
    exports_kept: int
    unreached: Sequence[Unreached]


_SAID = frozenset(("deleted", "person", "name", "number", "deleted_at", "by"))
"""What every receipt says, also one of another kiosk."""

log = logging.getLogger(__name__)


def issue(
    sql: sqlite3.Connection,
    signer: Signer,
    deleted: str,
    person: Person,
    by: str,
    copies: Copies,
    now: datetime,
) -> Receipt:
    """Sign and store the receipt of a deletion, in the transaction that deletes.

    ``deleted``: ``PERSON`` or ``FACE``. ``copies``: what was done outside the database.
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
        "consents": [
            {
                "about": str(given.kind),
                "given_at": iso(given.given_at),
                "version": given.version,
                "language": given.language,
            }
            for given in person.consents
        ],
        "destroyed": {"key": 1, "templates": person.templates, **copies.destroyed},
        "kept": _kept(deleted, copies.exports_kept),
        "not_reached": [asdict(place) for place in copies.unreached],
    }
    document = signed(signer, PURPOSE, statement)
    row = sql.execute(
        "INSERT INTO receipts (at, person_id, document) VALUES (?, ?, ?) RETURNING id",
        [iso(now), person.id, json.dumps(document, ensure_ascii=False)],
    ).fetchone()
    return Receipt(row[0], now, person.id or 0, document)


def _kept(deleted: str, exports: int) -> str:
    rows = f"log rows and {exports} exported files" if exports else "log rows"
    person = "" if deleted == PERSON else "the person without a face; "
    return f"{person}{rows}, until their retention ends"


def listed(sql: sqlite3.Connection) -> list[Receipt]:
    """Return all receipts, newest first, genuine or not; none that cannot be shown at all."""
    found = []
    for number, at, person, document in sql.execute(
        "SELECT id, at, person_id, document FROM receipts ORDER BY id DESC"
    ):
        try:
            parsed = json.loads(document)
            receipt = Receipt(number, datetime.fromisoformat(at), person, parsed)
            _ = receipt.face_only, receipt.unreached
            found.append(receipt)
        except (ValueError, TypeError, KeyError, RecursionError):
            log.error("receipt %s cannot be read: somebody changed it", number)
    return found


def documents(sql: sqlite3.Connection) -> list[str]:
    """Return all receipts as they are stored."""
    return [row[0] for row in sql.execute("SELECT document FROM receipts ORDER BY id")]


def proves_deletion(sql: sqlite3.Connection, own: Collection[str] | None, person_id: int) -> bool:
    """Return whether a receipt that this kiosk signed says that a person was deleted here."""
    rows = sql.execute("SELECT document FROM receipts WHERE person_id = ?", [person_id])
    found = genuine([row[0] for row in rows], own)
    return any(one.person_id == person_id and not one.face_only for one in found)


def genuine(documents: Iterable[str], own: Collection[str] | None) -> list[Receipt]:
    """Return the receipts that one of this kiosk's keys signed; only they may destroy anything.

    ``documents``: as stored. ``own``: fingerprints of the keys; without them none is genuine. What
    was deleted and when is what was signed, whatever else its row says.
    """
    found = []
    for stored in documents:
        try:
            document = json.loads(stored)
            statement = check(document, PURPOSE)
            if statement is None or document["fingerprint"] not in (own or ()):
                raise ValueError("it is not signed by this kiosk")
            at = datetime.fromisoformat(statement["deleted_at"])
            found.append(Receipt(0, at, int(statement["person"]), document))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            log.error("a deletion receipt is ignored: %s", error)
    return found


def verified(document: Any) -> dict[str, Any]:
    """Return the statement of a genuine receipt; raise ``StorageError`` for anything else."""
    statement = check(document, PURPOSE)
    if statement is None or not statement.keys() >= _SAID or not _plain(statement):
        raise StorageError(
            "This is not a receipt, or it was changed after it was signed; ask for another copy.",
            key="error.receipt_refused",
        )
    return dict(statement)


def _plain(statement: Mapping[str, Any]) -> bool:
    """Whether what is shown of a receipt is text on one line."""
    shown = (statement[name] for name in _SAID - {"person"})
    return all(isinstance(value, str) and loggable(value) == value for value in shown)
