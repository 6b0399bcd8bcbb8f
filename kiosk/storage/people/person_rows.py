"""People as rows: reading, inserting and changing them inside a transaction of the caller."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

from kiosk.core.consent import ConsentKind
from kiosk.core.errors import StorageError
from kiosk.core.masking import masked, masked_number
from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.core.templates import Template
from kiosk.storage.audit import audit_log
from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import wal_scrub
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, from_iso, iso
from kiosk.storage.people import consent_store, signature_rows, template_rows
from kiosk.storage.people.normalise import clean_groups, clean_name, clean_number, search_key

SELECT = (
    "SELECT people.*,"
    " (SELECT count(*) FROM templates WHERE person_id = people.id) AS templates,"
    " EXISTS (SELECT 1 FROM look_alikes"
    " WHERE first = people.id OR second = people.id) AS look_alike,"
    " EXISTS (SELECT 1 FROM door_pins WHERE person_id = people.id) AS has_pin,"
    " (SELECT day FROM last_entries WHERE person_id = people.id) AS last_entry,"
    f" {consent_store.IN_FORCE} AS consents FROM people"
)
"""All columns of ``person_of``; conditions are appended."""

Row = dict[str, Any]
"""A row by column name."""


class PersonRows:
    """The table ``people`` of one database; every method must run in the database's thread.

    Methods that write must run inside the caller's transaction. Each writes an entry into the
    audit log in the same transaction; ``by`` names the actor.
    """

    def __init__(self, database: Database, vault: Vault, chain: Chain, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._chain = chain
        self._clock = clock

    def query(self, sql: str, values: Sequence[object] | Row = ()) -> list[Row]:
        """Return the rows of a query as dictionaries."""
        return list(self._database.sqlite.query(sql, values))

    def find(self, condition: str, value: object) -> Person | None:
        """Return the first person that meets ``condition``, which has one placeholder."""
        rows = self.query(f"{SELECT} WHERE {condition}", [value])
        return self.person(rows[0]) if rows else None

    def find_unique(self, condition: str, value: object) -> Person | None:
        """Return the person that meets ``condition``; ``None`` for none or several."""
        rows = self.query(f"{SELECT} WHERE {condition} LIMIT 2", [value])
        return self.person(rows[0]) if len(rows) == 1 else None

    def person(self, row: Row) -> Person:
        """Return the person in a row of ``SELECT``; one that the kiosk did not write is disabled.

        Raise ``StorageError`` if the key of the seals is missing.
        """
        if self._vault.seals.holds("people", row):
            return person_of(row)
        try:
            found = person_of(row)
        except (ValueError, TypeError, RecursionError):  # somebody wrote what we never write
            found = Person(str(row["number"]), str(row["name"]), id=row["id"])
        return replace(found, enabled=False, genuine=False)

    def get(self, person_id: int) -> Person:
        """Return the person with that id; raise ``StorageError`` if there is none."""
        person = self.find("people.id = ?", person_id)
        if person is None:
            raise StorageError(
                "That person is not enrolled any more; look at the list again.",
                key="error.person_gone",
            )
        return person

    def genuine(self, person_id: int) -> Person:
        """Return the person with that id; raise ``StorageError`` if the kiosk did not write them.

        Changing such a row would make the rest of it look as if the kiosk had written it.
        """
        person = self.get(person_id)
        if not person.genuine:
            raise StorageError(
                f"The entry of {person.name} was changed outside Munjigi;"
                " delete the person, or enrol them again.",
                key="error.person_not_genuine",
                name=masked(person.name),
            )
        return person

    def insert(
        self,
        person: Person,
        templates: Sequence[Template],
        by: str,
        consent_version: int | None = None,
    ) -> Person:
        """Insert a person with their templates and return them as stored.

        ``consent_version``: the text that they consented to, by default the one in force.
        """
        self._refuse_taken_number(person)
        created_at = iso(person.created_at or self._clock())
        table = self._database.sqlite.table("people")
        person_id = table.insert(columns_of(person) | {"created_at": created_at}).last_pk
        assert isinstance(person_id, int)
        self._vault.create_person_key(self.connection, person_id)
        self._insert_templates(person_id, templates)
        self.give_consents(person_id, person, consent_version)
        return self.record("person_enrolled", by, self.get(person_id))

    def change(self, person: Person, by: str) -> Person:
        """Store the fields of an enrolled person and return them as stored.

        Nothing is recorded if no field differs. The entry has what was before and what is now,
        of everything but the name; numbers are masked.
        """
        before = self._update(person)
        after = self.get(person.id or 0)
        fields = [
            item.name
            for item in dataclasses.fields(Person)
            if getattr(before, item.name) != getattr(after, item.name)
        ]
        if not fields:
            return after
        return self.record("person_changed", by, after, fields=fields, **_changes(before, after))

    def set_columns(self, person_id: int, columns: Row) -> None:
        """Change some columns of a person, without an entry in the audit log."""
        self._database.sqlite.table("people").update(person_id, columns)

    def replace_face(
        self,
        person: Person,
        templates: Sequence[Template],
        by: str,
        consent_version: int | None = None,
    ) -> Person:
        """Store a person's fields, and ``templates`` in place of all that they had.

        A person disabled in the meantime stays disabled. Their new key opens no older template. A
        row that the kiosk did not write itself is theirs again: every field was entered again.
        """
        person_id = person.id or 0
        wal_scrub.begin(self.connection, self._clock())
        self._write(replace(person, enabled=self.get(person_id).enabled))
        signature_rows.change_key(self.connection, self._vault, person_id)
        self._vault.seals.seal_row(self.connection, "people", person_id)
        self.delete_templates(person_id)
        self._insert_templates(person_id, templates)
        self.give_consents(person_id, person, consent_version)
        return self.record("person_enrolled_again", by, self.get(person_id))

    def give_consents(self, person_id: int, person: Person, version: int | None = None) -> None:
        """Store the consents of ``person``, with the signature that was drawn for them.

        ``version``: the text that they consented to, by default the one in force.
        """
        consent_store.give(self.connection, person_id, person, version)
        if person.signature:
            signature_rows.add(
                self.connection, self._vault, person_id, person.signature, self._clock()
            )

    def delete_templates(self, person_id: int) -> None:
        """Delete all templates of a person, and what they answered about looks."""
        for table in ("templates", "look_questions"):
            self._database.sqlite.table(table).delete_where("person_id = ?", [person_id])

    def record(self, event: str, by: str, person: Person, **detail: object) -> Person:
        """Write an entry about ``person`` into the audit log and return the person.

        Name and number are masked, so that the entry does not identify them after a deletion.
        """
        subject = {
            "person": person.id,
            "name": masked(person.name),
            "number": masked_number(person.number),
            "templates": person.templates,
        }
        audit_log.write(self.connection, self._chain, event, by, subject | detail, self._clock())
        return person

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of the database's thread."""
        return self._database.connection

    def _update(self, person: Person) -> Person:
        """Store the fields and return the person as before."""
        before = self.genuine(person.id or 0)
        self._write(person)
        return before

    def _write(self, person: Person) -> None:
        self._refuse_taken_number(person)
        self.set_columns(person.id or 0, columns_of(person))

    def _insert_templates(self, person_id: int, templates: Sequence[Template]) -> None:
        key = self._vault.person_key(self.connection, person_id)
        now = iso(self._clock()) or ""
        template_rows.store(self.connection, key, person_id, templates, now)

    def _refuse_taken_number(self, person: Person) -> None:
        owner = self.find("people.number = ?", person.number)
        if owner is not None and owner.id != person.id:
            raise StorageError(
                f"Student number {person.number} belongs to {owner.name} already;"
                " check the number.",
                key="error.number_taken",
                name=masked(owner.name),
            )


