"""Verify the hash chain of the log: find the first row changed, removed, inserted or moved."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlite_utils

from kiosk.core.reports import LogCheck
from kiosk.storage.audit.hash_chain import (
    KINDS,
    NOT_AS_SIGNED,
    START,
    next_link,
    public_key,
    statement,
)
from kiosk.storage.audit.head_anchor import Anchor, read_anchor
from kiosk.storage.audit.row_attachments import RowAttachments
from kiosk.storage.crypto.row_seals import RowSeals
from kiosk.storage.crypto.signing import genuine
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.connection import connect_read_only, recognise
from kiosk.storage.db.sqlite_errors import sqlite_explained, storage_error

PAGE = 2000
"""Rows between two reports of progress."""

Progress = Callable[[int, int], object]
"""Called with the rows checked and the number of all rows."""

_TABLES = {
    *KINDS,
    "log_traces",
    "people",
    "chain",
    "chain_head",
    "checkpoints",
    "removals",
    "signers",
}
_SENTENCES = {
    "row_changed": "Row {number} of {table} ({at}) was changed",
    "person_changed": "The person of row {number} of {table} ({at}) was changed",
    "trace_changed": "The frames behind row {number} of {table} ({at}) were changed",
    "row_removed": "Row {number} of {table} was removed",
    "row_inserted": "Row {number} of {table} ({at}) was inserted",
    "row_reordered": "Row {number} of {table} ({at}) was reordered",
    "link_removed": "Link {number} of the chain was removed",
    "before_removed": "What stood before link {number} of the chain was removed",
    "after_removed": "What stood after link {number} of the chain was removed",
    "between_changed": (
        "A row after link {first} and not after link {last} of the chain was changed"
    ),
    "newest_changed": "A row after link {first} of the chain was changed",
    "newest_unsigned": (
        "What stands after link {first} of the chain was not signed:"
        " the signing key was away, or somebody removed the signature"
    ),
    "foreign_signer": (
        "After link {first} the chain was signed by the key {signer}, which is none of this kiosk's"
    ),
    "doubted": (
        "Row {number} of actions ({at}) says that what stood before it was not as signed:"
        " somebody changed it, or the signing key was away at a start"
    ),
    "head_removed": "The signature of the newest row was removed",
    "rolled_back": (
        "The log and the tables are not as noted beside the keys with link {number}: the end of the"
        " log was removed, or an older database or table was put back; `log confirm` takes it as it"
        " is"
    ),
}


class _Finding(Exception):
    """The first thing found wrong: key and values of its sentence."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def sentence(check: LogCheck) -> str:
    """Return what is wrong, in English; empty if nothing is."""
    return _SENTENCES[check.finding].format(**check.values) if check.finding else ""


def verify_kiosk_log(
    path: Path,
    vault: Vault,
    progress: Progress = lambda done, total: None,
    own: Collection[str] | None = None,
) -> LogCheck:
    """Check the log of the kiosk whose keys ``vault`` holds, as ``verify_log`` does.

    Only its own keys count, or those in ``own``, and the log must hold the link that is noted
    beside them.
    """
    anchor = read_anchor(vault, path)  # first: it moves on while the log is read
    return verify_log(path, progress, own or vault.own_signers(), anchor, vault)


def verify_log(
    path: Path,
    progress: Progress = lambda done, total: None,
    own: Collection[str] | None = None,
    anchor: Anchor | None = None,
    vault: Vault | None = None,
) -> LogCheck:
    """Check the whole chain of the database at ``path``, in the caller's thread.

    Rows can be written meanwhile. ``own``: fingerprints of the keys that may have signed, as listed
    in the key store (``Vault.own_signers``). Without it every key named in the database is
    accepted, and a person must check ``LogCheck.signers``: anyone who can write the database can
    add a key to it. ``anchor``: what the database must still hold, with the keys in ``vault``.
    Raise ``StorageError`` if the database cannot be read or is not ours.
    """
    with sqlite_explained(path), closing(connect_read_only(path)) as sql:
        database = sqlite_utils.Database(sql, execute_plugins=False)
        recognise(path, database)
        if not _TABLES.issubset(database.table_names()):
            raise storage_error(
                path,
                "has no log that could be verified; check --data-dir, or start the kiosk once",
                "no_chain",
            )
        sql.execute("BEGIN")  # a consistent snapshot, however long this takes
        if vault is not None:
            vault.secret.locate(sql, path.parent)
        return _Check(sql, progress, own, anchor, vault.seals if vault else None).run()


