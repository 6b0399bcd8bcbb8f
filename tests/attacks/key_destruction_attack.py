"""Attacks by somebody who can write the database: rows that make the kiosk destroy keys."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.storage.backup import backup_file
from kiosk.storage.backup.backup_file import FACE_GONE, GONE
from kiosk.storage.backup.backup_job import BackupJob
from kiosk.storage.crypto.key_store import FileKeys, new_key
from kiosk.storage.crypto.signing import Signer, signed
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.helpers.door import vector


@contextmanager
def kiosk(data: Path, keys: Path) -> Iterator[Store]:
    """Open a kiosk with its key folder."""
    with Store.open(data / "munjigi.db", keys=FileKeys(keys)) as store:
        yield store


def enrolled(store: Store) -> Person:
    """Enrol somebody."""
    return store.people.add_with_templates(
        Person("2026-1", "이산"), [Template(0, "net", vector(1))]
    )


def backup_round(store: Store) -> None:
    """Do what the kiosk does every day."""
    job = BackupJob(store, every=timedelta(days=1), keep=9, set_aside=timedelta(days=1))
    job.back_up(local_now(), "scheduled", "system")


def write(data: Path, statement: str, *values: object) -> None:
    """Write into the database as the attacker."""
    with closing(sqlite3.connect(data / "munjigi.db")) as raw, raw:
        raw.execute(statement, values)


def masters(keys: Path) -> set[str]:
    """Return the names of the master keys in a folder."""
    return {file.name for file in keys.glob("master-*.key")}


@attack("C16", "a row says that a master key in use was replaced", tries=30, short=3)
def retire_master(folder: Path, tries: int) -> Outcome:
    """Retire the key of this database, or that of another one with the same key folder."""
    chance = random.Random(16)
    succeeded = 0
    for n in range(tries):
        keys, data, other = (folder / f"{name}{n}" for name in ("keys", "data", "other"))
        with kiosk(other, keys) as store:
            enrolled(store)
        with kiosk(data, keys) as store:
            enrolled(store)
        before = masters(keys)
        for file in before:
            name = file.removeprefix("master-").removesuffix(".key")
            write(
                data,
                "INSERT OR REPLACE INTO vault_keys (purpose, key_id, since, wrapped)"
                " VALUES (?, ?, '2026-01-01', ?)",
                chance.choice((f"retired {name}", "retired x")),
                name,
                chance.choice((None, b"", bytes(32), chance.randbytes(32))),
            )
        with kiosk(data, keys) as store:
            backup_round(store)
        succeeded += masters(keys) != before
    return tries, succeeded, ""


def forged(
    person: int, at: datetime, kind: int, genuine: str
) -> tuple[str, tuple[str, bytes] | None]:
    """Return a receipt of one of four kinds, and a signer to put into the database with it."""
    statement = {"deleted": ("person", "face")[kind % 2], "person": person}
    statement |= {"deleted_at": at.isoformat()}
    if kind < 2:
        return json.dumps({"statement": statement}), None
    if kind < 4:  # signed by a key of the attacker's own
        theirs = Signer(new_key())
        document = signed(theirs, "deletion receipt", statement)
        return json.dumps(document), (theirs.fingerprint, theirs.public)
    return genuine, None  # of somebody else


@attack("C16", "a forged receipt destroys a person's key in the backups", tries=30, short=5)
def forge_receipt(folder: Path, tries: int) -> Outcome:
    """Add receipts that the kiosk did not sign, or move one to another person."""
    succeeded = 0
    for n in range(tries):
        data, keys = folder / f"data{n}", folder / f"keys{n}"
        with kiosk(data, keys) as store:
            gone = store.people.add(Person("2026-9", "홍길동"))
            person = enrolled(store)
            store.people.delete(gone.id or 0, "system")
            backup_round(store)
        with closing(sqlite3.connect(data / "munjigi.db")) as raw:
            genuine = raw.execute("SELECT document FROM receipts").fetchone()[0]
        at = local_now() + timedelta(hours=1)
        document, signer = forged(person.id or 0, at, n % 5, genuine)
        if signer is not None:
            write(data, "INSERT INTO signers VALUES (?, ?, 'x', '2026-01-01')", *signer)
        write(
            data,
            "INSERT INTO receipts (at, person_id, document) VALUES (?, ?, ?)",
            at.isoformat(),
            person.id,
            document,
        )
        with kiosk(data, keys) as store:
            backup_round(store)
            found = [
                backup_file.person_keys(file, store.backups.content_key(file))
                for file in store.backups.files()
            ]
        succeeded += any(kept.get(person.id or 0) in (None, GONE, FACE_GONE) for kept in found)
    return tries, succeeded, ""
