"""Whether the log is as it was written: the first row that was changed, removed, inserted or moved is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlite_utils

from kiosk.core.reports import LogCheck
from kiosk.storage.audit.hash_chain import DOUBT, KINDS, START, next_link, public_key, statement
from kiosk.storage.crypto.signing import genuine
from kiosk.storage.db.connection import connect_read_only, recognise
from kiosk.storage.db.sqlite_errors import sqlite_explained, storage_error

PAGE = 2000
Progress = Callable[[int, int], object]

_TABLES = {*KINDS, "chain", "chain_head", "checkpoints", "removals", "signers"}
_SENTENCES = {
    "row_changed": "Row {number} of {table} ({at}) was changed",
    "row_removed": "Row {number} of {table} was removed",
    "row_inserted": "Row {number} of {table} ({at}) was inserted",
    "row_reordered": "Row {number} of {table} ({at}) was reordered",
    "link_removed": "Link {number} of the chain was removed",
    "before_removed": "What stood before link {number} of the chain was removed",
    "after_removed": "What stood after link {number} of the chain was removed",
    "between_changed": "A row after link {first} and not after link {last} of the chain was changed",
    "newest_changed": "A row after link {first} of the chain was changed",
    "newest_unsigned": "What stands after link {first} of the chain was not signed: the signing key was away, or somebody removed the signature",
    "foreign_signer": "After link {first} the chain was signed by the key {signer}, which is none of this kiosk's",
    "doubted": "Row {number} of actions ({at}) says that what stood before it was not as signed: somebody changed it, or the signing key was away at a start",
    "head_removed": "The signature of the newest row was removed",
}


class _Found(Exception):
    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def sentence(check: LogCheck) -> str:
    """What is wrong, in English; empty where all is well."""
    return _SENTENCES[check.finding].format(**check.values) if check.finding else ""


def verify_log(
    path: Path, progress: Progress = lambda done, total: None, own: Collection[str] | None = None
) -> LogCheck:
    """Check the whole chain of the database at ``path``, in the caller's thread, while rows are written.

    ``own``: fingerprints of the keys that may have signed, which the key store lists (``Vault.own_signers``). Without it any key that the
    database names will do, and somebody has to look at ``LogCheck.signers``: whoever can write the database can put a key there.
    ``StorageError`` where the database cannot be read, or is none of ours.
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
        sql.execute("BEGIN")  # one moment of the database, however long this takes
        return _Check(sql, progress, own).run()


