"""``evaluate``: measure a face network on labelled pictures or clips."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kiosk.cli.evaluate_liveness import LIVENESS, evaluate_liveness
from kiosk.cli.people_evaluation import (
    WORDS,
    check_people_options,
    evaluate_people,
    settings_of,
)
from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.distance_samples import own_distances
from kiosk.vision.recognition.threshold_calibration import Floats, Impostors, Ints

if TYPE_CHECKING:
    from kiosk.learning.evaluation.evaluator import Evaluation

EVERYBODY = ""
SHOWN_PROBLEMS = 10


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "evaluate",
        parents=[common],
        help="measure a face network on labelled pictures or clips",
        description="Measure a face network through the kiosk's own detector and alignment. "
        "docs/evaluation.md explains every figure.",
    )
    own.add_argument(
        "embedder",
        nargs="?",
        default="siamese",
        metavar="EMBEDDER",
        help="a network of the manifest (default: siamese), auto, an ONNX file, or a training "
        "run's folder; or the word open-set, sessions, report or liveness",
    )
    own.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="after open-set: a folder a person, or clips named PERSON-N.mkv; after sessions and "
        "report: a folder a person with a folder for each day; after liveness: "
        "genuine/PERSON and SPECIES/PERSON, with pictures or clips",
    )
    _add_data(own)
    _add_outputs(own)
    _add_open_set(own)
    own.set_defaults(call=call)


def _add_data(own: argparse.ArgumentParser) -> None:
    """Add what is compared, and how."""
    what = own.add_mutually_exclusive_group()
    what.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="pictures: a folder a person, perhaps in folders of groups, or as --pairs says",
    )
    what.add_argument(
        "--clips",
        type=Path,
        metavar="DIR",
        help="clips named PERSON-N.mkv: enrol from one, try all frames of the others",
    )
    own.add_argument(
        "--pairs",
        type=Path,
        metavar="FILE.csv",
        help="compare these pairs: columns first,second,same and perhaps fold",
    )
    own.add_argument(
        "--one-against-all",
        nargs="?",
        const=EVERYBODY,
        default=None,
        metavar="PERSON",
        help="enrol one person (everybody with ten pictures in turn) against pictures of others",
    )
    own.add_argument(
        "--threshold",
        type=float,
        metavar="DISTANCE",
        help="decide at this distance (default: the network's own)",
    )
    own.add_argument("--seed", type=int, default=0, help="of every draw (default: 0)")
    own.add_argument(
        "--resamples",
        type=int,
        default=1000,
        metavar="N",
        help="draws of people for the intervals (default: 1000; 0: none)",
    )


def _add_outputs(own: argparse.ArgumentParser) -> None:
    """Add the files that are written."""
    own.add_argument("--json", type=Path, metavar="FILE", help="write every figure")
    own.add_argument(
        "--out",
        type=Path,
        metavar="FILE.html",
        help="report: write the conformance page, which opens offline",
    )
    own.add_argument(
        "--report", type=Path, metavar="DIR", help="write a page with pictures that opens offline"
    )
    own.add_argument(
        "--reference",
        type=Path,
        metavar="FILE.npz",
        help="write the distances as this network's reference",
    )
    own.add_argument(
        "--groups",
        type=Path,
        metavar="FILE.json",
        help="write FAR and FRR by group (folders GROUP/PERSON); groups.json in the data folder is "
        "shown by the kiosk",
    )
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


def _add_open_set(own: argparse.ArgumentParser) -> None:
    """Add the options of open-set identification."""
    only = own.add_argument_group(
        "open-set: half of the people enrolled, the rest as strangers; sessions: people enrolled "
        "on one day or two who come on another; fixed against calibrated threshold"
    )
    only.add_argument(
        "--embedder",
        dest="network",
        default="siamese",
        metavar="EMBEDDER",
        help="the network (default: siamese)",
    )
    only.add_argument(
        "--target",
        type=float,
        nargs="+",
        metavar="N",
        help="at most N strangers in 10,000 (default: 1 10 100)",
    )
    only.add_argument(
        "--templates",
        type=int,
        default=5,
        metavar="K",
        help="pictures enrolled of each person at most (default: 5)",
    )
    only.add_argument(
        "--repetitions",
        type=int,
        default=5,
        metavar="N",
        help="open-set: draws of who is enrolled (default: 5)",
    )
    only.add_argument(
        "--fill",
        type=Path,
        metavar="DIR2",
        help="sessions, report: a folder a person; half of them fill the gallery, the others are "
        "strangers",
    )


def call(args: argparse.Namespace) -> int:
    """Measure, print the table, write the requested files."""
    if args.embedder == LIVENESS:
        return evaluate_liveness(args)
    if args.embedder in WORDS:
        check_people_options(args)
        _check(args)
        return evaluate_people(args)
    for option, value in (("--out", args.out), ("--fill", args.fill)):
        if value:
            where = "report DIR" if option == "--out" else "sessions DIR or evaluate report DIR"
            raise LearningError(f"{option} is an option of evaluate {where}; leave it out here.")
    if args.folder and (args.images or args.clips):
        raise LearningError(
            "evaluate measures one network; to compare several, write compare "
            f"{args.embedder} {args.folder} --images DIR."
        )
    if args.folder or not (args.images or args.clips):
        raise LearningError(
            "Say what to measure on: --images DIR or --clips DIR, evaluate open-set DIR, "
            "evaluate sessions DIR, evaluate report DIR, or evaluate liveness DIR."
        )
    _check(args)
    evaluation = _evaluate(args)
    from kiosk.learning.evaluation.figures_table import as_text

    print(as_text(evaluation))
    _print_problems(evaluation)
    _write(args, evaluation)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Raise ``LearningError`` now for what would fail after minutes."""
    if args.clips and (args.pairs or args.one_against_all is not None):
        raise LearningError("--pairs and --one-against-all need --images, not --clips.")
    if args.pairs and args.one_against_all is not None:
        raise LearningError(
            "--pairs and --one-against-all cannot be used together; give one of them."
        )
    if args.threshold is not None and not (math.isfinite(args.threshold) and args.threshold > 0):
        raise LearningError(f"--threshold is {args.threshold}; give a distance above 0.")
    if not 0 <= args.resamples <= 100_000 or args.seed < 0:
        raise LearningError("--resamples must be 0 to 100000, and --seed 0 or more.")
    if args.report:
        _require_matplotlib()
        if args.report.exists() and not args.report.is_dir():
            raise LearningError(f"--report {args.report} is a file; name a folder.")
    if args.groups and (not args.images or args.pairs or args.one_against_all is not None):
        raise LearningError(
            "--groups needs --images DIR with folders named GROUP/PERSON, and no --pairs or "
            "--one-against-all."
        )
    for file in (args.out, args.json, args.reference, args.groups):
        if file and file.is_dir():
            raise LearningError(f"{file} is a folder; name a file.")


