"""Attacks on data at rest: what killed processes leave, and what survives a deletion."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path

from kiosk.core import paths
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.storage.backup import backup_file
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.key_store import FileKeys
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.helpers import killed_at_work


@attack("D19", "read names or the badge key where backups lie, after a kill", tries=240, short=12)
def read_after_a_kill(folder: Path, tries: int) -> Outcome:
    """Kill backups, their verification and restores everywhere, then search the disks."""
    start = folder / "site"
    killed_at_work.prepare(start)
    found = [
        row
        for work in killed_at_work.WORK
        for row in killed_at_work.killed(work, start, tries // len(killed_at_work.WORK))
    ]
    read = [row for row in found if row["plain"] or row["badge"] or row["left"]]
    note = f"killed {len(found)} times" + (f"; found {read[0]}" if read else "")
    return len(found), len(read), note


@attack("D20", "get a deleted person's key back from a damaged backup", tries=2000, short=60)
def repair_a_damaged_backup(folder: Path, tries: int) -> Outcome:
    """Flip a bit, let the person be deleted, flip it back, and open the person's key."""
    logging.disable(logging.WARNING)  # each damaged backup is reported
    try:
        return _repaired(folder, tries)
    finally:
        logging.disable(logging.NOTSET)


def _repaired(folder: Path, tries: int) -> Outcome:
    site = folder / "site"
    with Store.open(paths.database_file(site)) as store:
        for number in range(1, 9):
            store.people.add(Person(f"2026-{number}", f"사람 {number}"))
        pristine = store.backups.make("x", local_now())
    raw = pristine.read_bytes()
    backups = Backups(paths.database_file(site), Vault(FileKeys(paths.keys_dir(site))))
    content = backups.content_key(pristine)
    about = backup_file.header(pristine)
    chance = random.Random(20260302)
    opened = 0
    for _ in range(tries):
        bit = chance.randrange(8 * (about.chunks_offset + 64))
        person = chance.randrange(1, 9)
        pristine.write_bytes(_flipped(raw, bit))
        backups.destroy_key(person)
        opened += any(
            _opens(folder / "repaired", _flipped(left.read_bytes(), bit), content, person)
            for left in backups.folder.glob("*.mjb*")
        )
        for left in backups.folder.glob("*.mjb*"):
            left.unlink()
    return tries, opened, "a bit of header, slots, records or the first chunk"


def _flipped(raw: bytes, bit: int) -> bytes:
    return raw[: bit // 8] + bytes([raw[bit // 8] ^ 1 << bit % 8]) + raw[bit // 8 + 1 :]


def _opens(file: Path, raw: bytes, content: bytes, person: int) -> bool:
    """Return whether the person's key is in the repaired backup."""
    file.write_bytes(raw)
    try:
        keys = backup_file.person_keys(file, content)
    except StorageError:
        return False
    return keys.get(person, backup_file.GONE) not in (backup_file.GONE, backup_file.FACE_GONE)


@attack("D20", "find a deleted person where the receipt does not say so", tries=11, short=11)
def find_what_a_deletion_left(folder: Path, tries: int) -> Outcome:
    """Leave data of a person everywhere, delete them, and look at every place."""
    data, former, away = folder / "data", folder / "former", folder / "away"
    database = paths.database_file(data)
    for disk in (former, away):
        with Store.open(database, backups=disk) as store:
            if store.people.get(1) is None:
                store.people.add(Person("2026-1", "홍길동이라는사람"))
            made = store.backups.make("x", local_now())
    away.rename(folder / "drawer")
    made = next(former.glob("*.mjb"))
    places = {
        name: _left(data, name)
        for name in (
            "imports/2026-1.jpg",
            "imports/photos/2026-1-2.png",
            "imports/people.csv",
            "imports/people.xlsx",
            "exports/own-data-2026-1.json",
            "exports/.own-data-2026-1.json.1.part",
            "exports/access-log-20260302.csv",
            "set-aside/20260302T000000000000Z/munjigi.db",
            "0.unpacked",
        )
    }
    with Store.open(database) as store:
        receipt = store.people.delete(1)
    said = json.dumps(receipt.document, ensure_ascii=False)
    untold = [name for name, file in places.items() if file.exists() and not _told(name, said)]
    backups = Backups(database, Vault(FileKeys(paths.keys_dir(data))))
    if backup_file.person_keys(made, backups.content_key(made))[1] != backup_file.GONE:
        untold.append("a former folder of backups")
    if str(away) not in said:
        untold.append("a folder of backups that is away")
    return len(places) + 2, len(untold), ", ".join(untold)


def _left(data: Path, name: str) -> Path:
    file = data / name
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {"person": {"id": 1}} if name.endswith("json") else "2026-1,홍길동이라는사람"
    file.write_text(json.dumps(document, ensure_ascii=False).strip('"'), encoding="utf-8")
    return file


def _told(name: str, said: str) -> bool:
    """Return whether the receipt names a file, or counts it among the exports that stay."""
    return name in said or (name.startswith("exports/access-log") and "exported files" in said)
