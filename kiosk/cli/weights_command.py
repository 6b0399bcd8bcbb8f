"""``weights``: list, prepare, fetch, verify, recommend and add networks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kiosk.cli.shared import Progress
from kiosk.core import paths
from kiosk.core.errors import WeightsError
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.models.model_download import fetch, trust_note
from kiosk.vision.models.prepare import prepare_all


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "weights", parents=[common], help="list, prepare, fetch, verify, recommend or add networks"
    )
    own.add_argument(
        "action",
        nargs="?",
        choices=("list", "prepare", "fetch", "verify", "recommend", "add"),
        default="list",
    )
    own.add_argument(
        "name",
        nargs="?",
        help="fetch: sface, auraface, facenet, facenet-casia or mobilenet-v3-imagenet; add: a "
        "training run's folder or an ONNX file",
    )
    own.add_argument("--id", metavar="NAME", help="add: what the network is called from now on")
    own.add_argument(
        "--threshold",
        type=float,
        metavar="DISTANCE",
        help="add: decide at this distance (default: what the run wrote, or --images show)",
    )
    own.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="recommend, add: measure on your own pictures, a folder for each person who agreed, "
        "perhaps with a folder for each day in it",
    )
    own.add_argument(
        "--fetch",
        action="store_true",
        help="recommend: fetch the networks that every site may use and that are not here",
    )
    own.add_argument("--quiet", action="store_true", help="say nothing when there is nothing to do")
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action."""
    manifest = Manifest.load(paths.MANIFEST)
    _check(args)
    if args.action == "add":
        from kiosk.cli.network_addition import add_network  # loads the detector

        return add_network(args, manifest)
    if args.action == "prepare":
        made = prepare_all(manifest, print)
        if not made and not args.quiet:
            print("All networks are prepared.")
        return 0
    if args.action == "recommend":
        from kiosk.cli.network_recommendation import recommend  # loads the detector

        return recommend(args, manifest)
    if args.action == "fetch":
        return _fetch(manifest, args.name)
    return _list(manifest, check=args.action == "verify")


def _check(args: argparse.Namespace) -> None:
    """Raise ``WeightsError`` for an option of another action."""
    if args.name and args.action not in ("fetch", "add"):
        raise WeightsError(f"`weights {args.action}` is for all networks; leave {args.name} out.")
    if args.fetch and args.action != "recommend":
        raise WeightsError("--fetch is an option of `weights recommend`; leave it out.")
    if args.images and args.action not in ("recommend", "add"):
        raise WeightsError(
            "--images is an option of `weights recommend` and `weights add`; leave it out."
        )
    if args.action == "add" and not args.name:
        raise WeightsError("Name a training run's folder or an ONNX file to add.")
    if (args.id or args.threshold is not None) and args.action != "add":
        raise WeightsError("--id and --threshold are options of `weights add`; leave them out.")
    if args.threshold is not None and not 0 < args.threshold < 2:
        raise WeightsError(f"--threshold is {args.threshold:g}; give a distance between 0 and 2.")


def _fetch(manifest: Manifest, name: str | None) -> int:
    if not name:
        raise WeightsError("Name the network to fetch, for example: weights fetch sface.")
    entry = manifest.entry(name)
    print(f"{entry.title} comes from {entry.source} under {entry.licence}")
    path = fetch(entry, Progress(f"fetching {name}"))
    if note := trust_note(entry):
        print(note)
    if entry.needs_export:
        path = _export(manifest, name)
    print(f"{name}: {path}")
    return 0


def _export(manifest: Manifest, name: str) -> Any:
    try:
        from kiosk.learning.networks.facenet_export import (
            export_facenet,
        )  # torch is needed here only
    except ImportError:
        raise WeightsError(
            "The file is here, but turning it into ONNX needs PyTorch: run `bash scripts/setup.sh "
            "test`, then this command again."
        ) from None
    return export_facenet(manifest.entry(name))


def _list(manifest: Manifest, check: bool) -> int:
    best = manifest.best_embedder().id
    id_width = max(len(entry.id) for entry in manifest.entries)
    licence_width = max(len(entry.licence) for entry in manifest.entries)
    bad = 0
    for entry in manifest.entries:
        state = "present" if entry.path.exists() else "not here"
        if check and entry.path.exists():
            try:
                entry.verify()
                state = "verified"
            except WeightsError as error:
                state = f"REFUSED: {error}"
                bad = bad + 1
        mark = " (default)" if entry.id == best else ""
        print(
            f"{entry.id:<{id_width}} {state:<10} {entry.licence:<{licence_width}} "
            f"{entry.title}{mark}"
        )
    return 2 if bad else 0
