"""All data stored about one person, for that person (PIPA art. 35, GDPR art. 15)."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from typing import Any

from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.fleet import Content, FactKind, FleetPerson
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.core.voting_trace import unpack
from kiosk.storage.audit import log_query
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import iso
from kiosk.storage.fleet import conflict_rows, subject_rows
from kiosk.storage.people import consent_store, look_store, signature_rows, template_rows
from kiosk.storage.store import Store
from kiosk.storage.tabular.log_sheets import COLUMNS, cells


def own_data(store: Store, person_id: int, now: datetime) -> dict[str, Any]:
    """Return all data about a person as a JSON document; raise ``StorageError`` if unknown."""
    return store.database.call(_collect, store, person_id, now)


def _collect(store: Store, person_id: int, now: datetime) -> dict[str, Any]:
    """Collect the document, in the database's thread: one consistent state."""
    person = store.people.get(person_id)
    if person is None:
        raise StorageError(
            "That person is not enrolled any more; look at the list again.",
            key="error.person_gone",
        )
    sql = store.database.connection
    pin = sql.execute("SELECT set_at FROM door_pins WHERE person_id = ?", [person_id]).fetchone()
    return {
        "exported_at": iso(now),
        "person": _person(person),
        "consents": consent_store.history(sql, person_id),
        "signatures": signature_rows.history(sql, store.vault, person_id),
        "templates": [
            _template(template) for template in template_rows.of_person(sql, store.vault, person_id)
        ],
        "looks": _looks(sql, person_id),
        "cards": [
            {"kind": kind, "since": since, "valid_until": until}
            for kind, since, until in sql.execute(
                "SELECT kind, created_at, valid_until FROM cards WHERE person_id = ?", [person_id]
            )
        ],
        "pin_set_at": pin[0] if pin else None,
        "looks_like_others": person.look_alike,
        "fleet": _fleet(sql, store.vault, person_id),
        "log": _log(sql, person_id),
    }


def _person(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "number": person.number,
        "name": person.name,
        "role": person.role.value,
        "entry": person.entry.value,
        "enabled": person.enabled,
        "valid_from": _day(person.valid_from),
        "valid_until": _day(person.valid_until),
        "until_time": person.until_time.isoformat("minutes") if person.until_time else None,
        "last_entry": _day(person.last_entry),
        "enrolled_at": iso(person.created_at),
        "groups": list(person.groups),
    }


def _fleet(sql: sqlite3.Connection, vault: Vault, person_id: int) -> dict[str, Any] | None:
    """Return which subject of the fleet a person is, and both sides of what staff must settle."""
    known = subject_rows.by_local_id(sql, FactKind.PERSON, person_id)
    if known is None:
        return None
    return {
        "subject": known.subject,
        "version": known.version,
        "conflicts": [
            {
                "found_at": iso(one.shown.found_at),
                "mine": _side(one.shown.mine),
                "theirs": _side(one.shown.theirs),
            }
            for one in conflict_rows.listed(sql, vault, known.subject)
        ],
    }


def _side(content: Content) -> dict[str, Any] | None:
    """Return one side of a conflict, without hashes of PINs and cards."""
    if not isinstance(content, FleetPerson):
        return None
    return {
        "number": content.number,
        "name": content.name,
        "role": content.role,
        "entry": content.entry,
        "enabled": content.enabled,
        "valid_from": _day(content.valid_from),
        "valid_until": _day(content.valid_until),
        "groups": list(content.groups),
        "has_pin": bool(content.pin_hash),
        "cards": len(content.cards),
        "templates": [_template(template) for template in content.templates],
    }


def _looks(sql: sqlite3.Connection, person_id: int) -> dict[str, Any]:
    found = look_store.history(sql, person_id)
    return {
        "kept": [
            {"look": look.number, "since": iso(look.kept_at), "templates": look.templates}
            for look in found.looks
        ],
        "last_asked_at": iso(found.asked_at),
        "last_answer": found.answer.value if found.asked_at else None,
    }


def _template(template: Template) -> dict[str, Any]:
    return {
        "network": template.embedder_id,
        "look": template.look,
        "pose": template.pose,
        "quality": template.quality,
        "vector": [float(value) for value in template.vector],
    }


def _log(sql: sqlite3.Connection, person_id: int) -> list[dict[str, Any]]:
    condition = log_query.condition(LogFilter(person_id=person_id))
    return [
        dict(zip(COLUMNS, cells(entry), strict=True))
        | {"frames": _frames(sql, entry.id, person_id)}
        for page in log_query.pages(log_query.fetch_from(sql), condition)
        for entry in page
    ]


def _frames(sql: sqlite3.Connection, log_id: int, person_id: int) -> list[dict[str, float]]:
    """Return the frames of a row that were compared with this person: time and distance."""
    row = sql.execute("SELECT trace FROM log_traces WHERE log_id = ?", [log_id]).fetchone()
    if row is None:
        return []
    return [
        {"ms": at, "distance": match.distance}
        for at, match in unpack(row[0]).matches
        if match.person_id == person_id
    ]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
