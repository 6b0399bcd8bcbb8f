"""A clock that is not trusted when it is behind the log.

Validity and schedules would otherwise be checked at a time in the past. Nor does it give a time
while the log itself is not trusted: everything that opens the door asks it first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kiosk.core.errors import StorageError
from kiosk.core.people import AccountRole
from kiosk.storage.audit.hash_chain import KINDS
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, local_now

TOLERANCE = timedelta(minutes=5)
"""How far the clock may be behind the log."""

CONFIRMS = f"(event = 'signed_in' AND json_extract(detail, '$.role') = '{AccountRole.ADMIN.value}')"
"""SQL of the actions that confirm the clock: an administrator signs in."""


class TrustedClock:
    """Returns the current time; raises ``StorageError`` if it is before the newest decision.

    An administrator who signs in thereby confirms the clock, so that a clock that once was ahead
    does not lock the door for ever. ``guard`` raises ``StorageError`` while the log is not to be
    trusted; it is called in the database's thread.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock = local_now,
        guard: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._guard = guard
        self._checked_seq = 0
        self._newest: datetime | None = None

    def __call__(self) -> datetime:
        now = self._clock()
        newest = self._database.call(self._guarded)
        if newest is not None and now < newest - TOLERANCE:
            raise StorageError(
                f"The clock says {now:%Y-%m-%d %H:%M}, but the log's newest row is of"
                f" {newest:%Y-%m-%d %H:%M}; set the clock,"
                " or sign in as an administrator if it is right.",
                key="error.clock_behind",
            )
        return now

    def newest(self) -> datetime | None:
        """Return the time of the newest decision, or of a later sign-in of an administrator."""
        return self._database.call(self._read)

    def _guarded(self) -> datetime | None:
        self._guard()
        return self._read()

    def _read(self) -> datetime | None:
        """Read the rows that are new since the last call."""
        sql = self._database.connection
        head = sql.execute("SELECT max(seq) FROM chain").fetchone()[0] or 0
        for kind, row_id in sql.execute(
            "SELECT kind, row_id FROM chain WHERE seq > ? ORDER BY seq DESC", [self._checked_seq]
        ):
            table = KINDS[kind]
            counts = "1" if table == "log" else CONFIRMS
            row = sql.execute(
                f"SELECT at FROM {table} WHERE id = ? AND {counts}", [row_id]
            ).fetchone()
            if row is not None:
                self._newest = datetime.fromisoformat(row[0])
                break
        self._checked_seq = head
        return self._newest