class _Check:
    """One walk along the chain, beside the tables that it covers."""

    def __init__(
        self, sql: sqlite3.Connection, progress: Progress, own: Collection[str] | None
    ) -> None:
        self._sql = sql
        self._progress = progress
        self._own = own
        self._signers: dict[str, None] = {}
        self._doubt: _Found | None = None
        self._head = sql.execute("SELECT seq, link, signer, signature FROM chain_head").fetchone()
        self._rows = [_Rows(sql, kind) for kind in KINDS]
        self._signed = 0

    def run(self) -> LogCheck:
        removed: int | None = None
        found: _Found | None = None
        try:
            removed, link = self._removed()
            self._last(self._links(removed, link))
            for rows in self._rows:
                rows.nothing_left()
            found = self._doubt
        except _Found as wrong:
            found = wrong
        newest, name = (self._head[0], self._head[2]) if self._head else (0, "")
        return LogCheck(
            newest,
            removed or 0,
            self._signed,
            name,
            found.key if found else "",
            found.values if found else {},
            tuple(self._signers),
        )

    def _removed(self) -> tuple[int, bytes]:
        """How many rows the retention rule removed, as signed, and the link that the first one left follows."""
        at = 0
        link = START
        for last, first, end, moment, signer, signature in self._sql.execute(
            "SELECT last_seq, first_seq, link, at, signer, signature FROM removals ORDER BY last_seq"
        ):
            if first != at + 1 or not self._genuine(
                signer, "log removal", statement(last, end, f"{first} {moment}"), signature
            ):
                raise _Found("before_removed", number=last + 1)
            at = last
            link = end
        return at, link

    def _links(self, seq: int, link: bytes) -> tuple[int, bytes]:
        """Walk from the link after ``seq``; the number and link of the last one."""
        rows = self._rows
        checkpoints = {
            row[0]: row[1:]
            for row in self._sql.execute("SELECT seq, link, signer, signature FROM checkpoints")
        }
        for at, kind, row_id, stored in self._sql.execute(
            "SELECT seq, kind, row_id, link FROM chain ORDER BY seq"
        ):
            if at != seq + 1:
                raise _Found("link_removed", number=seq + 1)
            link = next_link(link, KINDS[kind], rows[kind].columns, rows[kind].take(row_id))
            if link != stored:
                raise rows[kind].found("row_changed")
            if self._doubt is None and rows[kind].says(DOUBT):
                self._doubt = rows[kind].found("doubted")
            seq = at
            if at in checkpoints:
                self._check(at, link, checkpoints[at])
            if at % PAGE == 0:
                self._progress(at, self._head[0] if self._head else at)
        return seq, link

    def _check(self, seq: int, link: bytes, kept: Sequence[Any]) -> None:
        if kept[0] != link or not self._genuine(
            kept[1], "log checkpoint", statement(seq, link), kept[2]
        ):
            raise _Found("between_changed", first=self._signed, last=seq)
        self._signed = seq

    def _last(self, end: tuple[int, bytes]) -> None:
        """The newest link must be the one that was signed last."""
        if self._head is None:
            raise _Found("head_removed")
        if end[0] < self._head[0]:
            raise _Found("after_removed", number=end[0])
        if not self._head[3]:
            raise _Found("newest_unsigned", first=self._signed)
        if end != tuple(self._head[:2]) or not self._genuine(
            self._head[2], "log head", statement(*end), self._head[3]
        ):
            raise _Found("newest_changed", first=self._signed)
        self._signed = end[0]

    def _genuine(self, signer: str, purpose: str, message: bytes, signature: bytes) -> bool:
        if self._own is not None and signer not in self._own:
            raise _Found("foreign_signer", first=self._signed, signer=signer)
        self._signers[signer] = None
        public = public_key(self._sql, signer)
        return public is not None and genuine(public, purpose, message, signature)


class _Rows:
    """The rows of one table in the order of their numbers, each taken when its link comes."""

    def __init__(self, sql: sqlite3.Connection, kind: str) -> None:
        self._sql = sql
        self._kind = kind
        self._cursor = sql.execute(f"SELECT * FROM {kind} ORDER BY id")
        self.columns = [column[0] for column in self._cursor.description]
        self._number = self.columns.index("id")
        self._at = self.columns.index("at")
        self._event = self.columns.index("event") if "event" in self.columns else None
        self._rows: Iterator[Any] = iter(self._cursor)
        self._row: Any = next(self._rows, None)
        self._taken: Any = None

    def take(self, row_id: int) -> Sequence[Any]:
        """The row of that number, which must be the next one."""
        number = self._row[self._number] if self._row is not None else None
        if number is not None and number < row_id:
            self._taken = self._row
            raise self.found("row_reordered" if self._linked(number) else "row_inserted")
        if number != row_id:
            raise _Found("row_removed", number=row_id, table=self._kind)
        self._taken = self._row
        self._row = next(self._rows, None)
        row: Sequence[Any] = self._taken
        return row

    def _linked(self, number: int) -> bool:
        """Whether a link elsewhere in the chain is for that row."""
        return (
            self._sql.execute(
                "SELECT 1 FROM chain WHERE kind = ? AND row_id = ?",
                [KINDS.index(self._kind), number],
            ).fetchone()
            is not None
        )

    def says(self, event: str) -> bool:
        """Whether the row taken last is that action."""
        return self._event is not None and self._taken[self._event] == event

    def nothing_left(self) -> None:
        """Rows without a link were not written by the kiosk."""
        if self._row is not None:
            self._taken = self._row
            raise self.found("row_inserted")

    def found(self, key: str) -> _Found:
        """That something was done to the row taken last, as a person finds it."""
        at = str(self._taken[self._at])
        with suppress(ValueError):
            at = datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M:%S")
        return _Found(key, number=self._taken[self._number], table=self._kind, at=at)
