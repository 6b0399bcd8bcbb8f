"""What staff changed at this node and the centre does not have yet."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from datetime import datetime

from kiosk.core.consent import Consent
from kiosk.core.errors import StorageError
from kiosk.core.fleet import EVERYBODY, Fact, FactKind, FleetPerson, LocalChange, Membership
from kiosk.storage.audit.audit_log import SYSTEM
from kiosk.storage.crypto.pin_hashing import FORMER
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import iso
from kiosk.storage.fleet import conflict_rows, shared_rules, subject_rows
from kiosk.storage.fleet.account_rows import read_account
from kiosk.storage.fleet.capture import mark
from kiosk.storage.fleet.person_content import read_person
from kiosk.storage.fleet.subject_rows import FleetSubject, subject_id
from kiosk.storage.people import consent_store, deletion_receipts
from kiosk.storage.people.normalise import search_key

log = logging.getLogger(__name__)

_GONE = (
    "SELECT stamp, kind, local_id, actor, at FROM fleet_changed"
    " WHERE kind = 'person' AND local_id NOT IN (SELECT id FROM people) AND stamp > ?"
    " ORDER BY stamp LIMIT ?"
)
_REST = (
    "SELECT stamp, kind, local_id, actor, at FROM fleet_changed WHERE (kind <> 'person'"
    " OR local_id IN (SELECT id FROM people)) AND stamp > ? ORDER BY stamp LIMIT ?"
)

Mark = tuple[int, str, int, str | None, str | None]
"""Stamp, kind, local id, actor and time of a row of ``fleet_changed``."""


class LocalChangeReader:
    """One transaction's look at the marks. Used in the database's thread.

    ``rules``: the text of the policy file; ``None`` where it cannot be read.
    """

    def __init__(
        self,
        sql: sqlite3.Connection,
        vault: Vault,
        membership: Membership,
        now: datetime,
        rules: str | None = None,
    ) -> None:
        self._sql = sql
        self._vault = vault
        self._member = membership
        self._now = now
        self._rules = rules
        self._digests: dict[int, int] | None = None

    def read(self, limit: int) -> list[LocalChange]:
        """Return up to ``limit`` changes, deletions first."""
        found: list[LocalChange] = []
        for query in (_GONE, _REST):
            after = 0
            while rows := self._sql.execute(query, [after, limit - len(found)]).fetchall():
                found += [change for row in rows if (change := self._change(row)) is not None]
                after = rows[-1][0]  # those that cannot be sent yet do not hold up the others
        return found

    def mark_missing(self) -> int:
        """Mark the people whose rows are gone without a mark, as after a restore; return how many.

        A person who left because no group concerns this node has no local id any more.
        """
        rows = self._sql.execute(
            "SELECT local_id FROM fleet_subjects WHERE kind = 'person' AND local_id IS NOT NULL"
            " AND local_id NOT IN (SELECT id FROM people) AND local_id NOT IN"
            " (SELECT local_id FROM fleet_changed WHERE kind = 'person')"
        ).fetchall()
        for (local_id,) in rows:
            mark(self._sql, FactKind.PERSON, local_id, SYSTEM, iso(self._now) or "")
        return len(rows)

    def mark_unsent(self) -> int:
        """Mark again what the centre never had and nothing marks any more; return how much.

        Somebody who wrote the file removed those marks.
        """
        rows = self._sql.execute(
            "SELECT kind, local_id FROM fleet_subjects WHERE kind IN ('person', 'account')"
            " AND version = 0 AND local_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM fleet_changed"
            " WHERE fleet_changed.kind = fleet_subjects.kind"
            " AND fleet_changed.local_id = fleet_subjects.local_id)"
        ).fetchall()
        for kind, local_id in rows:
            log.error("%s %s was to be sent; that was removed outside Munjigi", kind, local_id)
            mark(self._sql, FactKind(kind), local_id, SYSTEM, iso(self._now) or "")
        return len(rows)

    def name_new(self) -> None:
        """Give marked people their subjects, so that a line about one finds their row.

        Lines about them exist if this node was restored from a backup of before they were pushed.
        """
        rows = self._sql.execute(
            "SELECT id FROM people WHERE id IN"
            " (SELECT local_id FROM fleet_changed WHERE kind = 'person') AND id NOT IN"
            " (SELECT local_id FROM fleet_subjects WHERE kind = 'person' AND local_id IS NOT NULL)"
        ).fetchall()
        for (local_id,) in rows:
            subject_rows.name_person(self._sql, local_id)

    def _change(self, row: Mark) -> LocalChange | None:
        kind, local_id = FactKind(row[1]), row[2]
        try:
            if kind is FactKind.PERSON:
                return self._person(row, subject_rows.by_local_id(self._sql, kind, local_id))
            if kind is FactKind.RULES:
                who = self._who(row)
                return shared_rules.change(self._sql, self._member, row[0], self._rules, who)
            return self._account(row)
        except StorageError as error:
            log.error("a change is not sent to the fleet: %s", error)
            return None

    def _person(self, row: Mark, known: FleetSubject | None) -> LocalChange | None:
        stamp, _, local_id, *_ = row
        content = read_person(self._sql, self._vault, local_id)
        if content is None:
            return self._deletion(row, known)
        if known is None:
            subject_rows.name_person(self._sql, local_id)
            known = subject_rows.by_local_id(self._sql, FactKind.PERSON, local_id)
        if known is None or known.waiting:
            return None
        number = conflict_rows.claimed_number(self._sql, local_id)
        if number is not None and content.number.startswith("DUP-"):
            content = replace(content, number=number)
        content = replace(content, consents=tuple(map(self._portable, content.consents)))
        audience = subject_rows.audience(
            known.groups if known.version else content.groups, content.groups
        )
        return LocalChange(
            FactKind.PERSON, known.subject, known.version, stamp, audience, content, *self._who(row)
        )

    def _portable(self, consent: Consent) -> Consent:
        """Return a consent that names its text by a digest: each node counts its own versions."""
        if self._digests is None:
            self._digests = consent_store.text_digests(self._sql)
        version = None if consent.version is None else self._digests.get(consent.version)
        return replace(consent, version=version)

    def _deletion(self, row: Mark, known: FleetSubject | None) -> LocalChange | None:
        """Return the order to delete a person, also of one who was never confirmed.

        Without the kiosk's own receipt somebody else removed the row: it is fetched again.
        """
        stamp, _, local_id, *_ = row
        own = self._vault.own_signers()
        if known is None or not deletion_receipts.proves_deletion(self._sql, own, local_id):
            self._sql.execute("DELETE FROM fleet_changed WHERE stamp = ?", [stamp])
            if known is not None:
                log.error("person %s was removed outside Munjigi and is fetched again", local_id)
                subject_rows.keep(self._sql, replace(known, local_id=None, waiting=True))
            return None
        return LocalChange(
            FactKind.DELETION,
            known.subject,
            0,
            stamp,
            subject_rows.audience(known.groups, known.groups),
            None,
            *self._who(row),
        )

    def _account(self, row: Mark) -> LocalChange | None:
        stamp, _, local_id, *_ = row
        content = read_account(self._sql, local_id)
        if content is None or content.pin_hash.startswith(FORMER):
            return None  # after the owner's next sign-in here
        known = subject_rows.by_local_id(self._sql, FactKind.ACCOUNT, local_id)
        if known is None:
            known = self._new(local_id, content.name)
        if known.waiting:
            return None  # its newest version has not come, and nothing may be written over it
        return LocalChange(
            FactKind.ACCOUNT,
            known.subject,
            known.version,
            stamp,
            (EVERYBODY,),
            content,
            *self._who(row),
        )

    def _new(self, local_id: int, name: str) -> FleetSubject:
        """Give an account here its subject, the same at all nodes."""
        subject = subject_id(self._member.fleet, "", FactKind.ACCOUNT, search_key(name))
        known = subject_rows.by_subject(self._sql, FactKind.ACCOUNT, subject)
        known = replace(known or FleetSubject(FactKind.ACCOUNT, subject, None), local_id=local_id)
        subject_rows.keep(self._sql, known)
        return subject_rows.by_subject(self._sql, FactKind.ACCOUNT, subject) or known

    def _who(self, row: Mark) -> tuple[str, datetime]:
        *_, actor, at = row
        return actor or SYSTEM, datetime.fromisoformat(at) if at else self._now


def confirm(sql: sqlite3.Connection, change: LocalChange, fact: Fact, now: datetime) -> None:
    """Note that the centre has a change; one made since then stays to be pushed."""
    if change.kind is FactKind.DELETION:
        forget_deleted(sql, fact, now)
    else:
        known = subject_rows.by_subject(sql, change.kind, change.subject)
        assert known is not None
        content = change.content
        groups = content.groups if isinstance(content, FleetPerson) else known.groups
        version = max(known.version, fact.version)
        subject_rows.keep(sql, replace(known, version=version, groups=groups))
    sql.execute("DELETE FROM fleet_changed WHERE stamp = ?", [change.stamp])


def forget_deleted(sql: sqlite3.Connection, fact: Fact, now: datetime) -> None:
    """Note that a deletion is known and, as far as this node goes, done."""
    if not subject_rows.is_deleted(sql, fact.subject):
        subject_rows.keep(
            sql,
            FleetSubject(
                FactKind.DELETION, fact.subject, None, fact.version, (), subject_rows.line(fact)
            ),
            fact.writer,
        )
        sql.execute(
            "INSERT OR IGNORE INTO fleet_deletions (number, subject, at) VALUES (?, ?, ?)",
            [fact.number, fact.subject, iso(now)],
        )
    known = subject_rows.by_subject(sql, FactKind.PERSON, fact.subject)
    if known is not None and known.local_id is not None:
        sql.execute(
            "DELETE FROM fleet_changed WHERE kind = 'person' AND local_id = ?", [known.local_id]
        )
        subject_rows.keep(sql, replace(known, local_id=None, waiting=False))
    conflict_rows.close_all_of(sql, fact.subject)