def _require_matplotlib() -> None:
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise LearningError(
            "--report needs Matplotlib; run `bash scripts/setup.sh test`, then this command again."
        ) from None


def _evaluate(args: argparse.Namespace) -> Evaluation:
    from kiosk.learning.evaluation.measured_networks import open_network

    manifest = Manifest.load(paths.MANIFEST)
    network = open_network(args.embedder, manifest)
    settings = settings_of(args)
    detector = load_mtcnn(manifest)
    if args.clips:
        from kiosk.learning.evaluation.clip_evaluation import evaluate_clips

        return evaluate_clips(args.clips, network, detector, settings)
    if args.one_against_all is not None:
        from kiosk.learning.evaluation.one_against_all import one_against_all

        return one_against_all(
            args.images, network, detector, settings, args.one_against_all or None
        )
    from kiosk.learning.evaluation.evaluator import evaluate_pictures

    return evaluate_pictures(args.images, network, detector, settings, args.pairs)


def _print_problems(evaluation: Evaluation) -> None:
    problems = evaluation.embedded.problems
    for problem in problems[:SHOWN_PROBLEMS]:
        print(f"{problem.kind.replace('_', ' ')}: {problem.sentence}", file=sys.stderr)
    if len(problems) > SHOWN_PROBLEMS:
        print(f"… and {len(problems) - SHOWN_PROBLEMS} more; --report lists them.", file=sys.stderr)


def _reference_distances(
    args: argparse.Namespace, evaluation: Evaluation
) -> tuple[Impostors | None, tuple[Floats, Ints] | None]:
    """Return what the kiosk calibrates by and shows, if the folders name the people."""
    if not args.images or args.pairs or args.one_against_all is not None:
        return None, None
    who = np.unique(
        [picture.person for picture in evaluation.embedded.pictures], return_inverse=True
    )[1].astype(np.int64)
    order = np.argsort(who, kind="stable")
    vectors = evaluation.embedded.vectors[order].astype(np.float64)
    who = who[order]
    return Impostors.among(vectors, who), own_distances(
        vectors, who, np.unique(who, return_index=True)[1].astype(np.int64)
    )


def _write(args: argparse.Namespace, evaluation: Evaluation) -> None:
    from kiosk.learning.evaluation.group_figures import group_report
    from kiosk.learning.evaluation.html_report import as_json, write_report
    from kiosk.learning.evaluation.reference_writer import write_reference, write_whole

    if args.json:
        write_whole(args.json, as_json(evaluation.to_json()))
        print(f"figures: {args.json}")
    if args.groups:
        write_whole(args.groups, as_json(group_report(evaluation)))
        print(f"by group: {args.groups}")
    if args.reference:
        write_reference(
            args.reference,
            evaluation.info.id,
            evaluation.sha256,
            evaluation.scores,
            *_reference_distances(args, evaluation),
        )
        print(f"reference distances: {args.reference}")
    if args.report:
        print(f"report: {write_report(args.report, evaluation)}")
