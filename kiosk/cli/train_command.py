"""``train``: a network from folders of people, a sweep of settings, fine-tuning, distillation.

train DIR              from a folder per person
train sweep DIR        the grid of learning rates, heads and epochs
train finetune DIR     from existing weights, with a site's own people
train distil POOL      from unlabelled faces and a teacher's embeddings
train --resume RUN     continue any run that was stopped
"""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kiosk.cli.shared import Progress, data_dir
from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.core.program_name import program_name

if TYPE_CHECKING:
    from kiosk.learning.data.face_dataset import Split
    from kiosk.learning.training.run_folder import Run
    from kiosk.learning.training.trainer import TrainSettings

KINDS = ("sweep", "finetune", "distil")
SHIPPED = "siamese"
"""Id in the manifest of the network that fine-tuning goes on from."""

FINETUNE_RATE = 0.0001
T = TypeVar("T")


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "train",
        parents=[common],
        help="train, sweep, fine-tune or distil a face network",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own.add_argument(
        "what",
        nargs="*",
        metavar="[sweep|finetune|distil] DIR",
        help="folder of a folder per person, or of a pool (distil)",
    )
    own.add_argument(
        "--out",
        type=Path,
        metavar="RUN",
        help="folder of the run (default: a new one in the data folder's runs/)",
    )
    own.add_argument(
        "--resume", type=Path, metavar="RUN", help="continue this run with its settings"
    )
    own.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="folder of found and aligned faces (default: faces/ in the run's folder); they are "
        "pictures of people",
    )
    own.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all)")
    own.add_argument("--quiet", action="store_true", help="no progress bars")
    _add_settings(own.add_argument_group("settings, with their defaults in docs/training.md"))
    own.set_defaults(call=call)


Option = tuple[str, Callable[[str], object], str, str]
"""Name, type, placeholder and help of an option that becomes a field of the settings."""

OPTIONS: tuple[Option, ...] = (
    ("epochs", str, "N[,N]", "passes over the data; a sweep takes several"),
    ("lr", str, "RATE[,RATE]", "learning rate; a sweep takes several"),
    ("head", str, "WIDTHS[,WIDTHS]", "as 512-128 or 512-256-128; a sweep takes several"),
    ("backbone", str, "NAME", "mobilenet_v3_large, mobilenet_v3_faces, resnet29 or mobilefacenet"),
    ("size", int, "PIXELS", "side of the pictures"),
    ("loss", str, "LOSS", "contrastive, triplet, arcface or cosface"),
    ("margin", float, "MARGIN", "margin of the loss"),
    ("batch", int, "N", "pictures per batch"),
    ("pairs", int, "N", "pairs per epoch (contrastive), pictures per epoch (others)"),
    ("share", float, "SHARE", "share of people, or of the pool, held apart for validation"),
    ("threshold", float, "DISTANCE", "distance at which errors are counted during training"),
    ("patience", int, "N", "epochs without improvement before the run ends; 0: never"),
    (
        "start",
        str,
        "WEIGHTS",
        "initial weights: a run's folder, a file, siamese, siamese-mobilenet or random (default: "
        "ImageNet's if fetched, else siamese-mobilenet; finetune: siamese)",
    ),
    ("stages", str, "SIZE:SHARE,…", "picture sizes of a distillation, as 64:0.4,112:0.6"),
    ("warmup", int, "N", "steps of a distillation until its full learning rate"),
    ("strength", float, "SHARE", "strength of a distillation's augmentation, 0 to 1"),
    ("covered", float, "SHARE", "share of a distillation's faces with a mask or hand"),
    ("relit", float, "SHARE", "share of a distillation's faces under other light"),
    ("apart", float, "WEIGHT", "how strongly a distillation pushes different people apart"),
    ("favour", float, "TIMES", "how much more often a distillation draws favoured pictures"),
    ("sources", str, "NAME[,NAME]", "favoured sources of the pool"),
    ("frozen", int, "N", "blocks of a mobilefacenet that a distillation keeps fixed"),
    ("average", float, "SHARE", "how far a distillation returns to published weights at its end"),
    ("hint", float, "WEIGHT", "weight of the teacher's inner maps for a mobilenet_v3_faces"),
    ("views", int, "N", "crops of each face whose inner maps are stored for the hint"),
    ("me", str, "PERSON", "learn to tell this person from everybody else, as the founders did"),
    (
        "others",
        str,
        "FOLDER",
        "this folder holds pictures of many people, each another one; none: no folder does",
    ),
    ("seed", str, "N[,N]", "the same seed gives the same run; a sweep takes several"),
)
SWITCHES = {
    "batch_norm": ("--no-batch-norm", False, "no BatchNorm between the head's layers"),
    "augment": ("--no-augment", False, "train on the pictures as they are"),
    "film": ("--film", True, "keep the scatter of every epoch, and an animation of them"),
    "swap_labels": ("--swap-labels", True, "0 for the same person: the founders' first mistake"),
}
SETTINGS = (*(name for name, *_ in OPTIONS), *SWITCHES)


