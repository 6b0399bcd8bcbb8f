"""Heads of the hash chain: the newest link, and whether a database still holds an earlier one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass

from kiosk.storage.audit.hash_chain import START, public_key, statement
from kiosk.storage.crypto.signing import genuine

Signers = Callable[[], Collection[str] | None]
"""Returns the fingerprints of this kiosk's signing keys; ``None`` accepts every key."""


@dataclass(frozen=True, slots=True)
class Head:
    """Number and link (32 bytes) of a row that was the newest one at some moment."""

    seq: int
    link: bytes


def newest_signed(sql: sqlite3.Connection) -> Head | None:
    """Return the newest link; ``None`` if it is not signed, because the signing key is away."""
    row = sql.execute("SELECT seq, link FROM chain_head WHERE signature <> x''").fetchone()
    return Head(*row) if row else None


def still_held(sql: sqlite3.Connection, head: Head, own: Signers) -> bool:
    """Return whether the chain holds ``head``, or a removal signed by this kiosk went past it.

    ``own`` is only asked about removals: it may have to read the key store.
    """
    row = sql.execute("SELECT link FROM chain WHERE seq = ?", [head.seq]).fetchone()
    if row is not None:
        return bool(row[0] == head.link)
    if head.seq == 0:
        return head.link == START
    return _removed(sql, head, own())


def _removed(sql: sqlite3.Connection, head: Head, own: Collection[str] | None) -> bool:
    row = sql.execute(
        "SELECT last_seq, first_seq, link, at, signer, signature FROM removals"
        " WHERE last_seq >= ? ORDER BY last_seq LIMIT 1",
        [head.seq],
    ).fetchone()
    if row is None:
        return False
    last, first, link, at, signer, signature = row
    public = public_key(sql, signer)
    if public is None or (own is not None and signer not in own):
        return False
    if not genuine(public, "log removal", statement(last, link, f"{first} {at}"), signature):
        return False
    return bool(last > head.seq or link == head.link)
