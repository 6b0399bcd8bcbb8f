"""Consents with their dates, and every version of the text as it was shown."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from kiosk.core.people import Person
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, iso, local_now

LATEST = (
    "(SELECT {} FROM consents WHERE person_id = people.id AND withdrawn_at IS NULL"
    " ORDER BY id DESC LIMIT 1)"
)
"""SQL of a column of the consent in force, for a row of ``people``."""


class ConsentStore:
    """The consent texts of one database. Callable from any thread."""

    def __init__(self, database: Database, clock: Clock = local_now) -> None:
        self._database = database
        self._clock = clock

    def publish(self, ko: str, en: str) -> int:
        """Make a text the one in force and return its version; a known text keeps its version."""
        return self._database.call(self._publish, ko, en)

    def text(self, version: int) -> tuple[str, str]:
        """Return (Korean, English) of a version, as it was shown."""
        row: tuple[str, str] = self._database.call(
            lambda: self._database.connection.execute(
                "SELECT ko, en FROM consent_texts WHERE version = ?", [version]
            ).fetchone()
        )
        return row

    def _publish(self, ko: str, en: str) -> int:
        sql = self._database.connection
        with self._database.transaction():
            known = sql.execute(
                "SELECT version FROM consent_texts WHERE ko = ? AND en = ?", [ko, en]
            ).fetchone()
            made = (
                known
                or sql.execute(
                    "INSERT INTO consent_texts (ko, en, since) VALUES (?, ?, ?) RETURNING version",
                    [ko, en, iso(self._clock())],
                ).fetchone()
            )
            if known is None or _in_force(sql) != known[0]:
                sql.execute(
                    "INSERT OR REPLACE INTO settings VALUES ('consent.version', ?)", [str(made[0])]
                )
            return int(made[0])


def give(
    sql: sqlite3.Connection, person_id: int, person: Person, version: int | None = None
) -> None:
    """Store the consent of ``person``, if there is one that is not stored yet.

    ``version``: the text that they consented to, by default the one in force.
    """
    if person.consented_at is None:
        return
    given = iso(person.consented_at)
    if not sql.execute(
        "SELECT 1 FROM consents WHERE person_id = ? AND given_at = ? AND withdrawn_at IS NULL",
        [person_id, given],
    ).fetchone():
        sql.execute(
            "INSERT INTO consents (person_id, version, language, given_at) VALUES (?, ?, ?, ?)",
            [person_id, version or _in_force(sql), person.consent_language, given],
        )


def withdraw(sql: sqlite3.Connection, person_id: int, now: datetime) -> None:
    """Withdraw all consents of a person."""
    sql.execute(
        "UPDATE consents SET withdrawn_at = ? WHERE person_id = ? AND withdrawn_at IS NULL",
        [iso(now), person_id],
    )


def history(sql: sqlite3.Connection, person_id: int) -> list[dict[str, Any]]:
    """Return all consents of a person, oldest first, each with its text.

    The text is in the language it was read in, or in both if that is unknown.
    """
    rows = sql.execute(
        "SELECT given_at, withdrawn_at, language, version, ko, en FROM consents"
        " LEFT JOIN consent_texts USING (version) WHERE person_id = ? ORDER BY id",
        [person_id],
    )
    return [
        {
            "given_at": given,
            "withdrawn_at": withdrawn,
            "version": version,
            "language": language,
            "text": {"ko": ko, "en": en}.get(language, f"{ko}\n\n{en}") if version else None,
        }
        for given, withdrawn, language, version, ko, en in rows
    ]


def _in_force(sql: sqlite3.Connection) -> int | None:
    row = sql.execute("SELECT value FROM settings WHERE key = 'consent.version'").fetchone()
    return int(row[0]) if row else None
