"""The door with 50,000 enrolled people: start, one person's change, memory.

    python -m benchmarks.many_people --people 50000 --templates 5

Makes a database of drawn templates once (kept with ``--data FOLDER``), then measures in a process
of its own: seconds from the start of Python to the first decision of a scripted visitor; the time
that adding, changing and deleting one person takes on the inference thread; and the resident
memory after all of that. The networks are loaded and run as at a real door; the visitor's
embeddings are taken from a template instead of a picture, so that the door has somebody to
recognise.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

BEGAN = time.perf_counter()

import numpy as np

from kiosk.app.bootstrap.build import open_store
from kiosk.app.bootstrap.engine_factory import build_engine
from kiosk.app.bootstrap.pipeline_factory import build_pipeline
from kiosk.core.config import Config
from kiosk.core.decisions import Decision
from kiosk.core.frames import Face, Frame, Observation, Quality
from kiosk.core.people import Person
from kiosk.core.templates import Template, Vector
from kiosk.storage.db.timestamps import iso, local_now
from kiosk.storage.people import template_rows
from kiosk.storage.store import Store
from kiosk.vision.models.manifest import Manifest

CHANGES = 20
SEED = 0
SPREAD = 0.25
"""Distance of a person's templates from their mean, against the length of an embedding."""
DRAWN_BELOW = "D-"
"""Student numbers of drawn people begin with this."""


def drawn(people: int, templates: int, dimension: int, length: float) -> np.ndarray:
    """(people, templates, dimension) float32 embeddings of drawn people, of one length."""
    rng = np.random.default_rng(SEED)
    made = rng.standard_normal((people, 1, dimension), np.float32)
    made /= np.linalg.norm(made, axis=2, keepdims=True)
    noise = rng.standard_normal((people, templates, dimension), np.float32)
    made = made + SPREAD * noise / np.sqrt(np.float32(dimension))
    made *= np.float32(length) / np.linalg.norm(made, axis=2, keepdims=True)
    return made


def make_database(data: Path, people: int, templates: int) -> None:
    """Store drawn people; straight into the tables, since the audit trail is not what is measured."""
    from kiosk.core import paths

    entry = Manifest.load(paths.MANIFEST).choose(Config().recognition.embedder)
    vectors = drawn(people, templates, entry.dimension, entry.threshold)
    storage = open_store(data)
    try:
        storage.database.call(lambda: _fill(storage, vectors, entry.identity), timeout=3600.0)
    finally:
        storage.close()


def _fill(storage: Store, vectors: np.ndarray, embedder_id: str) -> None:
    sql = storage.database.connection
    now = iso(local_now())
    with storage.database.transaction():
        sql.executemany(
            "INSERT INTO people (number, name, folded, role, enabled, created_at, consented_at)"
            " VALUES (?, ?, ?, 'member', 1, ?, ?)",
            ((f"{DRAWN_BELOW}{n}", f"사람{n}", f"사람{n}", now, now) for n in range(len(vectors))),
        )
        storage.vault.settle(sql, local_now())
        keys = storage.vault.person_keys(sql)
        for number, (person_id, key) in enumerate(sorted(keys.items())):
            own = [Template(person_id, embedder_id, vector) for vector in vectors[number]]
            template_rows.store(sql, key, person_id, own, now or "")
