"""When people were let in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, tzinfo

from kiosk.core.decisions import Outcome
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import day_end, day_start

MICROSECONDS = 1_000_000


def accepted_times(
    database: Database,
    person_ids: Collection[int],
    since: date,
    until: date,
    zone: tzinfo | None = None,
) -> dict[int, list[datetime]]:
    """Return when each of these people was let in from ``since`` to ``until``, inclusive.

    Times are in ``zone``, ``None`` for the machine's, oldest first; people without any are left
    out.
    """
    rows = database.call(
        lambda: database.connection.execute(
            "SELECT person_id, at_us FROM log WHERE outcome = ? AND at_us >= ? AND at_us < ?"
            " AND person_id IS NOT NULL ORDER BY at_us",
            [Outcome.ACCEPT.value, day_start(since, zone), day_end(until, zone)],
        ).fetchall()
    )
    wanted = frozenset(person_ids)
    times: dict[int, list[datetime]] = {}
    for person_id, at_us in rows:
        if person_id in wanted:
            at = datetime.fromtimestamp(at_us / MICROSECONDS, zone).astimezone(zone)
            times.setdefault(person_id, []).append(at)
    return times
