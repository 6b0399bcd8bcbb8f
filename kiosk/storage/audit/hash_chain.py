"""The hash chain over the access log and the audit log.

A link is the SHA-256 of the previous link and of the row as read back: name and value of each
column that is not NULL, sorted by name. A column added by a later version (nullable, without a
default) therefore does not change older links. The newest link is signed (Ed25519) with every row,
and every ``CHECKPOINT_EVERY`` rows the signature is kept as a checkpoint.

Only ``log.person_id`` is not hashed, since a deletion clears it; ``log.subject``, the same id as
written, is, and so is the digest of the row's frames (``row_attachments``).
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.key_store import key_id
from kiosk.storage.crypto.signing import Signer, genuine
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import iso

KINDS = ("log", "actions")
"""The tables in the chain; the index of each is its number in the table ``chain``."""

UNCOVERED = {"log": frozenset({"person_id"}), "actions": frozenset[str]()}
"""Columns that are not hashed, by table."""

START = b"\0" * 32
"""The link before the first row."""

NOT_AS_SIGNED = "log_not_as_signed"
"""Event of the audit log: the rows before were not as this kiosk had signed them."""

CHECKPOINT_EVERY = 100
"""Number of rows between two checkpoints."""

log = logging.getLogger(__name__)


def next_link(previous: bytes, kind: str, columns: Sequence[str], row: Sequence[Any]) -> bytes:
    """Return the link (32 bytes) of a row of the table ``kind`` after ``previous``."""
    return hashlib.sha256(b"munjigi chain 1\0" + previous + content(kind, columns, row)).digest()


def content(kind: str, columns: Sequence[str], row: Sequence[Any]) -> bytes:
    """Return the bytes of a row that are hashed; different rows give different bytes."""
    cells = sorted(
        (name, value)
        for name, value in zip(columns, row, strict=True)
        if value is not None and name not in UNCOVERED[kind]
    )
    return length_prefixed(kind, *(part for cell in cells for part in cell))


def statement(seq: int, link: bytes, extra: str = "") -> bytes:
    """Return the signed bytes about the link at ``seq``."""
    return length_prefixed(seq, link, extra)


class Chain:
    """Adds links, in the caller's transaction and in the thread of its connection.

    ``changed`` is called in that transaction whenever there is another newest link.
    """

    def __init__(self, vault: Vault, changed: Callable[[], None] = lambda: None) -> None:
        self._vault = vault
        self._changed = changed
        self._last_head: tuple[Any, ...] = ()

    def add(self, sql: sqlite3.Connection, kind: str, row_id: int, now: datetime) -> bool:
        """Link a row that was just written; return whether the link before was signed by us.

        Without the signing key rows are still written; the next signature covers them too.
        """
        seq, previous = _last(sql)
        as_signed = self._as_signed(sql, seq, previous)
        cursor = sql.execute(f"SELECT * FROM {kind} WHERE id = ?", [row_id])
        columns = [column[0] for column in cursor.description]
        link = next_link(previous, kind, columns, cursor.fetchone())
        sql.execute(
            "INSERT INTO chain (seq, kind, row_id, link) VALUES (?, ?, ?, ?)",
            [seq + 1, KINDS.index(kind), row_id, link],
        )
        self._sign(sql, seq + 1, link, now)
        return as_signed

    def adopt(self, sql: sqlite3.Connection, now: datetime) -> int:
        """Link the rows of a log from before the chain existed; return how many there were."""
        cursor = sql.execute("SELECT * FROM log ORDER BY id")
        columns = [column[0] for column in cursor.description]
        link = START
        seq = 0
        id_column = columns.index("id")
        for seq, row in enumerate(cursor, 1):
            link = next_link(link, "log", columns, row)
            sql.execute(
                "INSERT INTO chain (seq, kind, row_id, link) VALUES (?, 0, ?, ?)",
                [seq, row[id_column], link],
            )
        self._sign(sql, seq, link, now)
        return seq

    def checkpoint(self, sql: sqlite3.Connection, now: datetime) -> None:
        """Store a signature of the newest link as a checkpoint."""
        seq, link = _last(sql)
        signer = self._vault.signer(sql)
        sql.execute(
            "INSERT OR REPLACE INTO checkpoints (seq, link, at, signer, signature)"
            " VALUES (?, ?, ?, ?, ?)",
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
            if seq % CHECKPOINT_EVERY == 0:
                self.checkpoint(sql, now)
        self._last_head = (seq, link, name, signature)
        sql.execute(
            "INSERT OR REPLACE INTO chain_head (one, seq, link, signer, signature)"
            " VALUES (1, ?, ?, ?, ?)",
            self._last_head,
        )
        self._changed()

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
        if head == self._last_head:
            return True
        own = self._vault.own_signers()
        return (own is None or head[2] in own) and head_genuine(sql, head)


def head_genuine(sql: sqlite3.Connection, head: Sequence[Any]) -> bool:
    """Return whether ``head`` (seq, link, signer, signature) has a valid signature."""
    public = public_key(sql, head[2])
    return public is not None and genuine(public, "log head", statement(head[0], head[1]), head[3])


def public_key(sql: sqlite3.Connection, fingerprint: str) -> bytes | None:
    """Return the public key with that fingerprint, which is its hash and so cannot be forged.

    Whether it belongs to this kiosk is known from the key store.
    """
    row = sql.execute("SELECT public FROM signers WHERE fingerprint = ?", [fingerprint]).fetchone()
    return row[0] if row and key_id(row[0]) == fingerprint else None


def last_link(sql: sqlite3.Connection) -> tuple[int, bytes]:
    """Return (number, link) of the newest row, or of the last one removed if none is left."""
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