def _changes(before: Person, after: Person) -> dict[str, object]:
    """Return what changed, without what identifies the person after a deletion."""
    old, new = _shown_in_log(before), _shown_in_log(after)
    changed = [name for name in old if getattr(before, name) != getattr(after, name)]
    if not changed:
        return {}
    return {
        "old": {name: old[name] for name in changed},
        "new": {name: new[name] for name in changed},
    }


def _shown_in_log(person: Person) -> dict[str, object]:
    return {
        "number": masked_number(person.number),
        "role": person.role.value,
        "enabled": person.enabled,
        "valid_from": person.valid_from.isoformat() if person.valid_from else None,
        "valid_until": person.valid_until.isoformat() if person.valid_until else None,
        "until_time": _minute(person.until_time),
        "entry": person.entry.value,
        "groups": list(person.groups),
    }


def cleaned(person: Person) -> Person:
    """Return a person with normalised fields; raise ``StorageError`` where a field is refused."""
    if person.valid_from and person.valid_until and person.valid_from > person.valid_until:
        raise StorageError(
            "The last valid day comes before the first; correct the dates.",
            key="error.dates_refused",
        )
    if person.until_time is not None and person.valid_until is None:
        raise StorageError(
            "A time of day needs a last day; enter one, or remove the time.",
            key="error.time_without_day",
        )
    return replace(
        person,
        number=clean_number(person.number),
        name=clean_name(person.name),
        groups=clean_groups(person.groups),
    )


def person_of(row: Row) -> Person:
    """Return the person in a row of ``SELECT``."""
    consents = consent_store.in_force(row["consents"])
    face = next((given for given in consents if given.kind is ConsentKind.FACE), None)
    return Person(
        number=row["number"],
        name=row["name"],
        role=PersonRole(row["role"]),
        enabled=bool(row["enabled"]),
        valid_from=_day(row["valid_from"]),
        valid_until=_day(row["valid_until"]),
        consented_at=from_iso(row["consented_at"]),
        created_at=from_iso(row["created_at"]),
        templates=row["templates"],
        id=row["id"],
        entry=CredentialMode(row["entry"]),
        consent_language=face.language if face else "",
        consent_version=face.version if face else None,
        look_alike=bool(row["look_alike"]),
        has_pin=bool(row["has_pin"]),
        groups=tuple(json.loads(row["member_of"])),
        until_time=time.fromisoformat(row["until_time"]) if row["until_time"] else None,
        last_entry=_day(row["last_entry"]),
        consents=consents,
    )


def columns_of(person: Person) -> Row:
    """Return the columns of ``people`` that the fields of a person are stored in."""
    return {
        "number": person.number,
        "name": person.name,
        "folded": search_key(person.name, person.number),
        "role": person.role.value,
        "enabled": int(person.enabled),
        "valid_from": person.valid_from.isoformat() if person.valid_from else None,
        "valid_until": person.valid_until.isoformat() if person.valid_until else None,
        "consented_at": iso(person.consented_at),
        "entry": person.entry.value,
        "member_of": json.dumps(person.groups, ensure_ascii=False),
        "until_time": _minute(person.until_time),
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _minute(moment: time | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="minutes")
