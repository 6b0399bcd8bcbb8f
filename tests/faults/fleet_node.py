"""A node of a fleet that is killed while it applies facts and pushes what its staff change.

``python -m tests.faults.fleet_node DATA SEED`` pulls, edits and pushes until it is killed. Its
centre is a small SQLite file beside the data, which keeps what was committed, like a real one.
"""

from __future__ import annotations

import dataclasses
import os
import pickle
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from kiosk.core.fleet import Applied, Fact, FactKind, FeedHead, FleetPerson, LocalChange
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.audit.seal_verification import sentences, verify_seals
from kiosk.storage.fleet.person_content import read_person
from kiosk.storage.fleet.person_digest import same_person
from tests.unit.storage.fleet.two_nodes import Node, StaleBaseAt, node
from tests.unit.storage.samples import MORNING, template

ROOT = Path(__file__).resolve().parents[2]
TITLE = "kill -9 while a fleet's facts come and go"
BATCH = 4


class CentreFile:
    """The lines of the feed in a file: written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as sql:
            sql.execute(
                "CREATE TABLE IF NOT EXISTS lines (number INTEGER PRIMARY KEY, kind TEXT,"
                " subject TEXT, version INTEGER, line BLOB, UNIQUE (kind, subject, version))"
            )

    def write(self, change: LocalChange, writer: str) -> Fact:
        """Append a change; raise ``StaleBaseAt`` if another version came first."""
        with self._open() as sql:
            sql.execute("BEGIN IMMEDIATE")
            newest = sql.execute(
                "SELECT max(version), max(kind = 'deletion') FROM lines WHERE subject = ?"
                " AND kind IN (?, 'deletion')",
                [change.subject, change.kind],
            ).fetchone()
            if newest[1] or (newest[0] or 0) != change.base:
                raise StaleBaseAt(change.subject)
            number = sql.execute("SELECT count(*) + 1 FROM lines").fetchone()[0]
            fact = Fact(
                number,
                change.kind,
                change.subject,
                change.base + 1,
                change.audience,
                b"d" * 32,
                bytes(32),
                change.at,
                writer,
                change.account,
                b"",
            )
            line = pickle.dumps(Applied(fact, change.content))
            sql.execute(
                "INSERT INTO lines VALUES (?, ?, ?, ?, ?)",
                [number, change.kind, change.subject, change.base + 1, line],
            )
            sql.commit()
        return fact

    def after(self, number: int, limit: int, kind: str = "") -> list[Applied]:
        """Return the next lines, or the next ones of a kind."""
        with self._open() as sql:
            rows = sql.execute(
                f"SELECT line FROM lines WHERE number > ? {'AND kind = ?' if kind else ''}"
                " ORDER BY number LIMIT ?",
                [number, *([kind] if kind else []), limit],
            ).fetchall()
        return [pickle.loads(row[0]) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as sql:
            yield sql


def step(one: Node, centre: CentreFile) -> bool:
    """Pull and push once, as the loop does; return whether anything happened."""
    found = one.fleet.membership()
    assert found is not None
    deletions = centre.after(found.head.number, BATCH, FactKind.DELETION)
    if deletions:
        one.fleet.apply(deletions, found.head)
    facts = centre.after(found.head.number, BATCH)
    if facts:
        newest = {(line.fact.kind, line.fact.subject): line for line in facts}
        head = FeedHead(facts[-1].fact.number, bytes([1]) * 32)
        one.fleet.apply([*newest.values()], head)
        return True
    wrote = False
    for change in one.fleet.local_changes(BATCH):
        with suppress(StaleBaseAt):
            one.fleet.confirm(change, centre.write(change, found.node))
            wrote = True
    return wrote


def work(data: Path, seed: int) -> None:
    """Pull, edit and push for ever."""
    chance = random.Random(seed)
    one, centre = node(data / "munjigi.db", "south"), CentreFile(data / "centre.db")
    count = 0
    while True:
        count += 1
        _edit(one, chance, count)
        _elsewhere(centre, chance, count)
        step(one, centre)
        print(count, flush=True)


def _edit(one: Node, chance: random.Random, count: int) -> None:
    """Do what staff do at this node."""
    people = one.store.people.search("", 1000, 0)[0]
    if count % 3 == 0 or not people:
        one.enrol(f"S-{os.getpid()}-{count}", seed=count)
    elif count % 3 == 1:
        chosen = chance.choice(people)
        one.store.people.set_enabled(chosen.id or 0, not chosen.enabled, "lee")
    elif count % 9 == 2:
        one.store.people.delete(chance.choice(people).id or 0, "lee")


def _elsewhere(centre: CentreFile, chance: random.Random, count: int) -> None:
    """Do what staff do at another node."""
    lines = {
        line.fact.subject: line
        for line in centre.after(0, 100_000)
        if line.fact.kind is FactKind.PERSON
    }
    subject = f"{os.getpid():016x}{count:016x}"
    content = FleetPerson(
        f"N-{os.getpid()}-{count}", "김철수", "staff", True, "face", MORNING,
        templates=(template(count),),
    )  # fmt: skip
    change = LocalChange(FactKind.PERSON, subject, 0, 0, ("*",), content, "kim", MORNING)
    if lines and count % 2:
        known = chance.choice([*lines.values()])
        assert isinstance(known.content, FleetPerson)
        again = dataclasses.replace(known.content, name=f"이영희 {count}")
        base, kind = known.fact.version, FactKind.PERSON
        if count % 7 == 0:
            again, base, kind = None, 0, FactKind.DELETION  # type: ignore[assignment]
        change = dataclasses.replace(
            change, kind=kind, subject=known.fact.subject, base=base, content=again
        )
    with suppress(StaleBaseAt):
        centre.write(change, "e" * 32)


def killed(times: int, data: Path) -> tuple[list[str], float]:
    """Kill a node ``times``; return what is wrong afterwards, and the longest opening (s)."""
    data.mkdir(parents=True)
    chance = random.Random("fleet")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    slowest = 0.0
    wrong: list[str] = []
    for seed in range(times):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.faults.fleet_node", str(data), str(seed)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as child:
            assert child.stdout is not None and child.stderr is not None
            for _ in range(chance.randint(1, 8)):
                child.stdout.readline()
            with suppress(subprocess.TimeoutExpired):
                child.wait(chance.uniform(0, 0.05))
            child.kill()
            errors = child.stderr.read().decode()
        if child.returncode != -9:
            return [f"it ended by itself: {errors.strip()[-300:]}"], -1.0
        began = time.perf_counter()
        one = node(data / "munjigi.db", "south")
        slowest = max(slowest, time.perf_counter() - began)
        one.store.close()
    wrong += _differences(data)
    return wrong, slowest


def _differences(data: Path) -> list[str]:
    """Return where node and centre say something else once everything was exchanged."""
    one, centre = node(data / "munjigi.db", "south"), CentreFile(data / "centre.db")
    while step(one, centre):
        pass
    lines = centre.after(0, 1_000_000)
    deleted = {line.fact.subject for line in lines if line.fact.kind is FactKind.DELETION}
    newest = {
        line.fact.subject: line
        for line in lines
        if line.fact.kind is FactKind.PERSON and line.fact.subject not in deleted
    }
    sql = one.store.database
    rows = sql.call(
        lambda: sql.connection.execute(
            "SELECT subject, local_id FROM fleet_subjects"
            " WHERE kind = 'person' AND local_id IS NOT NULL"
        ).fetchall()
    )
    here = {
        subject: sql.call(lambda id=local_id: read_person(sql.connection, one.store.vault, id))  # type: ignore[misc]
        for subject, local_id in rows
    }
    found = [f"{len(here.keys() - newest.keys())} too many"] if here.keys() - newest.keys() else []
    found += [f"{subject} is missing" for subject in newest.keys() - here.keys()]
    for subject, person in here.items():
        there = newest[subject].content if subject in newest else None
        if not isinstance(there, FleetPerson) or person is None or not same_person(person, there):
            found.append(f"{subject} differs")
    if one.count("people") != len(newest):
        found.append(f"{one.count('people')} people for {len(newest)}")
    found += [f"not pushed: {change.subject}" for change in one.fleet.local_changes(100)]
    found += sentences(verify_seals(sql.path, one.store.vault))
    if finding := verify_log(sql.path).finding:
        found.append(f"log: {finding}")
    receipts = {subject for subject, _, _ in one.fleet.deletions_done()}
    found += [f"no receipt for {subject}" for subject in deleted - receipts]
    one.store.close()
    return found


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    work(Path(sys.argv[1]), int(sys.argv[2]))
