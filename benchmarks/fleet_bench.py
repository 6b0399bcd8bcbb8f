"""A fleet at a real PostgreSQL on this machine: a table, and build/fleet.json. ``make fleet-bench``

    python -m benchmarks.fleet_bench [--people N] [--events N] [--doors N] [--changes N] [--page N]
        [--json FILE]

Server, desk and doors share this machine's cores; connections use TLS over loopback. Nodes have
the real trust, the real loop and the real connection. The door that takes all people writes them
into a database of its own; the many doors that hear of a change keep theirs in memory, since a
hundred databases on one disk would say nothing about a hundred doors. The server does not wait for
the disk (``fsync = off``), as no goal is about disks.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy as np

from kiosk.app.bootstrap.fleet_factory import build_fleet_store
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.core.config import Config
from kiosk.core.fleet import (
    EVERYBODY,
    Applied,
    Fact,
    FactKind,
    FeedHead,
    FleetPerson,
    LocalChange,
    Membership,
    NodeEvent,
)
from kiosk.core.templates import Template
from tests.helpers.centre_nodes import subject
from tests.helpers.fleet_nodes import START, StoreInMemory, drawn_person
from tests.helpers.postgres import FleetDatabase, PostgresServer
from tests.helpers.postgres_nodes import PostgresNode, postgres_fleet

TEMPLATES, DIMENSION = 5, 512
BATCH = 500
EVENT_BYTES = 250
AUDIENCE = (EVERYBODY,)


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``goal``: the most, or for rates the least, that is wanted."""

    name: str
    value: float
    unit: str
    goal: float


class DeskStore(StoreInMemory):
    """A store that takes many changes of staff at once and keeps no content."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: deque[LocalChange] = deque()

    def local_changes(self, limit: int) -> list[LocalChange]:
        return [self.queue[index] for index in range(min(limit, len(self.queue)))]

    def confirm(self, change: LocalChange, fact: Fact) -> None:
        assert self.queue.popleft() is change


class DoorInMemory(StoreInMemory):
    """A store that tells when it has a certain version of a person. ``at``: when that was."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[tuple[str, int], float] = {}

    def apply(self, facts: list[Applied], head: FeedHead) -> None:
        super().apply(facts, head)
        for one in facts:
            if not one.waiting:
                self.at[one.fact.subject, one.fact.version] = time.monotonic()


class LateDoor(PostgresNode):
    """A door that follows the feed only when it is told to."""

    def begin(self, member: Membership) -> None:
        self.member = member

    def begin_now(self) -> None:
        """Read the first page."""
        super().begin(self.member)


def main() -> int:
    """Measure everything, print the table and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--doors", type=int, default=100)
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--page", type=int, default=5_000_000, help="rows of the log to page in")
    parser.add_argument("--json", type=Path, default=Path("build/fleet.json"))
    given = parser.parse_args()
    server = PostgresServer()
    try:
        server.start()
        figures = [
            *_fresh(server, lambda database: events(database, given.events)),
            *_fresh(server, lambda database: log_pages(database, given.page)),
            *_fresh(server, lambda database: a_change(database, given.doors, given.changes)),
            *_fresh(server, lambda database: new_door(database, given.people)),
        ]
    finally:
        server.remove()
    for figure in figures:
        print(f"{figure.name:58} {figure.value:12.4g} {figure.unit:8} (goal {figure.goal:g})")
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps([asdict(one) for one in figures], indent=1) + "\n")
    return 0


def events(database: FleetDatabase, count: int) -> list[Figure]:
    """Push a backlog of sealed rows from one door."""
    _, (door,) = postgres_fleet(database, ("lab",))
    started = time.monotonic()
    for first in range(1, count + 1, BATCH):
        rows = [_row(number) for number in range(first, min(first + BATCH, count + 1))]
        door.centre.push_events(door.trust.seal_events(rows))
    seconds = time.monotonic() - started
    ((stored, lowest, highest),) = database.sql(
        "SELECT count(DISTINCT sequence), min(sequence), max(sequence) FROM munjigi.events"
    )
    lost = count - stored if (lowest, highest) == (1, count) else count
    return [
        Figure(f"events stored, {count} rows of one door", count / seconds, "1/s", 1000),
        Figure("events lost or doubled", lost, "rows", 0),
    ]


def log_pages(database: FleetDatabase, count: int) -> list[Figure]:
    """Read pages of one door's log among ``count`` rows of 100 doors in 12 months."""
    desk, _ = postgres_fleet(database)
    database.sql(
        "SELECT munjigi.make_month(now() - m * interval '1 month') FROM generate_series(1, 12) m"
    )
    database.sql(
        "INSERT INTO munjigi.events SELECT md5((n % 100)::text), n / 100, 'log', t, 'x', 'x', t"
        f" FROM generate_series(1, {count}) n,"
        f" LATERAL (SELECT now() - (({count} - n) * interval '11 months' / {count}) AS t) AS times"
    )
    database.sql("ANALYZE munjigi.events")
    ((node,),) = database.sql("SELECT md5('7')")
    took = []
    newest = datetime.now(UTC)
    for back in range(0, 330, 10):
        before = newest - timedelta(days=back)
        started = time.monotonic()
        page = desk.centre.log_page(node, before, 50)
        took.append(time.monotonic() - started)
        assert len(page) == min(50, len(page)) > 0
    return [Figure(f"a page of the log among {count} rows, longest", max(took) * 1e3, "ms", 200)]


