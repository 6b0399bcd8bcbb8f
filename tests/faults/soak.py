"""A busy day at the door, as fast as possible: memory and open files must stay flat. ``make soak``

    python -m tests.faults.soak --people 20000 --faces 300

First ``--people`` simulated visits at a door on a real database, with rows, chain, backups and
retention; then ``--faces`` drawn people at the demo camera, through the real networks.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from kiosk.storage.audit.chain_verification import sentence, verify_log
from kiosk.storage.audit.retention import Retention
from kiosk.storage.backup.backup_job import BackupJob
from kiosk.storage.db.timestamps import local_now
from tests.faults.room import MEMBERS, STRANGER, Room

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = 20
FLAT = 1.05
"""Largest ratio of the memory at the end to that after a quarter of the run."""


@dataclass
class Soak:
    """One run: memory in megabytes and open files, after a quarter and at the end.

    ``times_real``: how many times faster than real visits.
    """

    what: str
    people: int
    seconds: float
    times_real: float
    rss_quarter: float
    rss_end: float
    files_quarter: int
    files_end: int
    note: str = ""

    @property
    def flat(self) -> bool:
        """Whether nothing grew."""
        return (
            self.rss_end <= self.rss_quarter * FLAT
            and self.files_end <= self.files_quarter
            and not self.note
        )


def rss_mb() -> float:
    """Return the resident memory of this process in megabytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files() -> int:
    """Return how many files this process has open.

    Those in the folder of keys do not count: the newest link of the log is written there at any
    moment, on a thread of its own.
    """
    found = 0
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            found += "data-keys" not in str(handle.readlink())
    return found


def run(
    what: str, people: int, day_s: float, visits: Iterator[object], note: Callable[[], str]
) -> Soak:
    """Run the visits and sample memory and files.

    ``day_s``: how long as many real visits take.
    """
    began = time.perf_counter()
    samples = []
    for number in range(people):
        next(visits)
        if (number + 1) % max(1, people // SAMPLES) == 0:
            samples.append((rss_mb(), open_files()))
            print(
                f"  {what}: {number + 1:>6} of {people}, "
                f"{samples[-1][0]:.1f} MB, {samples[-1][1]} files",
                flush=True,
            )
    seconds = time.perf_counter() - began
    quarter = samples[len(samples) // 4]
    end = samples[-1]
    return Soak(
        what,
        people,
        round(seconds, 1),
        round(day_s / seconds, 1),
        round(quarter[0], 1),
        round(end[0], 1),
        quarter[1],
        end[1],
        note(),
    )


def door(folder: Path, people: int) -> Soak:
    """Return a run with simulated faces: rows, chain, backups and retention."""
    data = folder / "data"
    room = Room(data, lambda line: None, busy_s=5.0)
    backup_job = BackupJob(
        room.store, every=timedelta(hours=1), keep=3, set_aside=timedelta(days=1)
    )

    def visits() -> Iterator[object]:
        number = 0
        while True:
            number += 1
            room.decisions.clear()
            room.visit((*MEMBERS, STRANGER)[number % 4])
            if number % (people // 8 or 1) == 0:
                backup_job.back_up(local_now(), "soak", "system")
                Retention(room.store, 90).run(local_now())
                room.reload()
            yield number

    found = run("door and database", people, 86_400.0, visits(), lambda: "")
    rows = room.log.count()
    room.shut()
    wrong = sentence(verify_log(data / "munjigi.db"))
    found.note = wrong or ("" if rows == people else f"{rows} rows for {people} people")
    return found


def faces(folder: Path, people: int) -> Soak:
    """Return a run with drawn people: detector, quality, alignment, embedder and gallery."""
    from kiosk.app.bootstrap.engine_factory import build_engine
    from kiosk.app.bootstrap.store_factory import open_store
    from kiosk.core.config import Config
    from kiosk.core.frames import Frame
    from kiosk.demo.demo_camera import DemoCamera, DemoScene
    from kiosk.demo.guide import seed_demo_people
    from kiosk.demo.tour import tour_settings

    config = tour_settings(Config())
    storage = open_store(folder / "faces", config)
    decisions: list[object] = []
    engine = build_engine(config, storage, on_decision=[decisions.append])
    seed_demo_people(engine)
    engine.load_gallery()
    now = [0.0]
    camera = DemoCamera(
        fps=10.0, clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds)
    )

    def come(who: int | None, until: Callable[[], bool], frames: int) -> None:
        camera.cue(DemoScene(who=who))
        for index in range(frames):
            image = camera.read()
            now[0] += 0.01
            if image is not None:
                asked = engine.step(Frame(image, now[0], index), now[0]).door.challenge
                camera.turn(asked.turn.value if asked and asked.turn else None)
            if until():
                break

    def visits() -> Iterator[object]:
        number = 0
        while True:
            number += 1
            decisions.clear()
            come(number % 5, lambda: bool(decisions), 80)
            come(
                None,
                lambda: engine.door.state.value == "idle" and engine.door.view(now[0]).face is None,
                80,
            )
            yield number

    found = run(
        "camera, networks and door", people, 86_400.0 * people / 20_000, visits(), lambda: ""
    )
    storage.close()
    return found


def main() -> int:
    """Print the runs and write build/soak.json."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--faces", type=int, default=300)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="munjigi-soak-") as folder:
        found = [door(Path(folder), args.people)]
        if args.faces:
            found.append(faces(Path(folder), args.faces))
    for soak in found:
        print(
            f"{'flat' if soak.flat else 'NOT FLAT'}: {soak.what}, {soak.people} people in "
            f"{soak.seconds:.0f} s ({soak.times_real:.0f} times real), "
            f"{soak.rss_quarter:.1f} → {soak.rss_end:.1f} MB, "
            f"{soak.files_quarter} → {soak.files_end} files {soak.note}"
        )
    target = ROOT / "build" / "soak.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(
        json.dumps([asdict(soak) for soak in found], indent=1) + "\n", encoding="utf-8"
    )
    return 0 if all(soak.flat for soak in found) else 1


if __name__ == "__main__":
    sys.exit(main())
