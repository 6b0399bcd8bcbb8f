"""Writes facts of the feed into this node's tables, in one transaction of the caller."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from itertools import count as counted

from kiosk.core.errors import StorageError
from kiosk.core.fleet import (
    Applied,
    Conflict,
    FactKind,
    FleetAccount,
    FleetPerson,
    Membership,
)
from kiosk.core.people import AccountRole
from kiosk.storage.audit.audit_log import SYSTEM
from kiosk.storage.crypto.pin_hashing import FORMER
from kiosk.storage.crypto.row_seals import genuine
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import iso
from kiosk.storage.fleet import (
    capture,
    conflict_rows,
    membership_rows,
    shared_rules,
    subject_rows,
)
from kiosk.storage.fleet.account_rows import (
    account_named,
    keep_account_out,
    read_account,
    write_account,
)
from kiosk.storage.fleet.conflict_rows import OpenConflict
from kiosk.storage.fleet.person_content import read_person
from kiosk.storage.fleet.person_digest import same_person
from kiosk.storage.fleet.person_writer import PersonWriter
from kiosk.storage.fleet.stricter import stricter_account, stricter_person
from kiosk.storage.fleet.subject_rows import FleetSubject
from kiosk.storage.people import deletion_receipts

log = logging.getLogger(__name__)

_UNUSABLE = (StorageError, ValueError, OverflowError, sqlite3.IntegrityError, sqlite3.DataError)
"""What a content raises that no kiosk would have stored; one person must not stop the feed."""


COUNTED = (
    "people",
    "removed",
    "accounts",
    "conflicts",
    "refused",
    "nodes",
    "rules",
    "orders",
)
"""What the audit log counts of a batch."""


_COUNTED_KINDS = {
    FactKind.NODE: "nodes",
    FactKind.RULES: "rules",
    FactKind.ORDER: "orders",
}


@dataclass(slots=True)
class Written:
    """What a transaction wrote, for the audit log. ``by``: the accounts that decided it.

    ``ids``: of the people here who were changed.
    """

    people: int = 0
    removed: int = 0
    accounts: int = 0
    conflicts: int = 0
    refused: int = 0
    nodes: int = 0
    rules: int = 0
    orders: int = 0
    by: set[str] = field(default_factory=set)
    ids: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in COUNTED)


class FactWriter:
    """One transaction's worth of facts. Used in the database's thread, with capture paused."""

    def __init__(
        self, sql: sqlite3.Connection, vault: Vault, membership: Membership, at: datetime
    ) -> None:
        self._sql = sql
        self._vault = vault
        self._node = membership.node
        self._at = at
        self._people = PersonWriter(sql, vault, at)
        self.written = Written()

    def write_all(self, facts: Sequence[Applied]) -> None:
        """Write facts in order."""
        for applied in facts:
            self._write(applied)
        self._people.finish()
        self._people.settle_cards()

    def _write(self, applied: Applied) -> None:
        fact = applied.fact
        known = subject_rows.by_subject(self._sql, fact.kind, fact.subject)
        if known is not None and known.read.version >= fact.version and not known.waiting:
            return
        if fact.kind is FactKind.PERSON:
            self._person(applied, known)
        elif fact.kind is FactKind.ACCOUNT:
            self._account(applied, known)
        else:
            if fact.kind is FactKind.NODE and isinstance(applied.content, dict):
                self._admitted(applied)
            counted = _COUNTED_KINDS.get(fact.kind)
            if counted and fact.writer != self._node:  # what was done here is in the log already
                self._count(applied, **{counted: 1})
            local_id = shared_rules.LOCAL_ID if fact.kind is FactKind.RULES else None
            self._keep(applied, known, local_id)

    # people

    def _person(self, applied: Applied, known: FleetSubject | None) -> None:
        fact = applied.fact
        local_id = known.local_id if known else None
        if subject_rows.is_deleted(self._sql, fact.subject):
            self._keep(applied, known, None)
        elif applied.waiting:
            self._keep_out(applied, known)
        elif known is not None and known.version >= fact.version and not known.waiting:
            self._keep(applied, known, local_id)  # what this node wrote itself comes back
        elif applied.content is None:
            self._gone(applied, known)
        elif local_id is not None and self._was_deleted(local_id):
            # the order is still to be pushed, and nothing brings them back
            if not self._is_marked(FactKind.PERSON, local_id):
                capture.mark(self._sql, FactKind.PERSON, local_id, SYSTEM, iso(self._at) or "")
            self._keep(applied, known, local_id)
        elif isinstance(applied.content, FleetPerson):
            self._changed(applied, known, applied.content)

    def _gone(self, applied: Applied, known: FleetSubject | None) -> None:
        """Let somebody leave this node whom its groups do not concern any more."""
        if known is not None and known.local_id is not None:
            conflict_rows.close_all_of(self._sql, known.subject)
            if self._is_marked(FactKind.PERSON, known.local_id):
                mine = read_person(self._sql, self._vault, known.local_id)
                self._conflict("version", applied, known.local_id, mine, None)
                capture.unmark(self._sql, FactKind.PERSON, known.local_id)
            self._people.remove(known.local_id)
            self.written.ids.add(known.local_id)
            self._count(applied, removed=1)
        self._keep(applied, known, None)

    def _changed(self, applied: Applied, known: FleetSubject | None, content: FleetPerson) -> None:
        before = self._people.unfinished()
        self._sql.execute("SAVEPOINT fleet_person")
        try:
            local_id = self._written_person(applied, known, content)
        except _UNUSABLE as error:
            self._sql.execute("ROLLBACK TO fleet_person")
            self._people.back_to(before)
            self._refuse(applied, known, error)
        else:
            self._keep(applied, known, local_id, groups=content.groups)
        finally:
            self._sql.execute("RELEASE fleet_person")

    def _written_person(
        self, applied: Applied, known: FleetSubject | None, content: FleetPerson
    ) -> int:
        local_id = known.local_id if known else None
        if local_id is not None and self._held(local_id):
            if self._is_marked(FactKind.PERSON, local_id):
                return self._both(applied, known, local_id, content)
            number = self._number_for(applied, local_id, content)
            self._people.update(local_id, content, number)
        else:
            if local_id is not None:
                self._people.remove(local_id)  # a row of somebody else's
            number = self._free_number(applied, None, content)
            local_id = self._people.insert(content, number)
            if number is not None:
                self._people.finish()
                self._same_number(applied, local_id, content)
        self.written.ids.add(local_id)
        self._count(applied, people=1)
        return local_id

    def _both(
        self, applied: Applied, known: FleetSubject | None, local_id: int, theirs: FleetPerson
    ) -> int:
        """Let the stricter count where staff changed a person here and elsewhere."""
        mine = read_person(self._sql, self._vault, local_id)
        assert mine is not None
        if known is not None and known.kept_out:  # it was not staff who disabled them
            mine = replace(mine, enabled=True)
            self._people.update(local_id, mine)
        if same_person(mine, theirs):
            capture.unmark(self._sql, FactKind.PERSON, local_id)
        elif applied.fact.writer != self._node:  # else an earlier change of this node itself
            both = stricter_person(mine, theirs)
            self._people.update(local_id, both, self._number_for(applied, local_id, both))
            if same_person(both, theirs):
                capture.unmark(self._sql, FactKind.PERSON, local_id)
            self._conflict("version", applied, local_id, mine, theirs)
        return local_id

    def _was_deleted(self, local_id: int) -> bool:
        """Return whether staff deleted that person here, and not somebody who wrote the file."""
        row = self._sql.execute("SELECT 1 FROM people WHERE id = ?", [local_id]).fetchone()
        own = self._vault.own_signers()
        return row is None and deletion_receipts.proves_deletion(self._sql, own, local_id)

    def _held(self, local_id: int) -> bool:
        try:
            return read_person(self._sql, self._vault, local_id) is not None
        except StorageError:
            return False

    def _number_for(self, applied: Applied, local_id: int, content: FleetPerson) -> str | None:
        """Return another number to store a person under; ``None`` if theirs is free."""
        number = self._free_number(applied, local_id, content)
        if number is not None:
            self._same_number(applied, local_id, content)
        return number

    def _free_number(
        self, applied: Applied, local_id: int | None, content: FleetPerson
    ) -> str | None:
        if self._owner(content.number) in (None, local_id):
            return None
        number = f"DUP-{applied.fact.subject[:12].upper()}"
        names = chain([number], (f"{number}-{another}" for another in counted(2)))
        return next(name for name in names if self._owner(name) in (None, local_id))

    def _owner(self, number: str) -> int | None:
        row = self._sql.execute("SELECT id FROM people WHERE number = ?", [number]).fetchone()
        return int(row[0]) if row else None

    def _same_number(self, applied: Applied, local_id: int, content: FleetPerson) -> None:
        owner = self._owner(content.number) or 0
        other = subject_rows.by_local_id(self._sql, FactKind.PERSON, owner)
        mine = read_person(self._sql, self._vault, owner)
        subject = other.subject if other else ""
        self._conflict("number", applied, local_id, mine, content, subject)

    def _refuse(self, applied: Applied, known: FleetSubject | None, error: Exception) -> None:
        """Keep out somebody whose content no kiosk would have stored, until another version.

        The row here is still of the version before, so nothing of it may be pushed as a newer one.
        """
        self._say_refused(applied, known, error)
        self._keep_out(applied, known)

    def _say_refused(self, applied: Applied, known: FleetSubject | None, error: Exception) -> None:
        fact = applied.fact
        if known is None or known.read.number != fact.number:  # else it was said before
            log.error("fact %s of the fleet is not used: %s", fact.number, error)
            self._count(applied, refused=1)

    def _keep_out(self, applied: Applied, known: FleetSubject | None) -> None:
        """Let somebody in no more until their newest version has come."""
        local_id = known.local_id if known else None
        kept_out = known is not None and known.kept_out
        if local_id is not None and self._people.keep_out(local_id):
            kept_out = True
        self._keep(applied, known, local_id, waiting=True, kept_out=kept_out)

    # accounts and nodes

    def _account(self, applied: Applied, known: FleetSubject | None) -> None:
        fact, content = applied.fact, applied.content
        if applied.waiting or not isinstance(content, FleetAccount):
            self._keep_account_out(applied, known)
            return
        local_id = (known and known.local_id) or account_named(self._sql, content.name)
        if known is not None and known.version >= fact.version and not known.waiting:
            self._keep(applied, known, local_id)
            return
        if local_id is not None and self._is_marked(FactKind.ACCOUNT, local_id):
            mine = read_account(self._sql, local_id)
            if mine is not None and mine.pin_hash.startswith(FORMER):
                mine = content  # from before this node joined: the fleet's account counts
            if mine is not None and fact.writer != self._node:
                both = self._not_the_last(stricter_account(mine, content), content, local_id)
                if both == content:
                    capture.unmark(self._sql, FactKind.ACCOUNT, local_id)
                content = both
            elif mine == content:
                capture.unmark(self._sql, FactKind.ACCOUNT, local_id)
            else:
                content = mine or content
        self._sql.execute("SAVEPOINT fleet_account")
        try:
            local_id = write_account(self._sql, content)
        except _UNUSABLE as error:
            self._sql.execute("ROLLBACK TO fleet_account")
            self._say_refused(applied, known, error)
            self._keep_account_out(replace(applied, waiting=True), known)
        else:
            self._count(applied, accounts=1)
            self._keep(applied, known, local_id)
        finally:
            self._sql.execute("RELEASE fleet_account")

    def _keep_account_out(self, applied: Applied, known: FleetSubject | None) -> None:
        """Disable an account until its newest version can be used: it may take rights away."""
        local_id = known.local_id if known else None
        newer = known is not None and (known.version < applied.fact.version or known.waiting)
        if local_id is not None and newer:
            keep_account_out(self._sql, local_id)
        self._keep(applied, known, local_id, waiting=applied.waiting)

    def _not_the_last(
        self, both: FleetAccount, theirs: FleetAccount, local_id: int
    ) -> FleetAccount:
        """Return ``both``, as an administrator still if the fleet has no other here."""
        others = self._sql.execute(
            "SELECT 1 FROM accounts WHERE role = ? AND enabled AND id <> ?"
            f" AND {genuine('accounts')}",
            [AccountRole.ADMIN, local_id],
        ).fetchone()
        was = theirs.enabled and theirs.role == AccountRole.ADMIN
        return replace(both, role=theirs.role, enabled=True) if was and not others else both

    def _admitted(self, applied: Applied) -> None:
        document = applied.content
        assert isinstance(document, dict)
        node = str(document.get("node", applied.fact.subject))
        membership_rows.keep_node(self._sql, node, document)
        if node == self._node and document.get("revoked"):
            membership_rows.revoke(self._sql)

    # what is known of subjects

    def _keep(
        self,
        applied: Applied,
        known: FleetSubject | None,
        local_id: int | None,
        *,
        groups: Sequence[str] | None = None,
        waiting: bool = False,
        kept_out: bool = False,
    ) -> None:
        fact = applied.fact
        before = known or FleetSubject(fact.kind, fact.subject, None)
        subject = replace(
            before,
            local_id=local_id,
            version=max(before.version, fact.version),
            groups=before.groups if groups is None else tuple(groups),
            read=subject_rows.line(fact),
            waiting=waiting,
            kept_out=kept_out,
        )
        subject_rows.keep(self._sql, subject, fact.writer)

    def _is_marked(self, kind: FactKind, local_id: int) -> bool:
        found = self._sql.execute(
            "SELECT 1 FROM fleet_changed WHERE kind = ? AND local_id = ?", [kind, local_id]
        )
        return found.fetchone() is not None

    def _conflict(
        self,
        why: str,
        applied: Applied,
        local_id: int,
        mine: FleetPerson | None,
        theirs: FleetPerson | None,
        other: str = "",
    ) -> None:
        subject = applied.fact.subject
        shown = Conflict(0, why, subject, other or subject, mine, theirs, self._at)
        conflict_rows.add(self._sql, self._vault, OpenConflict(FactKind.PERSON, local_id, shown))
        self._count(applied, conflicts=1)

    def _count(self, applied: Applied, **counts: int) -> None:
        for name, count in counts.items():
            setattr(self.written, name, getattr(self.written, name) + count)
        if applied.fact.account:
            self.written.by.add(applied.fact.account)