def _add_settings(group: Any) -> None:
    """Add options that become fields of the settings."""
    for name, kind, metavar, text in OPTIONS:
        group.add_argument(f"--{name}", type=kind, metavar=metavar, help=text)
    for name, (flag, value, text) in SWITCHES.items():
        group.add_argument(flag, dest=name, action="store_const", const=value, help=text)


def call(args: argparse.Namespace) -> int:
    """Carry out one training; raises ``KioskError``."""
    try:
        import torch
    except ImportError:
        raise LearningError(
            "Training needs PyTorch: run `bash scripts/setup.sh test`, then this command again."
        ) from None
    try:
        return _start(args, torch)
    except ImportError as error:
        raise LearningError(
            f"Training needs the package {error.name}: run `bash scripts/setup.sh test`, then this "
            "command again."
        ) from None


def _start(args: argparse.Namespace, torch: Any) -> int:
    if args.threads is not None:
        if args.threads < 1:
            raise LearningError("--threads must be 1 or more.")
        torch.set_num_threads(args.threads)
    if args.resume:
        return _resume(args)
    kind, folder = _kind_and_folder(args.what)
    commands = {"train": _train, "sweep": _sweep, "finetune": _finetune, "distil": _distil}
    return commands[kind](args, folder)


def _kind_and_folder(words: list[str]) -> tuple[str, Path]:
    kind = words[0] if words and words[0] in KINDS else "train"
    rest = words[1:] if kind != "train" else words
    if len(rest) != 1:
        raise LearningError(
            "Name one folder: train DIR, train sweep DIR, train finetune DIR or train distil POOL."
        )
    return kind, Path(rest[0])


def _train(args: argparse.Namespace, folder: Path) -> int:
    return _fit(args, _settings(args, folder, _from_start(args)), "train")


def _finetune(args: argparse.Namespace, folder: Path) -> int:
    """Train on from existing weights, with their backbone and head."""
    if args.backbone or args.head or args.batch_norm is not None:
        raise LearningError(
            "Fine-tuning keeps the network of its weights; leave out --backbone, --head and "
            "--no-batch-norm."
        )
    args.start = args.start or SHIPPED
    args.lr = args.lr or str(FINETUNE_RATE)
    return _fit(args, _settings(args, folder, _from_start(args)), "finetune")


