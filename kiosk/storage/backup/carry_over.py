"""Carries over what the present database says against somebody into a backup that is restored.

Disabled people, ended dates, groups, changed PINs, revoked cards, replaced faces, withdrawn
consents, and accounts that were disabled or demoted would otherwise come back as they were when the
backup was made.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.people import AccountRole
from kiosk.storage.audit.chain_heads import Head, still_held
from kiosk.storage.audit.hash_chain import last_link
from kiosk.storage.audit.head_anchor import read_anchor
from kiosk.storage.backup.restore_confirmation import unconfirmed_in
from kiosk.storage.crypto.key_records import key_in_use
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.connection import connect_read_only

Row = dict[str, Any]
"""A row by column name."""

OVERRIDE = "door.override"
"""Key of the door's mode in the settings of the database."""

STRICTNESS = ("pin", "card", "face")
"""Ways of entering; each asks for more than the ones before it."""


_MIDNIGHT = "24:00"
"""The end of a last day without a time; sorted after every time of day."""


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """What was carried over: how many people and accounts may do less than in the backup.

    ``known``: whether the present database could be read and is this backup's own, newer one; only
    then nobody comes back who was dismissed since. ``unconfirmed``: an administrator must look at
    who comes back before the door opens.
    """

    people: int = 0
    accounts: int = 0
    known: bool = False
    unconfirmed: bool = True


@dataclass(frozen=True, slots=True)
class _Present:
    """The rows of the present database, without those that the kiosk did not write.

    ``broken``: ids and numbers of people whose row the kiosk did not write. ``known``: see
    ``CarriedOver``. ``comparable``: it has the secret of the backup, so that seals and hashes of
    PINs can be compared.
    """

    people: dict[int, Row]
    by_number: dict[str, Row]
    broken: set[int | str]
    accounts: list[Row]
    pins: dict[int, Row]
    cards: set[tuple[int, str, str]]
    badge_key: str | None
    templates: dict[int, set[int]]
    consents: list[Row]
    override: str | None
    known: bool
    comparable: bool
    unconfirmed: bool


def carry_over(restored: sqlite3.Connection, present: Path, vault: Vault) -> CarriedOver:
    """Change the rows of ``restored`` in the caller's transaction; return what was changed.

    ``present``: the database that it will replace, which may be missing or damaged.
    """
    rows = _read(present, restored, vault)
    if rows is None:
        return CarriedOver(accounts=_only_noted_administrators(restored, present, vault))
    people = sum([_carry_person(restored, rows, row) for row in _rows(restored, "people")])
    accounts = sum([_carry_account(restored, rows, row) for row in _rows(restored, "accounts")])
    if rows.known and rows.comparable:
        _keep_an_administrator(restored, rows)
        _carry_override(restored, rows.override)
    else:
        accounts += _only_noted_administrators(restored, present, vault)
    unconfirmed = rows.unconfirmed or not (rows.known and rows.comparable)
    return CarriedOver(people, accounts, rows.known, unconfirmed)


def _read(path: Path, restored: sqlite3.Connection, vault: Vault) -> _Present | None:
    """Return the rows of the present database; ``None`` if it cannot be read as a whole."""
    try:
        with closing(connect_read_only(path)) as sql:
            if sql.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return None
            comparable = key_in_use(sql, "seal") == key_in_use(restored, "seal")
            known = _is_successor(sql, restored, path, vault)
            return _present(sql, vault, comparable=comparable, known=known)
    except (StorageError, sqlite3.Error):
        return None


def _present(sql: sqlite3.Connection, vault: Vault, *, comparable: bool, known: bool) -> _Present:
    def written(table: str) -> list[Row]:
        rows = _rows(sql, table)
        return [row for row in rows if not comparable or vault.seals.holds(table, row)]

    people = written("people")
    held = {row["id"] for row in people}
    broken = [row for row in _rows(sql, "people") if row["id"] not in held]
    override = [row["value"] for row in written("settings") if row["key"] == OVERRIDE]
    return _Present(
        {row["id"]: row for row in people},
        {row["number"]: row for row in people},
        {key for row in broken for key in (row["id"], row["number"])},
        written("accounts"),
        {row["person_id"]: row for row in written("door_pins")},
        set(sql.execute("SELECT person_id, kind, code_hash FROM cards")),
        key_in_use(sql, "badge"),
        _grouped(sql.execute("SELECT person_id, id FROM templates")),
        written("consents"),
        override[0] if override else None,
        known,
        comparable,
        unconfirmed_in(sql) is not None,
    )


