"""The newest link of the hash chain, kept beside the keys as well.

An older copy of a database is sound in itself, and signatures of earlier heads stay in its
write-ahead log. So the newest link is also noted in the key store, signed, where somebody who can
write the database only cannot put it back. A database that does not hold the noted link has lost
its end, or is an older one. Beside the link stands how often each table of sealed rows had been
changed, so that no older table, with its own sum of seals, can be put back below a newer log.

The note is written after the commit, on a thread of its own: after a crash it is a little behind,
which is harmless, and never ahead. While a database is found behind, the note stays as it is, so
that neither rows written afterwards nor a restart make it good again; an administrator confirms.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from threading import Lock
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.people import AccountRole
from kiosk.storage.audit.chain_heads import Head, Signers, newest_signed, still_held
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.row_seals import RowSeals
from kiosk.storage.crypto.signing import Signer, check, signed
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.two_admin_latch import is_on_in

PURPOSE = "log anchor"
"""Purpose of the signature of an anchor."""

ROLLED_BACK = "log_rolled_back"
"""Event of the audit log: the database does not hold the link that was noted beside the keys."""

CONFIRMED = "log_roll_back_confirmed"
"""Event of the audit log: somebody took such a database as it is."""

Changes = Mapping[str, int]
"""How often each table of sealed rows was changed; empty if that is not known."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Anchor:
    """What is noted: the database must hold one of ``heads``.

    There are two while a backup takes the place of a database. ``admins``: digests of the
    administrators and their PIN hashes at that moment; only they can confirm an older database,
    which may bring back somebody who was dismissed. ``two``: whether two of them must agree.
    ``confirmed``: how often such a database was confirmed. ``genuine``: whether this kiosk signed
    it. ``changes``: of the tables at each head.
    """

    heads: tuple[Head, ...]
    admins: frozenset[str] = frozenset()
    two: bool = False
    confirmed: int = 0
    genuine: bool = True
    changes: tuple[Changes, ...] = ()

    @property
    def newest(self) -> int:
        """Number of the newest link noted; 0 if the note cannot be read."""
        return max((head.seq for head in self.heads), default=0)

    def later_than(self, other: Anchor) -> bool:
        """Return whether this was noted after ``other``, which may be that of another process."""
        return (self.confirmed, self.newest) > (other.confirmed, other.newest)

    def names_admin(self, name: str, pin_hash: str) -> bool:
        """Return whether that account was an administrator's when this was noted."""
        return self.genuine and _admin(name, pin_hash) in self.admins

    def held_by(self, sql: sqlite3.Connection, own: Signers, seals: RowSeals | None) -> bool:
        """Return whether the database holds a noted link, or a signed removal covers it.

        No table of sealed rows may be older than it was then; without ``seals`` that is not asked.
        """
        return self.genuine and any(
            still_held(sql, head, own) and _as_late(sql, changes or {}, seals)
            for head, changes in zip_longest(self.heads, self.changes[: len(self.heads)])
        )


def anchor_name(database: Path) -> str:
    """Return the name of the anchor of ``database`` in the key store.

    By the path, not by anything in the file: key stores are shared by several databases, and what
    the file says of itself can be changed with it. So could links, which are not followed.
    """
    path = os.path.abspath(database)  # noqa: PTH100 (resolve would follow links)
    return f"anchor-{sha256(os.fsencode(path)).hexdigest()[:16]}"


def read_anchor(vault: Vault, database: Path) -> Anchor | None:
    """Return the anchor of ``database``; ``None`` if none was ever noted.

    Raise ``StorageError`` if the key store cannot be read.
    """
    stored = vault.store.get(anchor_name(database))
    return None if stored is None else _parsed(stored, vault.own_signers())


def allow(vault: Vault, database: Path, head: Head, signer: Signer, changes: Changes) -> None:
    """Note that a database that ends with ``head`` is about to take the place of ``database``.

    ``changes``: those of its tables. Either of the two is accepted from then on, so that a kill at
    any moment is no false alarm.
    """
    present = read_anchor(vault, database)
    if present is not None:
        noted = (*present.changes, *({} for _ in present.heads))[: len(present.heads)]
        both = replace(present, heads=(*present.heads, head), changes=(*noted, changes))
        vault.store.put(anchor_name(database), _encoded(signer, both))


