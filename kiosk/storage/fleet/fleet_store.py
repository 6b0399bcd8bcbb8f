"""What a node of a fleet keeps in its own database (``FleetStorePort``)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from kiosk.core.consent import ConsentKind
from kiosk.core.errors import FleetError, KioskError
from kiosk.core.fleet import (
    Applied,
    Conflict,
    Fact,
    FactKind,
    FeedHead,
    FleetPerson,
    LeaseMark,
    LocalChange,
    Membership,
    NodeEvent,
    Standing,
)
from kiosk.storage.audit import audit_log
from kiosk.storage.audit.audit_log import SYSTEM
from kiosk.storage.db import wal_scrub
from kiosk.storage.db.timestamps import Clock, iso, local_now
from kiosk.storage.fleet import (
    capture,
    conflict_rows,
    event_rows,
    local_change_reader,
    membership_rows,
    same_faces,
    shared_rules,
    shared_secrets,
    subject_rows,
)
from kiosk.storage.fleet.conflict_rows import OpenConflict
from kiosk.storage.fleet.fact_writer import COUNTED, FactWriter, Written
from kiosk.storage.fleet.local_change_reader import LocalChangeReader
from kiosk.storage.fleet.person_content import read_person
from kiosk.storage.fleet.person_writer import PersonWriter
from kiosk.storage.fleet.rows_put_back import RowsPutBack
from kiosk.storage.fleet.shared_rules import RulesText
from kiosk.storage.store import Store

T = TypeVar("T")

log = logging.getLogger(__name__)

TOGETHER = 20
"""People in one batch up to which the gallery is told at once."""

TIMEOUT_S = 60.0
"""How long a caller waits for a batch of facts; it is finished even if that is not enough."""


class FleetStore:
    """The fleet's part of an open database. Callable from any thread but the database's.

    ``people_changed`` is called, in the caller's thread, after people were written, with the id of
    the only one: this process's own gallery does not notice them otherwise. ``rules``: the policy
    file. While the door runs, facts are given fifty at a time: the door's decisions wait for each
    transaction.
    """

    def __init__(
        self,
        store: Store,
        people_changed: Callable[[int | None], None] = lambda person_id: None,
        clock: Clock = local_now,
        rules: RulesText | None = None,
    ) -> None:
        self._store = store
        self._rules = rules
        self._database = store.database
        self._vault = store.vault
        self._people_changed = people_changed
        self._clock = clock
        self._put_back = RowsPutBack(store.database.path, store.vault.seals)
        self._looked_for_missing = False
        self._unread = False

    def membership(self) -> Membership | None:
        """Return this node's place; ``None`` outside a fleet.

        Raise ``StorageError`` if somebody else changed what decides whom this node believes.
        """
        return self._database.call(self._membership)

    def join(self, membership: Membership, by: str = SYSTEM, *, merge: bool = False) -> None:
        """Become a node of a fleet. What is here already is to be pushed, as new facts.

        Raise ``FleetError`` if this database belongs to a fleet, or has people and neither founds
        one nor was ``merge`` asked for.
        """
        self._database.call(self._join, membership, by, merge, timeout=TIMEOUT_S)

    def check_join(self, *, merge: bool = False) -> None:
        """Raise ``FleetError`` where ``join`` would, for a node that founds nothing."""
        self._database.call(lambda: self._check_join(founds=False, merge=merge))

    def leave(self, by: str = SYSTEM) -> None:
        """Leave the fleet; people and accounts stay as they are."""
        self._database.call(self._leave, by)

    def without_credentials_after_merge(self) -> list[str]:
        """Return the names of the people whose PINs and cards must be set again after a merge."""
        return self._read(
            lambda: [
                name
                for (name,) in self._sql.execute(
                    "SELECT name FROM people WHERE id IN (SELECT person_id FROM door_pins"
                    " UNION SELECT person_id FROM cards) ORDER BY name"
                )
            ]
        )

    def shared_secrets(self) -> dict[str, bytes]:
        """Return what this node shares with a fleet that it founds, 32 bytes each, by name."""
        return shared_secrets.shared_by(self._store)

    def adopt_secrets(self, shared: Mapping[str, bytes]) -> bool:
        """Use the fleet's secrets for PINs, cards and badges; return whether that is new.

        Then whatever holds a store of cards must be made again.
        """

        def adopt() -> bool:
            with self._database.transaction():
                self._member()
                return shared_secrets.adopt(self._sql, self._vault.store, shared, self._clock())

        return self._database.call(adopt)

    def local_changes(self, limit: int) -> list[LocalChange]:
        """Return what staff changed here and the centre does not have yet, deletions first.

        Nothing while somebody has put older rows back, until ``log confirm``.
        """
        if self._unread:
            self._tell_gallery(())
        changes = self._database.call(
            self._local_changes, limit, self._rules_text(), timeout=TIMEOUT_S
        )
        return [] if changes and self._put_back.tables() else changes

    def confirm(self, change: LocalChange, fact: Fact) -> None:
        """Note that the centre has a change; one made since then stays to be pushed."""
        self._database.call(self._confirm, change, fact)

    def conflict(self, change: LocalChange, theirs: Applied) -> None:
        """Let the stricter count where somebody else changed the same fact."""
        member = self._database.call(self._member)
        self.apply([theirs], member.head)

    def apply(self, facts: Sequence[Applied], head: FeedHead) -> None:
        """Write facts and the cursor in one transaction; deletions come first, each in its own.

        A deletion destroys the person's key in all backups of this node, too.
        """
        for applied in facts:
            if applied.fact.kind is FactKind.DELETION:
                self._delete(applied.fact)
            elif isinstance(applied.content, FleetPerson):
                self._withdraw(applied.fact, applied.content)
        rules = [self._use_rules(one) for one in facts if one.fact.kind is FactKind.RULES]
        written = self._database.call(self._apply, tuple(facts), head, rules, timeout=TIMEOUT_S)
        if len(written.ids) > TOGETHER:  # more are coming: the gallery is read once at the end
            self._unread = True
        elif written.ids or self._unread:
            self._tell_gallery(written.ids)

    def _tell_gallery(self, ids: Collection[int]) -> None:
        only = next(iter(ids)) if len(ids) == 1 and not self._unread else None
        self._unread = False
        self._people_changed(only)

    def standing(self, subjects: Sequence[str]) -> dict[tuple[FactKind, str], Standing]:
        """Return the newest line of the feed that was read, by kind and subject."""
        return self._read(lambda: subject_rows.standing(self._sql, subjects))

    def waiting(self, limit: int) -> list[tuple[FactKind, str]]:
        """Return what was applied as waiting and has not come yet."""
        return self._read(lambda: subject_rows.waiting(self._sql, limit))

    def keep_lease(self, mark: LeaseMark) -> None:
        """Store what is used of the lease."""
        self._write(lambda: membership_rows.keep_lease(self._sql, mark))

    def nodes(self) -> dict[str, Mapping[str, Any]]:
        """Return the documents of the nodes that this node believes in."""
        return self._read(lambda: membership_rows.nodes(self._sql))

    def conflicts(self) -> list[Conflict]:
        """Return what waits for staff to choose, oldest first."""
        return self._read(
            lambda: [
                one.shown
                for one in (
                    *conflict_rows.listed(self._sql, self._vault),
                    *same_faces.listed(self._sql, self._vault, self._clock()),
                )
            ]
        )

    def conflict_count(self) -> int:
        """Return how many conflicts wait, without opening any."""
        return self._read(lambda: conflict_rows.count(self._sql) + same_faces.count(self._sql))

    def settle(self, conflict: int, keep_mine: bool, by: str) -> None:
        """Keep one side of a conflict. Raise ``FleetError`` if it is settled already.

        Of two people with one number or one face the other is deleted, everywhere. Where two people
        are meant, staff correct the number instead; two faces stay until one of them is gone.
        """
        gone, rules = self._database.call(self._settle, conflict, keep_mine, by)
        if rules is not None:
            self._settle_rules(rules, by)
        if gone is not None:
            self._store.people.delete(gone, by, "fleet conflict")
            self._database.call(self._free_numbers)
        self._people_changed(None)

    def events_after(self, sequence: int, limit: int) -> list[NodeEvent]:
        """Return rows of the logs after ``sequence``, in order, as they were hashed."""
        return self._read(lambda: event_rows.after(self._sql, sequence, limit))

    def deletions_done(self) -> list[tuple[str, int, datetime]]:
        """Return subject, feed number and time of deletions whose receipt is not sent yet."""
        rows = self._read(
            lambda: self._sql.execute(
                "SELECT subject, number, at FROM fleet_deletions WHERE NOT sent ORDER BY number"
            ).fetchall()
        )
        return [(subject, number, datetime.fromisoformat(at)) for subject, number, at in rows]

    def receipt_sent(self, number: int) -> None:
        """Note that the centre has the receipt of a deletion."""
        self._write(
            lambda: self._sql.execute(
                "UPDATE fleet_deletions SET sent = 1 WHERE number = ?", [number]
            )
        )

    # below: in the database's thread, but for _delete

    @property
    def _sql(self) -> Any:
        return self._database.connection

    def _read(self, work: Callable[[], T]) -> T:
        def read() -> T:
            with self._database.snapshot():
                return work()

        return self._database.call(read)

    def _write(self, work: Callable[[], object]) -> None:
        def write() -> None:
            with self._database.transaction():
                work()

        self._database.call(write)

    def _paused(self) -> AbstractContextManager[None]:
        return self._store.capture.paused()

    def _membership(self) -> Membership | None:
        return membership_rows.read(self._sql, self._vault.seals)

    def _member(self) -> Membership:
        member = self._membership()
        if member is None:
            raise FleetError(
                "This kiosk does not belong to a fleet; run munjigi fleet join.",
                key="error.fleet_none",
            )
        return member

    def _join(self, membership: Membership, by: str, merge: bool) -> None:
        with self._database.transaction():
            founds = _founds(membership)
            people = self._check_join(founds=founds, merge=merge)
            membership_rows.write(self._sql, membership)
            now = iso(self._clock()) or ""
            capture.mark_all(self._sql, by, now)
            if founds:
                capture.mark_rules(self._sql, by, now)
            else:
                shared_secrets.leave_own(self._sql, self._clock())
            detail = {"fleet": membership.fleet[:16], "node": membership.node, "people": people}
            self._record("fleet_joined", by, detail)

    def _check_join(self, *, founds: bool, merge: bool) -> int:
        """Return how many people are enrolled here, if this database may join."""
        if self._membership() is not None:
            raise FleetError(
                "This kiosk belongs to a fleet already; run munjigi fleet leave first.",
                key="error.fleet_member",
            )
        people = int(self._sql.execute("SELECT count(*) FROM people").fetchone()[0])
        if people and not founds and not merge:
            raise FleetError(
                f"{people} people are enrolled here; join with --merge to bring them into the"
                " fleet, without their PINs and cards, or delete them first.",
                key="error.fleet_people",
                people=people,
            )
        return people

    def _leave(self, by: str) -> None:
        with self._database.transaction():
            member = self._member()
            wal_scrub.begin(self._sql, self._clock())
            membership_rows.forget(self._sql)
            self._record("fleet_left", by, {"fleet": member.fleet[:16]})
        wal_scrub.finish(self._database.path, self._database.sqlite)

    def _local_changes(self, limit: int, rules: str | None) -> list[LocalChange]:
        with self._database.transaction():
            member = self._membership()
            if member is None:
                return []
            reader = LocalChangeReader(self._sql, self._vault, member, self._clock(), rules)
            if not self._looked_for_missing:
                reader.mark_missing()
                reader.mark_unsent()
                self._looked_for_missing = True
            return reader.read(limit)

    def _confirm(self, change: LocalChange, fact: Fact) -> None:
        with self._database.transaction():
            local_change_reader.confirm(self._sql, change, fact, self._clock())

    def _delete(self, fact: Fact) -> None:
        """Carry out a deletion, in the caller's thread: backups are reached too."""
        person_id = self._database.call(self._person_to_delete, fact)
        if person_id is not None:
            self._store.people.delete(person_id, fact.account or SYSTEM, "fleet")
            self._people_changed(person_id)

        def forget() -> None:
            local_change_reader.forget_deleted(self._sql, fact, self._clock())
            self._free_numbers()

        self._write(forget)

    def _withdraw(self, fact: Fact, content: FleetPerson) -> None:
        """Destroy a face whose consent was withdrawn elsewhere, in this node's backups too."""
        if content.templates or any(one.kind is ConsentKind.FACE for one in content.consents):
            return
        person_id = self._database.call(self._person_with_face, fact)
        if person_id is None:
            return
        marked = self._database.call(self._is_marked, person_id)
        self._store.people.withdraw(person_id, fact.account or SYSTEM)
        if not marked:
            self._write(lambda: capture.unmark(self._sql, FactKind.PERSON, person_id))
        self._people_changed(person_id)

    def _person_with_face(self, fact: Fact) -> int | None:
        """Return the id of a person whose face is here, if the fact is newer than what is known."""
        known = subject_rows.by_subject(self._sql, FactKind.PERSON, fact.subject)
        if known is None or known.local_id is None:
            return None
        if known.version >= fact.version and not known.waiting:
            return None
        row = self._sql.execute(
            "SELECT id FROM people WHERE id = ? AND (consented_at IS NOT NULL OR id IN"
            " (SELECT person_id FROM templates))",
            [known.local_id],
        ).fetchone()
        return row[0] if row else None

    def _is_marked(self, person_id: int) -> bool:
        found = self._sql.execute(
            "SELECT 1 FROM fleet_changed WHERE kind = 'person' AND local_id = ?", [person_id]
        )
        return found.fetchone() is not None

    def _rules_text(self) -> str | None:
        """Return the text of the policy file, in the caller's thread."""
        try:
            return self._rules.read() if self._rules is not None else None
        except KioskError as error:
            log.error("the access rules are not sent to the fleet: %s", error)
            return None

    def _use_rules(self, applied: Applied) -> _RulesUse | None:
        """Write the fleet's rules into the policy file if they count, in the caller's thread."""
        if self._rules is None or not isinstance(applied.content, str):
            return None
        text = self._rules_text()

        def mine() -> tuple[bool, str | None]:
            stored = None
            if text is not None and shared_rules.is_marked(self._sql):
                stored = shared_rules.stored_text(self._sql, text)
            return shared_rules.is_new(self._sql, applied), stored

        new, own = self._database.call(mine)
        if not new:
            return None
        written_here = applied.fact.writer == self._database.call(self._member).node
        if own not in (None, applied.content) and written_here:
            return None  # an earlier change of this node itself
        counts = shared_rules.chosen(self._rules, own, applied.content)
        return _RulesUse(applied, own, counts)

    def _person_to_delete(self, fact: Fact) -> int | None:
        known = subject_rows.by_subject(self._sql, FactKind.PERSON, fact.subject)
        if known is None or known.local_id is None:
            return None
        row = self._sql.execute("SELECT id FROM people WHERE id = ?", [known.local_id]).fetchone()
        return row[0] if row else None

    def _apply(
        self, facts: Sequence[Applied], head: FeedHead, rules: Sequence[_RulesUse | None]
    ) -> Written:
        with self._database.transaction():
            member = self._member()
            LocalChangeReader(self._sql, self._vault, member, self._clock()).name_new()
            writer = FactWriter(self._sql, self._vault, member, self._clock())
            with self._paused():
                for use in filter(None, rules):
                    shared_rules.note(
                        self._sql, self._vault, use.applied, use.mine, use.counts, self._clock()
                    )
                writer.write_all([one for one in facts if one.fact.kind is not FactKind.DELETION])
                self._free_numbers()
                membership_rows.move_head(self._sql, head)
            if writer.written:
                self._record_batch(writer.written, head)
        wal_scrub.finish(self._database.path, self._database.sqlite)
        return writer.written

    def _record_batch(self, written: Written, head: FeedHead) -> None:
        counts = {name: getattr(written, name) for name in COUNTED if getattr(written, name)}
        by = {"decided_by": sorted(written.by)[:10]} if written.by else {}
        self._record("fleet_applied", SYSTEM, counts | by | {"line": head.number})

    def _record(self, event: str, by: str, detail: Mapping[str, object]) -> None:
        audit_log.write(self._sql, self._store.chain, event, by, detail, self._clock())

    def _free_numbers(self) -> None:
        """Give people their own numbers whose numbers nobody else has any more."""
        for conflict, local_id, claimed in conflict_rows.claimed_numbers(self._sql):
            row = self._sql.execute(
                "SELECT number, (SELECT count(*) FROM people WHERE number = ?) FROM people"
                " WHERE id = ?",
                [claimed, local_id],
            ).fetchone()
            if row is None or not row[0].startswith("DUP-"):
                conflict_rows.close(self._sql, conflict)
            elif not row[1]:
                content = read_person(self._sql, self._vault, local_id)
                assert content is not None
                with self._paused():
                    writer = PersonWriter(self._sql, self._vault, self._clock())
                    writer.update(local_id, replace(content, number=claimed))
                    writer.settle_cards()
                conflict_rows.close(self._sql, conflict)

    def _settle_rules(self, text: str, by: str) -> None:
        """Let the rules that staff chose count, here and everywhere."""
        if self._rules is None or self._rules.read() == text:
            return
        self._rules.write(text)

        def store() -> None:
            shared_rules.store(self._sql, text)
            moment = iso(self._clock()) or ""
            capture.mark(self._sql, FactKind.RULES, shared_rules.LOCAL_ID, by, moment)

        self._write(store)

    def _settle(self, conflict: int, keep_mine: bool, by: str) -> tuple[int | None, str | None]:
        """Write the side that is kept.

        Return the id here of a person to be deleted, and rules to be written, if any.
        """
        with self._database.transaction():
            found = next(
                (
                    one
                    for one in (
                        *conflict_rows.listed(self._sql, self._vault),
                        *same_faces.listed(self._sql, self._vault, self._clock()),
                    )
                    if one.shown.id == conflict
                ),
                None,
            )
            if found is None:
                raise FleetError(
                    "That conflict is settled already; look at the list again.",
                    key="error.fleet_settled",
                )
            gone = self._keep_side(
                found, found.shown.mine if keep_mine else found.shown.theirs, keep_mine
            )
            detail = {"subject": found.shown.subject, "why": found.shown.why}
            kept = {"kept": "mine" if keep_mine else "theirs"}
            self._record("fleet_conflict_settled", by, detail | kept)
            if gone is None:  # else it ends with the deletion
                conflict_rows.close(self._sql, conflict)
            side = found.shown.mine if keep_mine else found.shown.theirs
            return gone, side if isinstance(side, str) else None

    def _keep_side(self, found: OpenConflict, side: object, keep_mine: bool) -> int | None:
        if found.shown.why == "version":
            here = read_person(self._sql, self._vault, found.local_id)
            if isinstance(side, FleetPerson) and here is not None:
                writer = PersonWriter(self._sql, self._vault, self._clock())
                writer.update(found.local_id, _as_consented(side, here))
                writer.settle_cards()
            return None
        subject = found.shown.other if keep_mine else found.shown.subject
        if found.shown.why == "number":  # the subject is the one who came; the other was here
            subject = found.shown.subject if keep_mine else found.shown.other
        gone = subject_rows.by_subject(self._sql, FactKind.PERSON, subject)
        return gone.local_id if gone else None


@dataclass(frozen=True, slots=True)
class _RulesUse:
    """Rules of the fleet: what staff changed here meanwhile, and whether the fleet's count."""

    applied: Applied
    mine: str | None
    counts: bool


def _as_consented(side: FleetPerson, here: FleetPerson) -> FleetPerson:
    """Return a side of a conflict with no consent, and no face, that the person withdrew since."""
    kinds = {given.kind for given in side.consents}
    in_force = tuple(given for given in here.consents if given.kind in kinds)
    faces = side.templates or here.templates  # those of a key before open no more
    if not any(given.kind is ConsentKind.FACE for given in in_force):
        faces = ()
    return replace(side, consents=in_force, templates=faces)


def _founds(membership: Membership) -> bool:
    """Return whether this node is the one that its fleet began with."""
    return bool(json.loads(membership.founder).get("node") == membership.node)
