"""A node's store, its trust and a centre in memory: as simple as the loop allows."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

from kiosk.core.errors import CentreAway, FleetError
from kiosk.core.fleet import (
    Applied,
    Beat,
    DoneReceipt,
    Draft,
    Fact,
    FactKind,
    FeedHead,
    LeaseMark,
    LocalChange,
    Membership,
    NodeEvent,
    NodeKind,
    StaleBase,
    WrappedKey,
)
from kiosk.core.fleet_trust import FeedPage, Outgoing

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def link_of(fact: Fact) -> bytes:
    return hashlib.sha256(fact.previous + fact.subject.encode() + bytes([fact.version])).digest()


def number_lines(writer, head, drafts):
    facts = []
    for draft in drafts:
        fact = Fact(
            head.number + 1,
            draft.kind,
            draft.subject,
            draft.base + 1,
            draft.audience,
            hashlib.sha256(draft.body).digest(),
            head.link,
            draft.at,
            writer,
            draft.account,
            b"signed",
            draft.body,
        )
        head = FeedHead(fact.number, link_of(fact))
        facts.append(fact)
    return facts


class MemoryCentre:
    """One database for several nodes; ``as_node`` gives a node's connection."""

    def __init__(self):
        self.feed: list[Fact] = []
        self.keys: dict[tuple[str, str], WrappedKey] = {}
        self.events: dict[str, list[NodeEvent]] = {}
        self.written_beats: dict[str, Beat] = {}
        self.done: list[DoneReceipt] = []
        self.down = False
        self.calls: list[str] = []

    def as_node(self, node):
        return Connection(self, node)


class Connection:
    def __init__(self, centre, node):
        self.of = centre
        self.node = node
        self.closed = False
        if centre.down:
            raise CentreAway("The centre cannot be reached.")

    def __getattribute__(self, name):
        found = object.__getattribute__(self, name)
        if callable(found) and name != "close":
            centre = object.__getattribute__(self, "of")
            centre.calls.append(name)
            if centre.down:
                raise CentreAway("The centre cannot be reached.")
        return found

    def head(self):
        feed = self.of.feed
        return FeedHead(len(feed), link_of(feed[-1])) if feed else FeedHead()

    def facts_after(self, number, limit):
        newest = {fact.subject: fact.number for fact in self.of.feed}
        return [
            fact if newest[fact.subject] == fact.number else replace(fact, body=None)
            for fact in self.of.feed[number : number + limit]
        ]

    def deletions_after(self, number, limit):
        found = [fact for fact in self.of.feed[number:] if fact.kind is FactKind.DELETION]
        return found[:limit]

    def newest(self, kind, subject):
        found = [fact for fact in self.of.feed if (fact.kind, fact.subject) == (kind, subject)]
        return found[-1] if found else None

    def append(self, drafts, finish, keys=()):
        newest = {fact.subject: fact.version for fact in self.of.feed}
        stale = {
            draft.subject: newest.get(draft.subject, 0)
            for draft in drafts
            if newest.get(draft.subject, 0) != draft.base
        }
        if stale:
            raise StaleBase(stale)
        facts = list(finish(self.head(), drafts))
        self.of.feed.extend(facts)
        self.put_keys(keys)
        return facts

    def wrapped_keys(self, subjects):
        return [self.of.keys[s, self.node] for s in subjects if (s, self.node) in self.of.keys]

    def put_keys(self, keys):
        self.of.keys |= {(key.subject, key.node): key for key in keys}

    def keys_missing(self, limit):
        nodes = set(self.of.events) | {"a", "b"}
        mine = {subject for subject, node in self.of.keys if node == self.node}
        return sorted((s, n) for s in mine for n in nodes if (s, n) not in self.of.keys)[:limit]

    def events_stored(self):
        rows = self.of.events.get(self.node, [])
        return (rows[-1].sequence, rows[-1].link) if rows else (0, bytes(32))

    def push_events(self, events):
        self.of.events.setdefault(self.node, []).extend(events)
        return events[-1].sequence

    def beat(self, beat):
        self.of.written_beats[self.node] = beat

    def beats(self):
        return list(self.of.written_beats.values())

    def put_receipt(self, receipt):
        self.of.done.append(receipt)

    def wait(self, timeout_s):
        return False

    def close(self):
        self.closed = True


