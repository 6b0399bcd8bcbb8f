"""From a backup to a database that the kiosk runs on: verified, with keys of its own, and without those who were deleted since."""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import sqlite_utils

from kiosk.core.errors import StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.core.reports import BackupCheck
from kiosk.storage.audit import audit_log
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.backup import backup_file
from kiosk.storage.backup.backup_file import FACE_GONE, GONE
from kiosk.storage.backup.backup_set import Backups, take_carried
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import connection, schema_steps, swap_in
from kiosk.storage.db.sqlite_errors import sqlite_explained
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.people import consent_store, template_rows
from kiosk.storage.people.deletion_receipts import FACE
from kiosk.storage.store import Store

OFFER = ".offer."
Receipts = list[tuple[str, int, str]]
"""(at, person's id, document) of each receipt."""


def verify(backups: Backups, file: Path, recovery: bytes | None = None) -> BackupCheck:
    """Read all of a backup as if it were restored, and throw it away. ``StorageError`` where it cannot be trusted."""
    with _unpacked(backups, file, recovery) as (inside, keys):
        return _adopted(inside, keys, Vault(_NoKeys()), local_now())


def restore(
    backups: Backups,
    file: Path,
    vault: Vault,
    now: datetime,
    by: str,
    recovery: bytes | None = None,
) -> BackupCheck:
    """Put the database of a backup in the present one's place, which is set aside. Nobody may have it open.

    Whoever was deleted since is deleted again, by the records of the backup and by the receipts of the present
    database where it can be read. ``StorageError`` where anything is wrong: the present database is as before.
    """
    with _unpacked(backups, file, recovery) as (inside, keys):
        check = _adopted(inside, keys, vault, now)
        about = {"backup": file.name, "made_at": backup_file.header(file).made_at}
        _without_deleted(inside, keys, _receipts_of(backups.path), vault, now, by, about)
        swap_in.replace(backups.path, inside)
    return check


def newest_good(backups: Backups) -> Path | None:
    """The newest backup that the keys at hand open and that is whole."""
    for file in reversed(backups.files()):
        try:
            verify(backups, file)
        except StorageError:
            continue
        return file
    return None


def forget_offers(data_dir: Path) -> None:
    """Delete what a killed process had unpacked to offer it; only for whoever holds the folder."""
    for left in data_dir.glob(f"{OFFER}*"):
        shutil.rmtree(left, ignore_errors=True)


class Offer:
    """The newest good backup, held open so that its administrators may sign in where the present database is damaged.

    Wrong PINs are counted as in a running kiosk, until the process ends. ``close`` removes what was unpacked.
    """

    def __init__(self, backups: Backups, file: Path, recovery: bytes | None = None) -> None:
        self.file = file
        self.made_at = datetime.fromisoformat(backup_file.header(file).made_at)
        backups.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        forget_offers(backups.path.parent)
        self._folder = tempfile.TemporaryDirectory(prefix=OFFER, dir=backups.path.parent)
        inside = Path(self._folder.name) / "offer.db"
        keys = _NoKeys()
        content = backups.content_key(file, recovery)
        backup_file.unpack(file, content, inside)
        self.check = _adopted(
            inside, backup_file.person_keys(file, content), Vault(keys), local_now()
        )
        self._store = Store.open(inside, keys=keys)
        self.names = [
            account.name
            for account in self._store.accounts.list()
            if account.enabled and account.role is AccountRole.ADMIN
        ]

    def sign_in(self, name: str, pin: str) -> Account:
        """The administrator of that name and PIN; ``SignInError`` otherwise."""
        return self._store.accounts.verify(name, pin)

    def close(self) -> None:
        """Remove what was unpacked."""
        self._store.close()
        self._folder.cleanup()


@contextmanager
def _unpacked(
    backups: Backups, file: Path, recovery: bytes | None
) -> Iterator[tuple[Path, dict[int, bytes]]]:
    """The database inside a backup, in the folder of the present one, and the people's keys."""
    content = backups.content_key(file, recovery)
    keys = backup_file.person_keys(file, content)
    inside = backups.path.with_name(f"{secrets.token_hex(4)}.unpacked")
    try:
        backups.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in backups.path.parent.glob("*.unpacked*"):
            left.unlink()
        backup_file.unpack(file, content, inside)
        yield inside, keys
    finally:
        for left in inside.parent.glob(f"{inside.name}*"):
            left.unlink(missing_ok=True)


