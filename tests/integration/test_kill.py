"""Kill the program at any moment: every row that was reported as committed is stored.

Run as a program, this file is the victim: it appends log rows and enrols people without end, and
prints the id of each after its commit.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from kiosk.core.decisions import Decision, LogFilter, Mode, Outcome, Reason
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.storage.store import Store

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20
TEMPLATES = 3


def victim(path: Path, life: int) -> None:
    """Write and report until killed."""
    store = Store.open(path)
    log = store.access_log
    people = store.people
    n = 0
    while True:
        n += 1
        templates = [Template(0, "net", np.full(64, n, np.float32)) for _ in range(TEMPLATES)]
        person = people.add_with_templates(Person(f"{life}-{n}", "홍길동"), templates)
        print("person", person.id, person.number, flush=True)
        for _ in range(3):
            made = Decision(
                datetime.now(UTC),
                Outcome.ACCEPT,
                Reason.MATCH,
                Mode.IDENTIFY,
                0.8,
                "net",
                person.id,
                person.name,
                person.number,
            )
            print("row", log.append(made).id, person.number, flush=True)


def reported(path: Path, life: int, lines: int) -> list[tuple[str, int, str]]:
    """Return what a victim printed until killed after ``lines`` lines, without a partial line."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, __file__, str(path), str(life)], stdout=subprocess.PIPE, env=environment
    ) as child:
        assert child.stdout is not None
        said = b"".join(child.stdout.readline() for _ in range(lines))
        child.kill()
        said += child.stdout.read()
    assert child.returncode == -9, "the victim ended by itself"
    words = [line.split() for line in said.decode().split("\n")[:-1]]
    return [(kind, int(number), owner) for kind, number, owner in words]


def test_no_reported_row_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "data" / "munjigi.db"
    chance = random.Random(20260302)
    people: dict[int, str] = {}
    rows: dict[int, str] = {}
    for life in range(KILLS):
        for kind, number, owner in reported(path, life, chance.randint(1, 25)):
            (people if kind == "person" else rows)[number] = owner
        with Store.open(path) as store:  # refuses a database that is not sound
            entries, _ = store.access_log.query(LogFilter(), 1_000_000, 0)
            stored = {entry.id: entry.decision.person_number for entry in entries}
            enrolled, _ = store.people.search("", 1_000_000, 0)
        assert rows.items() <= stored.items()
        assert people.items() <= {person.id: person.number for person in enrolled}.items()
        assert {person.templates for person in enrolled} == {
            TEMPLATES
        }  # nobody is enrolled by half
        assert (
            len(stored) - len(rows) <= life + 1 and len(enrolled) - len(people) <= life + 1
        )  # at most what was being said
    assert len(people) > KILLS and len(rows) > KILLS


if __name__ == "__main__":
    victim(Path(sys.argv[1]), int(sys.argv[2]))
