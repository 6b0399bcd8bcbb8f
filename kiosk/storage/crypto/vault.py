"""The keys of one database: a master key that wraps a key for each person, and the key that signs.

The database holds the ids of the master key and the signing key, and the people's keys sealed by the master key; the
master key, the signing key, and the list of all keys that ever signed here lie in a ``KeyStore``. Whoever destroys a person's sealed key destroys every copy of their templates.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import WRAPPED, SealBroken, bound, derive, seal, unseal
from kiosk.storage.crypto.key_store import KeyStore, fetch, keep, key_id, new_key
from kiosk.storage.crypto.signing import Signer
from kiosk.storage.db.timestamps import iso

SIGNERS = "signers"
"""Under this name the key store lists the fingerprints, 8 bytes each, of all keys that ever signed here."""
OLDER_BADGE = "badge-older"
"""Under this name, the secret of badges that an older program kept in a file of its own."""
_ID = 8

log = logging.getLogger(__name__)


class Vault:
    """What takes ``sql`` runs in the thread of that connection; what writes, in the caller's transaction."""

    def __init__(self, store: KeyStore) -> None:
        self.store = store
        self._signers: dict[str, Signer] = {}
        self._unsettled = b""

    def settle(self, sql: sqlite3.Connection, now: datetime) -> None:
        """Make the keys that are not there yet: master, signing, and one for each person."""
        self._settle_master(sql, now)
        if _in_use(sql, "signer") is None:
            self._new_signer(sql, now)
        keyless = [
            row[0]
            for row in sql.execute(
                "SELECT id FROM people WHERE id NOT IN (SELECT person_id FROM person_keys)"
            )
        ]
        if keyless:
            self._wrap(sql, {person_id: new_key() for person_id in keyless})
        self._list_signers(sql)

    def own_signers(self) -> frozenset[str] | None:
        """Fingerprints of all keys that ever signed for this kiosk, as its key store lists them: the database, which others may
        write, cannot add to them. ``None`` where the store has no list (an older program's) or cannot be read."""
        try:
            listed = self.store.get(SIGNERS)
        except StorageError as error:
            log.error("the list of this kiosk's signing keys cannot be read: %s", error)
            return None
        return None if listed is None else frozenset(_fingerprints(listed))

    def trust(self, fingerprints: Iterable[str]) -> None:
        """Count these keys among this kiosk's own: of a backup that was opened, or of a database whose key store has no list yet."""
        own = self.own_signers() or frozenset()
        if not own.issuperset(fingerprints):
            self.store.put(
                SIGNERS, b"".join(bytes.fromhex(name) for name in sorted(own.union(fingerprints)))
            )

    def check(self, sql: sqlite3.Connection) -> None:
        """``StorageError`` where the master key or the signing key is missing, unreadable or another one."""
        self._master(sql)
        self.signer(sql)

    def master(self, sql: sqlite3.Connection) -> tuple[str, bytes]:
        """(id, key) of the master key in use; of the one that will be, for a database from before there was one."""
        if not has_vault(sql):
            key = self._fresh_master()
            return key_id(key), key
        return self._master(sql)

    def openers(self, sql: sqlite3.Connection) -> dict[str, tuple[str, bytes]]:
        """(id, key) of what opens a backup: the master key, and the recovery key where there is one."""
        found = {"master": self.master(sql)}
        recovery = self.recovery(sql) if has_vault(sql) else None
        return found | ({"recovery": recovery} if recovery else {})

    def recovery(self, sql: sqlite3.Connection) -> tuple[str, bytes] | None:
        """(id, key) of the recovery key; ``None`` where no code was ever made."""
        row = sql.execute(
            "SELECT key_id, wrapped FROM vault_keys WHERE purpose = 'recovery'"
        ).fetchone()
        if row is None:
            return None
        try:
            return row[0], unseal(
                derive(self._master(sql)[1], "recovery key"), row[1], bound("recovery key", row[0])
            )
        except SealBroken:
            raise StorageError(
                "The recovery key is damaged; make a new recovery code.",
                key="error.recovery_refused",
            ) from None

    def set_recovery(self, sql: sqlite3.Connection, key: bytes, now: datetime) -> tuple[str, bytes]:
        """Let ``key`` open backups from now on; (id, key)."""
        name = key_id(key)
        wrapped = seal(
            derive(self._master(sql)[1], "recovery key"), key, bound("recovery key", name)
        )
        sql.execute(
            "INSERT OR REPLACE INTO vault_keys (purpose, key_id, since, wrapped) VALUES ('recovery', ?, ?, ?)",
            [name, iso(now), wrapped],
        )
        return name, key

    def signer(self, sql: sqlite3.Connection) -> Signer:
        """What signs for this kiosk; ``StorageError`` where its key is missing or another one."""
        name = _needed(sql, "signer")
        if name not in self._signers:
            row = sql.execute("SELECT key_id FROM signers WHERE fingerprint = ?", [name]).fetchone()
            self._signers[name] = Signer(fetch(self.store, "signer", row[0]))
        return self._signers[name]

    def person_key(self, sql: sqlite3.Connection, person_id: int) -> bytes:
        """The key of a person; ``StorageError`` where there is none or it does not open."""
        for _, key in self._unwrapped(sql, "WHERE person_id = ?", [person_id]):
            return key
        raise _broken(person_id)

    def person_keys(self, sql: sqlite3.Connection) -> dict[int, bytes]:
        """Key by person's id, of everybody."""
        return dict(self._unwrapped(sql, "", []))

    def renew(self, sql: sqlite3.Connection, person_id: int) -> bytes:
        """Give a person a new key in place of the one they had, which is destroyed."""
        key = new_key()
        self._wrap(sql, {person_id: key})
        return key

    def destroy(self, sql: sqlite3.Connection, person_id: int) -> None:
        """Destroy a person's key: overwritten first, so that no journal of SQLite's holds it longer than the row."""
        sql.execute(
            "UPDATE person_keys SET wrapped = zeroblob(?) WHERE person_id = ?", [WRAPPED, person_id]
        )
        sql.execute("DELETE FROM person_keys WHERE person_id = ?", [person_id])

    def rotate(self, sql: sqlite3.Connection, now: datetime) -> tuple[str, str]:
        """Put a new master key in the old one's place; (old id, new id). The old one stays in the store."""
        old = _needed(sql, "master")
        keys = self.person_keys(sql)
        recovery = self.recovery(sql)
        new = keep(self.store, "master", new_key())
        _use(sql, "master", new, now)
        _use(sql, f"retired {old}", old, now)
        self._wrap(sql, keys)
        if recovery:
            self.set_recovery(sql, recovery[1], now)
        return old, new

    def retired(self, sql: sqlite3.Connection) -> list[str]:
        """Ids of master keys that were replaced and are not forgotten yet."""
        return [
            row[0]
            for row in sql.execute("SELECT key_id FROM vault_keys WHERE purpose LIKE 'retired %'")
        ]

    def kept(self, name: str) -> tuple[str, bytes] | None:
        """(id, key) of a replaced master key; ``None`` where it is destroyed already."""
        return (
            (name, fetch(self.store, "master", name))
            if self.store.get(f"master-{name}") is not None
            else None
        )

    def facts(self, sql: sqlite3.Connection) -> dict[str, str]:
        """Ids, dates and the public key, for people to read; nothing secret."""
        rows = dict(
            sql.execute(
                "SELECT purpose, key_id || ' (' || substr(since, 1, 10) || ')' FROM vault_keys WHERE purpose IN ('master', 'signer', 'recovery')"
            )
        )
        public = sql.execute(
            "SELECT hex(public) FROM signers WHERE fingerprint = ?", [_needed(sql, "signer")]
        ).fetchone()[0]
        return {
            "master key": rows["master"],
            "recovery code": rows.get("recovery", ""),
            "signing key": rows["signer"],
            "public key": public.lower(),
        }

    def forget(self, sql: sqlite3.Connection, retired: str) -> None:
        """Destroy a replaced master key; what only it opens is lost."""
        self.store.remove(f"master-{retired}")
        sql.execute("DELETE FROM vault_keys WHERE purpose = ?", [f"retired {retired}"])

    def take_over(self, sql: sqlite3.Connection, keys: Mapping[int, bytes], now: datetime) -> None:
        """Make these the people's keys, under a master key of this store: for a database out of a backup."""
        for purpose in ("master", "signer"):
            known = _in_use(sql, purpose)
            if known is None or not self._has(sql, purpose, known):
                sql.execute("DELETE FROM vault_keys WHERE purpose = ?", [purpose])
        if (
            _in_use(sql, "master") is None
        ):  # what the lost one sealed is lost: another code has to be made
            sql.execute(
                "DELETE FROM vault_keys WHERE purpose = 'recovery' OR purpose LIKE 'retired %'"
            )
        self._settle_master(sql, now)
        self._wrap(sql, keys)
        self.settle(sql, now)

    def _settle_master(self, sql: sqlite3.Connection, now: datetime) -> None:
        if _in_use(sql, "master") is None:
            _use(sql, "master", key_id(self._fresh_master()), now)
            self._unsettled = b""

    def _has(self, sql: sqlite3.Connection, kind: str, name: str) -> bool:
        if kind == "signer":
            row = sql.execute("SELECT key_id FROM signers WHERE fingerprint = ?", [name]).fetchone()
            name = row[0] if row else ""
        try:
            fetch(self.store, kind, name)
        except StorageError:
            return False
        return True

    def _fresh_master(self) -> bytes:
        """One key however often it is asked for, until it is in use."""
        if not self._unsettled:
            self._unsettled = new_key()
            keep(self.store, "master", self._unsettled)
        return self._unsettled

    def badge(
        self,
        sql: sqlite3.Connection,
        older: bytes | None,
        needed: bool,
        now: datetime,
        keep_it: bool = True,
    ) -> bytes:
        """The secret of badges and cards; ``older``: of a program that kept it in a file of its own. A new one is made unless it is
        ``needed``: what was given out by another one would be void. ``keep_it``: store what is not in the key store yet."""
        name = _in_use(sql, "badge")
        if name is not None and (needed or self.store.get(f"badge-{name}") is not None):
            return fetch(self.store, "badge", name)
        if older is not None and keep_it:
            self.store.put(
                OLDER_BADGE, older
            )  # a backup of before, which is restored one day, does not name it
        if needed:
            older = older or self.store.get(OLDER_BADGE)
        if older is None and needed:
            raise StorageError(
                f"The key of badges and cards is missing: badge.key is gone, and {self.store.place} does not have it; put it back, restore"
                " a backup, or take all cards away (people card NUMBER --forget) and give them out anew.",
                key="error.key_missing",
                place=self.store.place,
            )
        secret = older or new_key()
        if keep_it:
            _use(sql, "badge", keep(self.store, "badge", secret), now)
        return secret

    def carried(self, sql: sqlite3.Connection) -> dict[str, bytes]:
        """What of the key store a backup takes along, encrypted as all of it: the list of signing keys, and the secret of badges."""
        badge = _in_use(sql, "badge") if has_vault(sql) else None
        return {
            name: value
            for name in (SIGNERS, f"badge-{badge}")
            if (value := self.store.get(name)) is not None
        }

    def take_back(self, sql: sqlite3.Connection, carried: Mapping[str, bytes]) -> None:
        """Put what a backup carried into its place. Of an older backup, which carries nothing, all keys that signed in it are
        believed: it was opened with the right key."""
        listed = carried.get(SIGNERS)
        self.trust(all_signers(sql) if listed is None else _fingerprints(listed))
        for name, value in carried.items():
            if name.startswith("badge-") and self.store.get(name) is None:
                self.store.put(name, value)

    def _list_signers(self, sql: sqlite3.Connection) -> None:
        """Put the keys on the list that are proven to be this kiosk's: their seeds lie beside it. Without a list all that there are,
        once, for a database of an older program."""
        held = [
            name
            for name, seed in sql.execute("SELECT fingerprint, key_id FROM signers")
            if self._holds(name, seed)
        ]
        if not held:  # the key store is away
            return
        try:
            self.trust(held if self.own_signers() is not None else all_signers(sql))
        except StorageError as error:
            log.error("the list of this kiosk's signing keys cannot be written: %s", error)

    def _holds(self, fingerprint: str, name: str) -> bool:
        try:
            return Signer(fetch(self.store, "signer", name)).fingerprint == fingerprint
        except StorageError:
            return False

    def _new_signer(self, sql: sqlite3.Connection, now: datetime) -> None:
        seed = new_key()
        signer = Signer(seed)
        sql.execute(
            "INSERT INTO signers VALUES (?, ?, ?, ?)",
            [signer.fingerprint, signer.public, keep(self.store, "signer", seed), iso(now)],
        )
        _use(sql, "signer", signer.fingerprint, now)

    def _master(self, sql: sqlite3.Connection) -> tuple[str, bytes]:
        name = _needed(sql, "master")
        return name, fetch(self.store, "master", name)

    def _wrap(self, sql: sqlite3.Connection, keys: Mapping[int, bytes]) -> None:
        name, master = self._master(sql)
        wrapping = derive(master, "person keys")
        rows = (
            (person_id, name, seal(wrapping, key, bound("person key", person_id)))
            for person_id, key in keys.items()
        )
        sql.executemany("INSERT OR REPLACE INTO person_keys VALUES (?, ?, ?)", rows)

    def _unwrapped(
        self, sql: sqlite3.Connection, where: str, values: list[object]
    ) -> Iterator[tuple[int, bytes]]:
        wrapping: dict[str, bytes] = {}
        for person_id, name, sealed in sql.execute(
            f"SELECT person_id, master, wrapped FROM person_keys {where}", values
        ):
            if name not in wrapping:
                wrapping[name] = derive(fetch(self.store, "master", name), "person keys")
            try:
                yield person_id, unseal(wrapping[name], sealed, bound("person key", person_id))
            except SealBroken:
                raise _broken(person_id) from None


