"""Enrolled people and their templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.errors import StorageError
from kiosk.core.masking import masked
from kiosk.core.people import Person, Receipt
from kiosk.core.people_filter import PeopleFilter
from kiosk.core.reports import USUAL, Order
from kiosk.core.signature import UNSIGNED, Signature
from kiosk.core.templates import EnrolledVersions, Template, TemplateTable
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import wal_scrub
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, iso
from kiosk.storage.people import people_search, template_rows
from kiosk.storage.people.entry_basis import entry_basis
from kiosk.storage.people.erasure import Erasure
from kiosk.storage.people.normalise import clean_number
from kiosk.storage.people.person_rows import PersonRows, cleaned


class PeopleStore:
    """The people of one database. Callable from any thread.

    Each change is recorded in the audit log in the same transaction; ``by`` names the actor.
    """

    def __init__(
        self, database: Database, rows: PersonRows, erasure: Erasure, vault: Vault, clock: Clock
    ) -> None:
        self._database = database
        self._rows = rows
        self._erasure = erasure
        self._vault = vault
        self._clock = clock
        self._door_time = clock

    def add(self, person: Person, by: str = "") -> Person:
        """Store a new person and return them with their id.

        Raise ``StorageError`` if a field is refused or the number is taken.
        """
        return self.add_with_templates(person, (), by)

    def add_with_templates(
        self, person: Person, templates: Sequence[Template], by: str = ""
    ) -> Person:
        """Store a new person and their templates in one transaction.

        The ``person_id`` of the templates is ignored.
        """
        return self._database.call(self._add, cleaned(person), tuple(templates), by)

    def basis(self, person_id: int) -> str:
        """Return the digest of everything stored that lets that person in; empty for nobody."""
        return self._database.call(lambda: entry_basis(self._database.connection, person_id))

    def get(self, person_id: int) -> Person | None:
        """Return the person with that id."""
        return self._database.call(self._rows.find, "people.id = ?", person_id)

    def by_number(self, number: str) -> Person | None:
        """Return the person with that student number, in any spelling."""
        try:
            number = clean_number(number)
        except StorageError:
            return None
        return self._database.call(self._rows.find, "people.number = ?", number)

    def by_typed_number(self, number: str) -> Person | None:
        """Return the person with a number typed on a keypad without a hyphen.

        ``None`` if the number is unknown, or matches two people, or two nodes of a fleet gave it to
        two people.
        """
        try:
            number = clean_number(number)
        except StorageError:
            return None
        found = self.by_number(number) or self._database.call(
            self._rows.find_unique,
            "replace(people.number, '-', '') = ?",
            number.replace("-", ""),
        )
        contested = found is not None and self._database.call(self._contested, found.number)
        return None if contested else found

    def search(
        self, text: str, limit: int, offset: int, order: Order = USUAL, without: str = ""
    ) -> tuple[list[Person], int]:
        """Return a page of the people whose name or number has every word of ``text``.

        They are sorted by name or as ``order`` says; the second value is the number of all
        matches. ``without``: only people who have templates, but none of this embedder. Raise
        ``StorageError`` for an order other than ``name number role valid templates seen state``.
        """
        return self.listed(PeopleFilter(text, without), limit, offset, order)

    def use_door_time(self, door_time: Clock) -> None:
        """Judge periods by this clock: the door's may be in another time zone than the machine."""
        self._door_time = door_time

    def listed(
        self, only: PeopleFilter, limit: int, offset: int, order: Order = USUAL
    ) -> tuple[list[Person], int]:
        """Return a page of the people who meet ``only``, and the number of all of them.

        Raise ``StorageError`` for an order that ``search`` does not know.
        """
        people_search.check_order(order)
        now = self._door_time()
        return self._database.call(
            people_search.search, self._rows, only, limit, offset, order, now
        )

    def count(self, only: PeopleFilter) -> int:
        """Return how many people meet ``only``."""
        return self._database.call(people_search.count, self._rows, only, self._door_time())

    def all_of(self, only: PeopleFilter) -> list[int]:
        """Return the ids of all people who meet ``only``."""
        return self._database.call(people_search.all_of, self._rows, only, self._door_time())

    def update(self, person: Person, by: str = "") -> Person:
        """Store the fields of an enrolled person; templates and ``created_at`` do not change."""
        return self._database.call(self._update, cleaned(person), by)

    def set_enabled(self, person_id: int, enabled: bool, by: str = "") -> Person:
        """Enable or disable a person without deleting anything."""
        return self._database.call(self._set_enabled, person_id, enabled, by)

    def delete(self, person_id: int, by: str = "", because: str = "") -> Receipt:
        """Delete a person: their exported documents, their key in every backup, and all rows.

        Log rows stay, with the name and number as of then. ``because``: why, for the audit log.
        Raise ``StorageError`` if a backup cannot be changed; then the person is not deleted.
        """
        return self._erasure.delete(person_id, by, because)

    def withdraw(self, person_id: int, by: str = "") -> Receipt:
        """Delete a person's face after they withdrew their consent; the person stays.

        The copies are deleted as in ``delete``. Entry by face becomes entry by PIN.
        """
        return self._erasure.withdraw(person_id, by)

    def withdraw_other(self, person_id: int, kind: ConsentKind, by: str = "") -> Person:
        """Withdraw a consent other than to the face and to personal data; return the person."""
        return self._erasure.withdraw_other(person_id, kind, by)

    def give_consents(
        self,
        person_id: int,
        consents: Sequence[Consent],
        by: str = "",
        signature: Signature = UNSIGNED,
        refused: Sequence[ConsentKind] = (),
    ) -> Person:
        """Store consents that an enrolled person gave again, and return the person.

        ``refused``: what they were asked for and did not give, for the audit log. Raise
        ``StorageError`` if the person is gone, or for a consent to the face of somebody who has
        none enrolled: that one is given with the face.
        """
        return self._database.call(
            self._give_consents, person_id, tuple(consents), by, signature, tuple(refused)
        )

    def receipts(self) -> list[Receipt]:
        """Return the receipts of all deletions, newest first."""
        return self._erasure.receipts()

    def genuine_receipts(self) -> list[Receipt]:
        """Return the receipts that this kiosk signed: only they may destroy keys in backups."""
        return self._erasure.genuine_receipts()

    def templates(self, embedder_id: str) -> list[Template]:
        """Return all templates of ``embedder_id``, also of disabled people.

        The policy refuses disabled people by name. Damaged templates are left out.
        """
        return self._database.call(self._templates, embedder_id)

    def template_table(
        self, embedder_id: str, person_ids: Sequence[int] | None = None
    ) -> TemplateTable:
        """Return templates of ``embedder_id``, of everybody or of ``person_ids``, as arrays.

        Damaged ones are left out.
        """
        return self._database.call(self._template_table, embedder_id, person_ids)

    def template_versions(self, embedder_id: str, after: int = 0) -> EnrolledVersions:
        """Return who has templates of ``embedder_id``, and which.

        ``after``: only people with a template whose id is higher.
        """
        return self._database.call(self._template_versions, embedder_id, after)

    def template_count(self, embedder_id: str) -> int:
        """Return how many templates of ``embedder_id`` there are."""
        return self._database.call(self._template_count, embedder_id)

    def enrol_again(self, person: Person, templates: Sequence[Template], by: str = "") -> Person:
        """Store a person's fields, and ``templates`` in place of all their templates.

        Templates of every embedder are replaced, in one transaction. A person disabled in the
        meantime stays disabled.
        """
        if not templates:
            raise StorageError(
                "Nothing was captured to replace the templates with; enrol the person again."
            )
        return self._database.call(self._enrol_again, cleaned(person), tuple(templates), by)

    def without(self, embedder_id: str) -> int:
        """Count the people to enrol again: with templates, but none of this embedder."""
        return self._database.call(people_search.count_without, self._rows, embedder_id)

    def enrolled(self, embedder_id: str) -> int:
        """Count the people who have templates of ``embedder_id``."""
        return self._database.call(people_search.count_enrolled, self._rows, embedder_id)

    def groups(self) -> frozenset[str]:
        """Return the groups that at least one person is in."""
        return self._database.call(people_search.groups_of_people, self._rows)

    def group_sizes(self) -> dict[str, int]:
        """Return the number of people by group, for groups that somebody is in."""
        return self._database.call(people_search.group_sizes, self._rows)

    # below: in the database's thread

    def _contested(self, number: str) -> bool:
        row = self._database.connection.execute(
            "SELECT 1 FROM fleet_conflicts WHERE why = 'number'"
            " AND json_extract(theirs, '$.person.number') = ?",
            [number],
        ).fetchone()
        return row is not None

    def _add(self, person: Person, templates: tuple[Template, ...], by: str) -> Person:
        with self._database.transaction():
            return self._rows.insert(person, templates, by)

    def _update(self, person: Person, by: str) -> Person:
        with self._database.transaction():
            return self._rows.change(person, by)

    def _set_enabled(self, person_id: int, enabled: bool, by: str) -> Person:
        with self._database.transaction():
            self._rows.genuine(person_id)
            self._rows.set_columns(person_id, {"enabled": int(enabled)})
            event = "person_enabled" if enabled else "person_disabled"
            return self._rows.record(event, by, self._rows.get(person_id))

    def _give_consents(
        self,
        person_id: int,
        consents: tuple[Consent, ...],
        by: str,
        signature: Signature,
        refused: tuple[ConsentKind, ...],
    ) -> Person:
        with self._database.transaction():
            person = self._rows.genuine(person_id)
            given = replace(person, consents=consents, consented_at=None, signature=signature)
            face = given.consent(ConsentKind.FACE)
            if face is not None:
                if person.consented_at is None:
                    raise StorageError(
                        f"{person.name} has no face enrolled; enrol the face to ask for its"
                        " consent.",
                        key="error.consent_without_face",
                        name=masked(person.name),
                    )
                self._rows.set_columns(person_id, {"consented_at": iso(face.given_at)})
                given = replace(given, consented_at=face.given_at, consent_language=face.language)
            self._rows.give_consents(person_id, given)
            about = [str(consent.kind) for consent in consents]
            after = self._rows.get(person_id)
            not_given = {"not_given": [str(kind) for kind in refused]} if refused else {}
            return self._rows.record("consents_given", by, after, about=about, **not_given)

    def _templates(self, embedder_id: str) -> list[Template]:
        return template_rows.load(self._database.connection, self._vault, embedder_id)

    def _template_table(self, embedder_id: str, person_ids: Sequence[int] | None) -> TemplateTable:
        return template_rows.load_table(
            self._database.connection, self._vault, embedder_id, person_ids
        )

    def _template_versions(self, embedder_id: str, after: int) -> EnrolledVersions:
        return template_rows.versions(self._database.connection, embedder_id, after)

    def _template_count(self, embedder_id: str) -> int:
        return template_rows.count(self._database.connection, embedder_id)

    def _enrol_again(self, person: Person, templates: tuple[Template, ...], by: str) -> Person:
        with self._database.transaction():
            enrolled = self._rows.replace_face(person, templates, by)
        wal_scrub.finish(self._database.path, self._database.sqlite)
        return enrolled
