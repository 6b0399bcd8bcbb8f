"""``weights add``: a network that was trained here becomes one that the door can use."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kiosk.cli.shared import Progress
from kiosk.core import paths
from kiosk.core.errors import WeightsError
from kiosk.core.files import atomic_write
from kiosk.core.private_files import make_public_folder
from kiosk.core.program_name import program_name
from kiosk.vision.models.manifest import Manifest, ModelEntry, entry_of

if TYPE_CHECKING:
    from kiosk.learning.evaluation.evaluator import Evaluation
    from kiosk.learning.evaluation.measured_networks import Network


@dataclass(frozen=True, slots=True)
class AddedFigures:
    """What was measured before a network is added.

    ``ms``: milliseconds for a face, here. ``figures``: shares by name, from pictures.
    ``threshold``: a distance that the pictures can show, ``None`` without.
    """

    ms: float
    figures: dict[str, float]
    threshold: float | None = None


def add_network(args: argparse.Namespace, manifest: Manifest) -> int:
    """Copy a run's network or an ONNX file, check and measure it, and write its manifest entry.

    Raises ``WeightsError``, and then nothing was added.
    """
    from kiosk.learning.evaluation.measured_networks import open_network

    _check_id(args.id, manifest)
    network = open_network(args.name, manifest)
    measured = _measure(args, network, manifest)
    threshold = args.threshold or network.threshold or measured.threshold
    if threshold is None:
        raise WeightsError(
            f"{args.name} has no threshold, which training writes only where its people can show "
            "one: give --threshold, or --images with pictures of at least 78 people."
        )
    row = _row(args, network, measured, threshold)
    entry = _add(row, network.embedder.entry.path)
    print(f"{entry.id} is at {entry.path}, {measured.ms:.1f} ms for a face on this machine.")
    for name, value in measured.figures.items():
        print(f"  {name}: {value:.4f}")
    print(
        f"Its threshold is {threshold:.2f}. Use it with `{program_name()} run --embedder "
        f"{entry.id}`, or always with recognition.embedder; everybody has to be enrolled again, "
        "since networks cannot be compared with each other."
    )
    return 0


def _check_id(name: str | None, manifest: Manifest) -> None:
    if not name or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name) or name == "auto":
        raise WeightsError(
            "Name the network with --id: up to 40 of a-z, 0-9 and -, for example --id mine."
        )
    if any(entry.id == name for entry in manifest.entries):
        raise WeightsError(f"There is a network {name} already; choose another --id.")


def _measure(args: argparse.Namespace, network: Network, manifest: Manifest) -> AddedFigures:
    from kiosk.learning.evaluation.network_comparison import embedding_ms

    ms = embedding_ms(network)
    if args.images is None:
        return AddedFigures(ms, {})
    from kiosk.learning.evaluation.evaluator import Settings, evaluate_pictures
    from kiosk.vision.detection.mtcnn import load_mtcnn

    settings = Settings(resamples=0, progress=Progress)
    found = evaluate_pictures(args.images, network, load_mtcnn(manifest), settings)
    return AddedFigures(ms, _figures(found), _threshold(found))


def _figures(found: Evaluation) -> dict[str, float]:
    names = ("eer", "tar@far=1e-2", "tar@far=1e-3", "best_accuracy")
    shown = {f"own_{name}": found.whole.figures.get(name) for name in names}
    return {name: round(value, 4) for name, value in shown.items() if value is not None}


def _threshold(found: Evaluation) -> float | None:
    """Return the threshold at the FAR of training, if so many pairs of people can show it."""
    from kiosk.learning.training.written_threshold import FAR, PEOPLE_PAIRS_NEEDED

    if found.whole.strangers < PEOPLE_PAIRS_NEEDED:
        return None
    at = found.scores.curve().threshold_at(FAR)
    return None if at is None else float(np.floor(at * 100) / 100)


def _row(
    args: argparse.Namespace, network: Network, measured: AddedFigures, threshold: float
) -> dict[str, Any]:
    of = network.embedder.entry
    return {
        "id": args.id,
        "kind": "embedder",
        "title": f"Trained here: {Path(args.name).name}",
        "file": f"{args.id}.onnx",
        "sha256": network.sha256,
        "source": str(Path(args.name).resolve()),
        "licence": "this site's own",
        "input": of.input,
        "alignment": of.alignment,
        "mean": list(of.mean),
        "scale": of.scale,
        "channels": of.channels,
        "dimension": of.dimension,
        "normalise": of.normalise,
        "threshold": threshold,
        "far": max(of.far, round(threshold + 0.1, 2)),
        **({"measured": measured.figures} if measured.figures else {}),
    }


def _add(row: dict[str, Any], network: Path) -> ModelEntry:
    """Write the network, then the manifest that names it; return its entry."""
    folder = paths.own_networks()
    manifest = folder / paths.MANIFEST.name
    entry = entry_of(row, manifest)
    try:
        make_public_folder(folder)
        before = manifest.read_text(encoding="utf-8") if manifest.is_file() else ""
        entry.install(network.read_bytes())
        atomic_write(manifest, (before + _toml(row)).encode(), mode=0o644)
    except OSError as error:
        raise WeightsError(
            f"{folder} cannot be written ({error.strerror or error}); make room or correct its "
            "permissions."
        ) from None
    return entry


def _toml(row: dict[str, Any]) -> str:
    """Format a table; a JSON string without DEL is a TOML string."""
    lines = ["[[network]]"]
    for key, value in row.items():
        if isinstance(value, dict):
            inner = ", ".join(f"{json.dumps(name)} = {number}" for name, number in value.items())
            lines.append(f"{key} = {{ {inner} }}")
        else:
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n\n"
