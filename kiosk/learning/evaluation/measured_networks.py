"""Opens the network to be measured: from the manifest, an ONNX file, or a training run."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.core import paths
from kiosk.core.errors import WeightsError
from kiosk.vision.detection.mtcnn import session
from kiosk.vision.models.checksums import sha256_of
from kiosk.vision.models.manifest import Manifest, ModelEntry, entry_of
from kiosk.vision.recognition.embedder import OnnxEmbedder

RUN_NETWORK = "siamese.onnx"
RUN_SIDECAR = "network.toml"
_OWN = ("kind", "file")
"""Manifest keys that a description beside a file must not set."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """An embedder, its file's checksum, and its threshold (``None`` if unknown)."""

    embedder: OnnxEmbedder
    sha256: str
    threshold: float | None


def open_network(name: str, manifest: Manifest, threads: int = 1) -> Network:
    """Open ``name``: an id of the manifest or ``auto``, an ONNX file, or a run folder;
    ``WeightsError``.

    An ONNX file uses the manifest's defaults (ArcFace-style, 112 pixels) unless a description lies
    beside it: ``NAME.toml`` or ``NAME.json``, in a run folder ``network.toml``, with the manifest's
    keys.
    """
    path = paths.expanded(name)
    if name == "auto" or any(entry.id == name for entry in manifest.entries):
        entry = manifest.best_embedder() if name == "auto" else manifest.entry(name)
        embedder = OnnxEmbedder(entry, threads)
        return Network(embedder, sha256_of(entry.path), entry.threshold)
    if path.is_dir():
        return _of_file(path / RUN_NETWORK, path / RUN_SIDECAR, path.resolve().name, threads)
    if path.suffix.lower() == ".onnx":
        return _of_file(path, _sidecar(path), path.stem, threads)
    known = ", ".join(entry.id for entry in manifest.entries if entry.kind == "embedder")
    raise WeightsError(
        f"There is no network, ONNX file or run folder {name!r}; use one of {known}, a file or a "
        "folder."
    )


def _sidecar(path: Path) -> Path | None:
    beside = [path.with_suffix(".toml"), path.with_suffix(".json")]
    if path.name == RUN_NETWORK:
        beside.append(path.with_name(RUN_SIDECAR))
    return next((file for file in beside if file.is_file()), None)


def _of_file(path: Path, sidecar: Path | None, name: str, threads: int) -> Network:
    if not path.is_file():
        raise WeightsError(
            f"There is no network {path}; name an ONNX file, or a run folder that holds "
            f"{RUN_NETWORK}."
        )
    row = _described(sidecar) if sidecar is not None else {}
    found = sha256_of(path)
    wanted = row.get("sha256") or found
    shape = _Shape.of(path)
    described = {
        "id": name,
        "title": path.name,
        "dimension": shape.dimension,
        **row,
        "kind": "embedder",
        "file": path.name,
        "sha256": wanted,
    }
    if "threshold" in described and "far" not in described:
        described["far"] = (
            2 * float(described["threshold"])
            if isinstance(described["threshold"], int | float)
            else 2.0
        )
    entry = entry_of(described, sidecar or path)
    shape.check(entry, path, sidecar)
    return Network(
        OnnxEmbedder(entry, threads), found, entry.threshold if "threshold" in row else None
    )


def _described(sidecar: Path) -> dict[str, Any]:
    try:
        text = sidecar.read_text(encoding="utf-8")
        row = json.loads(text) if sidecar.suffix.lower() == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise WeightsError(
            f"{sidecar} is missing; it says how the network beside it is fed, so restore it or "
            "name the ONNX file itself."
        ) from None
    except (OSError, ValueError) as error:  # both formats' errors and bad UTF-8 are ValueErrors
        raise WeightsError(f"{sidecar} cannot be read ({error}); correct or remove it.") from None
    if not isinstance(row, dict):
        raise WeightsError(
            f"{sidecar} must hold the manifest's keys, such as input and alignment; correct or "
            "remove it."
        )
    return {key: value for key, value in row.items() if key not in _OWN}


@dataclass(frozen=True, slots=True)
class _Shape:
    """Facts in an ONNX file: sides of its input in pixels (0: any), size of its output."""

    height: int
    width: int
    dimension: int

    @classmethod
    def of(cls, path: Path) -> _Shape:
        try:
            net = session(path, 1)
        except Exception as error:  # onnxruntime's own classes have no common ancestor of theirs
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise WeightsError(
                f"{path} is not an ONNX network that can be run ({first}); export it again."
            ) from None
        taken = [i.shape for i in net.get_inputs()]
        given = [o.shape for o in net.get_outputs()]
        if len(taken) != 1 or len(taken[0]) != 4 or _size(taken[0][1]) not in (0, 3):
            raise WeightsError(
                f"{path} takes {_shapes(taken)}, not one batch of pictures (n, 3, height, "
                "width); export a face network."
            )
        if not given or len(given[0]) != 2 or not _size(given[0][1]):
            raise WeightsError(
                f"{path} gives {_shapes(given)}, not one embedding a face (n, dimension); export "
                "a face network."
            )
        return cls(_size(taken[0][2]), _size(taken[0][3]), _size(given[0][1]))

    def check(self, entry: ModelEntry, path: Path, sidecar: Path | None) -> None:
        """Raise ``WeightsError`` unless the file agrees with its description."""
        remedy = (
            f"correct {sidecar}"
            if sidecar
            else f"describe it in {path.with_suffix('.toml').name} beside it "
            "(input, alignment, mean, scale, channels)"
        )
        if {self.height, self.width} - {0, entry.input}:
            raise WeightsError(
                f"{path} takes pictures of {self.width or 'any'}×{self.height or 'any'}, not "
                f"{entry.input}×{entry.input} pixels; {remedy}."
            )
        if self.dimension != entry.dimension:
            raise WeightsError(
                f"{path} gives {self.dimension} numbers a face, not {entry.dimension}; {remedy}."
            )


def _size(side: object) -> int:
    """Return a fixed size, 0 if it is free."""
    return side if isinstance(side, int) and side > 0 else 0


def _shapes(shapes: list[list[object]]) -> str:
    return (
        " and ".join("(" + ", ".join(str(side) for side in shape) + ")" for shape in shapes)
        or "nothing"
    )
