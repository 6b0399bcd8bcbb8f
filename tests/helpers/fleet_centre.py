"""A fleet's centre in memory, which can lie: what a node believes is tested against it.

``MemoryFleet`` is the database, ``MemoryCentre`` one node's connection to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Condition

from kiosk.core.errors import CentreAway, FleetError
from kiosk.core.fleet import (
    EVERYBODY,
    Beat,
    DoneReceipt,
    Draft,
    Fact,
    FactKind,
    FeedHead,
    Finish,
    JoinRequest,
    LogRemoval,
    NodeEvent,
    StaleBase,
    WrappedKey,
)
from kiosk.fleet.trust.feed_lines import link_of

Lie = Callable[[list[Fact]], list[Fact]]
"""Changes the lines on their way to one node: drops, reorders, alters, forks or hides."""


@dataclass
class MemoryFleet:
    """What the database holds. A test may write anything into it, as its owner could.

    ``groups``: the groups that each node serves, by its id; without an entry a node reads all.
    ``away``: nodes that cannot reach it (``"*"``: nobody can).
    """

    fleet: str = ""
    lines: list[Fact] = field(default_factory=list)
    keys: dict[tuple[str, str], WrappedKey] = field(default_factory=dict)
    events: dict[str, list[NodeEvent]] = field(default_factory=dict)
    removals: list[LogRemoval] = field(default_factory=list)
    log_heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    beats: dict[str, Beat] = field(default_factory=dict)
    requests: dict[str, JoinRequest] = field(default_factory=dict)
    receipts: list[DoneReceipt] = field(default_factory=list)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    changed: Condition = field(default_factory=Condition)

    def head(self, lines: Sequence[Fact] | None = None) -> FeedHead:
        """Return number and link of the newest line, or of the last of ``lines``."""
        lines = self.lines if lines is None else lines
        if not lines:
            return FeedHead()
        last = lines[-1]
        return FeedHead(last.number, link_of(self.fleet, last))

    def newest(self) -> dict[tuple[FactKind, str], Fact]:
        """Return the newest line of each kind and subject."""
        return {(line.kind, line.subject): line for line in self.lines}

    def announce(self) -> None:
        """Wake everybody who waits."""
        with self.changed:
            self.changed.notify_all()


class MemoryCentre:
    """One node's connection; ``lie`` changes the lines that it reads."""

    def __init__(self, fleet: MemoryFleet, node: str, lie: Lie = lambda lines: lines) -> None:
        self.db = fleet
        self.node = node
        self.lie = lie
        self.closed = False

    def head(self) -> FeedHead:
        self._reach()
        return self.db.head(self.lie(list(self.db.lines)))

    def facts_after(self, number: int, limit: int) -> list[Fact]:
        self._reach()
        lines = self.lie([self._visible(line) for line in self.db.lines])
        return [line for line in lines if line.number > number][:limit]

    def deletions_after(self, number: int, limit: int) -> list[Fact]:
        lines = self.facts_after(number, len(self.db.lines))
        return [line for line in lines if line.kind is FactKind.DELETION][:limit]

    def newest(self, kind: FactKind, subject: str) -> Fact | None:
        self._reach()
        line = self.db.newest().get((kind, subject))
        shown = self.lie([self._visible(line)] if line else [])
        return next((one for one in shown if (one.kind, one.subject) == (kind, subject)), None)

    def append(
        self, drafts: Sequence[Draft], finish: Finish, keys: Sequence[WrappedKey] = ()
    ) -> list[Fact]:
        self._reach()
        stale = self._stale(drafts)
        if stale:
            raise StaleBase(stale)
        facts = list(finish(self.db.head(), drafts))
        self.db.lines.extend(facts)
        for fact in facts:
            if fact.kind is FactKind.DELETION:
                self._drop(fact.subject)
        self.put_keys(keys)
        self.db.announce()
        return facts

    def wrapped_keys(self, subjects: Sequence[str]) -> list[WrappedKey]:
        self._reach()
        found = (self.db.keys.get((subject, self.node)) for subject in subjects)
        return [key for key in found if key is not None]

    def own_keys(self, after: str | None, limit: int) -> list[WrappedKey]:
        self._reach()
        own = sorted(subject for subject, node in self.db.keys if node == self.node)
        later = [subject for subject in own if after is None or subject > after]
        return self.wrapped_keys(later[:limit])

    def put_keys(self, keys: Sequence[WrappedKey]) -> None:
        self._reach()
        for key in keys:
            held = self.db.keys.get((key.subject, key.node))
            newer = held is None or held.generation <= key.generation
            if newer and not self._deleted(key.subject):
                self.db.keys[key.subject, key.node] = key

    def keys_missing(self, limit: int) -> list[tuple[str, str]]:
        self._reach()
        mine = [
            line for line in self.db.newest().values() if (line.subject, self.node) in self.db.keys
        ]
        missing = [
            (line.subject, node)
            for line in mine
            for node in self._nodes()
            if self._reads(node, line) and (line.subject, node) not in self.db.keys
        ]
        return missing[:limit]

    def events_stored(self) -> tuple[int, bytes]:
        self._reach()
        stored = self.db.events.get(self.node)
        return (stored[-1].sequence, stored[-1].link) if stored else (0, bytes(32))

    def push_events(self, events: Sequence[NodeEvent]) -> int:
        sequence, _ = self.events_stored()
        new = [event for event in events if event.sequence > sequence]
        if [event.sequence for event in new] != list(range(sequence + 1, sequence + 1 + len(new))):
            raise FleetError("The events have a gap.")
        self.db.events.setdefault(self.node, []).extend(new)
        return self.events_stored()[0]

    def events_of(self, node: str, sequence: int, limit: int) -> list[NodeEvent]:
        self._reach()
        stored = self.db.events.get(node, [])
        return [event for event in stored if event.sequence > sequence][:limit]

    def log_heads(self) -> dict[str, tuple[int, bytes]]:
        self._reach()
        return self.db.log_heads | {
            node: (events[-1].sequence, events[-1].link)
            for node, events in self.db.events.items()
            if events and node not in self.db.log_heads
        }

    def log_removals(self) -> list[LogRemoval]:
        self._reach()
        return list(self.db.removals)

    def beat(self, beat: Beat) -> None:
        self._reach()
        self.db.beats[beat.node] = beat

    def beats(self) -> list[Beat]:
        self._reach()
        return list(self.db.beats.values())

    def ask_to_join(self, request: JoinRequest) -> None:
        self._reach()
        self.db.requests[request.node] = request
        self.db.announce()

    def join_requests(self) -> list[JoinRequest]:
        self._reach()
        return list(self.db.requests.values())

    def put_receipt(self, receipt: DoneReceipt) -> None:
        self._reach()
        self.db.receipts.append(receipt)

    def receipts(self, number: int) -> list[DoneReceipt]:
        self._reach()
        return [receipt for receipt in self.db.receipts if receipt.number == number]

    def wait(self, timeout_s: float) -> bool:
        self._reach()
        with self.db.changed:
            return self.db.changed.wait(timeout_s)

    def close(self) -> None:
        self.closed = True

    def _reach(self) -> None:
        if self.node in self.db.away or EVERYBODY in self.db.away:
            raise CentreAway("The fleet's database cannot be reached; check the network.")

    def _stale(self, drafts: Sequence[Draft]) -> dict[str, int]:
        newest = self.db.newest()
        stale = {}
        for draft in drafts:
            line = newest.get((draft.kind, draft.subject))
            version = line.version if line else 0
            gone = draft.kind is FactKind.PERSON and self._deleted(draft.subject)
            if gone or version != draft.base:
                stale[draft.subject] = version
        return stale

    def _deleted(self, subject: str) -> bool:
        return (FactKind.DELETION, subject) in self.db.newest()

    def _drop(self, subject: str) -> None:
        for key in [key for key in self.db.keys if key[0] == subject]:
            del self.db.keys[key]

    def _nodes(self) -> list[str]:
        return [line.subject for line in self.db.newest().values() if line.kind is FactKind.NODE]

    def _reads(self, node: str, line: Fact) -> bool:
        groups = self.db.groups.get(node, frozenset({EVERYBODY}))
        return EVERYBODY in groups | set(line.audience) or not groups.isdisjoint(line.audience)

    def _visible(self, line: Fact) -> Fact:
        """Return the line as row-level security shows it; old bodies are not kept."""
        newest = self.db.newest()
        old = newest[line.kind, line.subject].number > line.number
        kept = line.kind is FactKind.NODE or not old
        gone = line.kind is FactKind.PERSON and self._deleted(line.subject)
        shown = kept and not gone and self._reads(self.node, line)
        return line if shown else replace(line, body=None)