def _is_successor(
    sql: sqlite3.Connection, restored: sqlite3.Connection, path: Path, vault: Vault
) -> bool:
    """Return whether the present database went on from the backup, and is not an older copy."""
    own: Callable[[], Any] = vault.own_signers
    noted = read_anchor(vault, path)
    newest = noted is None or noted.held_by(sql, own, vault.seals)
    return newest and still_held(sql, Head(*last_link(restored)), own)


def _carry_person(restored: sqlite3.Connection, present: _Present, row: Row) -> bool:
    """Let a person of the backup do no more than now; return whether that changed anything."""
    if {row["id"], row["number"]} & present.broken:
        return _update(restored, "people", row, {"enabled": 0})
    now = present.people.get(row["id"])
    same = now is not None and now["created_at"] == row["created_at"]
    if not same:
        now = present.by_number.get(row["number"])
    if now is None:
        return present.known and _update(restored, "people", row, {"enabled": 0})
    changed = _update(
        restored, "people", row, _stricter(row, now, same=same and present.comparable)
    )
    if same:
        changed |= _carry_face(restored, present, row["id"])
        changed |= present.comparable and _carry_pin(restored, present, row["id"])
        changed |= _carry_cards(restored, present, row["id"])
        _carry_consents(restored, present, row["id"])
    return changed


def _stricter(row: Row, now: Row, *, same: bool) -> Row:
    """Return the columns of a person as the stricter of backup and present says.

    ``same``: it is surely the same person, in a row that the kiosk wrote; otherwise only the number
    is known to be the same.
    """
    first = [day for day in (row["valid_from"], now["valid_from"]) if day]
    last = min(
        (
            (one["valid_until"], one.get("until_time") or _MIDNIGHT)
            for one in (row, now)
            if one["valid_until"]
        ),
        default=(None, _MIDNIGHT),
    )
    columns: Row = {
        "enabled": min(row["enabled"], now["enabled"]),
        "valid_from": max(first, default=None),
        "valid_until": last[0],
        "until_time": None if last[1] == _MIDNIGHT else last[1],
    }
    if same:
        columns["member_of"] = now["member_of"]
        columns["entry"] = max(row["entry"], now["entry"], key=STRICTNESS.index)
    return columns


def _carry_face(restored: sqlite3.Connection, present: _Present, person_id: int) -> bool:
    """Delete the templates that were replaced or removed since.

    The face may have been another's, and a look that a member took back does not come back.
    """
    now = present.templates.get(person_id, set())
    then = {
        row[0]
        for row in restored.execute("SELECT id FROM templates WHERE person_id = ?", [person_id])
    }
    since = present.known or max(now, default=0) > max(then, default=0)
    if not now or not since:
        return False
    restored.executemany("DELETE FROM templates WHERE id = ?", [[one] for one in then - now])
    return bool(then - now)


def _carry_pin(restored: sqlite3.Connection, present: _Present, person_id: int) -> bool:
    """Take the newer PIN, and none where it was taken away since."""
    now = present.pins.get(person_id)
    found = restored.execute("SELECT set_at FROM door_pins WHERE person_id = ?", [person_id])
    then = found.fetchone()
    if now is None:
        restored.execute("DELETE FROM door_pins WHERE person_id = ?", [person_id])
        return then is not None
    if then is not None and _moment(now["set_at"]) <= _moment(then[0]):
        return False
    restored.execute("DELETE FROM door_pins WHERE person_id = ?", [person_id])
    _insert(restored, "door_pins", now, without=("seal",))
    return then is not None


def _carry_cards(restored: sqlite3.Connection, present: _Present, person_id: int) -> bool:
    """Delete the cards and badges that were taken away since."""
    if present.badge_key != key_in_use(restored, "badge"):  # of another database
        return False
    then = restored.execute(
        "SELECT id, person_id, kind, code_hash FROM cards WHERE person_id = ?", [person_id]
    ).fetchall()
    gone = [[row[0]] for row in then if tuple(row[1:]) not in present.cards]
    restored.executemany("DELETE FROM cards WHERE id = ?", gone)
    return bool(gone)


