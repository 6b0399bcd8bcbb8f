"""Restore a backup: verify it, give it keys of its own, and repeat later deletions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlite_utils

from kiosk.core.errors import StorageError
from kiosk.core.people import Account, Receipt
from kiosk.core.reports import BackupCheck
from kiosk.storage.audit import audit_log, head_anchor
from kiosk.storage.audit.chain_heads import newest_signed
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.backup import backup_file, carried_secrets
from kiosk.storage.backup.backup_file import FACE_GONE, GONE
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.backup.carry_over import carry_over
from kiosk.storage.backup.restore_confirmation import mark_unconfirmed
from kiosk.storage.backup.scratch import scratch_folder
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import connection, schema_steps, swap_in
from kiosk.storage.db.sqlite_errors import sqlite_explained
from kiosk.storage.db.timestamps import iso, local_now
from kiosk.storage.fleet import subject_rows
from kiosk.storage.people import consent_store, deletion_receipts, signature_rows, template_rows
from kiosk.storage.store import Store
from kiosk.storage.two_admin_latch import is_on_in, keep_on


def verify(backups: Backups, file: Path, recovery: bytes | None = None) -> BackupCheck:
    """Unpack and check a backup completely without restoring it.

    Raise ``StorageError`` if it cannot be trusted.
    """
    with _unpacked(backups, file, recovery) as inside:
        return _adopt(inside, Vault(_MemoryKeys()), local_now())


def restore(
    backups: Backups,
    file: Path,
    vault: Vault,
    now: datetime,
    by: str,
    recovery: bytes | None = None,
) -> BackupCheck:
    """Replace the database by that of a backup, and set the old one aside.

    The database must not be open anywhere. People deleted since the backup are deleted again, by
    the marks in the backup and by the receipts of the present database. What that says against
    somebody is carried over (``carry_over``), and its two-administrator rule stays on. Raise
    ``StorageError`` if anything is wrong; the present database is then unchanged.
    """
    with _unpacked(backups, file, recovery) as inside:
        database = inside.database
        check = _adopt(inside, vault, now)
        origin: dict[str, Any] = {"backup": file.name, "made_at": backup_file.header(file).made_at}
        origin |= _carry_over(database, backups.path, vault, file.name)
        _repeat_deletions(
            database, inside.keys, _receipts_of(backups.path, vault), vault, now, by, origin
        )
        if _two_admins_in(backups.path):
            with _writable(database) as restored, connection.transaction(restored):
                vault.seals.attach(restored.conn)
                keep_on(restored.conn)
        _allow(database, backups.path, vault)
        swap_in.replace(backups.path, database)
    return check


def newest_good(backups: Backups) -> Path | None:
    """Return the newest backup that is undamaged and that the available keys open."""
    for file in reversed(backups.files()):
        try:
            verify(backups, file)
        except StorageError:
            continue
        return file
    return None


class Offer:
    """An unpacked backup whose administrators can sign in while the present database is damaged.

    Wrong PINs are counted as in a running kiosk, until the process ends. ``close`` removes the
    unpacked files.
    """

    def __init__(self, backups: Backups, file: Path, recovery: bytes | None = None) -> None:
        self.file = file
        self.made_at = datetime.fromisoformat(backup_file.header(file).made_at)
        keys = _MemoryKeys()
        with ExitStack() as scratch:
            inside = scratch.enter_context(_unpacked(backups, file, recovery))
            self.check = _adopt(inside, Vault(keys), local_now())
            self._store = Store.open(inside.database, keys=keys)
            self._scratch = scratch.pop_all()

    def two_admins(self) -> bool:
        """Return whether the backup needs two administrators, as the database did then."""
        return self._store.two_admins.is_on()

    def sign_in(self, name: str, pin: str) -> Account:
        """Return the administrator with that name and PIN; raise ``SignInError`` otherwise."""
        return self._store.accounts.verify(name, pin)

    def close(self) -> None:
        """Remove the unpacked files."""
        self._store.close()
        self._scratch.close()


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """An unpacked backup.

    ``home``: the folder of the database that it would replace. ``keys``: those of the people.
    ``content``: the content key.
    """

    database: Path
    home: Path
    keys: dict[int, bytes]
    content: bytes


@contextmanager
def _unpacked(backups: Backups, file: Path, recovery: bytes | None) -> Iterator[_Unpacked]:
    """Unpack the database of a backup into a folder beside the present one."""
    content = backups.content_key(file, recovery)
    keys = backup_file.person_keys(file, content)
    with scratch_folder(backups.path.parent) as folder:
        database = folder / "unpacked.db"
        backup_file.unpack(file, content, database)
        yield _Unpacked(database, backups.path.parent, keys, content)


class _MemoryKeys:
    """A key store in memory, for a backup that is only looked at."""

    place = "memory"

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self._keys.get(name)

    def put(self, name: str, key: bytes) -> None:
        self._keys[name] = key

    def remove(self, name: str) -> None:
        self._keys.pop(name, None)


def _adopt(inside: _Unpacked, vault: Vault, now: datetime) -> BackupCheck:
    """Migrate the unpacked database, give it the keys of ``vault``, and check all its content."""
    path, keys = inside.database, inside.keys
    erased = [person_id for person_id, key in keys.items() if key in (GONE, FACE_GONE)]
    with _writable(path) as database:
        sql = database.conn
        if sql.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise StorageError(
                "The database in that backup is damaged; use another backup.",
                key="error.backup_damaged",
                name=path.name,
            )
        connection.recognise(path, database)
        with connection.transaction(database):
            _migrate(database, inside, vault, now)
        templates = template_rows.count_opened(sql, vault, erased)
        people = _count(sql, "people")
        rows = _count(sql, "log")
    return BackupCheck(
        people - sum(keys[person_id] == GONE for person_id in erased),
        templates,
        rows,
        verify_log(path, own=vault.own_signers()),
    )


def _migrate(
    database: sqlite_utils.Database, inside: _Unpacked, vault: Vault, now: datetime
) -> None:
    sql = database.conn
    pending = schema_steps.pending(database)
    schema_steps.steps.apply(database)
    vault.import_secrets(sql, carried_secrets.take(sql, inside.content), inside.home)
    intact = {
        person_id: key for person_id, key in inside.keys.items() if key not in (GONE, FACE_GONE)
    }
    vault.adopt_person_keys(sql, intact, now)
    template_rows.seal_plain(sql, vault)
    if any(name.endswith("_chain") for name in pending):
        Chain(vault).adopt(sql, now)
    first = schema_steps.ROW_SEALS in pending
    vault.secret.settle(sql, inside.home, now, first)
    if first:
        vault.seal_rows(sql)  # what a backup holds is authentic


def _count(sql: sqlite3.Connection, table: str) -> int:
    return int(sql.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _repeat_deletions(
    path: Path,
    keys: Mapping[int, bytes],
    receipts: Sequence[Receipt],
    vault: Vault,
    now: datetime,
    by: str,
    origin: Mapping[str, Any],
) -> None:
    """Delete again what was deleted since the backup, and record the restore in the chain."""
    with _writable(path) as database, connection.transaction(database):
        sql = database.conn
        vault.seals.attach(sql)
        erased = {person_id: key for person_id, key in keys.items() if key in (GONE, FACE_GONE)}
        made_at = datetime.fromisoformat(origin["made_at"])
        for receipt in receipts:
            if not receipt.face_only:
                erased[receipt.person_id] = GONE
            elif receipt.at >= made_at:  # a new consent may follow an older one
                erased.setdefault(receipt.person_id, FACE_GONE)
        for person_id, mark in erased.items():
            _delete_again(sql, vault, person_id, mark, now)
        _keep_receipts(sql, receipts, vault)
        detail = {**origin, "deleted_again": len(erased)}
        audit_log.write(sql, Chain(vault), "backup_restored", by, detail, now)


def _carry_over(database: Path, present: Path, vault: Vault, backup: str) -> dict[str, Any]:
    """Carry over what the present database says against somebody; return it for the audit log.

    What it does not know is to be confirmed before the door opens.
    """
    with _writable(database) as restored, connection.transaction(restored):
        vault.seals.attach(restored.conn)
        carried = carry_over(restored.conn, present, vault)
        mark_unconfirmed(restored.conn, backup if carried.unconfirmed else None)
    return {"people_kept_out": carried.people, "accounts_kept_out": carried.accounts}


@contextmanager
def _writable(path: Path) -> Iterator[sqlite_utils.Database]:
    with sqlite_explained(path), closing(connection.connection_to(path, "rw")) as sql:
        for setting in (
            "journal_mode = DELETE",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
        ):
            sql.execute(f"PRAGMA {setting}")
        yield sqlite_utils.Database(sql, execute_plugins=False)


def _delete_again(
    sql: sqlite3.Connection, vault: Vault, person_id: int, mark: bytes, now: datetime
) -> None:
    if mark == GONE:
        subject_rows.name_person(sql, person_id)
        sql.execute("DELETE FROM people WHERE id = ?", [person_id])
    elif sql.execute("SELECT 1 FROM people WHERE id = ?", [person_id]).fetchone():
        for table in ("templates", "look_questions"):
            sql.execute(f"DELETE FROM {table} WHERE person_id = ?", [person_id])
        sql.execute(
            "UPDATE people SET consented_at = NULL,"
            " entry = CASE entry WHEN 'face' THEN 'pin' ELSE entry END WHERE id = ?",
            [person_id],
        )
        consent_store.withdraw(sql, person_id, now)
        signature_rows.change_key(sql, vault, person_id)


def _allow(restored: Path, path: Path, vault: Vault) -> None:
    """Note that the restored database takes the place of ``path``: it is no roll-back."""
    with closing(connection.connect_read_only(restored)) as sql:
        head = newest_signed(sql)
        if head is not None:
            changes = head_anchor.table_changes(sql, vault.seals)
            head_anchor.allow(vault, path, head, vault.signer(sql), changes)


def _keep_receipts(sql: sqlite3.Connection, receipts: Sequence[Receipt], vault: Vault) -> None:
    """Copy the receipts of the replaced database, and never assign the id of a deleted person."""
    stored = deletion_receipts.documents(sql)
    known = [json.loads(document) for document in stored]
    for receipt in receipts:
        if receipt.document not in known:
            sql.execute(
                "INSERT INTO receipts (at, person_id, document) VALUES (?, ?, ?)",
                [
                    iso(receipt.at),
                    receipt.person_id,
                    json.dumps(receipt.document, ensure_ascii=False),
                ],
            )
    kept = [*receipts, *deletion_receipts.genuine(stored, vault.own_signers())]
    if not kept:
        return
    largest = max(receipt.person_id for receipt in kept)
    updated = sql.execute(
        "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'people'", [largest]
    ).rowcount
    if not updated:
        sql.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('people', ?)", [largest])


def _receipts_of(path: Path, vault: Vault) -> list[Receipt]:
    """Return what this kiosk signed in the present database; nothing if it cannot be read."""
    try:
        with closing(connection.connect_read_only(path)) as sql:
            stored = deletion_receipts.documents(sql)
    except (StorageError, sqlite3.Error):
        return []
    return deletion_receipts.genuine(stored, vault.own_signers())


def _two_admins_in(path: Path) -> bool:
    """Return whether the rule is on in the present database; not if it cannot be read."""
    try:
        with closing(connection.connect_read_only(path)) as sql:
            return is_on_in(sql)
    except (StorageError, sqlite3.Error):
        return False
