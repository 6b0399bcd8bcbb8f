"""The program is killed in the middle of an import: all of the people are there afterwards, or none.

Run as a program this file is the victim: it imports a table of people, and says so before and after.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from kiosk.core.decisions import LogFilter
from kiosk.core.import_plan import PersonUpsert
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.store import Store

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 250
TEMPLATES = 2
KILLS = 8


def victim(path: Path, life: int) -> None:
    """Import, and report."""
    store = Store.open(path)
    people = store.bulk_people
    changes = [
        PersonUpsert(
            Person(f"{life}-{n}", "홍길동", groups=("lab",)),
            templates=(Template(0, "net", np.full(64, n + 1, np.float32)),) * TEMPLATES,
        )
        for n in range(PEOPLE)
    ]
    print("begins", flush=True)
    people.store_all(changes, "test", {"file": "people.csv", "added": PEOPLE})
    print("done", flush=True)
    store.close()


def killed_after(path: Path, life: int, seconds: float) -> bool:
    """Kill the victim so long after it began; whether it had said that it was done."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, __file__, str(path), str(life)], stdout=subprocess.PIPE, env=environment
    ) as child:
        assert child.stdout is not None and child.stdout.readline() == b"begins\n"
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            pass
        child.kill()
        return b"done" in child.stdout.read()


def test_nobody_is_imported_by_half(tmp_path: Path) -> None:
    path = tmp_path / "data" / "munjigi.db"
    chance = random.Random(20260302)
    none = whole = 0
    for life in range(KILLS):
        done = killed_after(path, life, chance.uniform(0.0, 0.6) if life else 0.01)
        with Store.open(path) as store:
            people, _ = store.people.search(f"{life}-", 10_000, 0)
            own = [person for person in people if person.number.startswith(f"{life}-")]
            actions, _ = store.audit_log.query(LogFilter(), 10_000, 0)
        imports = [action for action in actions if action.event == "people_imported"]
        assert len(own) in (0, PEOPLE), f"{len(own)} of {PEOPLE} after life {life}"
        assert {person.templates for person in own} <= {TEMPLATES}
        none = none + (not own)
        whole = whole + bool(own)
        assert len(imports) == whole and not (done and not own)
    assert none and not verify_log(path).finding


if __name__ == "__main__":
    victim(Path(sys.argv[1]), int(sys.argv[2]))
