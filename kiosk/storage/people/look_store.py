"""Looks kept after the enrolment: listed, added, replaced and removed, one transaction each."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from kiosk.core.errors import StorageError
from kiosk.core.member_looks import ENROLMENT, Look, LookAnswer, LookHistory
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import wal_scrub
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, from_iso, iso
from kiosk.storage.people import template_rows
from kiosk.storage.people.entry_basis import entry_basis
from kiosk.storage.people.person_rows import PersonRows

BY_DOOR = "door"
"""The actor of a look that a member let the door keep."""


class LookStore:
    """The looks of one database. Callable from any thread.

    Each change of templates is recorded in the audit log in the same transaction, with the ids of
    the templates before and after it.
    """

    def __init__(self, database: Database, rows: PersonRows, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._rows = rows
        self._vault = vault
        self._clock = clock

    def history(self, person_id: int) -> LookHistory:
        """Return a person's looks, and when they were last asked to keep one."""
        return self._database.call(lambda: history(self._database.connection, person_id))

    def templates(self, person_id: int, embedder_id: str) -> list[Template]:
        """Return a person's templates of one embedder; raise ``StorageError`` for a damaged one."""
        return self._database.call(self._templates, person_id, embedder_id)

    def answered(self, person_id: int, answer: LookAnswer) -> None:
        """Remember that a person was asked now, and their answer."""
        self._database.call(self._answered, person_id, answer)

    def keep(
        self,
        person_id: int,
        templates: Sequence[Template],
        *,
        basis: str,
        most: int,
        replaced: int | None = None,
    ) -> Person:
        """Store ``templates`` as another look of a person who just said yes.

        ``basis``: the person's when they were asked (``PeopleStore.basis``). ``replaced``: number
        of the look that makes room. Raise ``StorageError`` if there would be more than ``most``
        looks besides the enrolment, if the person changed meanwhile, is disabled, or has no consent
        in force.
        """
        return self._database.call(self._keep, person_id, tuple(templates), basis, most, replaced)

    def remove(self, person_id: int, number: int, by: str = "") -> Person:
        """Delete one look; raise ``StorageError`` for the enrolment, or if there is none.

        The person is asked about looks as rarely afterwards as if they had said no.
        """
        return self._database.call(self._remove, person_id, number, by)

    # below: in the database's thread

    def _templates(self, person_id: int, embedder_id: str) -> list[Template]:
        found = template_rows.of_person(self._database.connection, self._vault, person_id)
        return [template for template in found if template.embedder_id == embedder_id]

    def _answered(self, person_id: int, answer: LookAnswer) -> None:
        with self._database.transaction():
            self._remember(person_id, answer)

    def _remember(self, person_id: int, answer: LookAnswer) -> None:
        self._database.connection.execute(
            "INSERT OR REPLACE INTO look_questions (person_id, asked_at, answer)"
            " SELECT id, ?, ? FROM people WHERE id = ?",
            [iso(self._clock()), answer.value, person_id],
        )

    def _keep(
        self,
        person_id: int,
        templates: tuple[Template, ...],
        basis: str,
        most: int,
        replaced: int | None,
    ) -> Person:
        sql = self._database.connection
        with self._database.transaction():
            person = self._rows.genuine(person_id)
            if person.consented_at is None or not person.enabled:
                raise _refused("The person has no consent in force or is disabled")
            if entry_basis(sql, person_id) != basis:
                raise _refused("The person's entry changed meanwhile")
            wal_scrub.begin(sql, self._clock())
            before = _ids(sql, person_id)
            if replaced is not None:
                self._delete(person_id, replaced)
            number = 1 + max(look.number for look in history(sql, person_id).looks)
            self._insert(person_id, [replace(one, look=number) for one in templates])
            if len(history(sql, person_id).later) > most:
                raise _refused(f"There are {most} looks already")
            self._remember(person_id, LookAnswer.YES)
            after = _ids(sql, person_id)
            found = self._rows.get(person_id)
            self._rows.record(
                "look_kept",
                BY_DOOR,
                found,
                look=number,
                replaced_look=replaced,
                consent_version=person.consent_version,
                templates_before=before,
                templates_after=after,
            )
        wal_scrub.finish(self._database.path, self._database.sqlite)
        return found

    def _insert(self, person_id: int, templates: Sequence[Template]) -> None:
        sql = self._database.connection
        key = self._vault.person_key(sql, person_id)
        template_rows.store(sql, key, person_id, templates, iso(self._clock()) or "")

    def _delete(self, person_id: int, number: int) -> None:
        """Delete a look's templates, and seal the others with another key."""
        sql = self._database.connection
        if number == ENROLMENT:
            raise StorageError(
                "The enrolled look stays; enrol the face again, or withdraw the consent.",
                key="error.look_enrolled",
            )
        deleted = sql.execute(
            "DELETE FROM templates WHERE person_id = ? AND look = ?", [person_id, number]
        )
        if not deleted.rowcount:
            raise StorageError(
                "That look is not stored any more; look at the list again.", key="error.look_gone"
            )
        template_rows.seal_again(sql, self._vault, person_id)

    def _remove(self, person_id: int, number: int, by: str) -> Person:
        sql = self._database.connection
        with self._database.transaction():
            self._rows.genuine(person_id)
            wal_scrub.begin(sql, self._clock())
            before = _ids(sql, person_id)
            self._delete(person_id, number)
            self._remember(person_id, LookAnswer.NO)
            found = self._rows.get(person_id)
            after = _ids(sql, person_id)
            self._rows.record(
                "look_removed",
                by,
                found,
                look=number,
                templates_before=before,
                templates_after=after,
            )
        wal_scrub.finish(self._database.path, self._database.sqlite)
        return found


def history(sql: sqlite3.Connection, person_id: int) -> LookHistory:
    """Return a person's looks and the latest question, in the database's thread."""
    looks = sql.execute(
        "SELECT look, min(created_at), count(*) FROM templates WHERE person_id = ?"
        " GROUP BY look ORDER BY look",
        [person_id],
    ).fetchall()
    asked = sql.execute(
        "SELECT asked_at, answer FROM look_questions WHERE person_id = ?", [person_id]
    ).fetchone()
    return LookHistory(
        tuple(Look(number, _moment(kept_at), count) for number, kept_at, count in looks),
        _moment(asked[0]) if asked else None,
        LookAnswer(asked[1]) if asked else LookAnswer.NONE,
    )


def _moment(text: str) -> datetime:
    found = from_iso(text)
    assert found is not None
    return found


def _ids(sql: sqlite3.Connection, person_id: int) -> list[int]:
    rows = sql.execute("SELECT id FROM templates WHERE person_id = ? ORDER BY id", [person_id])
    return [number for (number,) in rows]


def _refused(why: str) -> StorageError:
    return StorageError(f"{why}, so no look was kept.", key="error.look_refused")
