"""Nodes of a fleet over ``MemoryFleet``: real trust and real sync loop, a store in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.fleet import (
    EVERYBODY,
    Applied,
    Content,
    Fact,
    FactKind,
    FeedHead,
    FleetCard,
    FleetPerson,
    LeaseMark,
    LocalChange,
    Membership,
    NodeEvent,
    NodeKind,
    Standing,
)
from kiosk.core.templates import Template
from kiosk.fleet.sync.sync_loop import FleetSync
from kiosk.fleet.trust.admission import Founding, NodeDraft, admission, revocation
from kiosk.fleet.trust.feed_reader import standing_of
from kiosk.fleet.trust.lease_clock import Instant
from kiosk.fleet.trust.node_keys import NodeKeys
from kiosk.fleet.trust.node_trust import NodeTrust
from kiosk.storage.audit.hash_chain import content, next_link
from tests.helpers.fleet_centre import Lie, MemoryCentre, MemoryFleet

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEPPER = b"p" * 32


class KeysInMemory:
    """A ``KeyStore``."""

    place = "memory"

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self.held.get(name)

    def put(self, name: str, key: bytes) -> None:
        self.held[name] = key

    def remove(self, name: str) -> None:
        self.held.pop(name, None)


class FleetTime:
    """The clocks of one machine."""

    def __init__(self) -> None:
        self.wall = START
        self.boot_s = 1000.0
        self.boot_id = "boot"

    def __call__(self) -> Instant:
        return Instant(self.wall, self.boot_s, self.boot_id)

    def advance(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.boot_s += seconds


class StoreInMemory:
    """A ``FleetStorePort``: what each subject says here, and what was read of it."""

    def __init__(self) -> None:
        self.member: Membership | None = None
        self.content: dict[tuple[FactKind, str], Content] = {}
        self.read: dict[tuple[FactKind, str], Standing] = {}
        self.unopened: set[tuple[FactKind, str]] = set()
        self.shared: dict[str, bytes] = {}
        self.changed: list[LocalChange] = []
        self.log: list[NodeEvent] = []
        self.done: list[tuple[str, int, datetime]] = []

    def membership(self) -> Membership | None:
        return self.member

    def join(self, membership: Membership, by: str = "", *, merge: bool = False) -> None:
        self.member = membership

    def leave(self, by: str = "") -> None:
        self.member = None

    def adopt_secrets(self, shared: Mapping[str, bytes]) -> bool:
        new, self.shared = self.shared != dict(shared), dict(shared)
        return new

    def local_changes(self, limit: int) -> list[LocalChange]:
        return self.changed[:limit]

    def confirm(self, change: LocalChange, fact: Fact) -> None:
        self.changed = [each for each in self.changed if each != change]

    def conflict(self, change: LocalChange, theirs: Applied) -> None:
        raise NotImplementedError

    def apply(self, facts: list[Applied], head: FeedHead) -> None:
        assert self.member is not None
        for one in facts:
            key = one.fact.kind, one.fact.subject
            before = self.read.get(key)
            if before and before.number > one.fact.number:
                continue
            self.read[key] = standing_of(one.fact)
            self.content[key] = one.content
            (self.unopened.add if one.waiting else self.unopened.discard)(key)
            if one.fact.kind is FactKind.DELETION and before is None:
                self.content.pop((FactKind.PERSON, one.fact.subject), None)
                self.done.append((one.fact.subject, one.fact.number, START))
            if key == (FactKind.NODE, self.member.node) and isinstance(one.content, Mapping):
                self.member = replace(self.member, revoked=bool(one.content["revoked"]))
        self.member = replace(self.member, head=head)

    def standing(self, subjects: list[str]) -> dict[tuple[FactKind, str], Standing]:
        return {key: line for key, line in self.read.items() if key[1] in set(subjects)}

    def waiting(self, limit: int) -> list[tuple[FactKind, str]]:
        return sorted(self.unopened, key=lambda one: (one[0] is FactKind.PERSON, one))[:limit]

    def keep_lease(self, mark: LeaseMark) -> None:
        assert self.member is not None
        self.member = replace(self.member, lease=mark)

    def nodes(self) -> dict[str, Mapping[str, Any]]:
        return {
            subject: content
            for (kind, subject), content in self.content.items()
            if kind is FactKind.NODE and isinstance(content, Mapping)
        }

    def conflicts(self) -> list[Any]:
        return []

    def conflict_count(self) -> int:
        return 0

    def settle(self, conflict: int, keep_mine: bool, by: str) -> None:
        raise NotImplementedError

    def events_after(self, sequence: int, limit: int) -> list[NodeEvent]:
        return [event for event in self.log if event.sequence > sequence][:limit]

    def deletions_done(self) -> list[tuple[str, int, datetime]]:
        return list(self.done)

    def receipt_sent(self, number: int) -> None:
        self.done = [each for each in self.done if each[1] != number]


class MemoryNode:
    """A node. ``groups``: whom it serves. ``lie``: what the centre does to the lines it reads."""

    def __init__(self, db: MemoryFleet, name: str, groups: tuple[str, ...] = (EVERYBODY,)) -> None:
        self.db = db
        self.name = name
        self.groups = groups
        self.expected = groups  # until it has read its admission
        self.keys = NodeKeys.create(KeysInMemory())
        self.id = self.keys.node
        self.store = StoreInMemory()
        self.time = FleetTime()
        self.sealing_every = timedelta(days=10_000)
        self.lie: Lie = lambda lines: lines
        self.trust: NodeTrust
        self.sync: FleetSync
        db.groups[self.id] = frozenset(groups)

    @property
    def centre(self) -> MemoryCentre:
        """A connection to the database."""
        return MemoryCentre(self.db, self.id, lambda lines: self.lie(lines))

    @property
    def head(self) -> FeedHead:
        """How far the node has read."""
        assert self.store.member is not None
        return self.store.member.head

    def found(self) -> None:
        """Begin a fleet in the empty database."""
        founding = Founding(self.keys, self.name, NodeKind.DESK, {"pins": PEPPER}, now=START)
        self.db.fleet = founding.fleet
        self.centre.append([founding.first.draft], founding.finish, founding.first.keys)
        self.begin(founding.membership)

    def begin(self, member: Membership) -> None:
        """Follow the feed from the first line."""
        self.store.join(member)
        self.trust = NodeTrust(
            self.store,
            self.keys,
            member,
            groups=self.expected,
            sealed_names=True,
            instant=self.time,
        )
        self.sync = FleetSync(
            self.store,
            lambda: self.centre,
            self.trust,
            state=lambda: {"version": "1"},
            clock=lambda: self.time.wall,
            steady=lambda: self.time.boot_s,
            sealing_every=self.sealing_every,
        )
        self.rounds()

    def rounds(self, count: int = 3) -> None:
        """Let the loop run, a few seconds apart."""
        for _ in range(count):
            self.time.advance(1)
            self.sync.round()

    def append(self, change: NodeDraft) -> None:
        """Write a fact about a node."""
        self.centre.append([change.draft], self.trust.finish, change.keys)
        self.rounds()

    def admit(self, new: MemoryNode, *, staff: bool = True) -> None:
        """Admit ``new``, whose code was compared, and let it follow."""
        fleet = self.trust.fleet
        new.centre.ask_to_join(new.keys.request(fleet, new.name, NodeKind.DOOR, START))
        assert self.trust.secrets is not None
        self.append(
            admission(
                fleet,
                self.trust.ring(self.head),
                self.trust.secrets,
                self.db.requests[new.id],
                staff=staff,
                groups=new.groups,
                now=START,
                account="kim",
            )
        )
        assert self.store.member is not None
        founder = self.store.member.founder
        new.begin(Membership(fleet, new.id, new.name, NodeKind.DOOR, founder))

    def revoke(self, node: MemoryNode) -> None:
        """Revoke ``node``."""
        assert self.trust.secrets is not None
        version = self.store.read[FactKind.NODE, node.id].version
        change, self.trust.secrets = revocation(
            self.trust.fleet,
            self.trust.ring(self.head),
            self.trust.secrets,
            node.id,
            version,
            now=START,
            account="kim",
        )
        self.append(change)

    def write(
        self,
        kind: FactKind,
        subject: str,
        content: Content,
        audience: tuple[str, ...] = (EVERYBODY,),
    ) -> None:
        """Change something as staff do, and push it."""
        before = self.store.read.get((kind, subject))
        change = LocalChange(
            kind, subject, before.version if before else 0, 1, audience, content, "kim", START
        )
        self.store.changed.append(change)
        self.rounds()

    def enrol(self, subject: str, person: FleetPerson) -> None:
        """Write a person whom their groups concern; without any, everybody."""
        self.write(FactKind.PERSON, subject, person, person.groups or (EVERYBODY,))

    def add_rows(self, count: int) -> None:
        """Add rows to this node's log, linked as a kiosk links them."""
        for _ in range(count):
            sequence = len(self.store.log) + 1
            before = self.store.log[-1].link if self.store.log else bytes(32)
            cells = (["what"], [f"row {sequence}"])
            row = content("log", *cells)
            link = next_link(before, "log", *cells)
            self.store.log.append(NodeEvent(sequence, "log", START, row, link))

    def person(self, subject: str) -> FleetPerson | None:
        """Return what this node knows of a person."""
        content = self.store.content.get((FactKind.PERSON, subject))
        return content if isinstance(content, FleetPerson) else None


def small_fleet(
    *doors: tuple[str, ...], staff: bool = True
) -> tuple[MemoryFleet, MemoryNode, list[MemoryNode]]:
    """Return a database, its founder (a desk) and a door for each of the groups given."""
    db = MemoryFleet()
    desk = MemoryNode(db, "desk")
    desk.found()
    nodes = [MemoryNode(db, f"door {index}", groups) for index, groups in enumerate(doors, 1)]
    for node in nodes:
        desk.admit(node, staff=staff)
    return db, desk, nodes


def drawn_person(number: str = "2026-1234", **changes: Any) -> FleetPerson:
    """Return a person with everything that a person can have."""
    vectors = np.random.default_rng(int(number[-4:])).normal(size=(2, 8)).astype(np.float32)
    person = FleetPerson(
        number=number,
        name="홍길동",
        role="graduate",
        enabled=True,
        entry="face",
        created_at=START,
        groups=(),
        consents=(Consent(ConsentKind.FACE, START, "ko", 3),),
        pin_hash="$argon2id$x",
        pin_set_at=START,
        cards=(FleetCard("card", "c" * 64, START),),
        templates=tuple(Template(0, "embedder", vector, "front", 0.5) for vector in vectors),
    )
    return replace(person, **changes)
