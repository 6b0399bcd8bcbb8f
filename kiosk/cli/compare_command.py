"""``compare``: several face networks on the same pictures, in one table and on one page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kiosk.cli.shared import Progress
from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.vision.models.manifest import Manifest


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "compare",
        parents=[common],
        help="compare face networks on the same labelled pictures",
        description="Compare face networks on the same labelled pictures: one table, ROC and DET "
        "over each other, and the differences with their intervals.",
    )
    own.add_argument(
        "networks",
        nargs="+",
        metavar="NETWORK",
        help="networks of the manifest, ONNX files or training runs' folders; the others are "
        "compared with the first",
    )
    own.add_argument(
        "--images", type=Path, metavar="DIR", required=True, help="pictures: a folder a person"
    )
    own.add_argument(
        "--pairs",
        type=Path,
        metavar="FILE.csv",
        help="compare these pairs: columns first,second,same and perhaps fold",
    )
    own.add_argument("--report", type=Path, metavar="DIR", help="write a page that opens offline")
    own.add_argument("--json", type=Path, metavar="FILE", help="write every figure")
    own.add_argument(
        "--resamples",
        type=int,
        default=300,
        metavar="N",
        help="draws of people for the intervals (default: 300; 0: none)",
    )
    own.add_argument("--seed", type=int, default=0, help="of every draw (default: 0)")
    own.add_argument(
        "--others",
        metavar="FOLDER",
        help="this folder holds pictures of many people, each another one; none: no folder does",
    )
    own.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="keep found faces here, so that the next run is quick; they are pictures of people",
    )
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Measure each network, print the tables, write the requested files."""
    _check(args)
    from kiosk.learning.evaluation.comparison_page import (
        comparison_json,
        comparison_text,
        names_of,
        write_comparison,
    )
    from kiosk.learning.evaluation.evaluator import Settings, evaluate_pictures
    from kiosk.learning.evaluation.html_report import as_json
    from kiosk.learning.evaluation.measured_networks import open_network
    from kiosk.learning.evaluation.paired_differences import paired_differences
    from kiosk.learning.evaluation.reference_writer import write_whole
    from kiosk.vision.detection.mtcnn import load_mtcnn

    manifest = Manifest.load(paths.MANIFEST)
    settings = Settings(
        cache=args.cache,
        seed=args.seed,
        resamples=args.resamples,
        progress=Progress,
        others=args.others or "",
    )
    opened = [open_network(name, manifest) for name in args.networks]
    detector = load_mtcnn(manifest)
    evaluations = [
        evaluate_pictures(args.images, network, detector, settings, args.pairs)
        for network in opened
    ]
    names = names_of(evaluations, args.networks)
    differences = paired_differences(
        evaluations, resamples=args.resamples, seed=args.seed, progress=Progress
    )
    print(comparison_text(evaluations, names, differences))
    if args.json:
        write_whole(args.json, as_json(comparison_json(evaluations, names, differences)))
        print(f"figures: {args.json}")
    if args.report:
        print(f"report: {write_comparison(args.report, evaluations, names, differences)}")
    return 0


def _check(args: argparse.Namespace) -> None:
    """Raise ``LearningError`` now for what would fail after minutes."""
    if len(args.networks) < 2:
        raise LearningError(
            "Name at least two networks to compare; `evaluate` measures a single one."
        )
    if twice := sorted({name for name in args.networks if args.networks.count(name) > 1}):
        raise LearningError(f"{twice[0]} is named twice; name each network once.")
    if not 0 <= args.resamples <= 100_000 or args.seed < 0:
        raise LearningError("--resamples must be 0 to 100000, and --seed 0 or more.")
    if args.report and args.report.exists() and not args.report.is_dir():
        raise LearningError(f"--report {args.report} is a file; name a folder.")
    if args.json and args.json.is_dir():
        raise LearningError(f"{args.json} is a folder; name a file.")
