"""The keys of one database: a master key that wraps a key for each person, and a signing key.

The database holds the ids of the master key and the signing key, and the keys of the people, sealed
by the master key. The master key, the signing key and the list of all keys that ever signed here
are in a ``KeyStore``. Destroying a person's sealed key destroys every copy of their templates.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from kiosk.core.errors import StorageError
from kiosk.storage.crypto import pin_peppers
from kiosk.storage.crypto.aead import WRAPPED, SealBroken, derive, length_prefixed, seal, unseal
from kiosk.storage.crypto.database_secret import DatabaseSecret
from kiosk.storage.crypto.key_records import has_vault, key_in_use, required_key, use_key
from kiosk.storage.crypto.key_store import KeyStore, fetch_key, key_id, new_key, store_key
from kiosk.storage.crypto.retired_keys import retire, retired_keys
from kiosk.storage.crypto.row_seals import RowSeals
from kiosk.storage.crypto.signer_list import SIGNERS, SignerList, all_signers, split_fingerprints
from kiosk.storage.crypto.signing import Signer
from kiosk.storage.db.timestamps import iso

log = logging.getLogger(__name__)


class Vault:
    """The keys of one database.

    Methods with a parameter ``sql`` run in the thread of that connection; those that write, inside
    the caller's transaction.
    """

    def __init__(self, store: KeyStore) -> None:
        self.store = store
        self.signer_list = SignerList(store)
        self.secret = DatabaseSecret(store)
        self.seals = RowSeals(self.secret)
        self._signers: dict[str, Signer] = {}
        self._unused_master = b""
        self._damaged: set[int] = set()  # people whose damaged key was logged

    def create_missing_keys(self, sql: sqlite3.Connection, now: datetime) -> None:
        """Create the keys that do not exist yet: master, signing, and one for each person."""
        self._choose_master(sql, now)
        if key_in_use(sql, "signer") is None:
            self._create_signer(sql, now)
        without_key = sql.execute(
            "SELECT id FROM people WHERE id NOT IN (SELECT person_id FROM person_keys)"
        ).fetchall()
        if without_key:
            self._wrap(sql, {person_id: new_key() for (person_id,) in without_key})
        self.signer_list.update(sql)

    def own_signers(self) -> frozenset[str] | None:
        """Return the fingerprints of this kiosk's signing keys; ``None`` if there is no list."""
        return self.signer_list.fingerprints()

    def check(self, sql: sqlite3.Connection) -> None:
        """Raise ``StorageError`` if the master key or the signing key is missing or wrong."""
        self._master(sql)
        self.signer(sql)

    def master(self, sql: sqlite3.Connection) -> tuple[str, bytes]:
        """Return (id, key) of the master key.

        For a database from before templates were sealed, the master key that it will use.
        """
        if not has_vault(sql):
            key = self._new_master()
            return key_id(key), key
        return self._master(sql)

    def backup_openers(self, sql: sqlite3.Connection) -> dict[str, tuple[str, bytes]]:
        """Return (id, key) of the keys that open a backup: master and, if any, recovery."""
        openers = {"master": self.master(sql)}
        recovery = self.recovery(sql) if has_vault(sql) else None
        return openers | ({"recovery": recovery} if recovery else {})

    def recovery(self, sql: sqlite3.Connection) -> tuple[str, bytes] | None:
        """Return (id, key) of the recovery key; ``None`` if no recovery code was ever made."""
        row = sql.execute(
            "SELECT key_id, wrapped FROM vault_keys WHERE purpose = 'recovery'"
        ).fetchone()
        if row is None:
            return None
        wrapping = derive(self._master(sql)[1], "recovery key")
        try:
            return row[0], unseal(wrapping, row[1], length_prefixed("recovery key", row[0]))
        except SealBroken:
            raise StorageError(
                "The recovery key is damaged; make a new recovery code.",
                key="error.recovery_refused",
            ) from None

    def set_recovery(self, sql: sqlite3.Connection, key: bytes, now: datetime) -> tuple[str, bytes]:
        """Make ``key`` the recovery key, which opens backups from now on; return (id, key)."""
        name = key_id(key)
        wrapping = derive(self._master(sql)[1], "recovery key")
        wrapped = seal(wrapping, key, length_prefixed("recovery key", name))
        use_key(sql, "recovery", name, now, wrapped)
        return name, key

    def signer(self, sql: sqlite3.Connection) -> Signer:
        """Return this kiosk's signer; raise ``StorageError`` if its key is missing or wrong."""
        fingerprint = required_key(sql, "signer")
        if fingerprint not in self._signers:
            seed_id = _seed_id(sql, fingerprint)
            self._signers[fingerprint] = Signer(fetch_key(self.store, "signer", seed_id))
        return self._signers[fingerprint]

    def person_key(self, sql: sqlite3.Connection, person_id: int) -> bytes:
        """Return a person's key; raise ``StorageError`` if it is missing or does not open."""
        for _, key in self._unwrap(sql, "WHERE person_id = ?", [person_id]):
            return key
        raise _damaged_key(person_id)

    def person_keys(self, sql: sqlite3.Connection) -> dict[int, bytes]:
        """Return the keys of all people, by the person's id; damaged ones are left out."""
        return dict(self._unwrap(sql, "", []))

    def current_keys(
        self, sql: sqlite3.Connection, person_id: int | None = None
    ) -> dict[int, bytes]:
        """Return the keys that the rows of the people name, of everybody or of one person.

        A key from before a person was enrolled again, put back with its templates, is left out,
        and so is a damaged one.
        """
        where = "" if person_id is None else "WHERE {} = ?"
        values: list[object] = [] if person_id is None else [person_id]
        query = f"SELECT id, face_key FROM people {where.format('id')}"
        named = dict(sql.execute(query, values))
        return {
            owner: key
            for owner, key in self._unwrap(sql, where.format("person_id"), values)
            if named.get(owner) == key_id(key)
        }

    def create_person_key(self, sql: sqlite3.Connection, person_id: int) -> bytes:
        """Give a person a new key, which their row names; one that they had is destroyed."""
        key = new_key()
        self._wrap(sql, {person_id: key})
        self._name_keys(sql, {person_id: key})
        return key

    def keep_person_keys(self, sql: sqlite3.Connection, keys: Mapping[int, bytes]) -> None:
        """Store the keys of people whose rows name them already."""
        self._wrap(sql, keys)

    def seal_rows(self, sql: sqlite3.Connection) -> None:
        """Seal all rows as they are; the people's rows name the keys that they have."""
        self._name_keys(sql, self.person_keys(sql))
        self.seals.seal_all(sql)

    def destroy_person_key(self, sql: sqlite3.Connection, person_id: int) -> None:
        """Destroy a person's key.

        It is overwritten first, so that no journal of SQLite holds it longer than the row.
        """
        sql.execute(
            "UPDATE person_keys SET wrapped = zeroblob(?) WHERE person_id = ?", [WRAPPED, person_id]
        )
        sql.execute("DELETE FROM person_keys WHERE person_id = ?", [person_id])

    def rotate(self, sql: sqlite3.Connection, now: datetime) -> tuple[str, str]:
        """Replace the master key and return (old id, new id). The old key stays in the store."""
        old = required_key(sql, "master")
        keys = self.person_keys(sql)
        recovery = self.recovery(sql)
        new = store_key(self.store, "master", new_key())
        use_key(sql, "master", new, now)
        if keys or recovery:  # else nothing shows that the old key is this database's
            retire(sql, self.secret, old, now)
        self._wrap(sql, keys)
        if recovery:
            self.set_recovery(sql, recovery[1], now)
        return old, new

    def replaced_masters(self, sql: sqlite3.Connection) -> list[str]:
        """Return the ids of replaced master keys that are to be destroyed."""
        return retired_keys(sql, self.secret)

    def replaced_master(self, name: str) -> tuple[str, bytes] | None:
        """Return (id, key) of a replaced master key; ``None`` if it is destroyed already."""
        if self.store.get(f"master-{name}") is None:
            return None
        return name, fetch_key(self.store, "master", name)

    def destroy_replaced_master(self, sql: sqlite3.Connection, name: str) -> None:
        """Destroy a replaced master key; what only it opens is lost.

        Raise ``StorageError`` if this kiosk did not replace it, or something needs it.
        """
        if name not in retired_keys(sql, self.secret):
            raise StorageError(f"The master key {name} is needed; it is not destroyed.")
        self.store.remove(f"master-{name}")
        sql.execute("DELETE FROM vault_keys WHERE purpose = ?", [f"retired {name}"])

    def facts(self, sql: sqlite3.Connection) -> dict[str, str]:
        """Return ids, dates and the public key, for people to read; nothing secret."""
        rows = dict(
            sql.execute(
                "SELECT purpose, key_id || ' (' || substr(since, 1, 10) || ')' FROM vault_keys"
                " WHERE purpose IN ('master', 'signer', 'recovery')"
            )
        )
        public = sql.execute(
            "SELECT hex(public) FROM signers WHERE fingerprint = ?", [required_key(sql, "signer")]
        ).fetchone()[0]
        return {
            "master key": rows["master"],
            "recovery code": rows.get("recovery", ""),
            "signing key": rows["signer"],
            "public key": public.lower(),
        }

    def adopt_person_keys(
        self, sql: sqlite3.Connection, keys: Mapping[int, bytes], now: datetime
    ) -> None:
        """Store the people's keys of a restored database, wrapped by a master key of this store."""
        for purpose in ("master", "signer"):
            name = key_in_use(sql, purpose)
            if name is None or not self._has(sql, purpose, name):
                sql.execute("DELETE FROM vault_keys WHERE purpose = ?", [purpose])
        if key_in_use(sql, "master") is None:
            # what the lost master key sealed is lost with it: a new recovery code must be made
            sql.execute(
                "DELETE FROM vault_keys WHERE purpose = 'recovery' OR purpose LIKE 'retired %'"
            )
        self._choose_master(sql, now)
        self._wrap(sql, keys)
        self.create_missing_keys(sql, now)

    def exported_secrets(self, sql: sqlite3.Connection) -> dict[str, bytes]:
        """Return what a backup carries from the key store.

        The list of signers, the secrets of badges and seals, and the pepper that a fleet shares.
        """
        if not has_vault(sql):
            names = [SIGNERS]
            secret = {}
        else:
            badge, pepper = key_in_use(sql, "badge"), pin_peppers.in_use(sql)
            names = [SIGNERS, f"badge-{badge}", f"{pin_peppers.KIND}-{pepper}"]
            secret = self.secret.exported(sql)
        found = {name: value for name in names if (value := self.store.get(name)) is not None}
        return found | secret

    def import_secrets(
        self, sql: sqlite3.Connection, carried: Mapping[str, bytes], folder: Path
    ) -> None:
        """Store what a backup carried; ``folder``: where its database will be.

        An older backup carries nothing: all keys that signed in it are then trusted, since it was
        opened with the right key.
        """
        listed = carried.get(SIGNERS)
        self.signer_list.trust(all_signers(sql) if listed is None else split_fingerprints(listed))
        for name, value in carried.items():
            if name.startswith(("badge-", f"{pin_peppers.KIND}-")) and self.store.get(name) is None:
                self.store.put(name, value)
        self.secret.admit(folder, carried)

    def _choose_master(self, sql: sqlite3.Connection, now: datetime) -> None:
        if key_in_use(sql, "master") is None:
            use_key(sql, "master", key_id(self._new_master()), now)
            self._unused_master = b""

    def _has(self, sql: sqlite3.Connection, kind: str, name: str) -> bool:
        if kind == "signer":
            name = _seed_id(sql, name)
        try:
            fetch_key(self.store, kind, name)
        except StorageError:
            return False
        return True

    def _new_master(self) -> bytes:
        """Return a new master key, the same one until it is in use."""
        if not self._unused_master:
            self._unused_master = new_key()
            store_key(self.store, "master", self._unused_master)
        return self._unused_master

    def _create_signer(self, sql: sqlite3.Connection, now: datetime) -> None:
        seed = new_key()
        signer = Signer(seed)
        seed_id = store_key(self.store, "signer", seed)
        sql.execute(
            "INSERT INTO signers VALUES (?, ?, ?, ?)",
            [signer.fingerprint, signer.public, seed_id, iso(now)],
        )
        use_key(sql, "signer", signer.fingerprint, now)

    def _master(self, sql: sqlite3.Connection) -> tuple[str, bytes]:
        name = required_key(sql, "master")
        return name, fetch_key(self.store, "master", name)

    def _name_keys(self, sql: sqlite3.Connection, keys: Mapping[int, bytes]) -> None:
        sql.executemany(
            "UPDATE people SET face_key = ? WHERE id = ?",
            [(key_id(key), person_id) for person_id, key in keys.items()],
        )

    def _wrap(self, sql: sqlite3.Connection, keys: Mapping[int, bytes]) -> None:
        name, master = self._master(sql)
        wrapping = derive(master, "person keys")
        rows = (
            (person_id, name, seal(wrapping, key, length_prefixed("person key", person_id)))
            for person_id, key in keys.items()
        )
        sql.executemany("INSERT OR REPLACE INTO person_keys VALUES (?, ?, ?)", rows)

    def _unwrap(
        self, sql: sqlite3.Connection, where: str, values: list[object]
    ) -> Iterator[tuple[int, bytes]]:
        wrapping: dict[str, bytes] = {}
        for person_id, name, sealed in sql.execute(
            f"SELECT person_id, master, wrapped FROM person_keys {where}", values
        ):
            if name not in wrapping:
                wrapping[name] = self._wrapping_key(sql, name)
            associated_data = length_prefixed("person key", person_id)
            try:
                yield person_id, unseal(wrapping[name], sealed, associated_data)
            except SealBroken:
                if person_id not in self._damaged:
                    log.error("%s", _damaged_key(person_id))
                self._damaged.add(person_id)

    def _wrapping_key(self, sql: sqlite3.Connection, name: str) -> bytes:
        """Return the key that wraps people's keys under the master key ``name``.

        Raise ``StorageError`` if that is the master key in use and is missing. For any other name,
        which somebody wrote into a row, return a key that opens nothing.
        """
        try:
            return derive(fetch_key(self.store, "master", name), "person keys")
        except StorageError:
            if name == required_key(sql, "master"):
                raise
            return new_key()


def _seed_id(sql: sqlite3.Connection, fingerprint: str) -> str:
    """Return the id in the key store of a signer's seed; "" for an unknown signer."""
    row = sql.execute("SELECT key_id FROM signers WHERE fingerprint = ?", [fingerprint]).fetchone()
    return str(row[0]) if row else ""


def _damaged_key(person_id: int) -> StorageError:
    return StorageError(
        f"The key of person {person_id} is damaged;"
        " delete that person and enrol them again, or restore a backup.",
        key="error.template_refused",
    )
