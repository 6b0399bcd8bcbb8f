"""Train the network against presentation attacks (docs/model-card.md).

    python scripts/train_appearance.py PICTURES CLIPS START.pth OUT [--people NAME,NAME] …

PICTURES holds genuine/PERSON and print/PERSON (docs/evaluation.md), CLIPS clips named PERSON-N.mkv.
START.pth: the published weights 2.7_80x80_MiniFASNetV2.pth, or those of an earlier run. OUT gets
``appearance.pth`` and ``appearance.onnx``. Only the people named with --people, the clips named
with --clip-names and the first --drawn drawn people are learned from: everybody else is there to be
measured.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
import torch

from kiosk.core import paths
from kiosk.core.errors import KioskError
from kiosk.learning.attacks.victims import DRAWN, Victim, clip_victims, drawn_victims
from kiosk.learning.data.appearance_samples import (
    Samples,
    genuine_faces,
    photographs,
    real_faces,
    shown_by_cameras,
    simulated_attacks,
)
from kiosk.learning.data.presentations import find_presentations
from kiosk.learning.data.unlabelled_pool import load_pool
from kiosk.learning.networks.appearance_export import export_appearance
from kiosk.learning.networks.minifasnet import load_minifasnet
from kiosk.learning.training.appearance_training import AppearanceSettings, train_appearance
from kiosk.vision.detection.detector_padding import PaddedDetector
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest

DROPOUT = 0.2
VISITS = 12
MOMENTS = 4
PHOTOS = 1800
SOURCES = ("utk", "cel")
"""Collections of the pool without drawn masks."""


def collected(args: argparse.Namespace) -> Samples:
    """Return the faces of the people that may be learned from, as many cameras show them."""
    detector = load_mtcnn(Manifest.load(paths.MANIFEST), threads=1, min_face_size=28)
    rng = np.random.default_rng(args.seed)
    people = set(args.people.split(","))
    pictures = [one for one in find_presentations(args.pictures) if one.person in people]
    real = list(real_faces(pictures, PaddedDetector(detector)))
    victims = [
        one
        for one in [*clip_victims(args.clips, detector), *drawn_victims(detector)]
        if learned_from(one, args)
    ]
    return Samples.joined(
        [
            *pool_samples(args.pool, rng),
            shown_by_cameras([one for one in real if one.genuine], 7, rng, recaptures=4),
            shown_by_cameras([one for one in real if not one.genuine], 3, rng),
            shown_by_cameras(genuine_faces(victims, detector, VISITS, rng), 4, rng, recaptures=2),
            shown_by_cameras(simulated_attacks(victims, detector, MOMENTS, rng), 3, rng),
        ]
    )


def pool_samples(folder: Path | None, rng: np.random.Generator) -> list[Samples]:
    """Return photographs of the pool, if there is one."""
    if folder is None:
        return []
    photos = photographs(load_pool(folder), SOURCES, PHOTOS, rng)
    return [shown_by_cameras(photos, 2, rng, recaptures=1)]


def learned_from(victim: Victim, args: argparse.Namespace) -> bool:
    """Return whether the person of a clip, or a drawn one, is among those to learn from."""
    if victim.looks is not None:
        return int(victim.person.removeprefix(DRAWN)) < args.drawn
    return victim.name in args.clip_names.split(",")


def main() -> int:
    """Train, and write the network."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", type=Path, metavar="PICTURES")
    parser.add_argument("clips", type=Path, metavar="CLIPS")
    parser.add_argument("start", type=Path, metavar="START.pth")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--people", required=True, help="people of PICTURES, with commas between")
    parser.add_argument("--clip-names", required=True, help="clips, with commas: person-a-1,…")
    parser.add_argument("--drawn", type=int, default=5, help="drawn people (default: 5)")
    parser.add_argument("--pool", type=Path, help="photographs (docs/training.md, distillation)")
    parser.add_argument("--steps", type=int, default=AppearanceSettings.steps)
    parser.add_argument("--lr", type=float, default=AppearanceSettings.lr)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    try:
        network = load_minifasnet(args.start, DROPOUT)
        trained = train_appearance(
            network,
            collected(args),
            AppearanceSettings(steps=args.steps, lr=args.lr, seed=args.seed),
            lambda step, loss, mean: print(f"step {step}: loss {loss:.3f}", flush=True),
        )
        args.out.mkdir(parents=True, exist_ok=True)
        torch.save(trained.state_dict(), args.out / "appearance.pth")
        print(export_appearance(trained, args.out / "appearance.onnx"))
    except KioskError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
