"""Whose period ends soon."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kiosk.storage.db.database import Database


class ExpiringPerson(NamedTuple):
    """An enrolled person who may enter for the last time on ``last_day``."""

    number: str
    name: str
    last_day: date


def expiring_people(database: Database, since: date, until: date) -> list[ExpiringPerson]:
    """Return enabled people whose last day is from ``since`` to ``until``, soonest first."""
    rows = database.call(
        lambda: database.connection.execute(
            "SELECT number, name, valid_until FROM people WHERE enabled"
            " AND valid_until BETWEEN ? AND ? ORDER BY valid_until, number",
            [since.isoformat(), until.isoformat()],
        ).fetchall()
    )
    return [ExpiringPerson(number, name, date.fromisoformat(day)) for number, name, day in rows]
