"""Kill the program while it encrypts the templates of an older version: nothing is lost.

The next start finishes. Run as a program, this file is the victim: it opens the database.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from kiosk.storage.db import schema_steps
from kiosk.storage.store import Store
from tests.unit.storage.samples import plain_database, taken_until, template

ROOT = Path(__file__).resolve().parents[2]
KILLS = 5
TEMPLATES = 4000


def killed_while_opening(path: Path, seconds: float) -> bool:
    """Return whether the victim was killed, ``seconds`` after it began, before it was done."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, __file__, str(path)], stdout=subprocess.PIPE, env=environment
    ) as child:
        assert child.stdout is not None and child.stdout.readline() == b"opening\n"
        with suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
        child.kill()
    return child.returncode == -9


def test_encryption_resumes_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "old"
    chance = random.Random(20260302)
    vectors = [template(n, dimension=128) for n in range(50)]
    with monkeypatch.context() as patch:
        patch.setattr(schema_steps, "steps", taken_until("0002_embedders_by_checksum"))
        plain_database(old / "munjigi.db", [("net", vectors[n % 50]) for n in range(TEMPLATES)])
    broken_off = 0
    for attempt in range(KILLS):
        path = tmp_path / str(attempt) / "munjigi.db"
        shutil.copytree(old, path.parent)
        for _ in range(2):
            broken_off += killed_while_opening(path, chance.uniform(0, 0.2))
        with Store.open(path) as store:
            stored = store.people.templates("net")
            assert len(stored) == TEMPLATES
            for number in (0, 1, TEMPLATES - 1):
                np.testing.assert_array_equal(stored[number].vector, vectors[number % 50].vector)
        face = vectors[0].vector.tobytes()[:64]
        assert not [
            file for file in path.parent.rglob("*") if file.is_file() and face in file.read_bytes()
        ]
        assert not list((path.parent / "backups").glob("*.part*"))
    assert broken_off > KILLS // 2, "the victim was never caught at work"


if __name__ == "__main__":
    print("opening", flush=True)
    Store.open(Path(sys.argv[1])).close()
