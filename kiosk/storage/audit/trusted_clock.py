"""A clock that is behind the log is not believed: validity and schedules would be judged by a time that is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.core.errors import StorageError
from kiosk.core.people import AccountRole
from kiosk.storage.audit.hash_chain import KINDS
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, local_now

TOLERANCE = timedelta(minutes=5)
CONFIRMS = f"(event = 'signed_in' AND json_extract(detail, '$.role') = '{AccountRole.ADMIN.value}')"
"""The actions that say that the clock was right when they were written."""


class TrustedClock:
    """The present moment, as the door may use it. ``StorageError`` where it is behind the newest decision.

    An administrator who signs in says thereby that the clock is right now: so a clock that once was ahead does
    not lock the door for ever.
    """

    def __init__(self, database: Database, clock: Clock = local_now) -> None:
        self._database = database
        self._clock = clock
        self._looked_at = 0
        self._newest: datetime | None = None

    def __call__(self) -> datetime:
        now = self._clock()
        newest = self.newest()
        if newest is not None and now < newest - TOLERANCE:
            raise StorageError(
                f"The clock says {now:%Y-%m-%d %H:%M}, but the log's newest row is of {newest:%Y-%m-%d %H:%M}; set the clock,"
                " or sign in as an administrator if it is right.",
                key="error.clock_behind",
            )
        return now

    def newest(self) -> datetime | None:
        """When the newest decision was made, or an administrator signed in where that came later."""
        return self._database.call(self._look)

    def _look(self) -> datetime | None:
        """Only rows are read that are new."""
        sql = self._database.connection
        head = sql.execute("SELECT max(seq) FROM chain").fetchone()[0] or 0
        for kind, row_id in sql.execute(
            "SELECT kind, row_id FROM chain WHERE seq > ? ORDER BY seq DESC", [self._looked_at]
        ):
            table = KINDS[kind]
            counts = "1" if table == "log" else CONFIRMS
            row = sql.execute(
                f"SELECT at FROM {table} WHERE id = ? AND {counts}", [row_id]
            ).fetchone()
            if row is not None:
                self._newest = datetime.fromisoformat(row[0])
                break
        self._looked_at = head
        return self._newest
