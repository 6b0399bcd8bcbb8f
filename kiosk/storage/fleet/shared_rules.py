"""The access rules of a fleet: one text for all doors, in each node's policy file.

A text counts here once staff stored it: its digest is then among the settings of the database. What
somebody edits in the file by hand is pushed by nobody before ``munjigi rules apply``.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from kiosk.core.access_rules import STORED, digest
from kiosk.core.errors import KioskError
from kiosk.core.fleet import EVERYBODY, Applied, Conflict, FactKind, LocalChange, Membership
from kiosk.storage import settings_store
from kiosk.storage.crypto.row_seals import genuine
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.fleet import capture, conflict_rows, subject_rows
from kiosk.storage.fleet.conflict_rows import OpenConflict
from kiosk.storage.fleet.subject_rows import FleetSubject, subject_id

LOCAL_ID = 0
"""The local id of the rules: there is one text."""

log = logging.getLogger(__name__)


class RulesText(Protocol):
    """The policy file. Every method raises ``KioskError`` for a text that cannot be used.

    ``write`` lets the door go by the text; ``widens``: whether somebody may enter by it who may not
    at present.
    """

    def read(self) -> str: ...
    def write(self, text: str) -> None: ...
    def widens(self, text: str) -> bool: ...


def stored_text(sql: sqlite3.Connection, text: str) -> str | None:
    """Return ``text``, that of the file, if it is the one that staff stored last."""
    row = sql.execute(
        f"SELECT value FROM settings WHERE key = ? AND {genuine('settings')}", [STORED]
    ).fetchone()
    return text if row is not None and json.loads(row[0]) == digest(text) else None


def store(sql: sqlite3.Connection, text: str) -> None:
    """Note that ``text`` is the one in force."""
    settings_store.put(sql, STORED, json.dumps(digest(text)))


def subject(sql: sqlite3.Connection, member: Membership) -> FleetSubject:
    """Return the subject of the rules; the same at all nodes."""
    name = subject_id(member.fleet, "", FactKind.RULES)
    known = subject_rows.by_subject(sql, FactKind.RULES, name)
    if known is None or known.local_id != LOCAL_ID:
        known = replace(known or FleetSubject(FactKind.RULES, name, None), local_id=LOCAL_ID)
        subject_rows.keep(sql, known)
    return subject_rows.by_subject(sql, FactKind.RULES, name) or known


def change(
    sql: sqlite3.Connection,
    member: Membership,
    stamp: int,
    text: str | None,
    who: tuple[str, datetime],
) -> LocalChange | None:
    """Return the rules as staff changed them here; ``None`` for a text that nobody stored."""
    content = None if text is None else stored_text(sql, text)
    if content is None:
        return None
    known = subject(sql, member)
    return LocalChange(
        FactKind.RULES, known.subject, known.version, stamp, (EVERYBODY,), content, *who
    )


def is_marked(sql: sqlite3.Connection) -> bool:
    """Return whether staff changed the rules here since they were pushed."""
    row = sql.execute("SELECT 1 FROM fleet_changed WHERE kind = 'rules'").fetchone()
    return row is not None


def is_new(sql: sqlite3.Connection, applied: Applied) -> bool:
    """Return whether the fleet's rules in ``applied`` are newer than the ones known here."""
    known = subject_rows.by_subject(sql, FactKind.RULES, applied.fact.subject)
    return known is None or known.version < applied.fact.version


def chosen(file: RulesText, mine: str | None, theirs: str) -> bool:
    """Return whether the fleet's rules count here, and write them if so.

    ``mine``: what staff changed here meanwhile, or ``None``. It stays, and is pushed on top, if the
    fleet's would let somebody in who may not enter by it. A text that is no policy counts nowhere.
    """
    try:
        if mine is not None and mine != theirs and file.widens(theirs):
            return False
        if file.read() != theirs:
            file.write(theirs)
    except KioskError as error:
        log.error("the access rules of the fleet are not used: %s", error)
        return False
    return True


def note(
    sql: sqlite3.Connection,
    vault: Vault,
    applied: Applied,
    mine: str | None,
    counts: bool,
    at: datetime,
) -> None:
    """Note in the caller's transaction what ``chosen`` did; both texts stay if staff must look."""
    theirs = str(applied.content)
    if mine is not None and mine != theirs:
        shown = Conflict(0, "version", applied.fact.subject, applied.fact.subject, mine, theirs, at)
        conflict_rows.add(sql, vault, OpenConflict(FactKind.RULES, LOCAL_ID, shown))
    if counts:
        store(sql, theirs)
        capture.unmark(sql, FactKind.RULES, LOCAL_ID)