def _carry_consents(restored: sqlite3.Connection, present: _Present, person_id: int) -> None:
    """Withdraw the consents that were withdrawn since.

    Of one from before there were separate ones the rest stays, as the rows that hold it today.
    """
    then = restored.execute(
        "SELECT id, given_at, kind FROM consents WHERE person_id = ? AND withdrawn_at IS NULL",
        [person_id],
    ).fetchall()
    now = [row for row in present.consents if row["person_id"] == person_id]
    for consent_id, given_at, kind in then:
        same = [row for row in now if (row["given_at"], row.get("kind")) == (given_at, kind)]
        if not same or any(row["withdrawn_at"] is None for row in same):
            continue
        restored.execute(
            "UPDATE consents SET withdrawn_at = ? WHERE id = ?",
            [same[-1]["withdrawn_at"], consent_id],
        )
        for rest in now if kind is None else ():
            if rest.get("kind") and rest["given_at"] == given_at and not rest["withdrawn_at"]:
                _insert(restored, "consents", rest, without=("id", "seal"))


def _carry_account(restored: sqlite3.Connection, present: _Present, row: Row) -> bool:
    """Let an account of the backup do no more than now; return whether that changed anything."""
    now = next((one for one in present.accounts if one["folded"] == row["folded"]), None)
    if now is None:
        return present.known and _update(restored, "accounts", row, {"enabled": 0})
    columns: Row = {"enabled": min(row["enabled"], now["enabled"])}
    if now["role"] == AccountRole.STAFF.value:
        columns["role"] = now["role"]
    if present.known and present.comparable:
        columns |= {name: now[name] for name in ("pin_hash", "pin_given_at", "pin_is_own")}
    return _update(restored, "accounts", row, columns)


def _only_noted_administrators(restored: sqlite3.Connection, path: Path, vault: Vault) -> int:
    """Disable administrators who were none, or had another PIN, when the log was last noted.

    The note lies beside the keys and outlives the database. Nothing happens if that would leave
    none. Return how many were disabled.
    """
    noted = read_anchor(vault, path)
    admins = [
        row
        for row in _rows(restored, "accounts")
        if row["role"] == AccountRole.ADMIN.value and row["enabled"]
    ]
    if noted is None or not any(noted.names_admin(r["name"], r["pin_hash"]) for r in admins):
        return 0
    gone = [row for row in admins if not noted.names_admin(row["name"], row["pin_hash"])]
    return sum(_update(restored, "accounts", row, {"enabled": 0}) for row in gone)


def _keep_an_administrator(restored: sqlite3.Connection, present: _Present) -> None:
    """Take over today's administrators where none of the backup's is one any more.

    Otherwise nobody could sign in.
    """
    admin = AccountRole.ADMIN.value
    query = "SELECT 1 FROM accounts WHERE role = ? AND enabled"
    if restored.execute(query, [admin]).fetchone() is not None:
        return
    for row in present.accounts:
        if row["role"] == admin and row["enabled"]:
            restored.execute("DELETE FROM accounts WHERE folded = ?", [row["folded"]])
            _insert(restored, "accounts", row, without=("id", "seal"))


def _carry_override(restored: sqlite3.Connection, override: str | None) -> None:
    """Keep the door's mode: neither a lock-down nor an end of free access is undone."""
    restored.execute("DELETE FROM settings WHERE key = ?", [OVERRIDE])
    if override is not None:
        restored.execute("INSERT INTO settings (key, value) VALUES (?, ?)", [OVERRIDE, override])


def _insert(sql: sqlite3.Connection, table: str, row: Row, *, without: tuple[str, ...]) -> None:
    own = {name: value for name, value in row.items() if name not in without}
    places = ", ".join("?" * len(own))
    sql.execute(f"INSERT INTO {table} ({', '.join(own)}) VALUES ({places})", [*own.values()])


def _update(sql: sqlite3.Connection, table: str, row: Row, columns: Row) -> bool:
    """Store the columns that differ; return whether there were any."""
    changed = {name: value for name, value in columns.items() if row[name] != value}
    if changed:
        settings = ", ".join(f"{name} = ?" for name in changed)
        sql.execute(f"UPDATE {table} SET {settings} WHERE id = ?", [*changed.values(), row["id"]])
    return bool(changed)


def _rows(sql: sqlite3.Connection, table: str) -> list[Row]:
    cursor = sql.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for person_id, template_id in pairs:
        found.setdefault(person_id, set()).add(template_id)
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
