"""Templates as rows, each sealed with its person's key.

The associated data binds a template to its person, its row, its embedder and its look.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.core.errors import StorageError
from kiosk.core.templates import EnrolledVersions, Template, TemplateTable
from kiosk.storage.crypto.aead import NONCE, OVERHEAD, SealBroken, length_prefixed, seal, unseal
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.people import signature_rows
from kiosk.storage.people.vector_blobs import check_together, finite_rows, from_blob, to_blob

_COLUMNS = "id, person_id, embedder_id, dimension, sealed, pose, quality, look"
_INSERT = (
    "INSERT INTO templates"
    " (id, person_id, embedder_id, dimension, sealed, look, pose, quality, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_DIMENSION = (  # of most of a few at both ends, in case a row is damaged; all would take too long
    "SELECT dimension FROM ("
    " SELECT * FROM (SELECT dimension FROM templates WHERE embedder_id = ?1"
    " ORDER BY person_id LIMIT 100) UNION ALL"
    " SELECT * FROM (SELECT dimension FROM templates WHERE embedder_id = ?1"
    " ORDER BY person_id DESC LIMIT 100)"
    ") GROUP BY dimension ORDER BY count(*) DESC LIMIT 1"
)


def store(
    sql: sqlite3.Connection, key: bytes, person_id: int, templates: Sequence[Template], now: str
) -> None:
    """Add templates of a person whose key is ``key``; raise ``StorageError`` for unusable ones."""
    stored = {}
    for embedder_id in {template.embedder_id for template in templates}:
        row = sql.execute(_DIMENSION, [embedder_id]).fetchone()
        if row is not None:
            stored[embedder_id] = int(row[0])
    check_together(templates, stored)
    for number, template in enumerate(templates, _next_id(sql)):
        _insert(
            sql,
            key,
            number,
            person_id,
            template.embedder_id,
            to_blob(template.vector),
            (template.pose, float(template.quality), now),
            template.look,
        )


class TemplateWriter:
    """Adds the templates of many people in one transaction of the caller.

    The dimension of an embedder is taken from a few of its rows, once.
    """

    def __init__(self, sql: sqlite3.Connection, now: str) -> None:
        self._sql = sql
        self._now = now
        self._next = _next_id(sql)
        self._dimensions: dict[str, int] = {}

    def add(self, key: bytes, person_id: int, templates: Sequence[Template]) -> None:
        """Add templates of a person; raise ``StorageError`` for unusable ones, adding none."""
        known = self._known(templates)
        check_together(templates, known)
        cipher = AESGCM(key)
        prefix = length_prefixed("template", person_id)
        rows = []
        for number, template in enumerate(templates, self._next):
            plain = to_blob(template.vector)
            dimension = len(plain) // 4
            known[template.embedder_id] = dimension
            suffix = length_prefixed(template.embedder_id, dimension) + _of_look(template.look)
            nonce = secrets.token_bytes(NONCE)
            about = prefix + length_prefixed(number) + suffix
            sealed = nonce + cipher.encrypt(nonce, plain, about)
            named = (number, person_id, template.embedder_id, dimension, sealed, template.look)
            rows.append((*named, template.pose, float(template.quality), self._now))
        self._sql.executemany(_INSERT, rows)
        self._next += len(rows)
        self._dimensions |= known

    def _known(self, templates: Sequence[Template]) -> dict[str, int]:
        found = {}
        for embedder_id in {template.embedder_id for template in templates}:
            if embedder_id not in self._dimensions:
                row = self._sql.execute(_DIMENSION, [embedder_id]).fetchone()
                if row is None:
                    continue
                self._dimensions[embedder_id] = int(row[0])
            found[embedder_id] = self._dimensions[embedder_id]
        return found


def load(sql: sqlite3.Connection, vault: Vault, embedder_id: str) -> list[Template]:
    """Return all templates of one embedder by person, as objects; see ``load_table``."""
    vault.check(sql)
    keys = vault.current_keys(sql)
    rows = sql.execute(
        f"SELECT {_COLUMNS} FROM templates WHERE embedder_id = ? ORDER BY person_id, id",
        [embedder_id],
    )
    return [found for row in rows if (found := _opened_if_whole(row, keys)) is not None]


def load_table(
    sql: sqlite3.Connection,
    vault: Vault,
    embedder_id: str,
    person_ids: Sequence[int] | None = None,
) -> TemplateTable:
    """Return the templates of one embedder, of everybody or of ``person_ids``, as arrays.

    People without a key, and those whose row names another one, have none, and damaged templates
    are left out: ``damaged`` names them. Raise ``StorageError`` if the master key is missing.
    Opening 250,000 templates must take a second: no object is made for one, and each is decrypted
    into its row.
    """
    if person_ids is None:
        vault.check(sql)
        return _load_table(sql, vault.current_keys(sql), embedder_id, "", [])
    parts = [
        _load_table(sql, vault.current_keys(sql, person_id), embedder_id, _OF_PERSON, [person_id])
        for person_id in sorted({int(person_id) for person_id in person_ids})
        if _has_templates(sql, embedder_id, person_id)
    ]
    if not parts:
        return TemplateTable.empty(0)
    return TemplateTable(
        np.concatenate([part.person_ids for part in parts]),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.vectors for part in parts]),
    )


_OF_PERSON = " AND person_id = ?"


def _has_templates(sql: sqlite3.Connection, embedder_id: str, person_id: int) -> bool:
    query = f"SELECT 1 FROM templates WHERE embedder_id = ?{_OF_PERSON} LIMIT 1"
    return sql.execute(query, [embedder_id, person_id]).fetchone() is not None


def _load_table(
    sql: sqlite3.Connection,
    keys: dict[int, bytes],
    embedder_id: str,
    condition: str,
    values: Sequence[object],
) -> TemplateTable:
    where = f"FROM templates WHERE embedder_id = ?{condition}"
    arguments = [embedder_id, *values]
    n = sql.execute(f"SELECT count(*) {where}", arguments).fetchone()[0]
    if not n:
        return TemplateTable.empty(0)
    dimension = sql.execute(_DIMENSION, [embedder_id]).fetchone()[0]
    who = np.empty(n, np.int64)
    ids = np.empty(n, np.int64)
    vectors = np.empty((n, dimension), np.dtype("<f4"))
    # another program may add rows after the count; the next look at the versions finds them
    rows = sql.execute(
        f"SELECT person_id, id, look, sealed {where} ORDER BY person_id, id LIMIT ?",
        [*arguments, n],
    )
    n = _open_into(rows, keys, length_prefixed(embedder_id, dimension), who, ids, vectors)
    whole = finite_rows(vectors[:n])
    if whole.all():
        return TemplateTable(who[:n], ids[:n], vectors[:n])
    return TemplateTable(who[:n][whole], ids[:n][whole], vectors[:n][whole])


def _open_into(
    rows: Iterable[tuple[int, int, int, bytes]],
    keys: dict[int, bytes],
    suffix: bytes,
    who: np.ndarray,
    ids: np.ndarray,
    vectors: np.ndarray,
) -> int:
    """Decrypt ``rows``, sorted by person, into the arrays and return how many there were.

    Damaged rows, and those of people who have no key in ``keys``, are left out. ``suffix``: the end
    of the associated data.
    """
    width = vectors.itemsize * vectors.shape[1]
    buffer = memoryview(vectors.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    current = None
    place = 0
    for person_id, number, look, sealed in rows:
        if person_id not in keys:
            continue
        if person_id != current:
            current = person_id
            cipher = AESGCM(keys[person_id])
            prefix = length_prefixed("template", person_id)
        if len(sealed) != width + OVERHEAD:
            continue
        try:
            cipher.decrypt_into(
                sealed[:NONCE],
                sealed[NONCE:],
                prefix + length_prefixed(number) + suffix + _of_look(look),
                buffer[place * width : (place + 1) * width],
            )
        except InvalidTag:
            continue
        who[place] = person_id
        ids[place] = number
        place += 1
    return place


def count(sql: sqlite3.Connection, embedder_id: str) -> int:
    """Return how many templates of one embedder there are."""
    query = "SELECT count(*) FROM templates WHERE embedder_id = ?"
    return int(sql.execute(query, [embedder_id]).fetchone()[0])


def versions(sql: sqlite3.Connection, embedder_id: str, after: int = 0) -> EnrolledVersions:
    """Return who has templates of one embedder, and which, without opening any.

    ``after``: only people with a template whose id is higher, so that nobody else is looked at.
    """
    newer = " AND person_id IN (SELECT person_id FROM templates WHERE id > ?)" if after else ""
    rows = sql.execute(
        "SELECT person_id, max(id), count(*) FROM templates INDEXED BY templates_embedder"
        f" WHERE embedder_id = ?{newer} GROUP BY person_id ORDER BY person_id",
        [embedder_id, after] if after else [embedder_id],
    ).fetchall()
    columns = np.array(rows, np.int64).reshape(len(rows), 3)
    return EnrolledVersions(columns[:, 0], columns[:, 1], columns[:, 2])


def of_person(sql: sqlite3.Connection, vault: Vault, person_id: int) -> list[Template]:
    """Return the templates of one person, of every embedder."""
    rows = sql.execute(
        f"SELECT {_COLUMNS} FROM templates WHERE person_id = ? ORDER BY id", [person_id]
    ).fetchall()
    keys = {person_id: vault.person_key(sql, person_id)} if rows else {}
    return [_opened(row, keys) for row in rows]


def seal_again(sql: sqlite3.Connection, vault: Vault, person_id: int) -> None:
    """Give a person another key, and seal the templates that they still have with it.

    What was deleted opens no more then, even if somebody puts its row back. Raise ``StorageError``
    if a template is damaged.
    """
    kept = of_person(sql, vault, person_id)
    key = signature_rows.change_key(sql, vault, person_id)
    for template in kept:
        number, embedder_id, plain = (
            template.id or 0,
            template.embedder_id,
            to_blob(template.vector),
        )
        about = _associated_data(person_id, number, embedder_id, len(plain) // 4, template.look)
        sql.execute(
            "UPDATE templates SET sealed = ? WHERE id = ?", [seal(key, plain, about), number]
        )


def count_opened(sql: sqlite3.Connection, vault: Vault, excluded: Sequence[int] = ()) -> int:
    """Count the templates that open, but those of the ``excluded`` people."""
    keys = vault.person_keys(sql)
    rows = sql.execute(f"SELECT {_COLUMNS} FROM templates")
    return sum(row[1] not in excluded and _opened_if_whole(row, keys) is not None for row in rows)


def damaged(sql: sqlite3.Connection, vault: Vault) -> list[int]:
    """Return the ids of templates that do not open, of people who have the key their row names."""
    keys = vault.current_keys(sql)
    rows = sql.execute(f"SELECT {_COLUMNS} FROM templates ORDER BY id")
    return [row[0] for row in rows if row[1] in keys and _opened_if_whole(row, keys) is None]


def seal_plain(sql: sqlite3.Connection, vault: Vault) -> int:
    """Seal the templates that an older program stored unsealed; return how many there were.

    Their table is dropped.
    """
    if not sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'plain_templates'").fetchone():
        return 0
    keys = vault.person_keys(sql)
    rows = sql.execute(
        "SELECT id, person_id, embedder_id, vector, pose, quality, created_at"
        " FROM plain_templates ORDER BY id"
    ).fetchall()
    for number, person_id, embedder_id, vector, *rest in rows:
        _insert(sql, keys[person_id], number, person_id, embedder_id, vector, rest)
    # overwrites every page, which dropping the table alone may not do
    sql.execute("DELETE FROM plain_templates")
    sql.execute("DROP TABLE plain_templates")
    return len(rows)


def _next_id(sql: sqlite3.Connection) -> int:
    """Return the id of the next row: it is part of the associated data of its seal."""
    row = sql.execute("SELECT seq FROM sqlite_sequence WHERE name = 'templates'").fetchone()
    return int(row[0]) + 1 if row else 1


def _insert(
    sql: sqlite3.Connection,
    key: bytes,
    number: int,
    person_id: int,
    embedder_id: str,
    plain: bytes,
    rest: Iterable[object],
    look: int = 0,
) -> None:
    dimension = len(plain) // 4
    about = _associated_data(person_id, number, embedder_id, dimension, look)
    sealed = seal(key, plain, about)
    sql.execute(_INSERT, [number, person_id, embedder_id, dimension, sealed, look, *rest])


def _associated_data(
    person_id: int, number: int, embedder_id: str, dimension: int, look: int
) -> bytes:
    own = length_prefixed("template", person_id, number, embedder_id, dimension)
    return own + _of_look(look)


def _of_look(look: int) -> bytes:
    """Return what the associated data says of the look: nothing of the enrolment, as ever."""
    return length_prefixed("look", look) if look else b""


def _opened(row: Sequence[Any], keys: dict[int, bytes]) -> Template:
    number, person_id, embedder_id, dimension, sealed, pose, quality, look = row
    try:
        about = _associated_data(person_id, number, embedder_id, dimension, look)
        plain = unseal(keys[person_id], sealed, about)
    except (KeyError, SealBroken):
        _refuse(number, person_id)
    vector = from_blob(plain, dimension)
    return Template(person_id, embedder_id, vector, pose, quality, number, look)


def _opened_if_whole(row: Sequence[Any], keys: dict[int, bytes]) -> Template | None:
    """Return the template in a row; ``None`` if it is damaged or its person has no key."""
    try:
        return _opened(row, keys)
    except (StorageError, ValueError):
        return None


def _refuse(number: int, person_id: int) -> NoReturn:
    raise StorageError(
        f"Template {number} of person {person_id} was changed or has lost its key;"
        " enrol the person again.",
        key="error.template_refused",
    ) from None
