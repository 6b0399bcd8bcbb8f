"""Templates as rows: each sealed with its person's key, bound to the person, the row and the embedder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.templates import Template
from kiosk.storage.crypto.aead import SealBroken, length_prefixed, seal, unseal
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.people.vector_blobs import check_together, from_blob, to_blob

_COLUMNS = "id, person_id, embedder_id, dimension, sealed, pose, quality"
_INSERT = "INSERT INTO templates (id, person_id, embedder_id, dimension, sealed, pose, quality, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


def store(
    sql: sqlite3.Connection, key: bytes, person_id: int, templates: Sequence[Template], now: str
) -> None:
    """Add templates of a person whose key is ``key``; ``StorageError`` where one is refused."""
    check_together(
        templates,
        dict(sql.execute("SELECT embedder_id, dimension FROM templates GROUP BY embedder_id")),
    )
    for number, template in enumerate(templates, _next_id(sql)):
        _insert(
            sql,
            key,
            number,
            person_id,
            template.embedder_id,
            to_blob(template.vector),
            (template.pose, float(template.quality), now),
        )


def load(sql: sqlite3.Connection, vault: Vault, embedder_id: str) -> list[Template]:
    """Everybody's templates of one embedder, by person. ``StorageError`` where the keys are missing or one is damaged."""
    vault.check(sql)
    keys = vault.person_keys(sql)
    rows = sql.execute(
        f"SELECT {_COLUMNS} FROM templates WHERE embedder_id = ? ORDER BY person_id, id",
        [embedder_id],
    )
    return [_opened(row, keys) for row in rows]


def of_person(sql: sqlite3.Connection, vault: Vault, person_id: int) -> list[Template]:
    """One person's templates, of every embedder."""
    rows = sql.execute(
        f"SELECT {_COLUMNS} FROM templates WHERE person_id = ? ORDER BY id", [person_id]
    ).fetchall()
    keys = {person_id: vault.person_key(sql, person_id)} if rows else {}
    return [_opened(row, keys) for row in rows]


def count_opened(sql: sqlite3.Connection, vault: Vault, but: Sequence[int] = ()) -> int:
    """How many templates there are of everybody ``but`` those; ``StorageError`` where one of them does not open."""
    keys = vault.person_keys(sql)
    count = 0
    for row in sql.execute(f"SELECT {_COLUMNS} FROM templates"):
        if row[1] not in but:
            _opened(row, keys)
            count += 1
    return count


def seal_plain(sql: sqlite3.Connection, vault: Vault) -> int:
    """Seal the templates that an older program stored plainly, and drop their table; how many there were."""
    if not sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'plain_templates'").fetchone():
        return 0
    keys = vault.person_keys(sql)
    rows = sql.execute(
        "SELECT id, person_id, embedder_id, vector, pose, quality, created_at FROM plain_templates ORDER BY id"
    ).fetchall()
    for number, person_id, embedder_id, vector, *rest in rows:
        _insert(sql, keys[person_id], number, person_id, embedder_id, vector, rest)
    sql.execute(
        "DELETE FROM plain_templates"
    )  # overwrites every page, which dropping alone need not
    sql.execute("DROP TABLE plain_templates")
    return len(rows)


def _next_id(sql: sqlite3.Connection) -> int:
    """The id has to be known before the row is, since it is sealed in."""
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
) -> None:
    dimension = len(plain) // 4
    sealed = seal(key, plain, _belongs(person_id, number, embedder_id, dimension))
    sql.execute(_INSERT, [number, person_id, embedder_id, dimension, sealed, *rest])


def _belongs(person_id: int, number: int, embedder_id: str, dimension: int) -> bytes:
    return length_prefixed("template", person_id, number, embedder_id, dimension)


def _opened(row: Sequence[Any], keys: dict[int, bytes]) -> Template:
    number, person_id, embedder_id, dimension, sealed, pose, quality = row
    try:
        plain = unseal(keys[person_id], sealed, _belongs(person_id, number, embedder_id, dimension))
    except (KeyError, SealBroken):
        raise StorageError(
            f"Template {number} of person {person_id} was changed or has lost its key; enrol the person again.",
            key="error.template_refused",
        ) from None
    return Template(person_id, embedder_id, from_blob(plain, dimension), pose, quality, number)