class HeadAnchor:
    """The anchor of one open database. All methods but ``close`` run in the database's thread."""

    def __init__(self, vault: Vault, database: Path) -> None:
        self._vault = vault
        self._database = database
        self._known: Anchor | None = None
        self._is_read = False
        self._behind = False
        self._changed = False
        self._confirmation: int | None = None
        self._signer: Signer | None = None
        self._approvals: dict[str, None] = {}
        self._writer = _Writer(vault, database)

    def changed(self) -> None:
        """Note the newest link after the present transaction."""
        self._changed = True

    def behind(self, sql: sqlite3.Connection) -> Anchor | None:
        """Return what the database should hold; ``None`` if it does.

        While it is behind, the key store is read each time: another process may have confirmed.
        Raise ``StorageError`` if the key store cannot be read and never could.
        """
        if not self._is_read or self._behind or self._writer.overtaken():
            self._read()
        known = self._known
        if known is None or known.held_by(sql, self._vault.own_signers, self._vault.seals):
            self._behind = False
            return None
        if not self._behind and self._signer is not None:
            self._writer.write(self._signer, known)  # in case the last note failed
        self._behind = True
        return known

    def confirm(self, action: int) -> None:
        """Take the database as it is, once the row ``action`` of the audit log is committed."""
        self._confirmation = action
        self._changed = True

    def approve(self, sql: sqlite3.Connection, name: str, pin_hash: str) -> str:
        """Return who confirms, as the audit log names them, now that ``name`` has signed in.

        "" if the account was no administrator's when the anchor was noted, or another one must
        agree.
        """
        known = self._known
        if known is None or not known.names_admin(name, pin_hash):
            return ""
        self._approvals[name] = None
        if (known.two or is_on_in(sql)) and len(self._approvals) < 2:
            return ""
        return " + ".join(self._approvals)

    def may_sign_in(self, sql: sqlite3.Connection, name: str, pin_hash: str) -> bool:
        """Return whether the account may sign in although accounts were changed by somebody else.

        Then only those may who were administrators before, with the same PIN: an older row of
        somebody who was dismissed holds as well.
        """
        if accounts_whole(sql, self._vault.seals):
            return True
        self.behind(sql)  # reads the note
        known = self._known
        return known is None or not known.genuine or _admin(name, pin_hash) in known.admins

    def after_work(self, sql: sqlite3.Connection) -> None:
        """Note the newest committed link, if it may have changed; never raise."""
        if not self._changed:
            return
        self._changed = False
        try:
            confirmed = self._is_confirmed(sql)
            if confirmed or self.behind(sql) is None:
                self._note(sql, confirmed)
        except (StorageError, sqlite3.Error) as error:
            log.error("the newest link of the log is not noted beside the keys: %s", error)

    def close(self) -> None:
        """Wait until the newest link is noted."""
        self._writer.close()

    def _is_confirmed(self, sql: sqlite3.Connection) -> bool:
        action, self._confirmation = self._confirmation, None
        row = sql.execute(
            "SELECT 1 FROM actions WHERE id = ? AND event = ?", [action, CONFIRMED]
        ).fetchone()
        return row is not None

    def _read(self) -> None:
        """Read the anchor, unless this process knows a newer one that is not written yet."""
        stored = read_anchor(self._vault, self._database)
        if not self._is_read or (
            stored is not None and self._known is not None and stored.later_than(self._known)
        ):
            self._known = stored
        self._is_read = True

    def _note(self, sql: sqlite3.Connection, confirmed: bool) -> None:
        head = newest_signed(sql)
        if head is None:  # the signing key is away
            return
        self._signer = self._vault.signer(sql)
        count = (self._known.confirmed if self._known is not None else 0) + confirmed
        changes = table_changes(sql, self._vault.seals)
        if not changes and self._known is not None:  # the key of the seals is away
            changes = self._known.changes[0] if len(self._known.changes) == 1 else {}
        admins = self._admins(sql)
        self._known = Anchor((head,), admins, is_on_in(sql), count, changes=(changes,))
        self._behind = False
        self._approvals.clear()
        self._writer.write(self._signer, self._known)

    def _admins(self, sql: sqlite3.Connection) -> frozenset[str]:
        """Return the administrators of now; of before, if somebody else changed the accounts."""
        known = self._known
        if known is not None and known.genuine and not accounts_whole(sql, self._vault.seals):
            return known.admins
        return _admins(sql)


