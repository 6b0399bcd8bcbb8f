"""The door with 50,000 enrolled people: its start, one person's change, and its memory.

    python -m benchmarks.many_people --people 50000 --templates 5

Makes a database of drawn templates, which ``--data FOLDER`` keeps, then measures in a process of
its own:

- seconds from the start of Python to the first decision. Networks and database are opened as at a
  real door; the visitor's embedding is a stored template, so that the door has somebody to
  recognise, and frames come without waiting for a camera;
- milliseconds on the inference thread for people who are added, enrolled again and deleted;
- resident memory, at most and at the end, in MB.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kiosk.app.bootstrap.engine_factory import build_engine
from kiosk.app.bootstrap.gallery_calibration import GalleryCalibration
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.decisions import Decision
from kiosk.core.frames import Face, Frame, Observation, Quality
from kiosk.core.people import Person
from kiosk.core.templates import Template, Vector
from kiosk.door.frame_engine import Engine
from kiosk.storage.db.timestamps import iso, local_now
from kiosk.storage.people import template_rows
from kiosk.storage.store import Store
from kiosk.vision.models.manifest import Manifest

CHANGES = 12
FPS = 30
SEED = 0
SPREAD = 0.25
"""Length of the noise of a template against that of the person's direction."""


def drawn(people: int, templates: int, dimension: int, seed: int = SEED) -> np.ndarray:
    """(people, templates, dimension) float32 unit embeddings of drawn people."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((people, 1, dimension), np.float32)
    centres /= np.linalg.norm(centres, axis=2, keepdims=True)
    noise = rng.standard_normal((people, templates, dimension), np.float32)
    made = centres + SPREAD * noise / np.sqrt(np.float32(dimension))
    return np.asarray(made / np.linalg.norm(made, axis=2, keepdims=True), np.float32)


def make_database(data: Path, people: int, templates: int) -> None:
    """Store drawn people straight into the tables: the audit trail is not what is measured."""
    entry = Manifest.load(paths.MANIFEST).choose(Config().recognition.embedder)
    vectors = drawn(people, templates, entry.dimension)
    with open_store(data) as store:
        store.database.call(lambda: _fill(store, vectors, entry.identity), timeout=3600.0)


def _fill(store: Store, vectors: np.ndarray, embedder_id: str) -> None:
    sql = store.database.connection
    now = iso(local_now()) or ""
    with store.database.transaction():
        sql.executemany(
            "INSERT INTO people (number, name, folded, role, enabled, created_at, consented_at)"
            " VALUES (?, ?, ?, 'student', 1, ?, ?)",
            ((f"D-{n}", f"사람{n}", f"사람{n}", now, now) for n in range(len(vectors))),
        )
        store.vault.create_missing_keys(sql, local_now())
        store.vault.seal_rows(sql)
        for person_id, key in sorted(store.vault.person_keys(sql).items()):
            own = [Template(0, embedder_id, vector) for vector in vectors[person_id - 1]]
            template_rows.store(sql, key, person_id, own, now)


class Scripted:
    """A pipeline that sees ``vector`` in every frame, or nobody."""

    def __init__(self, engine: Engine) -> None:
        self.info = engine.info
        self.vector: Vector | None = None

    def scene_changed(self, frame: Frame) -> bool:
        """Look at every frame."""
        return True

    def observe(self, frame: Frame, embed: bool = True) -> Observation:
        """The visitor, still and in good light."""
        if self.vector is None:
            return Observation(frame.captured_at, (640, 480))
        box = np.array([240, 120, 400, 320], np.float32)
        face = Face(box, np.zeros((5, 2), np.float32), 0.999)
        quality = Quality(60, 200, 120, 0, 0, 0, ())
        return Observation(
            frame.captured_at, (640, 480), (face,), face, quality, self.vector, self.info.id
        )


def measure(data: Path, began: float) -> dict[str, Any]:
    """Open the door on ``data`` in this process, started at ``began`` (``time.time``)."""
    config = replace(Config(), liveness=replace(Config().liveness, enabled=False))
    decisions: list[Decision] = []
    with open_store(data, config) as store:
        engine = build_engine(config, store, on_decision=[decisions.append])
        opened = time.time() - began
        engine.pipeline = scripted = Scripted(engine)
        person_id = store.people.template_versions(engine.info.id).person_ids[0]
        scripted.vector = store.people.template_table(engine.info.id, [person_id]).vectors[0]
        now = _until_decided(engine, decisions)
        first = time.time() - began + now
        busy = time.process_time()
        scripted.vector = None
        changes = _changes(engine, store, now)
        return {
            "accepted": decisions[-1].accepted,
            "opened_s": opened,
            "first_decision_s": first,
            "first_decision_busy_s": busy,
            **changes,
            "peak_mb": _memory_mb("VmHWM"),
            "rss_mb": _memory_mb("VmRSS"),
        }


def _until_decided(engine: Engine, decisions: list[Decision]) -> float:
    """Frames of the visitor until the door has decided; the seconds they cover."""
    image = np.zeros((480, 640, 3), np.uint8)
    now = 0.0
    while not decisions:
        now += 1 / FPS
        engine.step(Frame(image, now, 0), now)
    return now


def _changes(engine: Engine, store: Store, now: float) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds that each kind of change takes on the inference thread."""
    run = f"N{int(time.time())}"
    vectors = drawn(CHANGES, 5, engine.info.dimension, seed=int(time.time()))
    added = [
        store.people.add_with_templates(
            Person(f"{run}-0", "새사람", consented_at=local_now()), _templates(engine, vectors[0])
        )
    ]
    engine.reload_gallery(now)
    times: dict[str, list[tuple[float, float]]] = {
        "added": [],
        "enrolled_again": [],
        "unnamed": [],
        "deleted": [],
    }
    for n in range(1, CHANGES):
        person = Person(f"{run}-{n}", f"새사람{n}", consented_at=local_now())
        added.append(store.people.add_with_templates(person, _templates(engine, vectors[n])))
        times["added"].append(_timed(engine, lambda n=n: engine.reload_gallery(now, added[n].id)))
        store.people.enrol_again(added[n], _templates(engine, vectors[n - 1]))
        times["enrolled_again"].append(
            _timed(engine, lambda n=n: engine.reload_gallery(now, added[n].id))
        )
        store.people.enrol_again(added[n], _templates(engine, vectors[n]))
        times["unnamed"].append(_timed(engine, lambda: engine.reload_gallery(now)))
    for person in added[1:]:
        store.people.delete(person.id or 0)
        times["deleted"].append(_timed(engine, lambda p=person: engine.reload_gallery(now, p.id)))
    return times


