"""Nodes of a fleet whose centre is a list in memory: what one pushes the others apply."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.fleet import (
    Applied,
    Content,
    Fact,
    FactKind,
    FeedHead,
    LocalChange,
    Membership,
    NodeKind,
)
from kiosk.core.people import Person
from kiosk.storage.fleet.fleet_store import FleetStore
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, template

FLEET = "f" * 64


FOUNDER = "north"


def member(name: str) -> Membership:
    """Return the place of a node that has read nothing yet; ``FOUNDER`` founds the fleet."""
    founder = json.dumps({"node": _id(FOUNDER)}).encode()
    return Membership(FLEET, _id(name), name, NodeKind.DOOR, founder)


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


@dataclass
class Node:
    """An open database that belongs to the fleet."""

    store: Store
    fleet: FleetStore
    reloads: list[int] = field(default_factory=list)

    @property
    def id(self) -> str:
        found = self.fleet.membership()
        assert found is not None
        return found.node

    def enrol(self, number: str, name: str = "홍길동", seed: int = 1, **fields: object) -> Person:
        """Enrol somebody with two templates and both consents, as staff do."""
        consents = (
            Consent(ConsentKind.PERSONAL, MORNING, "ko"),
            Consent(ConsentKind.FACE, MORNING, "ko"),
        )
        person = Person(number, name, consents=consents, consented_at=MORNING, **fields)  # type: ignore[arg-type]
        faces = [template(seed * 100 + n) for n in range(2)]
        return self.store.people.add_with_templates(person, faces, "kim")

    def numbers(self) -> list[str]:
        rows = self.store.database.call(
            lambda: self.store.database.connection.execute(
                "SELECT number FROM people ORDER BY id"
            ).fetchall()
        )
        return [row[0] for row in rows]

    def count(self, table: str) -> int:
        return int(
            self.store.database.call(
                lambda: self.store.database.connection.execute(
                    f"SELECT count(*) FROM {table}"
                ).fetchone()
            )[0]
        )


def node(path: Path, name: str) -> Node:
    """Open a database at ``path``; it joins the fleet if it has not joined yet."""
    store = Store.open(path, busy_timeout_s=0.5)
    reloads: list[int] = []
    fleet = FleetStore(store, lambda person_id: reloads.append(person_id or 0))
    if fleet.membership() is None:
        fleet.join(member(name))
    return Node(store, fleet, reloads)


class StaleBaseAt(Exception):
    """A change was made against an older version."""


class Feed:
    """The lines of the centre, with what each says."""

    def __init__(self) -> None:
        self.lines: list[Applied] = []
        self._at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def head(self) -> FeedHead:
        number = len(self.lines)
        return FeedHead(number, hashlib.sha256(b"%d" % number).digest() if number else bytes(32))

    def version(self, kind: FactKind, subject: str) -> int:
        """Return the newest version; a deletion is the newest of its person's."""
        same = [one.fact for one in self.lines if one.fact.subject == subject]
        if kind is FactKind.PERSON and any(one.kind is FactKind.DELETION for one in same):
            return -1
        return max((one.version for one in same if one.kind is kind), default=0)

    def write(self, change: LocalChange, writer: str) -> Fact:
        """Write a change; raise ``StaleBaseAt`` unless it was made against the newest version."""
        if self.version(change.kind, change.subject) != change.base:
            raise StaleBaseAt(change.subject)
        return self.say(
            change.kind, change.subject, change.base + 1, change.content, writer, change.account
        )

    def say(
        self,
        kind: FactKind,
        subject: str,
        version: int,
        content: Content,
        writer: str = "e" * 32,
        account: str = "kim",
    ) -> Fact:
        """Append a line."""
        self._at += timedelta(seconds=1)
        head = self.head()
        fact = Fact(
            head.number + 1,
            kind,
            subject,
            version,
            ("*",),
            b"d" * 32,
            head.link,
            self._at,
            writer,
            account,
            b"",
        )
        self.lines.append(Applied(fact, content))
        return fact

    def push(self, node: Node, confirm: bool = True) -> list[LocalChange]:
        """Write what staff changed at a node; stale changes stay, as in the loop."""
        changes = node.fleet.local_changes(1000)
        for change in changes:
            try:
                fact = self.write(change, node.id)
            except StaleBaseAt:
                continue
            if confirm:
                node.fleet.confirm(change, fact)
        return changes

    def pull(self, node: Node, lines: Sequence[Applied] | None = None) -> None:
        """Apply the lines that a node has not read yet: deletions first, then all."""
        found = node.fleet.membership()
        assert found is not None
        new = [one for one in (lines or self.lines) if one.fact.number > found.head.number]
        deletions = [one for one in new if one.fact.kind is FactKind.DELETION]
        if deletions:
            node.fleet.apply(deletions, found.head)
        if new:
            newest = {(one.fact.kind, one.fact.subject): one for one in new}
            node.fleet.apply([*newest.values()], self.head())

    def exchange(self, *nodes: Node) -> None:
        """Let everybody push and pull until nobody has anything new."""
        for _ in range(4):
            for one in nodes:
                self.pull(one)
                self.push(one)
                self.pull(one)