class _Check:
    """One pass along the chain and, in parallel, the tables that it covers."""

    def __init__(
        self,
        sql: sqlite3.Connection,
        progress: Progress,
        own: Collection[str] | None,
        anchor: Anchor | None,
        seals: RowSeals | None,
    ) -> None:
        self._sql = sql
        self._anchor = anchor
        self._seals = seals
        self._progress = progress
        self._own = own
        self._signers: dict[str, None] = {}
        self._recorded: _Finding | None = None
        self._head = sql.execute("SELECT seq, link, signer, signature FROM chain_head").fetchone()
        self._rows = [_Rows(sql, kind) for kind in KINDS]
        self._signed = 0

    def run(self) -> LogCheck:
        removed = 0
        finding: _Finding | None = None
        try:
            removed, link = self._check_removals()
            self._check_head(self._check_links(removed, link))
            for rows in self._rows:
                rows.check_end()
            self._check_anchor()
            finding = self._recorded
        except _Finding as found:
            finding = found
        newest, signer = (self._head[0], self._head[2]) if self._head else (0, "")
        return LogCheck(
            newest,
            removed,
            self._signed,
            signer,
            finding.key if finding else "",
            finding.values if finding else {},
            tuple(self._signers),
        )

    def _check_removals(self) -> tuple[int, bytes]:
        """Return the number of rows removed by retention, as signed, and their last link."""
        at = 0
        link = START
        for last, first, end, moment, signer, signature in self._sql.execute(
            "SELECT last_seq, first_seq, link, at, signer, signature FROM removals"
            " ORDER BY last_seq"
        ):
            if first != at + 1 or not self._genuine(
                signer, "log removal", statement(last, end, f"{first} {moment}"), signature
            ):
                raise _Finding("before_removed", number=last + 1)
            at = last
            link = end
        return at, link

    def _check_links(self, seq: int, link: bytes) -> tuple[int, bytes]:
        """Check the links after ``seq``; return number and link of the last one."""
        rows = self._rows
        checkpoints = {
            row[0]: row[1:]
            for row in self._sql.execute("SELECT seq, link, signer, signature FROM checkpoints")
        }
        for at, kind, row_id, stored in self._sql.execute(
            "SELECT seq, kind, row_id, link FROM chain ORDER BY seq"
        ):
            if at != seq + 1:
                raise _Finding("link_removed", number=seq + 1)
            link = next_link(link, KINDS[kind], rows[kind].columns, rows[kind].take(row_id))
            if link != stored:
                raise rows[kind].finding("row_changed")
            if attached := rows[kind].attachments_finding():
                raise rows[kind].finding(attached)
            if self._recorded is None and rows[kind].is_event(NOT_AS_SIGNED):
                self._recorded = rows[kind].finding("doubted")
            seq = at
            if at in checkpoints:
                self._check_checkpoint(at, link, checkpoints[at])
            if at % PAGE == 0:
                self._progress(at, self._head[0] if self._head else at)
        return seq, link

    def _check_checkpoint(self, seq: int, link: bytes, stored: Sequence[Any]) -> None:
        stored_link, signer, signature = stored
        if stored_link != link or not self._genuine(
            signer, "log checkpoint", statement(seq, link), signature
        ):
            raise _Finding("between_changed", first=self._signed, last=seq)
        self._signed = seq

    def _check_head(self, end: tuple[int, bytes]) -> None:
        """Check that the newest link is the one that was signed last."""
        if self._head is None:
            raise _Finding("head_removed")
        if end[0] < self._head[0]:
            raise _Finding("after_removed", number=end[0])
        if not self._head[3]:
            raise _Finding("newest_unsigned", first=self._signed)
        if end != tuple(self._head[:2]) or not self._genuine(
            self._head[2], "log head", statement(*end), self._head[3]
        ):
            raise _Finding("newest_changed", first=self._signed)
        self._signed = end[0]

    def _check_anchor(self) -> None:
        """Check that the log holds what is noted beside the keys."""
        anchor = self._anchor
        if anchor is not None and not anchor.held_by(self._sql, lambda: self._own, self._seals):
            raise _Finding("rolled_back", number=anchor.newest)

    def _genuine(self, signer: str, purpose: str, message: bytes, signature: bytes) -> bool:
        if self._own is not None and signer not in self._own:
            raise _Finding("foreign_signer", first=self._signed, signer=signer)
        self._signers[signer] = None
        public = public_key(self._sql, signer)
        return public is not None and genuine(public, purpose, message, signature)


class _Rows:
    """The rows of one table by id, each taken when its link is reached."""

    def __init__(self, sql: sqlite3.Connection, kind: str) -> None:
        self._sql = sql
        self._kind = kind
        self._cursor = sql.execute(f"SELECT * FROM {kind} ORDER BY id")
        self.columns = [column[0] for column in self._cursor.description]
        self._id = self.columns.index("id")
        self._at = self.columns.index("at")
        self._event = self.columns.index("event") if "event" in self.columns else None
        self._attachments = RowAttachments(sql, self.columns) if kind == "log" else None
        self._rows: Iterator[Any] = iter(self._cursor)
        self._row: Any = next(self._rows, None)
        self._taken: Any = None

    def take(self, row_id: int) -> Sequence[Any]:
        """Return the row with that id, which must be the next one."""
        next_id = self._row[self._id] if self._row is not None else None
        if next_id is not None and next_id < row_id:
            self._taken = self._row
            raise self.finding("row_reordered" if self._linked(next_id) else "row_inserted")
        if next_id != row_id:
            raise _Finding("row_removed", number=row_id, table=self._kind)
        self._taken = self._row
        self._row = next(self._rows, None)
        row: Sequence[Any] = self._taken
        return row

    def _linked(self, row_id: int) -> bool:
        """Return whether a link elsewhere in the chain is for that row."""
        return (
            self._sql.execute(
                "SELECT 1 FROM chain WHERE kind = ? AND row_id = ?",
                [KINDS.index(self._kind), row_id],
            ).fetchone()
            is not None
        )

    def is_event(self, event: str) -> bool:
        """Return whether the row taken last is an action with that event."""
        return self._event is not None and self._taken[self._event] == event

    def attachments_finding(self) -> str:
        """Return what is wrong with what belongs to the row taken last; "" if nothing is."""
        return "" if self._attachments is None else self._attachments.finding(self._taken)

    def check_end(self) -> None:
        """Raise if rows are left: without a link they were not written by the kiosk."""
        if self._row is not None:
            self._taken = self._row
            raise self.finding("row_inserted")

    def finding(self, key: str) -> _Finding:
        """Return a finding about the row taken last, with what identifies it to a person."""
        at = str(self._taken[self._at])
        with suppress(ValueError):
            at = datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M:%S")
        return _Finding(key, number=self._taken[self._id], table=self._kind, at=at)