class _Writer:
    """Writes the newest anchor on a thread of its own: no decision waits for that disk.

    A later one of another process is never replaced; ``overtaken`` tells once that there was one.
    """

    def __init__(self, vault: Vault, database: Path) -> None:
        self._vault = vault
        self._database = database
        self._lock = Lock()
        self._next: tuple[Signer, Anchor] | None = None
        self._overtaken = False
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="anchor")

    def write(self, signer: Signer, anchor: Anchor) -> None:
        """Write ``anchor`` soon, in place of one that still waits."""
        with self._lock:
            waits = self._next is not None
            self._next = signer, anchor
        if not waits:
            self._worker.submit(self._write)

    def overtaken(self) -> bool:
        """Return whether another process had noted a later link; then forget it."""
        with self._lock:
            overtaken, self._overtaken = self._overtaken, False
        return overtaken

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._worker.shutdown(wait=True)

    def _write(self) -> None:
        with self._lock:
            assert self._next is not None
            (signer, anchor), self._next = self._next, None
        try:
            stored = read_anchor(self._vault, self._database)
            # two heads: a restore has put another database in place, whose numbers may be smaller
            if stored is not None and len(stored.heads) == 1 and stored.later_than(anchor):
                with self._lock:
                    self._overtaken = True
                return
            self._vault.store.put(anchor_name(self._database), _encoded(signer, anchor))
        except StorageError as error:
            log.error("the newest link of the log is not noted beside the keys: %s", error)


def _encoded(signer: Signer, anchor: Anchor) -> bytes:
    statement = {
        "heads": [[head.seq, head.link.hex()] for head in anchor.heads],
        "admins": sorted(anchor.admins),
        "two": anchor.two,
        "confirmed": anchor.confirmed,
        "changes": [dict(changes) for changes in anchor.changes],
    }
    return json.dumps(signed(signer, PURPOSE, statement), sort_keys=True).encode()


def _parsed(stored: bytes, own: Iterable[str] | None) -> Anchor:
    """Return the anchor in ``stored``, not genuine if it is damaged or not signed by this kiosk."""
    try:
        document: Any = json.loads(stored)
        statement: Mapping[str, Any] | None = check(document, PURPOSE)
        if statement is None or (own is not None and document["fingerprint"] not in own):
            return Anchor((), genuine=False)
        heads = tuple(Head(int(seq), bytes.fromhex(link)) for seq, link in statement["heads"])
        admins = frozenset(map(str, statement["admins"]))
        two = bool(statement.get("two", False))
        changes = tuple(
            {str(table): int(count) for table, count in one.items()}
            for one in statement.get("changes", ())  # older programs noted none
        )
        return Anchor(heads, admins, two, int(statement["confirmed"]), changes=changes)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Anchor((), genuine=False)


def table_changes(sql: sqlite3.Connection, seals: RowSeals) -> Changes:
    """Return how often each sealed table was changed; nothing while the key is away."""
    try:
        return seals.changes(sql)
    except (StorageError, sqlite3.Error) as error:
        log.error("the tables of sealed rows are not noted beside the keys: %s", error)
        return {}


def accounts_whole(sql: sqlite3.Connection, seals: RowSeals) -> bool:
    """Return whether no account was removed, and no older one put back, outside the kiosk."""
    try:
        return seals.broken_rows(sql, "accounts")[1]
    except StorageError:  # the key is away: nobody can sign in
        return False


def _as_late(sql: sqlite3.Connection, noted: Changes, seals: RowSeals | None) -> bool:
    """Return whether no table is older than noted; also while the key of the seals is away.

    Without that key nothing sealed counts anyway.
    """
    if not noted or seals is None:
        return True
    try:
        found = seals.changes(sql)
    except StorageError:
        return True
    return all(found.get(table, -1) >= count for table, count in noted.items())


def _admins(sql: sqlite3.Connection) -> frozenset[str]:
    rows = sql.execute(
        "SELECT name, pin_hash FROM accounts WHERE role = ? AND enabled", [AccountRole.ADMIN.value]
    )
    return frozenset(_admin(name, pin_hash) for name, pin_hash in rows)


def _admin(name: str, pin_hash: str) -> str:
    return sha256(length_prefixed("administrator", name, pin_hash)).hexdigest()[:32]