def _templates(engine: Engine, vectors: np.ndarray) -> list[Template]:
    return [Template(0, engine.info.id, vector) for vector in vectors]


def _timed(engine: Engine, work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the clock and of the processor, with nothing else going on."""
    assert isinstance(engine._calibration, GalleryCalibration)
    engine._calibration.wait(600.0)
    engine.step(None, 1e6)
    engine._calibration.wait(600.0)
    engine.step(None, 1e6)
    began = time.perf_counter()
    busy = time.process_time()
    work()
    return (time.perf_counter() - began) * 1000, (time.process_time() - busy) * 1000


def _memory_mb(field: str) -> float:
    """Return a figure of /proc: getrusage's maximum includes the process that started this one."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def report(found: dict[str, Any], people: int) -> str:
    """The measurements as rows of a table."""
    rows = [
        ("start to the first decision", f"{found['first_decision_s']:.1f} s"),
        ("of that, on the processor", f"{found['first_decision_busy_s']:.1f} s"),
        ("of that, until the engine is built", f"{found['opened_s']:.1f} s"),
    ]
    for name, title in (
        ("added", "one person added"),
        ("enrolled_again", "one person enrolled again"),
        ("unnamed", "the same by another program"),
        ("deleted", "one person deleted"),
    ):
        values = found[name]
        clock, busy = (statistics.median(column) for column in zip(*values, strict=True))
        rows.append((title, f"{clock:.1f} ms, {busy:.1f} ms on the processor"))
    rows.append(("memory at most", f"{found['peak_mb']:.0f} MB"))
    rows.append(("memory at the end", f"{found['rss_mb']:.0f} MB"))
    head = f"| {people:,} people | |\n|---|---|\n"
    return head + "\n".join(f"| {title} | {value} |" for title, value in rows)


def main() -> int:
    """Make the database where it is missing, then measure in another process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--templates", type=int, default=5)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.began is not None:
        print(json.dumps(measure(args.data, args.began)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        data = args.data or Path(folder) / "data"
        if not paths.database_file(data).exists():
            make_database(data, args.people, args.templates)
        command = [sys.executable, "-m", "benchmarks.many_people", "--data", str(data)]
        made = subprocess.run(
            [*command, "--began", str(time.time())], check=True, stdout=subprocess.PIPE, text=True
        )
    print(report(json.loads(made.stdout.splitlines()[-1]), args.people))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
