"""Kill the program during an import: all people are stored afterwards, or none.

Run as a program, this file is the victim: it imports people and prints a line before and after.
"""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
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
    """Import and report; the first life stops halfway and waits to be killed."""
    store = Store.open(path)
    people = store.bulk_people
    changes = [
        PersonUpsert(
            Person(f"{life}-{n}", "홍길동", groups=("lab",)),
            templates=(Template(0, "net", np.full(64, n + 1, np.float32)),) * TEMPLATES,
        )
        for n in range(PEOPLE)
    ]
    if life == 0:
        people._store = halting(people._store)
    print("begins", flush=True)
    people.store_all(changes, "test", {"file": "people.csv", "added": PEOPLE})
    print("done", flush=True)
    store.close()


def halting(store: Callable[..., None]) -> Callable[..., None]:
    """Return ``store`` that never comes back from its hundredth call."""
    calls = itertools.count()

    def store_or_halt(*args: object) -> None:
        if next(calls) == 100:
            print("halfway", flush=True)
            threading.Event().wait()
        store(*args)

    return store_or_halt


def killed_after(path: Path, life: int, seconds: float) -> bool:
    """Kill the victim ``seconds`` after it began, or halfway; return whether it was done."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, __file__, str(path), str(life)], stdout=subprocess.PIPE, env=environment
    ) as child:
        assert child.stdout is not None and child.stdout.readline() == b"begins\n"
        if life == 0:
            assert child.stdout.readline() == b"halfway\n"
        else:
            with suppress(subprocess.TimeoutExpired):
                child.wait(seconds)
        child.kill()
        return b"done" in child.stdout.read()


def test_import_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "data" / "munjigi.db"
    chance = random.Random(20260302)
    none = whole = 0
    for life in range(KILLS):
        done = killed_after(path, life, chance.uniform(0.0, 0.6))
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
