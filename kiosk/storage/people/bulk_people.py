"""Many people at once: looked up together, and stored in one transaction, all or none."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.import_plan import PersonUpsert
from kiosk.core.people import Person
from kiosk.storage.audit import audit_log
from kiosk.storage.db import wal_scrub
from kiosk.storage.people import consent_store
from kiosk.storage.people.people_store import SELECT, PeopleStore, cleaned, person_of

PATIENCE_S = 30.0
PATIENCE_EACH_S = 0.05
"""How long a caller waits for so many people to be stored; what was begun is finished all the same."""

_AT_ONCE = 500


class BulkPeople(PeopleStore):
    """The people of one database, for an import; safe from any thread."""

    def by_numbers(self, numbers: Sequence[str]) -> dict[str, Person]:
        """Who is enrolled, of those cleaned numbers."""
        found: dict[str, Person] = {}
        for part in _parts(numbers):
            found |= {
                person.number: person
                for person in self._database.call(self._among, "people.number", part)
            }
        return found

    def with_face(self, embedder_id: str) -> frozenset[int]:
        """Everybody with templates of that network."""
        sql = "SELECT DISTINCT person_id FROM templates WHERE embedder_id = ?"
        return self._database.call(
            lambda: frozenset(row["person_id"] for row in self._rows(sql, [embedder_id]))
        )

    def withdrawals(self) -> dict[int, datetime]:
        """When somebody took back their consent last, by person."""
        sql = "SELECT person_id, max(withdrawn_at) AS at FROM consents WHERE withdrawn_at IS NOT NULL GROUP BY person_id"
        return self._database.call(
            lambda: {
                row["person_id"]: datetime.fromisoformat(row["at"]) for row in self._rows(sql, [])
            }
        )

    def consent_versions(self) -> frozenset[int]:
        """The versions of the text that were ever in force."""
        return self._database.call(
            lambda: frozenset(
                row["version"] for row in self._rows("SELECT version FROM consent_texts", [])
            )
        )

    def store_all(
        self, changes: Sequence[PersonUpsert], by: str, detail: Mapping[str, Any]
    ) -> None:
        """Store every change, and the action ``people_imported`` with ``detail``, or nothing at all.

        ``StorageError`` where a field is refused, or where somebody is not any more as they were when the change was decided.
        """
        checked = [dataclasses.replace(change, person=cleaned(change.person)) for change in changes]
        self._database.call(
            self._store_all,
            checked,
            by,
            dict(detail),
            timeout=PATIENCE_S + PATIENCE_EACH_S * len(changes),
        )

    # below: in the database's thread

    def _among(self, column: str, values: Sequence[str]) -> list[Person]:
        marks = ", ".join("?" * len(values))
        return [
            person_of(row)
            for row in self._rows(f"{SELECT} WHERE {column} IN ({marks})", list(values))
        ]

    def _store_all(self, changes: Sequence[PersonUpsert], by: str, detail: dict[str, Any]) -> None:
        with self._database.writing():
            for change in changes:
                self._store_one(change, by)
            audit_log.write(
                self._sql, self._database.chain, "people_imported", by, detail, self._clock()
            )
        wal_scrub.finish(self._database.path, self._database.sqlite)

    def _store_one(self, change: PersonUpsert, by: str) -> None:
        person = change.person
        if change.before is None:
            self._insert(person, change.templates, by, change.consent_version)
            return
        if _plain(self._known(person.id or 0)) != _plain(change.before):
            raise StorageError(
                f"Somebody changed {person.number} meanwhile, so nothing was imported; look at the preview again.",
                key="import.changed_meanwhile",
                number=person.number,
            )
        if change.templates:
            self._replace_face(person, change.templates, by, change.consent_version)
            return
        self._change(person, by)
        consent_store.give(self._sql, person.id or 0, person, change.consent_version)


def _plain(person: Person) -> Person:
    """Without what the kiosk finds by itself: that does not say that somebody changed the person."""
    return dataclasses.replace(person, look_alike=False, has_pin=False)


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    every = list(values)
    return (every[n : n + _AT_ONCE] for n in range(0, len(every), _AT_ONCE))
