"""Receipts that destroy something must be signed by this kiosk; others are ignored."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.core import paths
from kiosk.core.people import Person
from kiosk.storage.backup import backup_file, restore
from kiosk.storage.backup.backup_file import GONE
from kiosk.storage.backup.backup_job import BackupJob
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.key_store import FileKeys, new_key
from kiosk.storage.crypto.signing import Signer, signed
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.people import deletion_receipts
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, template

LATER = MORNING + timedelta(hours=1)


@pytest.fixture
def person(store: Store) -> int:
    """Somebody in the database and in a backup, besides somebody who was deleted."""
    gone = store.people.add(Person("2026-9", "홍길동"))
    made = store.people.add_with_templates(Person("2026-1", "이산"), [template(1)])
    store.using(lambda: MORNING).people.delete(gone.id or 0, "chief")
    store.backups.make("x", MORNING)
    assert made.id is not None
    return made.id


def statement(person: Any) -> dict[str, Any]:
    return {"deleted": "person", "person": person, "deleted_at": LATER.isoformat()}


def documents(store: Store, person: int) -> dict[str, str]:
    """Return forged receipts by kind."""
    theirs = Signer(new_key())
    stored = store.database.call(lambda: deletion_receipts.documents(store.database.connection))
    other = json.loads(stored[0])
    moved = {**other, "statement": {**other["statement"], "person": person}}
    purpose = signed(store.signer(), "log export", statement(person))
    return {
        "unsigned": json.dumps({"statement": statement(person)}),
        "foreign": json.dumps(signed(theirs, deletion_receipts.PURPOSE, statement(person))),
        "moved": json.dumps(moved),
        "other row": json.dumps(other),
        "other purpose": json.dumps(purpose),
        "nothing": "{}",
        "list": "[]",
        "number": "7",
        "deep": "[" * 900 + "]" * 900,
    }


def add(path: Path, person: int, document: str, at: str = LATER.isoformat()) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(
            "INSERT INTO receipts (at, person_id, document) VALUES (?, ?, ?)",
            [at, person, document],
        )


def back_up(store: Store) -> None:
    job = BackupJob(store, every=timedelta(days=1), keep=9, set_aside=timedelta(days=1))
    job.back_up(LATER, "scheduled", "system")


def keys(store: Store) -> list[bytes]:
    """Return everybody's keys in the oldest backup."""
    file = store.backups.files()[0]
    return list(backup_file.person_keys(file, store.backups.content_key(file)).values())


def test_forged_receipts_destroy_nothing_and_stop_nothing(
    store: Store, path: Path, person: int
) -> None:
    for document in documents(store, person).values():
        add(path, person, document)
    add(path, person, documents(store, person)["unsigned"], at="yesterday")
    back_up(store)
    assert keys(store) and GONE not in keys(store)
    assert len(store.people.genuine_receipts()) == 2, "the real one, also under another id"
    assert len(store.people.receipts()) >= 1


def test_a_genuine_receipt_destroys_the_key_that_is_left(store: Store, person: int) -> None:
    """After a kill between the deletion and the destruction in the backups."""
    document = signed(store.signer(), deletion_receipts.PURPOSE, statement(person))
    add(store.database.path, 999, json.dumps(document), at=MORNING.isoformat())
    back_up(store)
    assert GONE in keys(store), "what was signed counts, not the columns beside it"


def test_forged_receipts_delete_nobody_in_a_restore(store: Store, path: Path, person: int) -> None:
    for document in documents(store, person).values():
        add(path, person, document)
    add(path, 2**62, json.dumps({"statement": statement(2**62)}))
    [file] = store.backups.files()
    store.close()
    vault = Vault(FileKeys(paths.keys_dir(path.parent)))
    restore.restore(Backups(path, vault), file, vault, LATER, "chief")
    with Store.open(path) as back:
        assert back.people.get(person) is not None
        assert len(back.people.templates("net")) == 1
        added = back.people.add(Person("2026-2", "새 사람"))
        assert (added.id or 0) < 100, "the ids are not used up"


def test_without_the_list_of_own_keys_no_receipt_is_genuine(store: Store, person: int) -> None:
    stored = store.database.call(lambda: deletion_receipts.documents(store.database.connection))
    own = store.vault.own_signers()
    [receipt] = deletion_receipts.genuine(stored, own)
    assert receipt.at == datetime.fromisoformat(receipt.document["statement"]["deleted_at"])
    assert deletion_receipts.genuine(stored, None) == []
    assert deletion_receipts.genuine(stored, frozenset()) == []
