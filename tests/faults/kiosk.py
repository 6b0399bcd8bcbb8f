"""Faults of the whole kiosk: a camera that fails, and a network file that is cut off.

``python -m tests.faults.kiosk camera DATA [FAULT ...]`` runs the kiosk itself, in its own process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.camera_trial import FAULTS, run_camera_faults
from tests.faults.harness import ROOT, TIMEOUT_S, Fault

NETWORK_TITLE = "a network's file is truncated"


def camera_faults(folder: Path, faults: Sequence[str] = FAULTS) -> list[Fault]:
    """Return a row for each fault of the camera, tried one after another in one running kiosk."""
    return [_row(f"the camera {row['fault']}", row) for row in _child("camera", folder, *faults)]


def _row(title: str, row: dict) -> Fault:
    return Fault(title, 1, row["lost"], row["wrong"], round(row["recovered_s"], 2), row["note"])


def truncated_network(folder: Path) -> Fault:
    """Return the row of a network file that is cut off: the kiosk says so until it is whole."""
    [row] = _child("network", folder)
    return _row(NETWORK_TITLE, row)


def _child(mode: str, folder: Path, *faults: str) -> list[dict]:
    """Run this file in another process and return the rows that it prints."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.kiosk", mode, str(folder / mode / "data"), *faults],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
    if not lines:
        last = (done.stderr.strip() or "no output").splitlines()[-1]
        return [{"fault": mode, "lost": 0, "wrong": 0, "recovered_s": -1.0, "note": f"! {last}"}]
    rows: list[dict] = json.loads(lines[-1])
    return rows


def _network(data: Path) -> list[dict]:
    """Cut a network's file off at three places, then restore it."""
    from kiosk.app.bootstrap.pipeline_factory import build_pipeline
    from kiosk.app.bootstrap.store_factory import open_store
    from kiosk.core import paths
    from kiosk.core.config import Config
    from kiosk.core.errors import WeightsError
    from kiosk.vision.models.manifest import Manifest

    copy = data.parent / "weights"
    shutil.copytree(paths.WEIGHTS, copy, symlinks=False)
    paths.MANIFEST = copy / "MANIFEST.toml"
    open_store(data, Config()).close()
    entry = Manifest.load(paths.MANIFEST).choose("auto")
    whole = entry.path.read_bytes()
    message = ""
    for length in (0, len(whole) // 2, len(whole) - 1):
        entry.path.write_bytes(whole[:length])
        try:
            build_pipeline(Config())
            return [_network_row(1, -1.0, "! a network that is cut off is used")]
        except WeightsError as error:
            message = str(error)
    began = time.monotonic()
    entry.path.write_bytes(whole)
    build_pipeline(Config())
    return [_network_row(0, time.monotonic() - began, f"says {message[:60]}")]


def _network_row(wrong: int, recovered_s: float, note: str) -> dict:
    return {
        "fault": "network",
        "lost": 0,
        "wrong": wrong,
        "recovered_s": recovered_s,
        "note": note,
    }


def main(mode: str, data: Path, faults: Sequence[str]) -> None:
    """Bring the faults about and print their rows as one line of JSON."""
    rows = _network(data) if mode == "network" else run_camera_faults(data, faults or FAULTS)
    print(json.dumps(rows), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
