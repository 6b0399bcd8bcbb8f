"""Many people at once: looked up together, and stored in one transaction."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from kiosk.core.errors import StorageError
from kiosk.core.import_plan import PersonUpsert
from kiosk.core.people import Person
from kiosk.storage.audit import audit_log
from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.db import wal_scrub
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock
from kiosk.storage.people import consent_store, people_search
from kiosk.storage.people.person_rows import SELECT, PersonRows, cleaned

TIMEOUT_S = 30.0
"""How long a caller waits for an import, in addition to ``TIMEOUT_EACH_S`` per person."""
TIMEOUT_EACH_S = 0.05
"""An import that takes longer is still finished."""

TOGETHER = 50
"""People changed in one transaction, which takes about a quarter of a second on a busy machine."""

_VALUES_PER_QUERY = 500

log = logging.getLogger(__name__)

T = TypeVar("T")


class BulkPeople:
    """The people of one database, for an import or a selection. Callable from any thread."""

    def __init__(self, database: Database, rows: PersonRows, chain: Chain, clock: Clock) -> None:
        self._database = database
        self._rows = rows
        self._chain = chain
        self._clock = clock

    def by_numbers(self, numbers: Sequence[str]) -> dict[str, Person]:
        """Return the enrolled people among those normalised numbers, by number."""
        found: dict[str, Person] = {}
        for batch in _batches(numbers):
            people = self._database.call(self._with_numbers, batch)
            found |= {person.number: person for person in people}
        return found

    def by_ids(self, ids: Collection[int]) -> list[Person]:
        """Return the enrolled people among those ids, sorted by id."""
        found: list[Person] = []
        for batch in _batches(sorted(ids)):
            found += self._database.call(self._with_ids, batch)
        return found

    def change_all(
        self, pairs: Sequence[tuple[Person, Person]], by: str, event: str
    ) -> list[tuple[Person, Person]]:
        """Change everybody from the first to the second of their pair.

        One transaction for every ``TOGETHER`` people, between which the door decides. People who
        are not as in the first any more are left out, and so are those after a failure. Each change
        is recorded, and ``event`` with the number of people. Return the pairs as stored; raise
        ``StorageError`` if the first transaction fails.
        """
        checked = [(before, cleaned(after)) for before, after in pairs]
        changed: list[tuple[Person, Person]] = []
        for start in range(0, len(checked), TOGETHER):
            try:
                batch = checked[start : start + TOGETHER]
                changed += self._database.call(self._change_together, batch, by)
            except StorageError as error:
                if not changed:
                    raise
                log.error("the others were not changed: %s", error)
                break
        self._database.call(self._record, event, by, {"people": len(changed)})
        return changed

    def rename_group(self, old: str, new: str, by: str, finish: Callable[[], None]) -> int:
        """Let everybody in the group ``old`` be in ``new`` instead; return how many they are.

        One transaction, in which ``finish`` is called last: if it raises, nobody is changed. Each
        person is recorded, and ``group_renamed`` with their number.
        """
        people = self._database.call(people_search.group_sizes, self._rows).get(old, 0)
        return self._database.call(
            self._rename_group, old, new, by, finish, timeout=TIMEOUT_S + TIMEOUT_EACH_S * people
        )

    def with_face(self, embedder_id: str) -> frozenset[int]:
        """Return the ids of all people with templates of that embedder."""
        sql = "SELECT DISTINCT person_id FROM templates WHERE embedder_id = ?"
        rows = self._database.call(self._rows.query, sql, [embedder_id])
        return frozenset(row["person_id"] for row in rows)

    def withdrawals(self) -> dict[int, datetime]:
        """Return when each person last withdrew the consent for their face, by the person's id."""
        sql = (
            "SELECT person_id, max(withdrawn_at) AS at FROM consents"
            " WHERE withdrawn_at IS NOT NULL AND (kind IS NULL OR kind = 'face')"
            " GROUP BY person_id"
        )
        rows = self._database.call(self._rows.query, sql)
        return {row["person_id"]: datetime.fromisoformat(row["at"]) for row in rows}

    def consent_versions(self) -> frozenset[int]:
        """Return all versions of the consent text, past and present."""
        rows = self._database.call(self._rows.query, "SELECT version FROM consent_versions")
        return frozenset(row["version"] for row in rows)

    def store_all(
        self, changes: Sequence[PersonUpsert], by: str, detail: Mapping[str, Any]
    ) -> None:
        """Store all changes and the audit entry ``people_imported`` with ``detail``, or nothing.

        Raise ``StorageError`` if a field is refused, or if a person was changed since the import
        was planned.
        """
        checked = [dataclasses.replace(change, person=cleaned(change.person)) for change in changes]
        self._database.call(
            self._store_all,
            checked,
            by,
            dict(detail),
            timeout=TIMEOUT_S + TIMEOUT_EACH_S * len(changes),
        )

    # below: in the database's thread

    def _with_numbers(self, numbers: list[str]) -> list[Person]:
        placeholders = ", ".join("?" * len(numbers))
        sql = f"{SELECT} WHERE people.number IN ({placeholders})"
        return [self._rows.person(row) for row in self._rows.query(sql, numbers)]

    def _with_ids(self, ids: list[int]) -> list[Person]:
        placeholders = ", ".join("?" * len(ids))
        sql = f"{SELECT} WHERE people.id IN ({placeholders}) ORDER BY people.id"
        return [self._rows.person(row) for row in self._rows.query(sql, ids)]

    def _change_together(
        self, pairs: Sequence[tuple[Person, Person]], by: str
    ) -> list[tuple[Person, Person]]:
        changed = []
        with self._database.transaction():
            for before, after in pairs:
                now = self._rows.find("people.id = ?", before.id)
                if now is not None and _entered_fields(now) == _entered_fields(before):
                    changed.append((now, self._rows.change(after, by)))
        return changed

    def _rename_group(self, old: str, new: str, by: str, finish: Callable[[], None]) -> int:
        sql = f"{SELECT} WHERE EXISTS (SELECT 1 FROM json_each(people.member_of) WHERE value = ?)"
        with self._database.transaction():
            people = [self._rows.person(row) for row in self._rows.query(sql, [old])]
            for person in people:
                names = (new if group == old else group for group in person.groups)
                groups = tuple(dict.fromkeys(names))
                self._rows.change(dataclasses.replace(person, groups=groups), by)
            detail = {"from": old, "to": new, "people": len(people)}
            audit_log.write(
                self._database.connection, self._chain, "group_renamed", by, detail, self._clock()
            )
            finish()
        return len(people)

    def _record(self, event: str, by: str, detail: Mapping[str, object]) -> None:
        sql = self._database.connection
        with self._database.transaction():
            audit_log.write(sql, self._chain, event, by, detail, self._clock())

    def _store_all(self, changes: Sequence[PersonUpsert], by: str, detail: dict[str, Any]) -> None:
        sql = self._database.connection
        with self._database.transaction():
            for change in changes:
                self._store(change, by)
            audit_log.write(sql, self._chain, "people_imported", by, detail, self._clock())
        wal_scrub.finish(self._database.path, self._database.sqlite)

    def _store(self, change: PersonUpsert, by: str) -> None:
        person = change.person
        person_id = person.id or 0
        if change.before is None:
            self._rows.insert(person, change.templates, by, change.consent_version)
            return
        if _entered_fields(self._rows.get(person_id)) != _entered_fields(change.before):
            raise StorageError(
                f"Somebody changed {person.number} meanwhile, so nothing was imported;"
                " look at the preview again.",
                key="import.changed_meanwhile",
                number=person.number,
            )
        if change.templates:
            self._rows.replace_face(person, change.templates, by, change.consent_version)
            return
        self._rows.change(person, by)
        consent_store.give(self._database.connection, person_id, person, change.consent_version)


def _entered_fields(person: Person) -> Person:
    """Return the person without what the kiosk determines: that is no change by a user."""
    return dataclasses.replace(person, look_alike=False, has_pin=False, last_entry=None)


def _batches(values: Sequence[T]) -> Iterator[list[T]]:
    every = list(values)
    return (every[n : n + _VALUES_PER_QUERY] for n in range(0, len(every), _VALUES_PER_QUERY))