class MemoryStore:
    """One node's rows: what each subject says here."""

    def __init__(self, node):
        self.node = node
        self.member = Membership("fleet", node, node, NodeKind.DOOR, b"")
        self.rows: dict[str, object] = {}
        self.known: dict[str, int] = {}
        self.changed: dict[str, LocalChange] = {}
        self.found: list[tuple[LocalChange, Applied]] = []
        self.held_back: dict[str, FactKind] = {}
        self.log: list[NodeEvent] = []
        self.deleted: list[tuple[str, int, datetime]] = []
        self.applied: list[Applied] = []
        self.adopted: list[dict[str, bytes]] = []

    def edit(self, subject, content, kind=FactKind.PERSON):
        self.rows[subject] = content
        base = self.known.get(subject, 0)
        self.changed[subject] = LocalChange(
            kind, subject, base, len(self.rows), ("*",), content, "kim", AT
        )

    def event(self):
        number = len(self.log) + 1
        self.log.append(NodeEvent(number, "log", AT, b"row", bytes([number]) * 32))

    def membership(self):
        return self.member

    def local_changes(self, limit):
        return list(self.changed.values())[:limit]

    def confirm(self, change, fact):
        if self.changed.get(change.subject) == change:
            del self.changed[change.subject]
        self.known[change.subject] = fact.version

    def apply(self, facts, head):
        for one in facts:
            self._apply(one)
        self.member = replace(self.member, head=head)

    def _apply(self, one):
        fact = one.fact
        self.applied.append(one)
        if one.waiting:
            self.held_back[fact.subject] = fact.kind
            return
        self.held_back.pop(fact.subject, None)
        if fact.kind is FactKind.DELETION:
            if self.rows.pop(fact.subject, None) is not None:
                self.deleted.append((fact.subject, fact.number, AT))
            return
        if self.known.get(fact.subject, 0) >= fact.version:
            return
        self.known[fact.subject] = fact.version
        mine = self.changed.pop(fact.subject, None)
        if mine is not None and fact.writer != self.node:
            self.found.append((mine, one))
        self.rows[fact.subject] = one.content

    def waiting(self, limit):
        return [(kind, subject) for subject, kind in self.held_back.items()][:limit]

    def adopt_secrets(self, shared):
        self.adopted.append(shared)
        return True

    def conflicts(self):
        return list(self.found)

    def conflict_count(self):
        return len(self.found)

    def keep_lease(self, mark):
        self.member = replace(self.member, lease=mark)

    def events_after(self, sequence, limit):
        return [row for row in self.log if row.sequence > sequence][:limit]

    def deletions_done(self):
        return list(self.deleted)

    def receipt_sent(self, number):
        self.deleted = [row for row in self.deleted if row[1] != number]


class PlainTrust:
    """Signs and seals nothing; believes every line unless ``lies`` has its number."""

    def __init__(self, node):
        self.node = node
        self.lies: set[int] = set()
        self.unsealable: set[str] = set()
        self.keyless: set[str] = set()
        self.keyless_kinds = {FactKind.PERSON}
        self.staff = True
        self.marked: list[LeaseMark] = []

    def read(self, head, facts, keys):
        applied = {}
        for fact in facts:
            if fact.number in self.lies:
                return FeedPage(tuple(applied.values()), head, FleetError("A line is forged."))
            head = FeedHead(fact.number, link_of(fact))
            waits = fact.subject in self.keyless and fact.kind in self.keyless_kinds
            content = None if waits or fact.body is None else fact.body.decode()
            applied[fact.subject] = Applied(fact, content, waits)
        return FeedPage(tuple(applied.values()), head)

    def shared(self):
        return {"pins": b"p" * 32}

    def deletions(self, facts):
        return [Applied(fact, None) for fact in facts]

    def open_waiting(self, fact, keys):
        return None if fact.subject in self.keyless else Applied(fact, fact.body.decode())

    def may_write(self):
        return self.staff

    def seal(self, changes):
        for change in changes:
            if change.subject in self.unsealable:
                raise FleetError("A body is too large.")
        return [
            Outgoing(
                change,
                Draft(
                    change.kind,
                    change.subject,
                    change.base,
                    change.audience,
                    str(change.content).encode(),
                    change.at,
                ),
                (WrappedKey(change.subject, self.node, 1, b"key"),),
            )
            for change in changes
        ]

    def finish(self, head, drafts):
        return number_lines(self.node, head, drafts)

    def wrap_again(self, missing, keys):
        return [WrappedKey(subject, node, 1, b"key") for subject, node in missing]

    def knows_groups(self, head):
        return True

    def divided(self):
        return None

    def renew_sealing(self, centre, every, limit):
        return False

    def seal_events(self, events):
        return list(events)

    def beat(self, head, sequence, event_link, state):
        return Beat(self.node, AT, head.number, head.link, sequence, event_link, state)

    def heard(self, beats):
        others = [beat for beat in beats if beat.node != self.node]
        return LeaseMark(AT, 0.0, AT, 0.0, "boot") if others else None

    def lease_now(self, mark):
        self.marked.append(mark)
        return replace(mark, used_s=mark.used_s + 60)

    def receipt(self, subject, number, at):
        return DoneReceipt(self.node, subject, number, at)
