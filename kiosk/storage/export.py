"""The access log written to a file while the door goes on deciding."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import tzinfo
from pathlib import Path

from kiosk.errors import StorageError
from kiosk.storage import log_query
from kiosk.storage.faults import files_explained, sqlite_explained
from kiosk.storage.opening import connect_read_only, sync_folder
from kiosk.storage.sheets import SHEETS, Sheet, cells
from kiosk.types import LogEntry, LogFilter

KINDS = tuple(SHEETS)
Progress = Callable[[int, int], object]
"""Told (rows done, rows in all), after each page and at the end."""
Pages = Iterator[list[LogEntry]]


def _silent(done: int, total: int) -> None:
    pass


def export_log(database_path: Path, wanted: LogFilter, path: Path, kind: str, progress: Progress = _silent,
               cancelled: Callable[[], bool] = lambda: False, zone: tzinfo | None = None) -> int:
    """Write the wanted rows, newest first, to ``path`` as ``kind`` ("csv", "jsonl", "xlsx"); returns how many.

    Runs in the caller's thread on a read-only connection of its own, with constant memory, and holds no
    transaction between pages: decisions are logged meanwhile, and are not in this export. ``path`` is
    replaced at the very end, so it is whole or as before; when ``cancelled`` says true it is as
    before, and 0 comes back. ``zone``: whose days the filter means; ``None`` is the machine's.
    Raises ``StorageError`` for an unknown kind, a database or folder that cannot be used, a full disk.
    """
    if kind not in SHEETS:
        raise StorageError(f"The log cannot be exported as {kind}; use one of {', '.join(KINDS)}.")
    path = Path(path).absolute()
    with sqlite_explained(database_path), closing(connect_read_only(database_path)) as connection:
        fetch = log_query.fetch_from(connection)
        where = _until_now(log_query.condition(wanted, zone), fetch)
        total = fetch(*log_query.count_sql(where))[0][0]
        with files_explained(path, "written"):
            return _write(log_query.pages(fetch, where), total, path, kind, progress, cancelled)


def _until_now(where: log_query.Condition, fetch: log_query.Fetch) -> log_query.Condition:
    newest = fetch("SELECT coalesce(max(id), 0) FROM log", [])[0][0]
    return where.also("id <= ?", newest)


def _write(pages: Pages, total: int, path: Path, kind: str, progress: Progress, cancelled: Callable[[], bool]) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", suffix=".part", dir=path.parent) as folder:
        part = Path(folder) / f"export.{kind}"
        done = _fill(SHEETS[kind](part), pages, total, progress, cancelled)
        if done is None:
            return 0
        part.chmod(0o600)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
        sync_folder(path.parent)
    progress(done, total)
    return done


def _fill(sheet: Sheet, pages: Pages, total: int, progress: Progress, cancelled: Callable[[], bool]) -> int | None:
    done = 0
    try:
        for page in pages:
            if cancelled():
                return None
            for entry in page:
                sheet.write(cells(entry))
            done += len(page)
            if done < total:
                progress(done, total)
        if cancelled():
            return None
        sheet.finish()
        return done
    finally:
        with suppress(OSError):  # after an error the rest cannot be written either
            sheet.abandon()
