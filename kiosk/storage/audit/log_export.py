"""The access log or the actions written to a file while the door goes on deciding, with what proves the file later."""

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
from kiosk.storage.audit.log_query import Condition, Fetch
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
Progress = Callable[[int, int], object]
"""Told (rows done, rows in all), after each page and at the end."""
Pages = Iterator[list[tuple[Cell, ...]]]


@dataclass(frozen=True, slots=True)
class _Table:
    """What is exported: its listing, its columns, the filter as SQL, and its rows as cells."""

    listing: log_query.Listing
    columns: tuple[str, ...]
    condition: Callable[[LogFilter, tzinfo | None], Condition]
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


def _silent(done: int, total: int) -> None:
    pass


def export_log(
    database_path: Path,
    wanted: LogFilter,
    path: Path,
    kind: str,
    progress: Progress = _silent,
    cancelled: Callable[[], bool] = lambda: False,
    zone: tzinfo | None = None,
    *,
    vault: Vault | None = None,
    what: str = "log",
) -> int:
    """Write the wanted rows, newest first, to ``path`` as ``kind`` ("csv", "jsonl", "xlsx"); returns how many.

    Runs in the caller's thread on a read-only connection of its own, with constant memory, and holds no
    transaction between pages: decisions are logged meanwhile, and are not in this export. ``path`` is
    replaced at the very end, so it is whole or as before; when ``cancelled`` says true it is as
    before, and 0 comes back. ``zone``: whose days the filter means; ``None`` is the machine's. ``what``: "log" or "actions".
    ``vault``: signs the export; its proof lies beside it, as ``path`` with ".proof" behind.
    Raises ``StorageError`` for an unknown kind, a database or folder that cannot be used, a full disk, a missing signing key.
    """
    if kind not in SHEETS:
        raise StorageError(f"The log cannot be exported as {kind}; use one of {', '.join(KINDS)}.")
    path = Path(path).absolute()
    with sqlite_explained(database_path), closing(connect_read_only(database_path)) as connection:
        table = TABLES[what]
        fetch = log_query.fetch_from(connection)
        about = _about(connection, wanted, kind, what)
        where = _until_now(table, wanted, zone, fetch)
        signer = vault.signer(connection) if vault is not None else None
        with files_explained(path, "written"):
            export = _Export(table, where, fetch, path, kind, progress, cancelled)
            return export.run(signer, about)


def _until_now(table: _Table, wanted: LogFilter, zone: tzinfo | None, fetch: Fetch) -> Condition:
    newest = fetch(f"SELECT coalesce(max(id), 0) FROM {table.listing.table}", [])[0][0]
    return table.condition(wanted, zone).also("id <= ?", newest)


def _about(sql: sqlite3.Connection, wanted: LogFilter, kind: str, what: str) -> dict[str, Any]:
    seq, link = last_link(sql)
    narrowed = {
        "since": wanted.since,
        "until": wanted.until,
        "text": wanted.text,
        "outcome": wanted.outcome,
        "person_id": wanted.person_id,
    }
    columns = TABLES[what].columns
    return {
        "table": what,
        "kind": kind,
        "at": iso(local_now()),
        "columns": list(columns),
        "numbers": [name for name in columns if name in NUMBERS],
        "filter": {name: str(value) for name, value in narrowed.items() if value},
        "chain": {"row": seq, "link": link.hex()},
    }


@dataclass(slots=True)
class _Export:
    """One export on its way."""

    table: _Table
    where: Condition
    fetch: Fetch
    path: Path
    kind: str
    progress: Progress
    cancelled: Callable[[], bool]

    def run(self, signer: Signer | None, about: dict[str, Any]) -> int:
        """Write, sign, and only then put the file in its place; how many rows."""
        total = self.fetch(*log_query.count_sql(self.where, self.table.listing))[0][0]
        digest = RunningDigest(self.table.columns)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{self.path.name}.", suffix=".part", dir=self.path.parent
        ) as folder:
            part = Path(folder) / f"export.{self.kind}"
            proof = Path(folder) / "proof"
            done = self._fill(SHEETS[self.kind](part, [*self.table.columns, DIGEST]), digest, total)
            if done is None:
                return 0
            if signer is not None:
                document = signed(
                    signer,
                    PURPOSE,
                    about | {"rows": done, "digest": digest.hex, "sha256": sha256_of(part)},
                )
                proof.write_bytes(
                    json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode()
                )
                _put(proof, proof_of(self.path))
            _put(part, self.path)
        self.progress(done, total)
        return done

    def _fill(self, sheet: LogSheet, digest: RunningDigest, total: int) -> int | None:
        done = 0
        try:
            for page in self.table.pages(self.fetch, self.where):
                if self.cancelled():
                    return None
                for row in page:
                    said = sheet.shown(row)
                    sheet.write((*said, digest.add(said)))
                done += len(page)
                if done < total:
                    self.progress(done, total)
            if self.cancelled():
                return None
            sheet.finish()
            return done
        finally:
            with suppress(OSError):  # after an error the rest cannot be written either
                sheet.abandon()


def _put(part: Path, path: Path) -> None:
    part.chmod(0o600)
    replace_durably(part, path)