class _NoKeys:
    """Keys that are gone with the process: for a backup that is only looked at."""

    place = "memory"

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self._keys.get(name)

    def put(self, name: str, key: bytes) -> None:
        self._keys[name] = key

    def remove(self, name: str) -> None:
        self._keys.pop(name, None)


def _adopted(inside: Path, keys: Mapping[int, bytes], vault: Vault, now: datetime) -> BackupCheck:
    """Bring the unpacked database up to date with the keys of ``vault``, and look at everything in it."""
    with _writable(inside) as database:
        sql = database.conn
        if sql.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise StorageError(
                "The database in that backup is damaged; use another backup.",
                key="error.backup_damaged",
                name=inside.name,
            )
        connection.recognise(inside, database)
        with connection.transaction(database):
            pending = schema_steps.pending(database)
            schema_steps.steps.apply(database)
            vault.take_back(sql, take_carried(sql))
            vault.take_over(
                sql,
                {person: key for person, key in keys.items() if key not in (GONE, FACE_GONE)},
                now,
            )
            template_rows.seal_plain(sql, vault)
            if any(name.endswith("_chain") for name in pending):
                Chain(vault).adopt(sql, now)
        hidden = [person for person, key in keys.items() if key in (GONE, FACE_GONE)]
        opened = template_rows.count_opened(sql, vault, hidden)
        people, rows = (
            sql.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("people", "log")
        )
    return BackupCheck(
        people - sum(keys[person] == GONE for person in hidden),
        opened,
        rows,
        verify_log(inside, own=vault.own_signers()),
    )


def _without_deleted(
    inside: Path,
    keys: Mapping[int, bytes],
    receipts: Receipts,
    vault: Vault,
    now: datetime,
    by: str,
    about: Mapping[str, str],
) -> None:
    """Delete again whoever was deleted since, and write down in the chain where this database comes from."""
    with _writable(inside) as database, connection.transaction(database):
        sql = database.conn
        gone = {person: key for person, key in keys.items() if key in (GONE, FACE_GONE)}
        for at, person, document in receipts:
            if json.loads(document)["statement"].get("deleted") != FACE:
                gone[person] = GONE
            elif datetime.fromisoformat(at) >= datetime.fromisoformat(
                about["made_at"]
            ):  # later they may have agreed again
                gone.setdefault(person, FACE_GONE)
        for person, mark in gone.items():
            _delete_again(sql, vault, person, mark, now)
        _keep_receipts(sql, receipts)
        audit_log.write(
            sql, Chain(vault), "backup_restored", by, {**about, "deleted_again": len(gone)}, now
        )


@contextmanager
def _writable(inside: Path) -> Iterator[sqlite_utils.Database]:
    with sqlite_explained(inside), closing(connection.connection_to(inside, "rw")) as sql:
        for setting in (
            "journal_mode = DELETE",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
        ):
            sql.execute(f"PRAGMA {setting}")
        yield sqlite_utils.Database(sql, execute_plugins=False)


def _delete_again(
    sql: sqlite3.Connection, vault: Vault, person: int, mark: bytes, now: datetime
) -> None:
    if mark == GONE:
        sql.execute("DELETE FROM people WHERE id = ?", [person])
    elif sql.execute("SELECT 1 FROM people WHERE id = ?", [person]).fetchone():
        sql.execute("DELETE FROM templates WHERE person_id = ?", [person])
        sql.execute(
            "UPDATE people SET consented_at = NULL, entry = CASE entry WHEN 'face' THEN 'pin' ELSE entry END WHERE id = ?",
            [person],
        )
        consent_store.withdraw(sql, person, now)
        vault.renew(sql, person)


def _keep_receipts(sql: sqlite3.Connection, receipts: Receipts) -> None:
    """Receipts outlive the database that they were issued by; nobody new gets the number of somebody deleted."""
    known = {row[0] for row in sql.execute("SELECT document FROM receipts")}
    for at, person, document in receipts:
        if document not in known:
            sql.execute(
                "INSERT INTO receipts (at, person_id, document) VALUES (?, ?, ?)",
                [at, person, document],
            )
    newest = sql.execute("SELECT max(person_id) FROM receipts").fetchone()[0]
    if (
        newest is not None
        and not sql.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'people'", [newest]
        ).rowcount
    ):
        sql.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('people', ?)", [newest])


def _receipts_of(path: Path) -> Receipts:
    """The receipts of the present database; none where it is missing or cannot be read."""
    try:
        with closing(connection.connect_read_only(path)) as sql:
            return sql.execute("SELECT at, person_id, document FROM receipts").fetchall()
    except (StorageError, sqlite3.Error):
        return []
