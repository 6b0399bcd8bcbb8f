"""A person of this database as the fleet sees them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from kiosk.core.consent import ConsentKind
from kiosk.core.errors import StorageError
from kiosk.core.fleet import FleetCard, FleetPerson
from kiosk.core.masking import masked
from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.storage.crypto.row_seals import SEALED, genuine
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import from_iso
from kiosk.storage.people import consent_store, template_rows
from kiosk.storage.people.person_rows import cleaned

_ROW = f"SELECT seal, {', '.join(SEALED['people'])} FROM people WHERE id = ?"
_CONSENTS = (
    "SELECT kind, given_at, version, language FROM consents"
    f" WHERE person_id = ? AND withdrawn_at IS NULL AND {genuine('consents')} ORDER BY id"
)
_PIN = f"SELECT pin_hash, set_at FROM door_pins WHERE person_id = ? AND {genuine('door_pins')}"
_CARDS = (
    "SELECT kind, code_hash, created_at, valid_until FROM cards"
    f" WHERE person_id = ? AND {genuine('cards')} ORDER BY id"
)


def read_person(sql: sqlite3.Connection, vault: Vault, person_id: int) -> FleetPerson | None:
    """Return everything about a person that a door needs; ``None`` if there is no such person.

    Raise ``StorageError`` for a row that the kiosk did not write: it must not reach other nodes
    under this node's signature. Cards, PINs and consents of somebody else's are left out.
    """
    values = sql.execute(_ROW, [person_id]).fetchone()
    if values is None:
        return None
    row: dict[str, Any] = dict(zip(("seal", *SEALED["people"]), values, strict=True))
    if not vault.seals.holds("people", row):
        raise StorageError(
            f"The entry of {row['name']} was changed outside Munjigi and is not sent to the fleet;"
            " delete the person, or enrol them again.",
            key="error.person_not_genuine",
            name=masked(str(row["name"])),
        )
    pin = sql.execute(_PIN, [person_id]).fetchone()
    created = from_iso(row["created_at"])
    assert created is not None
    return FleetPerson(
        number=row["number"],
        name=row["name"],
        role=row["role"],
        enabled=bool(row["enabled"]),
        entry=row["entry"],
        created_at=created,
        groups=tuple(json.loads(row["member_of"])),
        valid_from=_day(row["valid_from"]),
        valid_until=_day(row["valid_until"]),
        until_time=time.fromisoformat(row["until_time"]) if row["until_time"] else None,
        consents=consent_store.latest_of(sql.execute(_CONSENTS, [person_id])),
        pin_hash=pin[0] if pin else "",
        pin_set_at=from_iso(pin[1]) if pin else None,
        cards=tuple(_card(card) for card in sql.execute(_CARDS, [person_id])),
        templates=tuple(template_rows.of_person(sql, vault, person_id))
        if person_id in vault.current_keys(sql, person_id)
        else (),
    )


def entered(content: FleetPerson) -> Person:
    """Return the fields of a person as they are stored here.

    Raise ``StorageError`` or ``ValueError`` for a field that no kiosk would have stored.
    """
    face = next((one for one in content.consents if one.kind is ConsentKind.FACE), None)
    person = Person(
        number=content.number,
        name=content.name,
        role=PersonRole(content.role),
        enabled=content.enabled,
        valid_from=content.valid_from,
        valid_until=content.valid_until,
        until_time=content.until_time,
        consented_at=face.given_at if face else None,
        created_at=content.created_at,
        groups=content.groups,
        entry=CredentialMode(content.entry),
        consents=content.consents,
    )
    return cleaned(person)


def _card(row: Sequence[Any]) -> FleetCard:
    kind, code_hash, created_at, valid_until = row
    return FleetCard(kind, code_hash, datetime.fromisoformat(created_at), _day(valid_until))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