def _fingerprints(listed: bytes) -> list[str]:
    return [listed[at : at + _ID].hex() for at in range(0, len(listed), _ID)]


def all_signers(sql: sqlite3.Connection) -> list[str]:
    """Fingerprints of all signing keys that the database names, whoever wrote them there."""
    return [
        name
        for name, public in sql.execute("SELECT fingerprint, public FROM signers")
        if key_id(public) == name
    ]


def _broken(person_id: int) -> StorageError:
    return StorageError(
        f"The key of person {person_id} is damaged; delete that person and enrol them again, or restore a backup.",
        key="error.template_refused",
    )


def has_vault(sql: sqlite3.Connection) -> bool:
    """Whether the database keeps its templates sealed."""
    return (
        sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'vault_keys'").fetchone() is not None
    )


def _in_use(sql: sqlite3.Connection, purpose: str) -> str | None:
    row = sql.execute("SELECT key_id FROM vault_keys WHERE purpose = ?", [purpose]).fetchone()
    return row[0] if row else None


def _needed(sql: sqlite3.Connection, purpose: str) -> str:
    name = _in_use(sql, purpose)
    if name is None:
        raise StorageError(
            f"The database does not say which {purpose} key it uses; restore a backup.",
            key="error.storage_damaged",
        )
    return name


def _use(sql: sqlite3.Connection, purpose: str, name: str, now: datetime) -> None:
    sql.execute(
        "INSERT OR REPLACE INTO vault_keys (purpose, key_id, since) VALUES (?, ?, ?)",
        [purpose, name, iso(now)],
    )