def a_change(database: FleetDatabase, doors: int, changes: int) -> list[Figure]:
    """Take away and give a right at a desk, until all doors have it in their stores."""
    desk, nodes = postgres_fleet(database)
    who = subject()
    person = _person(0)
    desk.enrol(who, person)
    nodes = [_door(database, desk, f"door {number}") for number in range(doors)]
    for node in nodes:
        desk.admit(node)
    desk.rounds()
    for node in nodes:
        node.rounds()
    stop = threading.Event()
    threads = [threading.Thread(target=_follow, args=(node, stop)) for node in nodes]
    for thread in threads:
        thread.start()
    delays, first = [], _version(desk, who)
    for number in range(changes):
        person = replace(person, enabled=not person.enabled)
        started = time.monotonic()
        desk.enrol(who, person)
        version = first + number + 1
        _until(lambda version=version: all((who, version) in _at(node) for node in nodes))
        delays += [_at(node)[who, version] - started for node in nodes]
    stop.set()
    for thread in threads:
        thread.join()
    delays.sort()
    return [
        Figure(
            f"a right taken away at a desk until {doors} doors have it, p99",
            delays[min(len(delays) - 1, int(0.99 * len(delays)))],
            "s",
            2,
        ),
        Figure("the same, median", statistics.median(delays), "s", 2),
    ]


def new_door(database: FleetDatabase, people: int) -> list[Figure]:
    """Admit a door to a fleet of ``people`` and follow until it holds all of them."""
    desk, _ = postgres_fleet(database)
    store = DeskStore()
    store.__dict__.update(desk.store.__dict__)
    desk.store = store
    assert store.member is not None
    desk.begin(store.member)
    store.queue.extend(
        LocalChange(FactKind.PERSON, subject(), 0, 1, AUDIENCE, _person(n), "kim", START)
        for n in range(people)
    )
    started = time.monotonic()
    while store.queue or desk.sync.round():
        desk.sync.round()
    enrolled_s = time.monotonic() - started
    database.sql("ANALYZE")
    with (
        tempfile.TemporaryDirectory(prefix="munjigi-bench-") as folder,
        closing(open_store(Path(folder), Config())) as storage,
    ):
        door = LateDoor(database, desk.db, "new door")
        door.store = build_fleet_store(storage)  # type: ignore[assignment]
        started = time.monotonic()
        desk.admit(door)
        while desk.centre.keys_missing(1):
            desk.sync.round()
        wrapping_s = time.monotonic() - started
        started, busy = time.monotonic(), time.process_time()
        door.begin_now()
        while door.sync.round():
            pass
        seconds, busy = time.monotonic() - started, time.process_time() - busy
        held = storage.people.search("", 1, 0)[1]
        door.sync.close()
    assert held == people, f"{held} of {people} people came"
    return [
        Figure(f"a new door takes {people} people", seconds, "s", 60 * people / 50_000),
        Figure("the same, processor time of the door", busy, "s", 60 * people / 50_000),
        Figure("their keys wrapped for it by one desk", wrapping_s, "s", 60 * people / 50_000),
        Figure("enrolled at one desk and stored", people / enrolled_s, "1/s", 50),
    ]


def _fresh(server: PostgresServer, part: Callable[[FleetDatabase], list[Figure]]) -> list[Figure]:
    with closing(server.fleet()) as database:
        return part(database)


def _door(database: FleetDatabase, desk: PostgresNode, name: str) -> PostgresNode:
    node = PostgresNode(database, desk.db, name)
    node.store = DoorInMemory()
    return node


def _at(node: PostgresNode) -> dict[tuple[str, int], float]:
    assert isinstance(node.store, DoorInMemory)
    return node.store.at


def _follow(node: PostgresNode, stop: threading.Event) -> None:
    while not stop.is_set():
        if not node.sync.round():
            node.sync.wait(0.5)


def _version(node: PostgresNode, who: str) -> int:
    return node.store.standing([who])[FactKind.PERSON, who].version


def _until(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + 120
    while not done():
        assert time.monotonic() < limit, "the change never arrived"
        time.sleep(0.005)


def _row(number: int) -> NodeEvent:
    return NodeEvent(
        number, "log", START, secrets.token_bytes(EVENT_BYTES), number.to_bytes(32, "big")
    )


def _person(number: int) -> FleetPerson:
    vectors = np.random.default_rng(number).normal(size=(TEMPLATES, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return replace(
        drawn_person(f"2026-{number % 10_000:04}"),
        number=f"P{number:06}",
        cards=(),
        templates=tuple(Template(0, "network", vector, "front", 0.5) for vector in vectors),
    )


if __name__ == "__main__":
    raise SystemExit(main())
