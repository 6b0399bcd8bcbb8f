"""A file for those who help with the kiosk: what the System page shows, and the program's log."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.core.ports import AuditPort, Clock
from kiosk.core.rights import Actor, Right, require
from kiosk.core.view_models import Check

MOST_LOG = 1_000_000
"""Newest bytes of each log file that are taken along."""


@dataclass(frozen=True, slots=True)
class SupportReport:
    """What the System page shows: checks, settings without secrets, versions."""

    checks: Sequence[Check]
    settings: Sequence[tuple[str, str]]
    versions: Sequence[tuple[str, str]]


class SupportFileService:
    """``logs``: the files of the program's log. ``keep``: stores a file of that name and returns
    where; it raises ``StorageError``. For threads that may block."""

    def __init__(
        self,
        audit: AuditPort,
        logs: Sequence[Path],
        keep: Callable[[str, bytes], Path],
        clock: Clock,
    ) -> None:
        self._audit = audit
        self._logs = logs
        self._keep = keep
        self._clock = clock

    def make(self, actor: Actor, report: SupportReport) -> Path:
        """Write the file, once that is recorded; raises ``SignInError`` without the right.

        Neither the database nor keys, pictures or templates are in it; the log may name accounts.
        """
        require(actor, Right.CHECK_SYSTEM)
        self._audit.record("support_file_made", actor.name, {})
        name = f"support-{self._clock():%Y%m%d-%H%M%S}.zip"
        return self._keep(name, _zipped(report, self._logs))


def _zipped(report: SupportReport, logs: Sequence[Path]) -> bytes:
    lines = [
        f"{check.level.value}\t{check.name}\t{check.found}\t{check.advice}"
        for check in report.checks
    ]
    texts = {
        "checks.txt": lines,
        "settings.txt": [f"{name} = {value}" for name, value in report.settings],
        "versions.txt": [f"{name} {version}" for name, version in report.versions],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, rows in texts.items():
            made.writestr(name, "\n".join(rows) + "\n")
        for log in logs:
            made.writestr(log.name, _end_of(log))
    return buffer.getvalue()


def _end_of(log: Path) -> bytes:
    """Return the newest ``MOST_LOG`` bytes of a file; nothing of one that is not there."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - MOST_LOG))
            return file.read(MOST_LOG)
    except OSError:
        return b""