def _from_start(args: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that follow from the weights to begin with, where none are given."""
    from kiosk.learning.networks.starting_points import RANDOM, default_start, facts_of
    from kiosk.vision.models.manifest import Manifest

    backbone, start = args.backbone, args.start
    if not start:
        backbone, start = default_start(backbone, args.size, Manifest.load(paths.MANIFEST))
    if start == RANDOM:
        return {"start": ""}
    facts = facts_of(start)
    backbone = backbone or facts.spec.backbone
    found: dict[str, Any] = {"start": str(facts.path), "backbone": backbone}
    if backbone != facts.spec.backbone:
        return found
    found["size"] = args.size or facts.size
    if facts.complete and args.head is None and args.batch_norm is None:
        found |= {"head": facts.spec.head, "batch_norm": facts.spec.batch_norm}
        found["threshold"] = args.threshold or facts.threshold
    found["start_threshold"] = facts.threshold if facts.complete else None
    return {key: value for key, value in found.items() if value is not None}


def _settings(args: argparse.Namespace, folder: Path, from_start: dict[str, Any]) -> TrainSettings:
    from kiosk.learning.training.trainer import TrainSettings

    given = _given(args, TrainSettings, "train")
    return TrainSettings(images=str(folder.resolve()), **(given | from_start))


def _fit(args: argparse.Namespace, settings: TrainSettings, name: str) -> int:
    from kiosk.learning.training.run_folder import Run

    out = _out(args, name)
    Run.need_vacant(out)
    data, problems = _data(args, settings, out)
    run = Run.create(out, "train", settings)
    run.list_unusable(problems)
    _print_unusable(problems, run.folder)
    return _train_run(args, run, settings, data)


def _train_run(args: argparse.Namespace, run: Run, settings: TrainSettings, data: Split) -> int:
    """Train to the end and say what came of it; return 1 for a network that is of no use."""
    from kiosk.learning.training.epoch_lines import HEADER, epoch_line
    from kiosk.learning.training.trainer import Trainer

    def warn(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    best = Trainer(run, settings, data, shown=not args.quiet, say=_line(args), warn=warn).train()
    summary = run.summary()
    row = summary["best"]
    if row["epoch"] == 0 and summary["complete_start"]:
        print("The network is no better than what it began with, and was left as it was.")
    else:
        print(f"The best epoch is {row['epoch']}:\n{HEADER}\n{epoch_line(row)}")
    print(summary["threshold_because"])
    _say_where(run.folder)
    if best.useless:
        warn(f"The network is of no use: {best.useless}. Train it again with other settings.")
    return 1 if best.useless else 0


def _sweep(args: argparse.Namespace, folder: Path) -> int:
    from kiosk.learning.training.run_folder import Run
    from kiosk.learning.training.sweep import EPOCHS, HEADS, RATES, Grid, sweep

    grid = Grid(
        _several(args.lr, float, "--lr", RATES),
        _several(args.head, str, "--head", HEADS),
        _several(args.epochs, int, "--epochs", EPOCHS),
        _several(args.seed, int, "--seed", (0,)),
    )
    single = argparse.Namespace(**(vars(args) | {"epochs": None, "lr": None, "seed": None}))
    single.head = grid.heads[0]  # the heads of the grid, not that of the start
    common = _settings(single, folder, _from_start(single))
    runs = grid.of(common)
    out = _out(args, "sweep")
    data, problems = _data(args, common, out)
    _make(out)
    Run(out).list_unusable(problems)
    _print_unusable(problems, out)
    sweep(out, runs, grid.epochs, data, shown=not args.quiet, say=_line(args))
    print(
        f"The comparison of {len(runs)} runs is in {shlex.quote(str(out))}: comparison.csv, "
        "comparison.png and epochs.csv."
    )
    return 0


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LearningError(
            f"The folder {out} cannot be made ({error.strerror}); name another with --out."
        ) from None


def _distil(args: argparse.Namespace, folder: Path) -> int:
    from kiosk.learning.training.distil_settings import DistilSettings
    from kiosk.learning.training.run_folder import Run

    settings = DistilSettings(
        pool=str(folder.resolve()), **_given(args, DistilSettings, "train distil")
    )
    return _run_distillation(args, Run.create, settings)


def _run_distillation(args: argparse.Namespace, create: Any, settings: Any) -> int:
    from kiosk.learning.data.unlabelled_pool import load_pool
    from kiosk.learning.training.distil import Distiller

    pool = load_pool(Path(settings.pool))
    run = create(_out(args, "distil"), "distil", settings)
    row = Distiller(run, settings, pool, shown=not args.quiet, say=_line(args)).train()
    print(", ".join(f"{key} {value:.4g}" for key, value in row.items()))
    _say_where(run.folder)
    return 0


def _resume(args: argparse.Namespace) -> int:
    """Continue a run with its own settings; raises ``LearningError`` for other options."""
    from kiosk.learning.training.distil_settings import DistilSettings
    from kiosk.learning.training.run_folder import Run
    from kiosk.learning.training.trainer import TrainSettings

    given = [name for name in SETTINGS if getattr(args, name) is not None]
    if args.what or args.out or given:
        raise LearningError(
            "A run goes on with its own settings: give --resume alone, or start a new run."
        )
    run = Run.open(args.resume)
    if run.command() == "distil":
        return _run_distillation(args, lambda *_: run, run.settings(DistilSettings, "distil"))
    settings = run.settings(TrainSettings, "train")
    data, problems = _data(args, settings, run.folder)
    run.list_unusable(problems)
    return _train_run(args, run, settings, data)


def _data(args: argparse.Namespace, settings: TrainSettings, out: Path) -> tuple[Split, list[Any]]:
    """Return the faces of the folder, detected as in the kiosk, split in two parts."""
    from kiosk.learning.data.face_dataset import load_faces, split
    from kiosk.learning.data.one_person import split_for
    from kiosk.vision.detection.mtcnn import load_mtcnn
    from kiosk.vision.models.manifest import Manifest

    facts = settings.spec.facts
    faces, problems = load_faces(
        Path(settings.images),
        load_mtcnn(Manifest.load(paths.MANIFEST)),
        facts.alignment,
        settings.spec.size(settings.size),
        args.cache or out / "faces",
        Progress("finding faces"),
        settings.others,
        several=not settings.me,
    )
    if settings.me:
        return split_for(faces, settings.me, settings.share, settings.seed), problems
    return split(faces, settings.share, settings.seed), problems


def _given(args: argparse.Namespace, kind: type[Any], command: str) -> dict[str, Any]:
    """Return the given options as fields of ``kind``; raises ``LearningError`` for others."""
    types = {field.name: field.type for field in dataclasses.fields(kind)}
    given = {name: getattr(args, name) for name in SETTINGS if getattr(args, name) is not None}
    if unknown := [f"--{name.replace('_', '-')}" for name in given if name not in types]:
        raise LearningError(f"{', '.join(unknown)} cannot be used with `{command}`; leave it out.")
    for name, one in (("lr", float), ("epochs", int), ("seed", int)):
        if name in given:
            given[name] = _one(given[name], one, f"--{name}")
    return given


def _one(text: str, kind: Callable[[str], T], option: str) -> T:
    values = _several(text, kind, option, ())
    if len(values) != 1:
        raise LearningError(
            f"{option} takes one value here, not {text!r}; several are for `train sweep`."
        )
    return values[0]


def _several(
    text: str | None, kind: Callable[[str], T], option: str, default: tuple[T, ...]
) -> tuple[T, ...]:
    if text is None:
        return default
    try:
        return tuple(kind(part) for part in text.split(",") if part)
    except ValueError:
        raise LearningError(f"{option} takes numbers separated by commas, not {text!r}.") from None


def _out(args: argparse.Namespace, name: str) -> Path:
    chosen: Path | None = args.out
    return chosen or data_dir(args) / "runs" / f"{name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"


def _line(args: argparse.Namespace) -> Callable[[str], object]:
    """Return what prints lines of progress, above the progress bars if there are any."""
    if not sys.stderr.isatty() or args.quiet:
        return lambda line: print(line, flush=True)
    from tqdm import tqdm

    return lambda line: tqdm.write(line)  # above the bars, where it stays


def _print_unusable(problems: list[Any], folder: Path) -> None:
    for problem in problems[:5]:
        print(problem.sentence, file=sys.stderr)
    if len(problems) > 5:
        print(
            f"… and {len(problems) - 5} more, listed in {folder / 'unusable.csv'}.", file=sys.stderr
        )


def _say_where(folder: Path) -> None:
    print(
        f"The run is in {shlex.quote(str(folder))}; measure it with `{program_name()} evaluate "
        f"{shlex.quote(str(folder))} --images DIR`."
    )
