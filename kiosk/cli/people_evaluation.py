"""``evaluate open-set``, ``sessions`` and ``report``: people enrolled, members and strangers."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from kiosk.cli.shared import Progress
from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.reference_distances import reference_of, sound_reference_of
from kiosk.vision.recognition.threshold_calibration import Impostors

if TYPE_CHECKING:
    from kiosk.learning.evaluation.evaluator import Settings
    from kiosk.learning.evaluation.measured_networks import Network
    from kiosk.vision.pipeline import Detector

OPEN_SET = "open-set"
SESSIONS = "sessions"
REPORT = "report"
WORDS = (OPEN_SET, SESSIONS, REPORT)
"""What stands in the place of a network's name; a folder follows."""

_OPTIONS = {
    OPEN_SET: "--embedder, --target, --templates, --repetitions, --threshold, --json, --cache or "
    "--seed",
    SESSIONS: "--fill, --embedder, --target, --templates, --threshold, --json, --cache or --seed",
    REPORT: "--out, --json, --fill, --embedder, --threshold, --cache or --seed",
}


def check_people_options(args: argparse.Namespace) -> None:
    """Raise ``LearningError`` for a missing folder or an option of something else."""
    word = args.embedder
    others = (args.images, args.clips, args.pairs, args.reference, args.report, args.groups)
    wrong = any(others) or args.one_against_all is not None
    if args.folder is None or wrong or (word == REPORT and args.target):
        raise LearningError(f"Write evaluate {word} DIR, with {_OPTIONS[word]}.")
    if not (1 <= args.repetitions <= 1000 and 1 <= args.templates <= 100):
        raise LearningError("--repetitions must be 1 to 1000, and --templates 1 to 100.")
    if args.fill and word == OPEN_SET:
        raise LearningError("--fill is an option of evaluate sessions DIR; leave it out here.")
    if args.out and word != REPORT:
        raise LearningError("--out is an option of evaluate report DIR; leave it out here.")


def evaluate_people(args: argparse.Namespace) -> int:
    """Run what the word in ``args.embedder`` asks for."""
    return _report(args) if args.embedder == REPORT else _identification(args)


def settings_of(args: argparse.Namespace) -> Settings:
    """Return how to measure, of options that every form of the command takes."""
    from kiosk.learning.evaluation.evaluator import Settings

    return Settings(
        threshold=args.threshold,
        cache=args.cache,
        seed=args.seed,
        resamples=args.resamples,
        progress=Progress,
        others=args.others or "",
    )


def _identification(args: argparse.Namespace) -> int:
    """Compare fixed and calibrated thresholds for galleries of growing size."""
    from kiosk.learning.evaluation.measured_networks import open_network
    from kiosk.learning.evaluation.reference_writer import write_whole

    manifest = Manifest.load(paths.MANIFEST)
    network = open_network(args.network, manifest)
    shipped = reference_of(paths.REFERENCE, network.embedder.info.id)
    measure = _open_set if args.embedder == OPEN_SET else _sessions
    rows, lines = measure(args, network, load_mtcnn(manifest), shipped)
    print("\n".join(lines))
    if args.json:
        write_whole(args.json, (json.dumps(rows, indent=1) + "\n").encode())
        print(f"figures: {args.json}")
    return 0


def _report(args: argparse.Namespace) -> int:
    """Write the conformance page of people in sessions."""
    from kiosk.learning.evaluation.conformance_page import as_text, page
    from kiosk.learning.evaluation.conformance_report import conformance
    from kiosk.learning.evaluation.html_report import as_json
    from kiosk.learning.evaluation.measured_networks import open_network
    from kiosk.learning.evaluation.reference_writer import write_whole

    manifest = Manifest.load(paths.MANIFEST)
    network = open_network(args.network, manifest)
    shipped = sound_reference_of(paths.REFERENCE, network.embedder.info.id)
    found = conformance(
        args.folder, args.fill, network, load_mtcnn(manifest), settings_of(args), shipped
    )
    print("\n".join(as_text(found)))
    if args.out:
        write_whole(args.out, page(found).encode())
        print(f"report: {args.out}")
    if args.json:
        write_whole(args.json, as_json(found.to_json()))
        print(f"figures: {args.json}")
    return 0


Measured = tuple[list[dict[str, Any]], list[str]]
"""Rows for JSON, and the lines of the table."""


def _open_set(
    args: argparse.Namespace, network: Network, detector: Detector, shipped: Impostors | None
) -> Measured:
    from kiosk.learning.evaluation.open_set import TARGETS, Plan, as_text, open_set

    plan = Plan(args.target or TARGETS, templates=args.templates, repetitions=args.repetitions)
    found = open_set(args.folder, network, detector, settings_of(args), plan, shipped)
    return found.rows, list(as_text(found, network.embedder.entry.id))


def _sessions(
    args: argparse.Namespace, network: Network, detector: Detector, shipped: Impostors | None
) -> Measured:
    from kiosk.learning.evaluation.session_evaluation import (
        TARGETS,
        SessionPlan,
        as_text,
        evaluate_sessions,
    )

    plan = SessionPlan(args.target or TARGETS, templates=args.templates)
    found = evaluate_sessions(
        args.folder, args.fill, network, detector, settings_of(args), plan, shipped
    )
    return found.rows, list(as_text(found, network.embedder.entry.id))
