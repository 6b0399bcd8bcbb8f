"""Export of the access log and the audit log, for the Log screen and the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from kiosk.core.decisions import LogFilter
from kiosk.core.ports import AuditPort, Clock
from kiosk.core.rights import Actor, Right, require

FILE_NAMES = {"log": "access-log", "actions": "actions"}
"""How the name of an export begins, by table."""

ExportProgress = Callable[[int, int], object]
"""Called with (rows done, rows in all)."""


class LogWriter(Protocol):
    """Writes rows to a file with a signed proof beside it (``storage.audit.log_export``).

    Returns the number of rows; 0 and no file when ``cancelled`` returned true.
    """

    def __call__(
        self,
        wanted: LogFilter,
        path: Path,
        kind: str,
        progress: ExportProgress,
        cancelled: Callable[[], bool],
        *,
        what: str,
    ) -> int: ...


class ExportService:
    """Exports; each is recorded in the audit log before it begins. Runs in the caller's thread."""

    def __init__(self, audit: AuditPort, write: LogWriter, clock: Clock) -> None:
        self._audit = audit
        self._write = write
        self._clock = clock

    def export(
        self,
        actor: Actor,
        table: str,
        wanted: LogFilter,
        kind: str,
        path: Path,
        progress: ExportProgress = lambda done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> int:
        """Write the rows of ``table`` ("log" or "actions") to ``path``; return how many.

        ``kind``: "csv", "jsonl" or "xlsx". Raises ``SignInError`` without the right, and
        ``StorageError`` if the file or the audit log cannot be written.
        """
        require(actor, Right.EXPORT_LOG)
        detail = {"kind": kind, "table": table, **described(wanted)}
        self._audit.record("log_exported", actor.name, detail)
        return self._write(wanted, path, kind, progress, cancelled, what=table)

    def export_into(
        self,
        actor: Actor,
        table: str,
        wanted: LogFilter,
        kind: str,
        folder: Path,
        progress: ExportProgress = lambda done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Path:
        """Like ``export``, to a new file in ``folder`` named after the table and the time."""
        name = f"{FILE_NAMES[table]}-{self._clock():%Y%m%d-%H%M%S}.{kind}"
        path = free_name(folder / name)
        self.export(actor, table, wanted, kind, path, progress, cancelled)
        return path


def free_name(path: Path) -> Path:
    """Return ``path``, with a number added if there is such a file already."""
    number = 1
    free = path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def described(wanted: LogFilter) -> dict[str, object]:
    """Return the parts of a filter that narrow it, as the audit log records them."""
    parts = {
        "since": wanted.since,
        "until": wanted.until,
        "text": wanted.text,
        "outcome": wanted.outcome,
        "person": wanted.person_id,
    }
    return {name: str(value) for name, value in parts.items() if value}
