"""Repeat the founders' experiments on a small scale.

Swapped labels, learning rates, one more hidden layer, more epochs, one person enrolled.

    python benchmarks/founders.py DIR --out RUNS [--trunk WEIGHTS] [--least 3] [--size 64]
        [--pairs 160]

DIR has a folder per person; people with fewer than ``--least`` pictures are left out. The network
is MobileNetV3-Large with its layers before the head from WEIGHTS (random without), a new head and
contrastive loss; people for validation are held out. Every run is a folder in RUNS, is trained
once, and resumes where it was stopped; RUNS/founders.json holds the figures of docs/experiments.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from kiosk.cli.shared import Progress
from kiosk.core import paths
from kiosk.core.errors import KioskError
from kiosk.learning.data.face_dataset import Faces, Split, check, split
from kiosk.learning.data.face_folders import align_all, find_people
from kiosk.learning.evaluation.evaluator import Settings
from kiosk.learning.evaluation.measured_networks import open_network
from kiosk.learning.evaluation.one_against_all import one_against_all
from kiosk.learning.networks.siamese import BACKBONES, HEADS
from kiosk.learning.training.run_folder import CONFIG, Run
from kiosk.learning.training.sweep import RATES, name_of
from kiosk.learning.training.trainer import Trainer, TrainSettings
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest

RATE = 0.0005
ROUNDS = 5


def load(root: Path, least: int, alignment: str, size: int, cache: Path) -> Faces:
    """Return the aligned faces of people with at least ``least`` pictures."""
    pictures = find_people(root)
    count = Counter(picture.person for picture in pictures)
    chosen = [picture for picture in pictures if count[picture.person] >= least]
    found = align_all(
        root,
        chosen,
        load_mtcnn(Manifest.load(paths.MANIFEST)),
        alignment,
        size,
        cache,
        Progress("finding faces"),
    )
    return Faces.of(found)


def figures(place: Path, settings: TrainSettings, data: Split) -> dict[str, Any]:
    """Return the figures of a run's first, last and best epoch; train it first if necessary."""
    run = Run.open(place) if (place / CONFIG).exists() else Run.create(place, "train", settings)
    if not run.summary().get("finished"):
        print(place.name, flush=True)
        Trainer(
            run,
            settings,
            data,
            shown=False,
            say=lambda line: print(" ", line, flush=True),
        ).train()
    summary = run.summary()
    return {"first": summary["epochs"][0], "last": summary["epochs"][-1], "best": summary["best"]}


def grid(common: dict[str, Any], data: Split, out: Path) -> dict[str, Any]:
    """Return the figures of all training runs by name."""
    plans = [TrainSettings(**common, head=HEADS[0], epochs=ROUNDS, lr=rate) for rate in RATES]
    plans += [TrainSettings(**common, head=head, epochs=ROUNDS, lr=RATE) for head in HEADS[1:]]
    plans += [TrainSettings(**common, head=HEADS[0], epochs=2 * ROUNDS, lr=RATE)]
    usual = TrainSettings(**common, head=HEADS[0], epochs=ROUNDS, lr=RATE)
    rows = {"swapped": figures(out / "swapped", replace(usual, swap_labels=True), data)}
    names = {f"{name_of(plan)}_epochs-{plan.epochs}": plan for plan in plans}
    return rows | {name: figures(out / name, plan, data) for name, plan in names.items()}


def one_enrolled(root: Path, best: Path, cache: Path) -> dict[str, Any]:
    """Return the sensitivity without a false accept.

    Each person with ten pictures is enrolled in turn, against pictures of 431 others.
    """
    manifest = Manifest.load(paths.MANIFEST)
    found = {}
    for name in ("siamese", "dlib", str(best)):
        evaluation = one_against_all(
            root,
            open_network(name, manifest),
            load_mtcnn(manifest),
            Settings(cache=cache, resamples=0, progress=Progress),
        )
        rows = evaluation.extra["people"]
        found["trained here" if name == str(best) else name] = {
            "people": len(rows),
            "sensitivity@type_i=0": evaluation.extra["sensitivity@type_i=0"],
            "worst": min(row["worst_draw"] for row in rows),
        }
    return found


def main() -> int:
    """Train what is missing and write all figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--trunk", type=Path, help="weights of a MobileNetV3-Large that begins the runs"
    )
    for name, value in (("least", 3), ("size", 64), ("pairs", 160), ("threads", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    try:
        faces = load(
            args.images,
            args.least,
            BACKBONES["mobilenet_v3_large"].alignment,
            args.size,
            args.out / "cache",
        )
        check(faces, args.images)
        data = split(faces)
        common = {
            "images": str(args.images),
            "size": args.size,
            "pairs": args.pairs,
            "patience": 0,
            "start": str(args.trunk or ""),
            "new_head": True,
        }
        rows = grid(common, data, args.out)
        learned = {name: row for name, row in rows.items() if name != "swapped"}
        best = min(
            learned,
            key=lambda name: (
                learned[name]["best"]["type_1"],
                -learned[name]["best"]["sensitivity"],
            ),
        )
        alone = one_enrolled(args.images, args.out / best, args.out / "cache")
    except KioskError as error:
        print(error, file=sys.stderr)
        return 2
    people = {
        "train": len(data.train.names),
        "pictures": len(data.train),
        "validation": len(data.validation.names),
    }
    (args.out / "founders.json").write_text(
        json.dumps({"people": people, "runs": rows, "best": best, "alone": alone}, indent=1)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
