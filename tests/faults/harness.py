"""Bring faults about and count what they do, in real processes.

``make faults``, or ``python -m tests.faults.harness [--short] [--kills N] [--only TEXT]``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np

from kiosk.storage.db import schema_steps
from kiosk.storage.store import Store
from tests.faults import fleet_node
from tests.faults.audit import Reported, audit
from tests.faults.room import Room
from tests.unit.storage.samples import plain_database, taken_until, template

ROOT = Path(__file__).resolve().parents[2]
KILLED = ("decide", "enrol", "export", "backup")
ALONE = ("locked", "descriptors", "corrupted", "torn", "clock")
MOUNTED = ("disk_full", "read_only")
OLD_TEMPLATES = 2000

TIMEOUT_S = 3600.0
"""A child that takes longer hangs; nothing here depends on how fast the machine is."""


@dataclass
class Fault:
    """One row of the table.

    ``recovered_s``: the longest time to the next accepted person, -1 where there was none.
    ``note``: a remark; one with an exclamation mark is a failure.
    """

    fault: str
    tried: int
    rows_lost: int
    wrong_opens: int
    recovered_s: float
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing was lost, no opening was wrong, and the kiosk recovered."""
        return (
            not self.rows_lost
            and not self.wrong_opens
            and self.recovered_s >= 0
            and "!" not in self.note
        )


