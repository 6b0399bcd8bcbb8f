"""The chain over the access log and the actions: each row's SHA-256 covers the one before and all its columns.

A link is the hash of the link before, and of the row as it is read back: the name and the value of each column that is not
NULL, sorted by name. So a column that a later version adds (nullable, without a default) leaves older links as they are.
The newest link is signed (Ed25519) with every row, and every ``EVERY`` rows that signature is kept as a checkpoint.

``log.person_id`` alone is left out, since a deletion clears it; name and number are covered.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.key_store import key_id
from kiosk.storage.crypto.signing import Signer, genuine
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import iso

KINDS = ("log", "actions")
"""The tables in the chain, by the number that stands for each."""
UNCOVERED = {"log": frozenset({"person_id"}), "actions": frozenset[str]()}
START = b"\0" * 32
DOUBT = "log_not_as_signed"
"""The action that says that what stood before it was not as this kiosk had signed it."""
EVERY = 100

log = logging.getLogger(__name__)


def next_link(before: bytes, kind: str, columns: Sequence[str], row: Sequence[Any]) -> bytes:
    """The link (32 bytes) of a row of the table ``kind``, after ``before``."""
    return hashlib.sha256(b"munjigi chain 1\0" + before + content(kind, columns, row)).digest()


def content(kind: str, columns: Sequence[str], row: Sequence[Any]) -> bytes:
    """A row as it is hashed: no two rows give the same bytes."""
    cells = sorted(
        (name, value)
        for name, value in zip(columns, row, strict=True)
        if value is not None and name not in UNCOVERED[kind]
    )
    return length_prefixed(kind, *(part for cell in cells for part in cell))


def statement(seq: int, link: bytes, extra: str = "") -> bytes:
    """What is signed about the link at ``seq``."""
    return length_prefixed(seq, link, extra)


class Chain:
    """Adds links in the caller's transaction, in the thread of the connection."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._signed: tuple[Any, ...] = ()

    def add(self, sql: sqlite3.Connection, kind: str, row_id: int, now: datetime) -> bool:
        """Link the row just written; false where what stood before it was not signed by this kiosk.

        Without its signing key the kiosk goes on writing: the rows are signed with the next one that can be.
        """
        seq, before = _last(sql)
        good = self._as_signed(sql, seq, before)
        cursor = sql.execute(f"SELECT * FROM {kind} WHERE id = ?", [row_id])
        link = next_link(
            before, kind, [column[0] for column in cursor.description], cursor.fetchone()
        )
        sql.execute(
            "INSERT INTO chain (seq, kind, row_id, link) VALUES (?, ?, ?, ?)",
            [seq + 1, KINDS.index(kind), row_id, link],
        )
        self._sign(sql, seq + 1, link, now)
        return good

    def adopt(self, sql: sqlite3.Connection, now: datetime) -> int:
        """Link the rows of a log from before there was a chain; how many there were."""
        cursor = sql.execute("SELECT * FROM log ORDER BY id")
        columns = [column[0] for column in cursor.description]
        link = START
        seq = 0
        number = columns.index("id")
        for seq, row in enumerate(cursor, 1):
            link = next_link(link, "log", columns, row)
            sql.execute(
                "INSERT INTO chain (seq, kind, row_id, link) VALUES (?, 0, ?, ?)",
                [seq, row[number], link],
            )
        self._sign(sql, seq, link, now)
        return seq

    def checkpoint(self, sql: sqlite3.Connection, now: datetime) -> None:
        """Keep a signature of the newest link."""
        seq, link = _last(sql)
        signer = self._vault.signer(sql)
        sql.execute(
            "INSERT OR REPLACE INTO checkpoints (seq, link, at, signer, signature) VALUES (?, ?, ?, ?, ?)",
            [
                seq,
                link,
                iso(now),
                signer.fingerprint,
                signer.sign("log checkpoint", statement(seq, link)),
            ],
        )

    def _sign(self, sql: sqlite3.Connection, seq: int, link: bytes, now: datetime) -> None:
        name = ""
        signature = b""
        signer = self._signer(sql)
        if signer is not None:
            name = signer.fingerprint
            signature = signer.sign("log head", statement(seq, link))
            if seq % EVERY == 0:
                self.checkpoint(sql, now)
        self._signed = (seq, link, name, signature)
        sql.execute(
            "INSERT OR REPLACE INTO chain_head (one, seq, link, signer, signature) VALUES (1, ?, ?, ?, ?)",
            self._signed,
        )

    def _signer(self, sql: sqlite3.Connection) -> Signer | None:
        try:
            return self._vault.signer(sql)
        except StorageError as error:
            log.error("rows of the log are not signed: %s", error)
            return None

    def _as_signed(self, sql: sqlite3.Connection, seq: int, link: bytes) -> bool:
        head = sql.execute("SELECT seq, link, signer, signature FROM chain_head").fetchone()
        if head is None or head[:2] != (seq, link):
            return False
        if head == self._signed:
            return True
        own = self._vault.own_signers()
        return (own is None or head[2] in own) and head_genuine(sql, head)


def head_genuine(sql: sqlite3.Connection, head: Sequence[Any]) -> bool:
    """Whether ``head`` (seq, link, signer, signature) was signed by the signer that it names."""
    public = public_key(sql, head[2])
    return public is not None and genuine(public, "log head", statement(head[0], head[1]), head[3])


def public_key(sql: sqlite3.Connection, fingerprint: str) -> bytes | None:
    """The public key of that fingerprint, which is its hash, so that none can be put in its place. Whose it is the key store says."""
    row = sql.execute("SELECT public FROM signers WHERE fingerprint = ?", [fingerprint]).fetchone()
    return row[0] if row and key_id(row[0]) == fingerprint else None


def last_link(sql: sqlite3.Connection) -> tuple[int, bytes]:
    """(number, link) of the newest row; of the last one removed where none is left."""
    return _last(sql)


def _last(sql: sqlite3.Connection) -> tuple[int, bytes]:
    for query in (
        "SELECT seq, link FROM chain ORDER BY seq DESC LIMIT 1",
        "SELECT last_seq, link FROM removals ORDER BY last_seq DESC LIMIT 1",
    ):
        row = sql.execute(query).fetchone()
        if row is not None:
            return row[0], row[1]
    return 0, START
