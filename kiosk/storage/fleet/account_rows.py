"""Accounts of staff as the fleet sees them. One name is one account at all nodes."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from kiosk.core.fleet import FleetAccount
from kiosk.core.people import AccountRole
from kiosk.storage.crypto.row_seals import genuine
from kiosk.storage.db.timestamps import from_iso, iso
from kiosk.storage.people.normalise import clean_name, search_key

_GENUINE = genuine("accounts")


def read_account(sql: sqlite3.Connection, account_id: int) -> FleetAccount | None:
    """Return an account; ``None`` if there is none that the kiosk wrote."""
    row = sql.execute(
        "SELECT name, role, enabled, pin_hash, created_at, pin_given_at, pin_is_own FROM accounts"
        f" WHERE id = ? AND {_GENUINE}",
        [account_id],
    ).fetchone()
    if row is None:
        return None
    name, role, enabled, pin_hash, created_at, given_at, own = row
    return FleetAccount(
        name,
        role,
        bool(enabled),
        pin_hash,
        datetime.fromisoformat(created_at),
        from_iso(given_at or None),
        bool(own),
    )


def account_named(sql: sqlite3.Connection, name: str) -> int | None:
    """Return the id of the account with that name, whoever wrote its row."""
    row = sql.execute("SELECT id FROM accounts WHERE folded = ?", [search_key(name)]).fetchone()
    return int(row[0]) if row else None


def keep_account_out(sql: sqlite3.Connection, account_id: int) -> None:
    """Disable an account until its newest version has come."""
    sql.execute("UPDATE accounts SET enabled = 0 WHERE id = ?", [account_id])


def write_account(sql: sqlite3.Connection, account: FleetAccount) -> int:
    """Insert an account, or make the one of that name what ``account`` says; return its id.

    Raise ``StorageError`` or ``ValueError`` for what no kiosk would have stored.
    """
    name = clean_name(account.name)
    columns = {
        "name": name,
        "folded": search_key(name),
        "role": AccountRole(account.role).value,
        "pin_hash": account.pin_hash,
        "enabled": int(account.enabled),
        "created_at": iso(account.created_at),
        "pin_given_at": iso(account.pin_given_at) or "",
        "pin_is_own": int(account.pin_is_own),
    }
    known = account_named(sql, name)
    if known is not None and read_account(sql, known) is None:
        sql.execute("DELETE FROM accounts WHERE id = ?", [known])  # somebody else's row
        known = None
    if known is not None:
        settings = ", ".join(f"{column} = ?" for column in columns)
        sql.execute(f"UPDATE accounts SET {settings} WHERE id = ?", [*columns.values(), known])
        return known
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    row = sql.execute(
        f"INSERT INTO accounts ({names}) VALUES ({places}) RETURNING id", [*columns.values()]
    ).fetchone()
    return int(row[0])