def _start(mode: str, data: Path, seed: int, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen(
        [*before, sys.executable, "-m", "tests.faults.victims", mode, str(data), str(seed)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def kill(mode: str, data: Path, chance: random.Random) -> list[str]:
    """Return the whole lines that a victim printed until it was killed.

    It is killed at a random moment after a random line.
    """
    with _start(mode, data, chance.randrange(10**6)) as child:
        assert child.stdout is not None and child.stderr is not None
        output = b"".join(child.stdout.readline() for _ in range(chance.randint(1, 12)))
        with suppress(subprocess.TimeoutExpired):
            child.wait(chance.uniform(0, 0.03))
        child.kill()
        output += child.stdout.read()
        errors = child.stderr.read().decode()
    if child.returncode != -9:
        raise RuntimeError(f"{mode} ended by itself: {errors}")
    return output.decode().split("\n")[:-1]


def killed(mode: str, times: int, folder: Path) -> Fault:
    """Kill ``mode`` repeatedly on the same data; check the data after each kill."""
    data = folder / mode / "data"
    chance = random.Random(f"{mode} 20260302")
    reported = Reported()
    slowest = 0.0
    notes = []
    lost = wrong = 0
    for _ in range(times):
        reported.add(kill(mode, data, chance))
        began = time.perf_counter()
        room = Room(data, lambda line: reported.add([line]))
        accepted = room.visit(1)
        slowest = max(slowest, time.perf_counter() - began)
        room.shut()
        missing, opened, error = audit(data, reported)
        lost = lost + missing
        wrong = wrong + opened
        notes += [error] if error else []
        if accepted is None or not accepted.accepted:
            notes.append("nobody is let in afterwards")
    return Fault(
        f"kill -9 while {_DOING[mode]}",
        times,
        lost,
        wrong,
        round(slowest, 2),
        "! " + "; ".join(sorted(set(notes))) if notes else "",
    )


_DOING = {
    "decide": "the door decides",
    "enrol": "people are enrolled and deleted",
    "export": "the log is exported",
    "backup": "a backup is made",
}


_MIGRATED = "kill -9 while an older database is migrated"

VECTORS = [template(n, dimension=8) for n in range(7)]


def old_database(folder: Path) -> Path:
    """Return the data of an older program, whose templates are not encrypted.

    Make it before anything else runs: the current schema steps are patched out meanwhile.
    """
    old = folder / "migrate" / "old"
    with mock.patch.object(schema_steps, "steps", taken_until("0002_embedders_by_checksum")):
        plain_database(
            old / "munjigi.db", [("net", VECTORS[n % 7]) for n in range(OLD_TEMPLATES)], "M-9"
        )
    return old


def killed_migrating(times: int, old: Path, folder: Path) -> Fault:
    """Kill the migration of an older program's database; the next opening finishes it."""
    chance = random.Random("migrate")
    slowest = 0.0
    lost = 0
    for attempt in range(times):
        data = folder / "migrate" / str(attempt)
        shutil.copytree(old, data)
        with _start("migrate", data, attempt) as child:
            assert child.stdout is not None
            child.stdout.readline()
            with suppress(subprocess.TimeoutExpired):
                child.wait(chance.uniform(0, 0.15))
            child.kill()
            child.communicate()
        began = time.perf_counter()
        with Store.open(data / "munjigi.db") as store:
            stored = store.people.templates("net")
        slowest = max(slowest, time.perf_counter() - began)
        lost += OLD_TEMPLATES - len(stored)
        lost += sum(
            not np.array_equal(one.vector, VECTORS[n % 7].vector) for n, one in enumerate(stored)
        )
        face = VECTORS[0].vector.tobytes()
        # no template is left unencrypted
        lost += sum(face in file.read_bytes() for file in data.rglob("*") if file.is_file())
        shutil.rmtree(data)
    return Fault(_MIGRATED, times, lost, 0, round(slowest, 2))


def killed_in_fleet(times: int, folder: Path) -> Fault:
    """Kill a node of a fleet; afterwards it and the centre must say the same of everybody."""
    wrong, slowest = fleet_node.killed(times, folder / "fleet" / "data")
    note = "! " + "; ".join(wrong[:5]) if wrong else ""
    return Fault(fleet_node.TITLE, times, len(wrong), 0, round(slowest, 2), note)


def alone(mode: str, folder: Path) -> Fault:
    """Run a victim that brings its own fault about."""
    mounted = mode in MOUNTED
    before = ["unshare", "--user", "--map-root-user", "--mount"] if mounted else []
    data = folder / mode / "data"
    with _start(mode, data, 7, before) as child:
        out, err = child.communicate(timeout=TIMEOUT_S)
    if child.returncode != 0:
        if mounted and b"unshare" in err:
            return Fault(
                _TITLES[mode],
                0,
                0,
                0,
                0.0,
                "not tried: this machine lets nobody mount a small disk",
            )
        return Fault(_TITLES[mode], 1, 0, 0, -1.0, f"! {err.decode().strip().splitlines()[-1]}")
    report = json.loads(out.decode().strip().splitlines()[-1])
    note = f"says {', '.join(report['messages'])}" if report["messages"] else ""
    if report["notes"]:
        note = "! " + "; ".join(report["notes"])
    return Fault(
        _TITLES[mode],
        report["tried"],
        report["lost"],
        report["wrong"],
        round(report["recovered_s"], 2),
        note,
    )


_TITLES = {
    "disk_full": "disk full",
    "read_only": "read-only disk",
    "locked": "database locked by another process",
    "descriptors": "out of file descriptors",
    "corrupted": "corrupted pages",
    "torn": "torn write-ahead log",
    "clock": "clock set back and forward",
}


def run(kills: int, short: bool, report: Callable[[Fault], None], only: str = "") -> list[Fault]:
    """Return the row of every fault whose title contains ``only``, ``report`` called with each.

    ``kills``: in all. ``short`` leaves out what needs the networks.
    """
    found: list[Fault] = []

    def add(fault: Fault) -> None:
        report(fault)
        found.append(fault)

    with tempfile.TemporaryDirectory(prefix="munjigi-faults-") as name:
        folder = Path(name)
        tasks = [task for title, task in _storage_tasks(kills, folder, only) if only in title]
        with ThreadPoolExecutor(2) as pool:
            for fault in pool.map(lambda task: task(), tasks):
                add(fault)
        if not short:
            for fault in _kiosk_faults(folder, only):
                add(fault)
    return found


def _storage_tasks(kills: int, folder: Path, only: str) -> list[tuple[str, Callable[[], Fault]]]:
    """Return title and task of every fault of the storage."""
    each = max(1, kills // (len(KILLED) + 1))
    tasks: list[tuple[str, Callable[[], Fault]]] = [
        (f"kill -9 while {_DOING[mode]}", partial(killed, mode, each, folder)) for mode in KILLED
    ]
    if only in _MIGRATED:
        migrations = max(1, kills - each * len(KILLED))
        old = old_database(folder)
        tasks.append((_MIGRATED, partial(killed_migrating, migrations, old, folder)))
    tasks.append((fleet_node.TITLE, partial(killed_in_fleet, kills, folder)))
    tasks += [(_TITLES[mode], partial(alone, mode, folder)) for mode in (*MOUNTED, *ALONE)]
    return tasks


def _kiosk_faults(folder: Path, only: str) -> Iterator[Fault]:
    from tests.faults.camera_trial import FAULTS
    from tests.faults.kiosk import NETWORK_TITLE, camera_faults, truncated_network

    chosen = [fault for fault in FAULTS if only in f"the camera {fault}"]
    if chosen:
        yield from camera_faults(folder, chosen)
    if only in NETWORK_TITLE:
        yield truncated_network(folder)


def line(fault: Fault) -> str:
    """Return one line of the table."""
    mark = "ok  " if fault.passed else "FAIL"
    return (
        f"{mark} {fault.fault:<46} {fault.tried:>5} {fault.rows_lost:>9} "
        f"{fault.wrong_opens:>11} {fault.recovered_s:>11.2f}  {fault.note}"
    )


def main() -> int:
    """Print the table and, where nothing is left out by ``--only``, write build/faults.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="kills in all")
    parser.add_argument("--short", action="store_true", help="leave out camera and networks")
    parser.add_argument("--only", default="", metavar="TEXT", help="faults with TEXT in the title")
    args = parser.parse_args()
    print(
        f"     {'fault':<46} {'tried':>5} {'rows lost':>9} {'wrong opens':>11} {'recovered s':>11}"
    )
    found = run(args.kills, args.short, lambda fault: print(line(fault), flush=True), args.only)
    if args.only:
        return 0 if found and all(fault.passed for fault in found) else 1
    target = ROOT / "build" / "faults.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(
        json.dumps([asdict(fault) for fault in found], ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )
    print(f"written to {target.relative_to(ROOT)}")
    return 0 if all(fault.passed for fault in found) else 1


if __name__ == "__main__":
    sys.exit(main())
