"""Erase a person or their face: keys in the backups, exported documents and rows."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from functools import partial

from kiosk.core.consent import ConsentKind
from kiosk.core.people import CredentialMode, Person, Receipt
from kiosk.storage.backup.backup_file import FACE_GONE, GONE
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.backup.key_destruction import KeysDestroyed
from kiosk.storage.crypto.number_mask import NumberMask
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import wal_scrub
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock
from kiosk.storage.fleet import conflict_rows, subject_rows
from kiosk.storage.people import consent_store, deletion_receipts, signature_rows
from kiosk.storage.people.deletion_receipts import Copies
from kiosk.storage.people.file_erasure import FilesErased, erase_files
from kiosk.storage.people.person_rows import PersonRows

log = logging.getLogger(__name__)


class Erasure:
    """Deletions that reach every copy of a person's data. Callable from any thread."""

    def __init__(
        self, database: Database, rows: PersonRows, vault: Vault, backups: Backups, clock: Clock
    ) -> None:
        self._database = database
        self._rows = rows
        self._vault = vault
        self._backups = backups
        self._clock = clock

    def delete(self, person_id: int, by: str, because: str = "") -> Receipt:
        """Delete a person; see ``PeopleStore.delete``."""
        return self._erase(partial(self._delete, because=because), GONE, person_id, by)

    def withdraw(self, person_id: int, by: str) -> Receipt:
        """Delete a person's face after they withdrew consent; see ``PeopleStore.withdraw``."""
        return self._erase(self._withdraw, FACE_GONE, person_id, by)

    def withdraw_other(self, person_id: int, kind: ConsentKind, by: str) -> Person:
        """Withdraw a consent that nothing is stored under; see ``PeopleStore.withdraw_other``."""
        return self._database.call(self._withdraw_other, person_id, kind, by)

    def receipts(self) -> list[Receipt]:
        """Return the receipts of all deletions, newest first."""
        return self._database.call(lambda: deletion_receipts.listed(self._database.connection))

    def genuine_receipts(self) -> list[Receipt]:
        """Return the receipts that this kiosk signed: only they may destroy keys in backups."""
        documents = self._database.call(
            lambda: deletion_receipts.documents(self._database.connection)
        )
        return deletion_receipts.genuine(documents, self._vault.own_signers())

    def _erase(
        self, erase: Callable[[int, str, Copies], Receipt], mark: bytes, person_id: int, by: str
    ) -> Receipt:
        person = self._database.call(self._rows.get, person_id)
        files = erase_files(self._database.path, person, mark == GONE, self._numbers)
        keys = self._backups.destroy_key(person_id, mark)
        receipt = self._database.call(erase, person_id, by, _copies(files, keys))
        for place in receipt.unreached:
            log.warning("not reached by the deletion: %s", place.sentence())
        self._backups.destroy_key(person_id, mark)  # in a backup made since the first call
        return receipt

    def _numbers(self) -> set[str]:
        """Return the numbers of everybody enrolled."""
        rows = self._database.call(
            lambda: self._database.connection.execute("SELECT number FROM people").fetchall()
        )
        return {number for (number,) in rows}

    # below: in the database's thread

    def _delete(self, person_id: int, by: str, copies: Copies, because: str) -> Receipt:
        sql = self._database.connection
        with self._database.transaction():
            person = self._rows.get(person_id)
            wal_scrub.begin(sql, self._clock())
            subject_rows.name_person(sql, person_id)
            conflict_rows.forget_person(sql, person_id)
            self._vault.destroy_person_key(sql, person_id)
            self._database.sqlite.table("people").delete(person_id)
            self._forget_tries(sql, person.number)
            receipt = self._issue(deletion_receipts.PERSON, person, by, copies)
            why = {"because": because} if because else {}
            self._rows.record("person_deleted", by, person, receipt=receipt.id, **why)
        wal_scrub.finish(self._database.path, self._database.sqlite)
        return receipt

    def _forget_tries(self, sql: sqlite3.Connection, number: str) -> None:
        subject = NumberMask(self._vault.secret.subkey).word(number)
        sql.execute("DELETE FROM door_tries WHERE subject = ?", [subject])

    def _withdraw(self, person_id: int, by: str, copies: Copies) -> Receipt:
        sql = self._database.connection
        with self._database.transaction():
            person = self._rows.get(person_id)
            wal_scrub.begin(sql, self._clock())
            signature_rows.change_key(sql, self._vault, person_id)
            self._rows.delete_templates(person_id)
            consent_store.withdraw(sql, person_id, self._clock())
            entry = CredentialMode.PIN if person.entry is CredentialMode.FACE else person.entry
            self._rows.set_columns(person_id, {"consented_at": None, "entry": entry.value})
            receipt = self._issue(deletion_receipts.FACE, person, by, copies)
            about = str(ConsentKind.FACE)
            self._rows.record("consent_withdrawn", by, person, about=about, receipt=receipt.id)
        wal_scrub.finish(self._database.path, self._database.sqlite)
        return receipt

    def _withdraw_other(self, person_id: int, kind: ConsentKind, by: str) -> Person:
        with self._database.transaction():
            person = self._rows.get(person_id)
            consent_store.withdraw(self._database.connection, person_id, self._clock(), kind)
            self._rows.record("consent_withdrawn", by, person, about=str(kind))
            return self._rows.get(person_id)

    def _issue(self, deleted: str, person: Person, by: str, copies: Copies) -> Receipt:
        sql = self._database.connection
        signer = self._vault.signer(sql)
        return deletion_receipts.issue(sql, signer, deleted, person, by, copies, self._clock())


def _copies(files: FilesErased, keys: KeysDestroyed) -> Copies:
    destroyed = {
        "keys_in_backups": keys.backups,
        "damaged_backups": keys.damaged,
        "documents": files.documents,
        "photographs": files.photographs,
        "databases_set_aside": files.databases,
    }
    return Copies(destroyed, files.exports_kept, (*files.unreached, *keys.unreached))
