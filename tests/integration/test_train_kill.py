"""Kill ``train`` at any moment: the run can be resumed and ends with the same network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import torch

from kiosk.learning.data.face_dataset import split
from kiosk.learning.networks import siamese
from kiosk.learning.networks.weight_files import load_network
from kiosk.learning.training.run_folder import Run
from kiosk.learning.training.trainer import Trainer, TrainSettings
from tests.helpers.textures import faces, small_trunk

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = TrainSettings(
    images="here", head="16-8", size=32, epochs=4, batch=16, pairs=24, lr=0.002, patience=0
)


def run(folder: Path) -> None:
    """Train, or resume, and report every epoch that was stored."""
    torch.set_num_threads(1)
    siamese._mobilenet = small_trunk
    there = (
        Run.open(folder)
        if (folder / "config.toml").exists()
        else Run.create(folder, "train", SETTINGS)
    )
    Trainer(
        there,
        SETTINGS,
        split(faces(8, 4, 32), 0.25),
        shown=False,
        say=lambda line: print(line, flush=True),
    ).train()


def killed(folder: Path, lines: int) -> None:
    """Start the training as a process and kill it after ``lines`` epochs, within the next one."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", __file__, str(folder)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        done = 0
        while done < lines:
            line = child.stdout.readline()
            assert line
            done += line.split()[0].isdigit() and line.split()[0] != b"0"
        child.kill()
    assert child.returncode == -9


def test_resumed_training_ends_with_the_same_network(tmp_path, monkeypatch):
    monkeypatch.setattr(siamese, "_mobilenet", small_trunk)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for lines in (1, 2):
            killed(tmp_path / "killed", lines)
            kept = Run.open(tmp_path / "killed").load()
            assert kept is not None and len(kept["history"]) >= 1 + lines
            load_network(tmp_path / "killed")
        run(tmp_path / "killed")
        run(tmp_path / "whole")
    finally:
        torch.set_num_threads(before)
    first, second = (load_network(tmp_path / name).state_dict() for name in ("killed", "whole"))
    assert all(torch.equal(first[key], second[key]) for key in first)
    summaries = [
        json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("killed", "whole")
    ]
    assert (
        summaries[0] == summaries[1]
        and summaries[0]["finished"]
        and len(summaries[0]["epochs"]) == 5
    )


if __name__ == "__main__":
    run(Path(sys.argv[1]))
