"""Consents with their dates, and every version of the texts, a row for each kind and language."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kiosk.core.consent import Consent, ConsentKind, ConsentTerms
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.storage import settings_store
from kiosk.storage.crypto.row_seals import genuine
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, iso, local_now

IN_FORCE = (
    "(SELECT json_group_array(json_array(kind, given_at, version, language)) FROM"
    " (SELECT * FROM consents WHERE person_id = people.id AND withdrawn_at IS NULL ORDER BY id))"
)
"""The consents of a row of ``people`` as JSON, oldest first: a subquery, read by ``in_force``."""

Texts = Mapping[ConsentKind, Mapping[str, str]]
"""A text for each kind and language."""

_EVERYTHING = ""
"""The kind of the texts from before there were separate consents."""

_SEPARATED = (ConsentKind.PERSONAL, ConsentKind.FACE)
"""What one of those consents was about."""


class ConsentStore:
    """The consent texts of one database; callable from any thread."""

    def __init__(self, database: Database, clock: Clock = local_now) -> None:
        self._database = database
        self._clock = clock

    def publish(self, texts: Texts, terms: ConsentTerms | None = None) -> int:
        """Put ``texts`` in force and return their version.

        Texts that were in force before keep the version that they had. ``terms``: what they state,
        by default nothing. Raise ``ValueError`` unless there is a text of each kind in the same
        languages, one at least.
        """
        languages = {tuple(by_language) for by_language in texts.values()}
        if len(languages) != 1 or not languages.pop():
            raise ValueError("each consent needs a text in one language at least, all in the same")
        rows = {
            (str(kind), language): text
            for kind, by_language in texts.items()
            for language, text in by_language.items()
        }
        document = json.dumps(terms.document() if terms else {}, sort_keys=True)
        return self._database.call(self._publish, rows, document)

    def texts(self, version: int) -> dict[ConsentKind | str, dict[str, str]]:
        """Return the texts of ``version`` by kind and language, as they were shown.

        The kind of a text from before there were separate consents is ``""``. Raise
        ``StorageError`` for an unknown version.
        """
        return self._database.call(lambda: _published(self._database.connection, version))

    def terms(self, version: int | None) -> dict[str, Any]:
        """Return what the texts of ``version`` stated; empty if unknown or stored without."""
        return self._database.call(lambda: _terms(self._database.connection, version))

    def versions(self) -> tuple[int, ...]:
        """Return all versions, past and present, oldest first."""
        return self._database.call(lambda: _versions(self._database.connection))

    def version_in_force(self) -> int | None:
        """Return the version that people are shown now; ``None`` before the first."""
        return self._database.call(lambda: _in_force(self._database.connection))

    def consented_since(self, kind: ConsentKind) -> dict[int, datetime]:
        """Return since when the consent of that kind has been in force without a break, by id.

        Who was asked again and agreed has been consenting since the first of those consents.
        """
        return self._database.call(lambda: _since(self._database.connection, kind))

    def _publish(self, rows: dict[tuple[str, str], str], terms: str) -> int:
        sql = self._database.connection
        with self._database.transaction():
            version = _version_of(sql, rows, terms)
            if version is None:
                version = _add_version(sql, rows, terms, self._clock())
            if _in_force(sql) != version:
                settings_store.put(sql, "consent.version", str(version))
            return version


def in_force(stored: str) -> tuple[Consent, ...]:
    """Return the latest consent of each kind in what ``IN_FORCE`` selected.

    One that was given before there were separate ones counts as personal and for the face.
    """
    return latest_of(json.loads(stored))


def latest_of(rows: Iterable[Sequence[Any]]) -> tuple[Consent, ...]:
    """Return the latest consent of each kind in rows of (kind, given_at, version, language)."""
    latest: dict[ConsentKind, Consent] = {}
    for kind, given_at, version, language in rows:
        try:
            at = datetime.fromisoformat(given_at)
        except ValueError:  # somebody wrote what we never write; `log verify` names the row
            continue
        latest |= {one: Consent(one, at, language, version) for one in _kinds(kind)}
    return tuple(latest[kind] for kind in ConsentKind if kind in latest)


def give(
    sql: sqlite3.Connection, person_id: int, person: Person, version: int | None = None
) -> None:
    """Store the consents of ``person`` to ``version`` of the texts, or to the one in force.

    A consent that is stored already is not stored again.
    """
    given = [consent for consent in person.consents if consent.kind is not ConsentKind.FACE]
    if person.consented_at is not None:
        given.append(Consent(ConsentKind.FACE, person.consented_at, person.consent_language))
    for consent in given:
        at = iso(consent.given_at)
        if not sql.execute(
            "SELECT 1 FROM consents WHERE person_id = ? AND given_at = ? AND withdrawn_at IS NULL"
            f" AND (kind = ?{' OR kind IS NULL' if consent.kind in _SEPARATED else ''})",
            [person_id, at, consent.kind],
        ).fetchone():
            sql.execute(
                "INSERT INTO consents (person_id, version, language, given_at, kind)"
                " VALUES (?, ?, ?, ?, ?)",
                [person_id, version or _in_force(sql), consent.language, at, consent.kind],
            )


def kinds_in_force(sql: sqlite3.Connection, person_id: int) -> frozenset[ConsentKind]:
    """Return what a person has consented to and not withdrawn."""
    rows = sql.execute(
        "SELECT kind FROM consents WHERE person_id = ? AND withdrawn_at IS NULL", [person_id]
    )
    return frozenset(one for (kind,) in rows for one in _kinds(kind))


def withdraw(
    sql: sqlite3.Connection,
    person_id: int,
    now: datetime,
    kind: ConsentKind = ConsentKind.FACE,
) -> None:
    """Withdraw a person's consents of one kind.

    Of a consent from before there were separate ones the rest stays, as a row of its own.
    """
    for rest in _SEPARATED if kind in _SEPARATED else ():
        if rest is not kind:
            sql.execute(
                "INSERT INTO consents (person_id, version, language, given_at, kind)"
                " SELECT person_id, version, language, given_at, ? FROM consents"
                " WHERE person_id = ? AND kind IS NULL AND withdrawn_at IS NULL",
                [rest, person_id],
            )
    sql.execute(
        "UPDATE consents SET withdrawn_at = ? WHERE person_id = ? AND withdrawn_at IS NULL"
        f" AND (kind = ?{' OR kind IS NULL' if kind in _SEPARATED else ''})",
        [iso(now), person_id, kind],
    )


def history(sql: sqlite3.Connection, person_id: int) -> list[dict[str, Any]]:
    """Return every consent of a person, oldest first, with the text that was read.

    The text is in the language that was read, in all languages if that is unknown, and
    ``None`` for a consent from before texts were stored. ``about`` names the kinds.
    """
    rows = sql.execute(
        "SELECT given_at, withdrawn_at, language, version, kind FROM consents"
        " WHERE person_id = ? ORDER BY id",
        [person_id],
    ).fetchall()
    return [
        {
            "about": [str(one) for one in _kinds(kind)],
            "given_at": given,
            "withdrawn_at": withdrawn,
            "version": version,
            "language": language,
            "text": _text_read(sql, version, kind, language) if version else None,
        }
        for given, withdrawn, language, version, kind in rows
    ]


def text_digests(sql: sqlite3.Connection) -> dict[int, int]:
    """Return a digest of each version's texts and terms, 1 to 2^52: the same at all nodes.

    Each node counts its versions for itself.
    """
    found = {}
    for version in _versions(sql):
        document = json.dumps([_texts(sql, version), _terms(sql, version)], sort_keys=True)
        digest = hashlib.sha256(document.encode()).digest()
        found[version] = int.from_bytes(digest[:6], "big") + 1
    return found


def _kinds(stored: str | None) -> tuple[ConsentKind, ...]:
    """Return what a consent is about; nothing for a kind that somebody else wrote."""
    if stored is None:
        return _SEPARATED
    return (ConsentKind(stored),) if stored in list(ConsentKind) else ()


def _text_read(
    sql: sqlite3.Connection, version: int, kind: str | None, language: str
) -> str | None:
    found = _texts(sql, version)
    texts = found.get(kind or _EVERYTHING) or found.get(_EVERYTHING) or {}
    return texts.get(language, "\n\n".join(texts.values())) or None


def _texts(sql: sqlite3.Connection, version: int) -> dict[str, dict[str, str]]:
    """Return the texts by kind and language, in the order in which they were stored."""
    found: dict[str, dict[str, str]] = {}
    for kind, language, text in sql.execute(
        "SELECT kind, language, text FROM consent_texts WHERE version = ? ORDER BY rowid",
        [version],
    ):
        found.setdefault(kind, {})[language] = text
    return found


def _published(sql: sqlite3.Connection, version: int) -> dict[ConsentKind | str, dict[str, str]]:
    found = _texts(sql, version)
    if not found:
        known = ", ".join(map(str, _versions(sql))) or "none"
        raise StorageError(
            f"There is no version {version} of the consent texts; known versions: {known}.",
            key="error.consent_version",
            version=version,
            known=known,
        )
    return {ConsentKind(kind) if kind else kind: texts for kind, texts in found.items()}


def _terms(sql: sqlite3.Connection, version: int | None) -> dict[str, Any]:
    row = sql.execute("SELECT terms FROM consent_versions WHERE version = ?", [version]).fetchone()
    found = json.loads(row[0]) if row else {}
    return found if isinstance(found, dict) else {}


def _versions(sql: sqlite3.Connection) -> tuple[int, ...]:
    return tuple(
        version
        for (version,) in sql.execute("SELECT version FROM consent_versions ORDER BY version")
    )


def _since(sql: sqlite3.Connection, kind: ConsentKind) -> dict[int, datetime]:
    rows = sql.execute(
        "SELECT person_id, given_at FROM consents WHERE withdrawn_at IS NULL"
        f" AND (kind = ?{' OR kind IS NULL' if kind in _SEPARATED else ''})"
        f" AND {genuine('consents')}",
        [kind],
    )
    since: dict[int, datetime] = {}
    for person_id, given_at in rows:
        try:
            at = datetime.fromisoformat(given_at)
        except ValueError:  # as in `in_force`
            continue
        since[person_id] = min(at, since.get(person_id, at))
    return since


def _version_of(
    sql: sqlite3.Connection, rows: Mapping[tuple[str, str], str], terms: str
) -> int | None:
    """Return the version with exactly these texts and terms, if there is one."""
    for version in _versions(sql):
        stored = {
            (kind, language): text
            for kind, by_language in _texts(sql, version).items()
            for language, text in by_language.items()
        }
        if stored == rows and json.dumps(_terms(sql, version), sort_keys=True) == terms:
            return version
    return None


def _add_version(
    sql: sqlite3.Connection, rows: Mapping[tuple[str, str], str], terms: str, since: datetime
) -> int:
    row = sql.execute(
        "INSERT INTO consent_versions (since, terms) VALUES (?, ?) RETURNING version",
        [iso(since), terms],
    ).fetchone()
    version = int(row[0])
    sql.executemany(
        "INSERT INTO consent_texts (version, kind, language, text) VALUES (?, ?, ?, ?)",
        [(version, kind, language, text) for (kind, language), text in rows.items()],
    )
    return version


def _in_force(sql: sqlite3.Connection) -> int | None:
    row = sql.execute(
        "SELECT value FROM settings WHERE key = 'consent.version' AND " + genuine("settings")
    ).fetchone()
    return int(row[0]) if row else None
