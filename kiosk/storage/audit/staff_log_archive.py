"""Rows of the staff log that leave the database with the access log, kept for longer in files.

The chain of both logs can only lose its beginning, so their rows go together. The law asks for a
longer retention of who worked with personal data than visits should have: those rows are exported,
signed, just before they are removed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from kiosk.core import paths
from kiosk.core.decisions import LogFilter
from kiosk.storage.db.timestamps import microseconds
from kiosk.storage.people.file_retention import remove_old_in
from kiosk.storage.store import Store


class StaffLogArchive:
    """The folder ``staff-log`` of the data folder: JSON Lines, each with its signed proof.

    ``days``: how long a row is kept in all. ``log_days``: how long it is in the database.
    """

    def __init__(self, store: Store, days: int, log_days: int) -> None:
        self._database = store.database
        self._vault = store.vault
        self._after_removal = timedelta(days=days - log_days)

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return paths.staff_log_dir(self._database.path.parent)

    def keep(self, limit: datetime) -> int:
        """Write the rows of before ``limit``, and the rest of its day; return how many.

        Raises ``StorageError`` if they cannot be written; they must not be removed then.
        """
        if self._after_removal <= timedelta(0):
            return 0
        first = self._database.call(self._first, limit)
        if first is None:
            return 0
        last = limit.astimezone().date()
        from kiosk.storage.audit.log_export import export_log  # no start needs what writes tables

        wanted = LogFilter(since=first, until=last)
        path = self.folder / f"actions-{first}-{last}.jsonl"
        return export_log(
            self._database.path, wanted, path, "jsonl", vault=self._vault, what="actions"
        )

    def remove_old(self, now: datetime) -> int:
        """Delete the files whose rows are older than the retention; return how many."""
        if self._after_removal <= timedelta(0):
            return 0
        return remove_old_in(self.folder, now - self._after_removal)

    def _first(self, limit: datetime) -> date | None:
        """Return the day of the oldest row before ``limit``; in the database's thread."""
        row = self._database.connection.execute(
            "SELECT at FROM actions WHERE at_us < ? ORDER BY at_us LIMIT 1", [microseconds(limit)]
        ).fetchone()
        return None if row is None else datetime.fromisoformat(row[0]).astimezone().date()
