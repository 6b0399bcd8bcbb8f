"""All data stored about one person, for that person (PIPA art. 35, GDPR art. 15)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.voting_trace import unpack
from kiosk.storage.audit import log_query
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import iso
from kiosk.storage.people import consent_store, template_rows
from kiosk.storage.store import Store
from kiosk.storage.tabular.log_sheets import COLUMNS, cells


def own_data(store: Store, person_id: int, now: datetime) -> dict[str, Any]:
    """Return all data about a person as a JSON document; raise ``StorageError`` if unknown."""

    database = store.database

    def collect() -> dict[str, Any]:
        person = store.people.get(person_id)
        if person is None:
            raise StorageError(
                "That person is not enrolled any more; look at the list again.",
                key="error.person_gone",
            )
        sql = database.connection
        return {
            "exported_at": iso(now),
            "person": {
                "id": person.id,
                "number": person.number,
                "name": person.name,
                "role": person.role.value,
                "entry": person.entry.value,
                "enabled": person.enabled,
                "valid_from": _day(person.valid_from),
                "valid_until": _day(person.valid_until),
                "enrolled_at": iso(person.created_at),
                "groups": list(person.groups),
            },
            "consents": consent_store.history(sql, person_id),
            "templates": [
                {
                    "network": t.embedder_id,
                    "pose": t.pose,
                    "quality": t.quality,
                    "vector": [float(v) for v in t.vector],
                }
                for t in template_rows.of_person(sql, store.vault, person_id)
            ],
            "cards": [
                {"kind": kind, "since": since}
                for kind, since in sql.execute(
                    "SELECT kind, created_at FROM cards WHERE person_id = ?", [person_id]
                )
            ],
            "pin_set_at": next(
                (
                    at
                    for (at,) in sql.execute(
                        "SELECT set_at FROM door_pins WHERE person_id = ?", [person_id]
                    )
                ),
                None,
            ),
            "looks_like_others": person.look_alike,
            "log": _log(database, person_id),
        }

    return database.call(collect)


def _log(database: Database, person_id: int) -> list[dict[str, Any]]:
    fetch = log_query.fetch_from(database.connection)
    rows = log_query.pages(fetch, log_query.condition(LogFilter(person_id=person_id)))
    return [
        dict(zip(COLUMNS, cells(entry), strict=True))
        | {"frames": _frames(database, entry.id, person_id)}
        for page in rows
        for entry in page
    ]


def _frames(database: Database, log_id: int, person_id: int) -> list[dict[str, float]]:
    """Return the frames of a row that were compared with this person: time and distance."""
    found = database.sqlite.execute(
        "SELECT trace FROM log_traces WHERE log_id = ?", [log_id]
    ).fetchone()
    return (
        [
            {"ms": at, "distance": match.distance}
            for at, match in unpack(found[0]).matches
            if match.person_id == person_id
        ]
        if found
        else []
    )


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
