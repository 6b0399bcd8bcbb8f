"""Export the access log or the audit log to a file, with a proof, while the door keeps working."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.files import replace_durably
from kiosk.storage.audit import audit_log, log_query
from kiosk.storage.audit.export_proof import DIGEST, PURPOSE, RunningDigest, proof_of, sha256_of
from kiosk.storage.audit.hash_chain import last_link
from kiosk.storage.audit.log_query import Condition, Fetch, Hashed
from kiosk.storage.crypto.number_mask import NumberMask
from kiosk.storage.crypto.signing import Signer, signed
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.connection import connect_read_only
from kiosk.storage.db.sqlite_errors import files_explained, sqlite_explained
from kiosk.storage.db.timestamps import iso, local_now
from kiosk.storage.tabular.log_sheets import (
    ACTION_COLUMNS,
    COLUMNS,
    NUMBERS,
    SHEETS,
    Cell,
    LogSheet,
    action_cells,
    cells,
)

KINDS = tuple(SHEETS)
"""File formats of an export."""

Progress = Callable[[int, int], object]
"""Called with (rows written, all rows), after each page and at the end."""

Pages = Iterator[list[tuple[Cell, ...]]]
"""Rows as cells, page by page."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that can be exported: columns, translation of the filter, rows as cells."""

    listing: log_query.Listing
    columns: tuple[str, ...]
    condition: Callable[[LogFilter, tzinfo | None, Hashed], Condition]
    pages: Callable[[Fetch, Condition], Pages]


def _log_pages(fetch: Fetch, where: Condition) -> Pages:
    for page in log_query.pages(fetch, where):
        yield [cells(entry) for entry in page]


def _action_pages(fetch: Fetch, where: Condition) -> Pages:
    for page in audit_log.pages(fetch, where):
        yield [action_cells(action) for action in page]


TABLES = {
    "log": _Table(log_query.LOG, COLUMNS, log_query.condition, _log_pages),
    "actions": _Table(audit_log.LISTING, ACTION_COLUMNS, audit_log.condition, _action_pages),
}
"""The tables that can be exported."""


def _silent(done: int, total: int) -> None:
    pass


def export_log(
    database_path: Path,
    log_filter: LogFilter,
    path: Path,
    kind: str,
    progress: Progress = _silent,
    cancelled: Callable[[], bool] = lambda: False,
    zone: tzinfo | None = None,
    *,
    vault: Vault | None = None,
    what: str = "log",
) -> int:
    """Write the matching rows, newest first, to ``path`` and return how many there are.

    ``kind``: "csv", "jsonl" or "xlsx". ``zone``: time zone of the days in the filter, ``None`` for
    the machine's. ``vault``: signs the export; the proof is written beside it with the suffix
    ".proof". ``what``: "log" or "actions".

    Runs in the caller's thread on a read-only connection of its own, with constant memory and
    without a transaction between pages: decisions can be logged meanwhile and are not included.
    ``path`` is replaced at the very end; if ``cancelled`` returns true it is unchanged, and 0 is
    returned. Raise ``StorageError`` for an unknown kind, a database or folder that cannot be used,
    a full disk or a missing signing key.
    """
    if kind not in SHEETS:
        raise StorageError(f"The log cannot be exported as {kind}; use one of {', '.join(KINDS)}.")
    path = Path(path).absolute()
    with sqlite_explained(database_path), closing(connect_read_only(database_path)) as connection:
        table = TABLES[what]
        fetch = log_query.fetch_from(connection)
        about = _about(connection, log_filter, kind, what)
        mask = NumberMask(vault.secret.subkey) if vault is not None else None
        where = _existing_rows(table, log_filter, zone, fetch, mask)
        signer = vault.signer(connection) if vault is not None else None
        with files_explained(path, "written"):
            export = _Export(table, where, fetch, path, kind, progress, cancelled)
            return export.run(signer, about)


def _existing_rows(
    table: _Table,
    log_filter: LogFilter,
    zone: tzinfo | None,
    fetch: Fetch,
    mask: NumberMask | None,
) -> Condition:
    newest = fetch(f"SELECT coalesce(max(id), 0) FROM {table.listing.table}", [])[0][0]
    hashed: Hashed = mask.word if mask is not None else lambda word: None
    return table.condition(log_filter, zone, hashed).also("id <= ?", newest)


def _about(sql: sqlite3.Connection, log_filter: LogFilter, kind: str, what: str) -> dict[str, Any]:
    seq, link = last_link(sql)
    criteria = {
        "since": log_filter.since,
        "until": log_filter.until,
        "text": log_filter.text,
        "outcome": log_filter.outcome,
        "person_id": log_filter.person_id,
    }
    columns = TABLES[what].columns
    return {
        "table": what,
        "kind": kind,
        "at": iso(local_now()),
        "columns": list(columns),
        "numbers": [name for name in columns if name in NUMBERS],
        "filter": {name: str(value) for name, value in criteria.items() if value},
        "chain": {"row": seq, "link": link.hex()},
    }


@dataclass(slots=True)
class _Export:
    """One export in progress."""

    table: _Table
    where: Condition
    fetch: Fetch
    path: Path
    kind: str
    progress: Progress
    cancelled: Callable[[], bool]

    def run(self, signer: Signer | None, about: dict[str, Any]) -> int:
        """Write and sign the file, then move it to its place; return the number of rows."""
        total = self.fetch(*log_query.count_sql(self.where, self.table.listing))[0][0]
        digest = RunningDigest(self.table.columns)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{self.path.name}.", suffix=".part", dir=self.path.parent
        ) as folder:
            part = Path(folder) / f"export.{self.kind}"
            proof = Path(folder) / "proof"
            done = self._write(
                SHEETS[self.kind](part, [*self.table.columns, DIGEST]), digest, total
            )
            if done is None:
                return 0
            if signer is not None:
                result = {"rows": done, "digest": digest.hex, "sha256": sha256_of(part)}
                document = signed(signer, PURPOSE, about | result)
                text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
                proof.write_bytes(text.encode())
                proof.chmod(0o600)
                _put(proof, proof_of(self.path))
            part.chmod(0o600)
            _put(part, self.path)
        self.progress(done, total)
        return done

    def _write(self, sheet: LogSheet, digest: RunningDigest, total: int) -> int | None:
        done = 0
        try:
            for page in self.table.pages(self.fetch, self.where):
                if self.cancelled():
                    return None
                for row in page:
                    shown = sheet.shown(row)
                    sheet.write((*shown, digest.add(shown)))
                done += len(page)
                if done < total:
                    self.progress(done, total)
            if self.cancelled():
                return None
            sheet.finish()
            return done
        finally:
            with suppress(OSError):  # after an error, closing may fail too
                sheet.abandon()


def _put(part: Path, path: Path) -> None:
    part.chmod(0o600)
    replace_durably(part, path)
