"""Writes people that came from the fleet into the tables, many in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from kiosk.core.consent import Consent
from kiosk.core.fleet import FleetCard, FleetPerson
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.storage.crypto.key_store import key_id, new_key
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import wal_scrub
from kiosk.storage.db.timestamps import iso
from kiosk.storage.fleet.person_content import entered, read_person
from kiosk.storage.fleet.person_digest import same_faces
from kiosk.storage.people import consent_store, signature_rows
from kiosk.storage.people.person_rows import columns_of
from kiosk.storage.people.template_rows import TemplateWriter

Unfinished = tuple[dict[int, bytes], list[tuple[int, FleetCard]]]
"""Keys to be stored by person, and cards that somebody else had."""


class PersonWriter:
    """One transaction's worth of people. Used in the database's thread.

    ``at``: the time of the write. ``finish`` and ``settle_cards`` must be called before the
    transaction ends: the keys of new people are stored together, and a card may have moved from one
    person to another.
    """

    def __init__(self, sql: sqlite3.Connection, vault: Vault, at: datetime) -> None:
        self._sql = sql
        self._vault = vault
        self._at = at
        self._now = iso(at) or ""
        self._templates = TemplateWriter(sql, self._now)
        self._keys: dict[int, bytes] = {}
        self._claims: list[tuple[int, FleetCard]] = []
        self._versions: dict[int, int] | None = None

    def insert(self, content: FleetPerson, number: str | None = None) -> int:
        """Insert a person and return their id here; ``number``: under another number.

        Raise ``StorageError`` or ``ValueError`` for content that no kiosk would have stored.
        """
        person = entered(content)
        key = new_key()
        columns = columns_of(person) | {"created_at": iso(content.created_at)}
        columns |= {"face_key": key_id(key)} | ({"number": number} if number else {})
        names = ", ".join(columns)
        places = ", ".join("?" * len(columns))
        row = self._sql.execute(
            f"INSERT INTO people ({names}) VALUES ({places}) RETURNING id", [*columns.values()]
        ).fetchone()
        person_id = int(row[0])
        self._keys[person_id] = key
        self._templates.add(key, person_id, content.templates)
        self._add_consents(person_id, person, ())
        self._write_pin(person_id, content)
        self._add_cards(person_id, content.cards)
        return person_id

    def update(self, person_id: int, content: FleetPerson, number: str | None = None) -> None:
        """Make a person here what the content says; what is the same already stays as it is."""
        self.finish()
        before = read_person(self._sql, self._vault, person_id)
        assert before is not None
        person = entered(content)
        self._write_fields(person_id, person, number)
        if not same_faces(before.templates, content.templates):
            self._replace_faces(person_id, content.templates)
        self._add_consents(person_id, person, before.consents)
        self._withdraw_consents(person_id, person)
        if (before.pin_hash, before.pin_set_at) != (content.pin_hash, content.pin_set_at):
            self._sql.execute("DELETE FROM door_pins WHERE person_id = ?", [person_id])
            self._write_pin(person_id, content)
        self._write_cards(person_id, before.cards, content.cards)

    def keep_out(self, person_id: int) -> bool:
        """Disable a person; return whether they were enabled."""
        return bool(
            self._sql.execute(
                "UPDATE people SET enabled = 0 WHERE id = ? AND enabled", [person_id]
            ).rowcount
        )

    def unfinished(self) -> Unfinished:
        """Return what the transaction still has to write, for ``back_to``."""
        return dict(self._keys), list(self._claims)

    def back_to(self, before: Unfinished) -> None:
        """Forget what was written since, after the caller's savepoint was rolled back."""
        self._keys, self._claims = dict(before[0]), list(before[1])

    def remove(self, person_id: int) -> None:
        """Remove a person whose data belongs here no more, and destroy the key."""
        self.finish()
        wal_scrub.begin(self._sql, self._at)
        self._vault.destroy_person_key(self._sql, person_id)
        self._sql.execute("DELETE FROM people WHERE id = ?", [person_id])

    def finish(self) -> None:
        """Store the keys of the people inserted so far."""
        if self._keys:
            self._vault.keep_person_keys(self._sql, self._keys)
            self._keys = {}

    def settle_cards(self) -> None:
        """Give cards that somebody else had to those who have them now, after all were written.

        One that two people still have opens for neither.
        """
        claimed: dict[tuple[str, str], dict[int, FleetCard]] = {}
        for person_id, card in self._claims:
            claimed.setdefault((card.kind, card.code_hash), {})[person_id] = card
        self._claims = []
        for key, by_person in claimed.items():
            taken = self._sql.execute(
                "DELETE FROM cards WHERE kind = ? AND code_hash = ?", key
            ).rowcount
            if not taken and len(by_person) == 1:
                ((person_id, card),) = by_person.items()
                self._insert_card(person_id, card)

    def _write_fields(self, person_id: int, person: Person, number: str | None) -> None:
        columns = columns_of(person) | ({"number": number} if number else {})
        names = [*columns]
        now = self._sql.execute(
            f"SELECT {', '.join(names)} FROM people WHERE id = ?", [person_id]
        ).fetchone()
        changed = {
            name: value
            for (name, value), stored in zip(columns.items(), now, strict=True)
            if value != stored
        }
        if changed:
            settings = ", ".join(f"{name} = ?" for name in changed)
            self._sql.execute(
                f"UPDATE people SET {settings} WHERE id = ?", [*changed.values(), person_id]
            )

    def _replace_faces(self, person_id: int, templates: Sequence[Template]) -> None:
        """Store other templates under a new key, which opens none of the older ones."""
        wal_scrub.begin(self._sql, self._at)
        for table in ("templates", "look_questions"):
            self._sql.execute(f"DELETE FROM {table} WHERE person_id = ?", [person_id])
        key = signature_rows.change_key(self._sql, self._vault, person_id)
        self._templates.add(key, person_id, templates)

    def _add_consents(self, person_id: int, person: Person, before: Sequence[Consent]) -> None:
        known = {(given.kind, given.given_at) for given in before}
        for given in person.consents:
            if (given.kind, given.given_at) not in known:
                version = self._version(given.version)
                self._sql.execute(
                    "INSERT INTO consents (person_id, version, language, given_at, kind)"
                    " VALUES (?, ?, ?, ?, ?)",
                    [person_id, version, given.language, iso(given.given_at), given.kind],
                )

    def _version(self, digest: int | None) -> int | None:
        """Return this node's version of a consent's text; ``None`` if it never had that text."""
        if self._versions is None:
            digests = consent_store.text_digests(self._sql)
            self._versions = {text: version for version, text in digests.items()}
        return None if digest is None else self._versions.get(digest)

    def _withdraw_consents(self, person_id: int, person: Person) -> None:
        """Withdraw what is not in force any more."""
        now = {given.kind for given in person.consents}
        for kind in consent_store.kinds_in_force(self._sql, person_id) - now:
            consent_store.withdraw(self._sql, person_id, self._at, kind)

    def _write_pin(self, person_id: int, content: FleetPerson) -> None:
        if content.pin_hash:
            self._sql.execute(
                "INSERT INTO door_pins (person_id, pin_hash, set_at) VALUES (?, ?, ?)",
                [person_id, content.pin_hash, iso(content.pin_set_at or self._at)],
            )

    def _write_cards(
        self, person_id: int, before: Sequence[FleetCard], after: Sequence[FleetCard]
    ) -> None:
        for gone in set(before) - set(after):
            self._sql.execute(
                "DELETE FROM cards WHERE person_id = ? AND kind = ? AND code_hash = ?",
                [person_id, gone.kind, gone.code_hash],
            )
        known = set(before)
        self._add_cards(person_id, [card for card in after if card not in known])

    def _add_cards(self, person_id: int, cards: Sequence[FleetCard]) -> None:
        """Add cards; ``settle_cards`` decides about those that somebody else has here."""
        for card in cards:
            others = self._sql.execute(
                "SELECT 1 FROM cards WHERE kind = ? AND code_hash = ? AND person_id <> ?",
                [card.kind, card.code_hash, person_id],
            ).fetchone()
            if others:
                self._claims.append((person_id, card))
            else:
                self._insert_card(person_id, card)

    def _insert_card(self, person_id: int, card: FleetCard) -> None:
        self._sql.execute(
            "INSERT INTO cards (person_id, kind, code_hash, created_at, valid_until)"
            " VALUES (?, ?, ?, ?, ?)",
            [
                person_id,
                card.kind,
                card.code_hash,
                iso(card.created_at),
                card.valid_until.isoformat() if card.valid_until else None,
            ],
        )
