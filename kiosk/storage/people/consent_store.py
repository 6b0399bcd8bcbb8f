"""Consents with their dates, and every version of the consent text, a row for each language."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kiosk.core.people import Person
from kiosk.storage import settings_store
from kiosk.storage.crypto.row_seals import genuine
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, iso, local_now

LATEST = (
    "(SELECT {} FROM consents WHERE person_id = people.id AND withdrawn_at IS NULL"
    " ORDER BY id DESC LIMIT 1)"
)
"""A column of the consent in force, as a subquery of a row of ``people``."""


class ConsentStore:
    """The consent texts of one database; callable from any thread."""

    def __init__(self, database: Database, clock: Clock = local_now) -> None:
        self._database = database
        self._clock = clock

    def publish(self, texts: Mapping[str, str]) -> int:
        """Put ``texts``, by language, in force and return their version.

        Texts that were in force before keep the version that they had. Raise ``ValueError``
        if there is no text.
        """
        if not texts:
            raise ValueError("a consent text is needed in one language at least")
        return self._database.call(self._publish, dict(texts))

    def texts(self, version: int) -> dict[str, str]:
        """Return the texts of ``version`` by language, as they were shown."""
        return self._database.call(lambda: _texts(self._database.connection, version))

    def _publish(self, texts: dict[str, str]) -> int:
        sql = self._database.connection
        with self._database.transaction():
            version = _version_of(sql, texts)
            if version is None:
                version = _add_version(sql, texts, self._clock())
            if _in_force(sql) != version:
                settings_store.put(sql, "consent.version", str(version))
            return version


def give(
    sql: sqlite3.Connection, person_id: int, person: Person, version: int | None = None
) -> None:
    """Store the consent of ``person`` to ``version`` of the text, or to the one in force.

    A consent that is stored already is not stored again.
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
    """Return every consent of a person, oldest first, with the text that was read.

    The text is in the language that was read, in all languages if that is unknown, and
    ``None`` for a consent from before texts were stored.
    """
    rows = sql.execute(
        "SELECT given_at, withdrawn_at, language, version FROM consents"
        " WHERE person_id = ? ORDER BY id",
        [person_id],
    ).fetchall()
    return [
        {
            "given_at": given,
            "withdrawn_at": withdrawn,
            "version": version,
            "language": language,
            "text": _text_read(_texts(sql, version), language) if version else None,
        }
        for given, withdrawn, language, version in rows
    ]


def _text_read(texts: dict[str, str], language: str) -> str:
    return texts.get(language, "\n\n".join(texts.values()))


def _texts(sql: sqlite3.Connection, version: int) -> dict[str, str]:
    return dict(
        sql.execute(
            "SELECT language, text FROM consent_texts WHERE version = ? ORDER BY rowid", [version]
        ).fetchall()
    )


def _version_of(sql: sqlite3.Connection, texts: dict[str, str]) -> int | None:
    """Return the version with exactly these texts, if there is one."""
    versions = sql.execute("SELECT version FROM consent_versions ORDER BY version").fetchall()
    return next((version for (version,) in versions if _texts(sql, version) == texts), None)


def _add_version(sql: sqlite3.Connection, texts: dict[str, str], since: datetime) -> int:
    row = sql.execute(
        "INSERT INTO consent_versions (since) VALUES (?) RETURNING version", [iso(since)]
    ).fetchone()
    version = int(row[0])
    sql.executemany(
        "INSERT INTO consent_texts (version, language, text) VALUES (?, ?, ?)",
        [(version, language, text) for language, text in texts.items()],
    )
    return version


def _in_force(sql: sqlite3.Connection) -> int | None:
    row = sql.execute(
        "SELECT value FROM settings WHERE key = 'consent.version' AND " + genuine("settings")
    ).fetchone()
    return int(row[0]) if row else None
