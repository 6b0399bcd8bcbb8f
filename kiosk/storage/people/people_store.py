"""Enrolled people and their templates."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.masking import masked, masked_number
from kiosk.core.people import CredentialMode, Person, PersonRole, Receipt
from kiosk.core.reports import USUAL, Order
from kiosk.core.templates import Template
from kiosk.storage.audit import audit_log
from kiosk.storage.backup.backup_file import FACE_GONE
from kiosk.storage.db import swap_in, wal_scrub
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, from_iso, iso, local_now
from kiosk.storage.people import consent_store, deletion_receipts, template_rows
from kiosk.storage.people.door_pin_store import subject_of
from kiosk.storage.people.normalise import (
    clean_groups,
    clean_name,
    clean_number,
    search_key,
    search_words,
)

SELECT = (
    "SELECT people.*, (SELECT count(*) FROM templates WHERE person_id = people.id) AS templates,"
    " EXISTS (SELECT 1 FROM look_alikes WHERE first = people.id OR second = people.id) AS look_alike,"
    " EXISTS (SELECT 1 FROM door_pins WHERE person_id = people.id) AS has_pin,"
    f" {consent_store.LATEST.format('version')} AS consent_version, {consent_store.LATEST.format('language')} AS consent_language FROM people"
)
_ORDERS = {
    "": (),
    "name": (),
    "number": ("people.number",),
    "role": ("people.role",),
    "valid": (
        "coalesce(people.valid_until, '9999-12-31')",
        "coalesce(people.valid_from, '0001-01-01')",
    ),
    "templates": ("templates",),
    "state": (
        """CASE WHEN NOT people.enabled THEN 0 WHEN people.valid_until < :today THEN 1 WHEN people.entry = 'face' AND NOT EXISTS
                 (SELECT 1 FROM templates WHERE person_id = people.id) THEN 2 WHEN people.valid_from > :today THEN 3 ELSE 4 END""",
    ),
}
"""What each column of the people list is sorted by; who is equal there comes by name. States are sorted worst first."""
Row = dict[str, Any]
_WITHOUT = (
    "EXISTS (SELECT 1 FROM templates WHERE person_id = people.id) AND NOT EXISTS"
    " (SELECT 1 FROM templates WHERE person_id = people.id AND embedder_id = :embedder)"
)


class PeopleStore:
    """The people of one database; safe from any thread. ``clock`` says when somebody was added.

    What is done to a person is written down among the actions, in the same transaction; ``by``: who does it.
    """

    def __init__(self, database: Database, clock: Clock = local_now) -> None:
        self._database = database
        self._clock = clock

    def add(self, person: Person, by: str = "") -> Person:
        """``person`` as stored, with its new id. ``StorageError`` where a field is refused or the number is taken."""
        return self.add_with_templates(person, (), by)

    def add_with_templates(
        self, person: Person, templates: Sequence[Template], by: str = ""
    ) -> Person:
        """Store a person and their templates, both or neither; the templates' ``person_id`` is set here."""
        return self._database.call(self._add, cleaned(person), tuple(templates), by)

    def get(self, person_id: int) -> Person | None:
        """The person with that id."""
        return self._database.call(self._one, "people.id = ?", person_id)

    def by_number(self, number: str) -> Person | None:
        """The person with that student number, however it was typed; ``None`` for what is no number at all."""
        try:
            wanted = clean_number(number)
        except StorageError:
            return None
        return self._database.call(self._one, "people.number = ?", wanted)

    def by_typed_number(self, number: str) -> Person | None:
        """The person whose number was typed on a keypad that has no hyphen; ``None`` where two would fit."""
        try:
            wanted = clean_number(number)
        except StorageError:
            return None
        return self.by_number(wanted) or self._database.call(
            self._only, "replace(people.number, '-', '') = ?", wanted.replace("-", "")
        )

    def search(
        self, text: str, limit: int, offset: int, order: Order = USUAL, without: str = ""
    ) -> tuple[list[Person], int]:
        """People whose name or number has every word of ``text``, by name or as ``order`` says; and how many there are in all.

        ``without``: only those who have templates, but none that this embedder made.
        ``StorageError`` for an order by something else than ``name number role valid templates state``.
        """
        if order.column not in _ORDERS:
            raise StorageError(
                f"People cannot be sorted by {order.column}; use one of {', '.join(filter(None, _ORDERS))}."
            )
        return self._database.call(self._search, search_words(text), limit, offset, order, without)

    def update(self, person: Person, by: str = "") -> Person:
        """Store changed fields of an enrolled person; templates and ``created_at`` stay."""
        return self._database.call(self._update, cleaned(person), by)

    def set_enabled(self, person_id: int, enabled: bool, by: str = "") -> Person:
        """Let a person in, or not, without deleting anything."""
        return self._database.call(self._set_enabled, person_id, enabled, by)

    def delete(self, person_id: int, by: str = "") -> Receipt:
        """Delete a person for good: documents of their own data, their key in every backup and here, all that is stored of them; then the receipt.

        Log rows stay, with the name and number as decided then. ``StorageError`` where a backup cannot be changed: nothing is
        deleted then.
        """
        self._database.call(self._known, person_id)
        wal_scrub.forget_own_data(self._database.path, person_id)
        swap_in.forget_set_aside(self._database.path)
        backups = self._database.backups.destroy_key(person_id)
        receipt = self._database.call(self._delete, person_id, by, backups)
        self._database.backups.destroy_key(person_id)  # one that was made between the two
        return receipt

    def withdraw(self, person_id: int, by: str = "") -> Receipt:
        """Somebody takes back their consent: their face is deleted as ``delete`` does it, the person stays.

        Who entered by face enters by PIN from now on.
        """
        self._database.call(self._known, person_id)
        wal_scrub.forget_own_data(self._database.path, person_id)
        swap_in.forget_set_aside(self._database.path)
        backups = self._database.backups.destroy_key(person_id, FACE_GONE)
        receipt = self._database.call(self._withdraw, person_id, by, backups)
        self._database.backups.destroy_key(person_id, FACE_GONE)
        return receipt

    def receipts(self) -> list[Receipt]:
        """Every deletion's receipt, newest first."""
        return self._database.call(lambda: deletion_receipts.listed(self._sql))

    def templates(self, embedder_id: str) -> list[Template]:
        """All templates that ``embedder_id`` made, of disabled people too: the policy refuses them by name.

        ``StorageError`` where a stored template is damaged.
        """
        return self._database.call(self._templates, embedder_id)

    def enrol_again(self, person: Person, templates: Sequence[Template], by: str = "") -> Person:
        """Store an enrolled person's changed fields, and ``templates`` in place of all that they had, of every
        embedder; all or nothing. Who was disabled meanwhile stays disabled."""
        if not templates:
            raise StorageError(
                "Nothing was captured to replace the templates with; enrol the person again."
            )
        return self._database.call(self._enrol_again, cleaned(person), tuple(templates), by)

    def without(self, embedder_id: str) -> int:
        """How many people have templates, but none that ``embedder_id`` made: they must be enrolled again."""
        return self._database.call(self._without, embedder_id)

    def enrolled(self, embedder_id: str) -> int:
        """How many people have templates that ``embedder_id`` made."""
        return self._database.call(self._enrolled, embedder_id)

    # below: in the database's thread

    def _add(self, person: Person, captured: tuple[Template, ...], by: str) -> Person:
        with self._database.writing():
            return self._insert(person, captured, by)

    def _insert(
        self, person: Person, captured: tuple[Template, ...], by: str, version: int | None = None
    ) -> Person:
        """In the caller's transaction. ``version``: of the text that they agreed to, by default the one in force."""
        self._refuse_taken(person)
        person_id = (
            self._database.sqlite.table("people")
            .insert(_columns(person) | {"created_at": iso(person.created_at or self._clock())})
            .last_pk
        )
        assert isinstance(person_id, int)
        self._database.vault.renew(self._sql, person_id)
        self._store(person_id, captured)
        consent_store.give(self._sql, person_id, person, version)
        return self._noted("person_enrolled", by, self._known(person_id))

    def _one(self, condition: str, value: object) -> Person | None:
        rows = self._rows(f"{SELECT} WHERE {condition}", [value])
        return person_of(rows[0]) if rows else None

    def _only(self, condition: str, value: object) -> Person | None:
        rows = self._rows(f"{SELECT} WHERE {condition} LIMIT 2", [value])
        return person_of(rows[0]) if len(rows) == 1 else None

    def _known(self, person_id: int) -> Person:
        person = self._one("people.id = ?", person_id)
        if person is None:
            raise StorageError(
                "That person is not enrolled any more; look at the list again.",
                key="error.person_gone",
            )
        return person

    def _search(
        self, words: list[str], limit: int, offset: int, order: Order, without: str
    ) -> tuple[list[Person], int]:
        values: Row = {f"word{number}": word for number, word in enumerate(words)}
        condition = " AND ".join(f"instr(people.folded, :{name}) > 0" for name in values) or "1"
        if without:
            condition = f"{condition} AND {_WITHOUT}"
            values = values | {"embedder": without}
        total = self._rows(f"SELECT count(*) AS n FROM people WHERE {condition}", values)[0]["n"]
        way = " DESC" if order.descending else ""
        keys = ", ".join(
            f"{key}{way}" for key in (*_ORDERS[order.column], "people.folded", "people.id")
        )
        values |= {"today": self._clock().date().isoformat(), "limit": limit, "offset": offset}
        rows = self._rows(
            f"{SELECT} WHERE {condition} ORDER BY {keys} LIMIT :limit OFFSET :offset", values
        )
        return [person_of(row) for row in rows], total

    def _update(self, person: Person, by: str) -> Person:
        with self._database.writing():
            return self._change(person, by)

    def _change(self, person: Person, by: str) -> Person:
        """In the caller's transaction."""
        before = self._put(person)
        after = self._known(person.id or 0)
        fields = [
            item.name
            for item in dataclasses.fields(Person)
            if getattr(before, item.name) != getattr(after, item.name)
        ]
        return self._noted("person_changed", by, after, fields=fields) if fields else after

    def _put(self, person: Person) -> Person:
        before = self._known(person.id or 0)
        self._refuse_taken(person)
        self._database.sqlite.table("people").update(person.id or 0, _columns(person))
        return before

    def _set_enabled(self, person_id: int, enabled: bool, by: str) -> Person:
        with self._database.writing():
            self._known(person_id)
            self._database.sqlite.table("people").update(person_id, {"enabled": int(enabled)})
            return self._noted(
                "person_enabled" if enabled else "person_disabled", by, self._known(person_id)
            )

    def _delete(self, person_id: int, by: str, backups: int) -> Receipt:
        with self._database.writing():
            person = self._known(person_id)
            wal_scrub.begin(self._sql, self._clock())
            self._database.vault.destroy(self._sql, person_id)
            self._database.sqlite.table("people").delete(person_id)
            self._sql.execute(
                "DELETE FROM door_tries WHERE subject = ?", [subject_of(person.number)]
            )
            receipt = self._issue(deletion_receipts.PERSON, person, by, backups)
            self._noted("person_deleted", by, person, receipt=receipt.id)
        wal_scrub.finish(self._database.path, self._database.sqlite)
        return receipt

    def _withdraw(self, person_id: int, by: str, backups: int) -> Receipt:
        with self._database.writing():
            person = self._known(person_id)
            wal_scrub.begin(self._sql, self._clock())
            self._database.vault.renew(self._sql, person_id)
            self._database.sqlite.table("templates").delete_where("person_id = ?", [person_id])
            consent_store.withdraw(self._sql, person_id, self._clock())
            entry = CredentialMode.PIN if person.entry is CredentialMode.FACE else person.entry
            self._database.sqlite.table("people").update(
                person_id, {"consented_at": None, "entry": entry.value}
            )
            receipt = self._issue(deletion_receipts.FACE, person, by, backups)
            self._noted("consent_withdrawn", by, person, receipt=receipt.id)
        wal_scrub.finish(self._database.path, self._database.sqlite)
        return receipt

    def _issue(self, what: str, person: Person, by: str, backups: int) -> Receipt:
        return deletion_receipts.issue(
            self._sql,
            self._database.vault.signer(self._sql),
            what,
            person,
            by,
            backups,
            self._clock(),
        )

    def _templates(self, embedder_id: str) -> list[Template]:
        return template_rows.load(self._sql, self._database.vault, embedder_id)

    def _enrolled(self, embedder_id: str) -> int:
        return int(
            self._rows(
                "SELECT count(DISTINCT person_id) AS n FROM templates WHERE embedder_id = ?",
                [embedder_id],
            )[0]["n"]
        )

    def _without(self, embedder_id: str) -> int:
        return int(
            self._rows(
                f"SELECT count(*) AS n FROM people WHERE {_WITHOUT}", {"embedder": embedder_id}
            )[0]["n"]
        )

    def _enrol_again(self, person: Person, captured: tuple[Template, ...], by: str) -> Person:
        with self._database.writing():
            enrolled = self._replace_face(person, captured, by)
        wal_scrub.finish(self._database.path, self._database.sqlite)
        return enrolled

    def _replace_face(
        self, person: Person, captured: tuple[Template, ...], by: str, version: int | None = None
    ) -> Person:
        """In the caller's transaction."""
        person_id = person.id or 0
        wal_scrub.begin(self._sql, self._clock())
        self._put(replace(person, enabled=self._known(person_id).enabled))
        self._database.sqlite.table("templates").delete_where("person_id = ?", [person_id])
        self._store(person_id, captured)
        consent_store.give(self._sql, person_id, person, version)
        return self._noted("person_enrolled_again", by, self._known(person_id))

    def _noted(self, event: str, by: str, person: Person, **detail: object) -> Person:
        """Write the action down; of the person only what will not name them after a deletion."""
        who = {
            "person": person.id,
            "name": masked(person.name),
            "number": masked_number(person.number),
            "templates": person.templates,
        }
        audit_log.write(self._sql, self._database.chain, event, by, who | detail, self._clock())
        return person

    def _store(self, person_id: int, captured: tuple[Template, ...]) -> None:
        key = self._database.vault.person_key(self._sql, person_id)
        template_rows.store(self._sql, key, person_id, captured, iso(self._clock()) or "")

    @property
    def _sql(self) -> sqlite3.Connection:
        return self._database.sqlite.conn

    def _refuse_taken(self, person: Person) -> None:
        owner = self._one("people.number = ?", person.number)
        if owner is not None and owner.id != person.id:
            raise StorageError(
                f"Student number {person.number} belongs to {owner.name} already; check the number.",
                key="error.number_taken",
                name=masked(owner.name),
            )

    def _rows(self, sql: str, values: Sequence[object] | Row) -> list[Row]:
        return list(self._database.sqlite.query(sql, values))


def cleaned(person: Person) -> Person:
    """A person as stored; ``StorageError`` where a field is refused."""
    if person.valid_from and person.valid_until and person.valid_from > person.valid_until:
        raise StorageError(
            "The last valid day comes before the first; correct the dates.",
            key="error.dates_refused",
        )
    return replace(
        person,
        number=clean_number(person.number),
        name=clean_name(person.name),
        groups=clean_groups(person.groups),
    )


def _columns(person: Person) -> Row:
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
    }


def person_of(row: Row) -> Person:
    """A row of ``SELECT``."""
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
        consent_language=row["consent_language"] or "",
        consent_version=row["consent_version"],
        look_alike=bool(row["look_alike"]),
        has_pin=bool(row["has_pin"]),
        groups=tuple(json.loads(row["member_of"])),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
