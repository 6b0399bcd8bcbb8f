"""Repeats the founders' experiments in small: swapped labels, learning rates, one more hidden layer, more epochs, one person enrolled.

    python benchmarks/founders.py DIR --out RUNS [--least 3] [--size 64] [--pairs 300]

DIR is a folder per person; people with fewer than ``--least`` pictures are left out. MobileNetV3-Large from random weights,
contrastive loss, people to judge by held apart. Every run is a folder in RUNS, is done once, and goes on where it was stopped;
RUNS/founders.json holds what docs/experiments.md tells.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
from torch import Tensor, nn

from kiosk import paths
from kiosk.cli.common import Progress
from kiosk.errors import KioskError
from kiosk.learning.data import Faces, Split, check, split
from kiosk.learning.faces import align_all, find_people
from kiosk.learning.losses import ContrastiveLoss
from kiosk.learning.network import BACKBONES, HEADS
from kiosk.learning.objectives import paired
from kiosk.learning.runs import CONFIG, Run
from kiosk.learning.sweep import RATES, name_of
from kiosk.learning.training import Trainer, TrainSettings, embed
from kiosk.learning.weightfile import load_network
from kiosk.vision.embedder import load_embedder
from kiosk.vision.manifest import Manifest
from kiosk.vision.mtcnn import load_mtcnn

RATE, ROUNDS = 0.0005, 5


class Swapped(nn.Module):
    """The founders' bug: 0 for the same person."""

    def forward(self, distance: Tensor, label: Tensor) -> Tensor:
        """The contrastive loss of the opposite labels."""
        loss: Tensor = ContrastiveLoss()(distance, 1 - label.to(distance.dtype))
        return loss


def load(root: Path, least: int, alignment: str, size: int, cache: Path) -> Faces:
    """Aligned faces of people with at least ``least`` pictures."""
    pictures = find_people(root)
    count = Counter(picture.person for picture in pictures)
    chosen = [picture for picture in pictures if count[picture.person] >= least]
    found = align_all(root, chosen, load_mtcnn(Manifest.load(paths.MANIFEST)), alignment, size, cache, Progress("finding faces"))
    return Faces.of(found)


def figures(place: Path, settings: TrainSettings, data: Split, swapped: bool = False) -> dict[str, Any]:
    """The last epoch's and the best epoch's figures of one run, trained first where necessary."""
    run = Run.open(place) if (place / CONFIG).exists() else Run.create(place, "train", settings)
    if not run.summary().get("finished"):
        print(place.name, flush=True)
        Trainer(run, settings, data, shown=False, say=lambda line: print(" ", line, flush=True),
                make=(lambda: paired(Swapped())) if swapped else None).train()
    summary = run.summary()
    return {"first": summary["epochs"][0], "last": summary["epochs"][-1], "best": summary["best"]}


def grid(common: dict[str, Any], data: Split, out: Path) -> dict[str, Any]:
    """All training runs, by name."""
    plans = [TrainSettings(**common, head=HEADS[0], epochs=ROUNDS, lr=rate) for rate in RATES]
    plans += [TrainSettings(**common, head=head, epochs=ROUNDS, lr=RATE) for head in HEADS[1:]]
    plans += [TrainSettings(**common, head=HEADS[0], epochs=2 * ROUNDS, lr=RATE)]
    usual = TrainSettings(**common, head=HEADS[0], epochs=ROUNDS, lr=RATE)
    rows = {"swapped": figures(out / "swapped", usual, data, swapped=True)}
    return rows | {name_of(plan): figures(out / name_of(plan), plan, data) for plan in plans}


def enrolled(vectors: np.ndarray, people: np.ndarray, person: int) -> dict[str, float]:
    """One person enrolled from their first picture against everybody: the sensitivity that costs no stranger, and at what distance.

    Strangers are one picture, the first, of everybody else; the person's other pictures are the genuine attempts.
    """
    own = np.flatnonzero(people == person)
    strangers = [np.flatnonzero(people == p)[0] for p in np.unique(people) if p != person]
    gaps = np.linalg.norm(vectors - vectors[own[0]], axis=1)
    threshold = float(gaps[strangers].min())
    return {"genuine": len(own) - 1, "strangers": len(strangers), "sensitivity": float((gaps[own[1:]] < threshold).mean()), "threshold": threshold}


def one_against_all(root: Path, cache: Path, best: Path, size: int) -> dict[str, Any]:
    """For each network the mean over everybody with ten pictures or more."""
    manifest, found = Manifest.load(paths.MANIFEST), {}
    for name in ("siamese", "dlib", "trained here"):
        if name == "trained here":
            faces = load(root, 1, BACKBONES["mobilenet_v3_large"].alignment, size, cache)
            vectors = embed(load_network(best), faces)
        else:
            entry, network = manifest.entry(name), load_embedder(manifest, name)
            faces = load(root, 1, entry.alignment, entry.input, cache)
            vectors = np.concatenate([network.embed(list(faces.crops[i:i + 32])) for i in range(0, len(faces), 32)])
        many = np.flatnonzero(np.bincount(faces.people) >= 10)
        each = [enrolled(vectors, faces.people, int(person)) for person in many]
        found[name] = {"people": len(each), **{key: float(np.mean([row[key] for row in each])) for key in each[0]},
                       "whole": sum(row["sensitivity"] == 1 for row in each)}
    return found


def main() -> int:
    """Do what is not done yet and write everything down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    for name, value in (("least", 3), ("size", 64), ("pairs", 300), ("threads", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    try:
        faces = load(args.images, args.least, BACKBONES["mobilenet_v3_large"].alignment, args.size, args.out / "cache")
        check(faces, args.images)
        data = split(faces)
        common = {"images": str(args.images), "size": args.size, "pairs": args.pairs, "patience": 0}
        rows = grid(common, data, args.out)
        learned = {name: row for name, row in rows.items() if name != "swapped"}
        best = min(learned, key=lambda name: (learned[name]["best"]["type_1"], -learned[name]["best"]["sensitivity"]))
        alone = one_against_all(args.images, args.out / "cache", args.out / best, args.size)
    except KioskError as error:
        print(error, file=sys.stderr)
        return 2
    people = {"train": len(data.train.names), "pictures": len(data.train), "validation": len(data.validation.names)}
    (args.out / "founders.json").write_text(json.dumps({"people": people, "runs": rows, "best": best, "alone": alone}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
