"""Where a training begins: random weights, ImageNet's, a run, a file, or the shipped networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.learning.networks.onnx_export import read_facts
from kiosk.learning.networks.shipped_weights import FOR_FACES, load_onnx, spec_of_onnx
from kiosk.learning.networks.siamese import NetworkSpec, SiameseNetwork, spec_of
from kiosk.learning.networks.weight_files import NAME, load_network, load_state
from kiosk.vision.models.manifest import Manifest, ModelEntry

RANDOM = "random"
"""Value of ``--start`` for random weights."""

IMAGENET = "mobilenet-v3-imagenet"
FAST = "siamese-mobilenet"
"""Ids in the manifest: torchvision's MobileNetV3-Large, and the kiosk's fast variant."""

_LARGE = "mobilenet_v3_large"
_MOBILENETS = frozenset({_LARGE, FOR_FACES})
_TORCHVISION = "features.0.0.weight"
"""A tensor that torchvision's state files of a MobileNetV3 have."""


@dataclass(frozen=True, slots=True)
class StartFacts:
    """What is known of a start without building it.

    ``spec``: its architecture, with an empty head where it has none. ``size``: pixels, ``None`` if
    unknown; ``threshold``: a distance, ``None`` if it has none.
    """

    path: Path
    spec: NetworkSpec
    complete: bool
    size: int | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """The network that a training begins with.

    ``complete``: head and trunk come from existing weights, so it is a network that may already be
    the best one. ``folded``: BatchNorm was folded into its layers. ``said``: for people.
    """

    network: SiameseNetwork
    complete: bool
    folded: bool
    said: str


def default_start(backbone: str | None, size: int | None, manifest: Manifest) -> tuple[str, str]:
    """Return (backbone, start) of a training that names no start; ``None``: not given either.

    ImageNet's weights where they were fetched, as the founders began; else the fast variant, which
    takes one size of pictures only: for others, its trunk.
    """
    imagenet = manifest.entry(IMAGENET)
    fast = manifest.entry(FAST)
    if backbone in (None, _LARGE) and imagenet.path.is_file():
        return _LARGE, str(imagenet.path)
    if backbone is None:
        return FOR_FACES if size in (None, 0, fast.input) else _LARGE, str(fast.path)
    return backbone, str(fast.path) if backbone in _MOBILENETS else RANDOM


def facts_of(start: str) -> StartFacts:
    """Read what is known of the weights at ``start``, a path or an id of the manifest.

    Raises ``LearningError``.
    """
    named = {entry.id: entry.path for entry in Manifest.load(paths.MANIFEST).entries}
    path = named.get(start, Path(start)).resolve()
    if not path.exists():
        raise LearningError(
            f"There are no weights at {start} to go on from; name a run's folder or a file with "
            f"--start, or --start {RANDOM}."
        )
    entry = _entry_of(path)
    if path.suffix == ".onnx":
        spec, complete = spec_of_onnx(path), True
    else:
        state = load_state(path / NAME if path.is_dir() else path)
        complete = _TORCHVISION not in state
        spec = spec_of(state) if complete else NetworkSpec(_LARGE)
    if not complete:
        return StartFacts(path, spec, complete)
    written = read_facts(path if path.is_dir() else path.parent)
    known: Mapping[str, Any] = (
        {"input": entry.input, "threshold": entry.threshold} if entry else written
    )
    return StartFacts(path, spec, complete, known.get("input"), known.get("threshold"))


def start_of(spec: NetworkSpec, start: str, new_head: bool = False) -> Start:
    """Return a network of ``spec``, from the weights at ``start`` as far as they fit.

    ``new_head``: the head is random even where that of ``start`` would fit. Random numbers come
    from torch's generator. Raises ``LearningError`` if the trunk does not fit.
    """
    if start in ("", RANDOM):
        network = SiameseNetwork.of(spec)
        return Start(network, False, False, f"The {spec.backbone} starts from random weights.")
    path = Path(start)
    if path.suffix != ".onnx":
        state = load_state(path / NAME if path.is_dir() else path)
        if _TORCHVISION in state:
            return _on_imagenet(spec, path, state)
    folded = path.suffix == ".onnx"
    found = load_onnx(path) if folded else load_network(path)
    if not new_head and found.spec == replace(spec, head="-".join(map(str, spec.widths))):
        return Start(found, True, folded, f"The network starts as {path.name}.")
    network = SiameseNetwork.of(spec)
    _take_trunk(network, found, path)
    return Start(
        network,
        False,
        folded,
        f"The trunk starts as that of {path.name}; the head {'-'.join(map(str, spec.widths))} is "
        "new.",
    )


def _entry_of(path: Path) -> ModelEntry | None:
    """Return the manifest's entry of a file, verified; ``None`` for another file."""
    for entry in Manifest.load(paths.MANIFEST).entries:
        if entry.path.resolve() == path:
            entry.verify()
            return entry
    return None


def _on_imagenet(spec: NetworkSpec, path: Path, state: Mapping[str, Tensor]) -> Start:
    network = SiameseNetwork.of(spec)
    if spec.backbone not in _MOBILENETS:
        raise _misfit(path, _LARGE, spec)
    wanted = network.trunk.get_submodule("0").state_dict()
    taken = {
        name.removeprefix("features."): value
        for name, value in state.items()
        if name.startswith("features.")
    }
    if {name: value.shape for name, value in taken.items()} != {
        name: value.shape for name, value in wanted.items()
    }:
        raise LearningError(
            f"{path} holds no MobileNetV3-Large as torchvision has it; name another file with "
            "--start."
        )
    network.trunk.get_submodule("0").load_state_dict(taken)
    return Start(
        network,
        False,
        False,
        f"The trunk starts with ImageNet's weights of {path.name}; the head "
        f"{'-'.join(map(str, spec.widths))} is new.",
    )


@torch.no_grad()
def _take_trunk(network: SiameseNetwork, found: SiameseNetwork, path: Path) -> None:
    """Copy the trunk; between the two MobileNets all but the pooling."""
    mine, theirs = network.spec.backbone, found.spec.backbone
    if mine == theirs:
        network.trunk.load_state_dict(found.trunk.state_dict())
    elif {mine, theirs} <= _MOBILENETS:
        layers = found.trunk.get_submodule("0").state_dict()
        network.trunk.get_submodule("0").load_state_dict(layers)
    else:
        raise _misfit(path, theirs, network.spec)


def _misfit(path: Path, backbone: str, spec: NetworkSpec) -> LearningError:
    return LearningError(
        f"{path.name} is a {backbone} and cannot start a {spec.backbone}; leave out --backbone, or "
        f"begin with --start {RANDOM}."
    )
