"""``evaluate liveness DIR``: what a site's own prints, screens and people do to the checks."""

from __future__ import annotations

import argparse
import json
import math

from kiosk.cli.shared import Progress
from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.liveness.appearance_network import load_appearance
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.embedder import load_embedder

LIVENESS = "liveness"
"""What stands in the place of a network's name; a folder follows."""

MIN_FACE_SIZE = 28
"""Pixels; smaller faces are not looked for."""


def evaluate_liveness(args: argparse.Namespace) -> int:
    """Judge every presentation, print the table, write the figures; raises ``KioskError``."""
    from kiosk.learning.data.presentations import find_presentations
    from kiosk.learning.evaluation.presentation_examiner import PresentationExaminer, judge_all
    from kiosk.learning.evaluation.presentation_figures import (
        PresentationThresholds,
        as_text,
        summed_up,
    )
    from kiosk.learning.evaluation.reference_writer import write_whole

    _check(args)
    presentations = find_presentations(args.folder)
    manifest = Manifest.load(paths.MANIFEST)
    embedder = load_embedder(manifest, args.network)
    network = load_appearance(manifest)
    examiner = PresentationExaminer(
        load_mtcnn(manifest, min_face_size=MIN_FACE_SIZE), embedder, network
    )
    judged = judge_all(presentations, examiner, Progress("presentations"))
    thresholds = PresentationThresholds(
        network.threshold, args.threshold or embedder.info.threshold
    )
    figures = summed_up(judged, thresholds)
    print("\n".join(as_text(figures)))
    if args.json:
        write_whole(args.json, (json.dumps(figures.to_json(), indent=1) + "\n").encode())
        print(f"figures: {args.json}")
    return 0


def _check(args: argparse.Namespace) -> None:
    """Raise ``LearningError`` for a missing folder or an option of something else."""
    others = (args.images, args.clips, args.pairs, args.reference, args.report, args.groups)
    if (
        args.folder is None
        or any(others)
        or any((args.fill, args.out, args.target))
        or args.one_against_all is not None
    ):
        raise LearningError("Write evaluate liveness DIR, with --embedder, --threshold or --json.")
    if args.threshold is not None and not 0 < args.threshold < math.inf:
        raise LearningError(f"--threshold is {args.threshold}; give a distance above 0.")
    if args.json and args.json.is_dir():
        raise LearningError(f"{args.json} is a folder; name a file.")
