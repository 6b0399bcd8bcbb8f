"""weights/MANIFEST.toml: what each network is, where it comes from, and the checksum it must have."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.core.errors import WeightsError
from kiosk.core.paths import network_cache
from kiosk.vision.models.checksums import noted, remember, sha256_of

RANKED_BY = "rank"
"""The measured figure by which the default embedder is chosen; larger is better."""

KINDS = ("detector", "embedder")
ALIGNMENTS = ("arcface_112", "dlib_150", "reid_128", "box")
CHANNELS = ("rgb", "bgr")

_FOLDERS = ("root", "cache")
"""Fields that come from the manifest's own place, not from its text."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One network of the manifest.

    ``file`` is relative to the manifest's folder, ``root``; what begins with ``cache/`` is in ``cache``
    where that is set (``paths.network_cache``). ``recipe``: how ``prepare`` makes it; ``url``: where
    ``fetch`` gets ``download`` (with ``download_sha256``; empty where none is published).
    An embedder's input is ``input`` pixels square, (pixel - mean) / scale in ``channels`` order, cut
    out by ``alignment``; its output has ``dimension`` numbers, is scaled to length 1 where
    ``normalise``, and is compared by Euclidean distance: ``threshold`` decides, ``far`` ends the gauge.
    """

    id: str
    kind: str
    file: str
    title: str = ""
    sha256: str = ""
    source: str = ""
    licence: str = ""
    recipe: str = ""
    url: str = ""
    download: str = ""
    download_sha256: str = ""
    input: int = 112
    alignment: str = "arcface_112"
    mean: tuple[float, ...] = (127.5, 127.5, 127.5)
    scale: float = 127.5
    channels: str = "rgb"
    dimension: int = 128
    normalise: bool = True
    threshold: float = 1.0
    far: float = 2.0
    measured: dict[str, float] = field(default_factory=dict)
    root: Path = Path()
    cache: Path | None = None

    @property
    def path(self) -> Path:
        """Where the ONNX file is, or will be."""
        return self.locate(self.file)

    def locate(self, name: str) -> Path:
        """Return the path of a file that the manifest names relative to its folder."""
        if self.cache is not None and name.startswith("cache/"):
            return self.cache / name.removeprefix("cache/")
        return self.root / name

    @property
    def identity(self) -> str:
        """What its templates are marked with: the name and its file's checksum, so that a retrained
        network of the same name is never compared with the old one's templates."""
        return f"{self.id}@{(self.sha256 or noted(self.path) or sha256_of(self.path))[:8]}"

    @property
    def needs_export(self) -> bool:
        """Whether what is fetched is not the ONNX file itself."""
        return bool(self.download) and self.download != self.file

    def verify(self) -> Path:
        """The path of a file with the right checksum; raises ``WeightsError`` otherwise."""
        if not self.path.exists():
            raise WeightsError(f"The network {self.id} is not here; {self.remedy}.")
        self._check(sha256_of(self.path), self.sha256 or noted(self.path))
        return self.path

    def install(self, content: bytes) -> None:
        """Write ``content`` as this network's file, if its checksum is right; never half.

        Where the manifest has no checksum, that of ``content`` is kept beside the file and holds from then on.
        """
        found = hashlib.sha256(content).hexdigest()
        self._check(found, self.sha256)
        part = self.path.with_name(self.path.name + ".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            if not self.sha256:
                remember(self.path, found)
            part.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise WeightsError(
                f"{self.path} cannot be written ({error}); make room or correct its permissions."
            ) from None

    @property
    def remedy(self) -> str:
        """What to do where the file is missing or wrong."""
        if self.recipe:
            return "run `python run_kiosk.py weights prepare`"
        if self.url:
            return f"run `python run_kiosk.py weights fetch {self.id}`"
        return f"put it at {self.path}"

    def _check(self, found: str, wanted: str) -> None:
        if wanted and found != wanted:
            raise WeightsError(
                f"{self.path.name} has the checksum {found[:12]}…, not {wanted[:12]}… as "
                f"{'the manifest says' if self.sha256 else 'when it came'}; delete {self.path} and {self.remedy}."
            )


@dataclass(frozen=True, slots=True)
class Manifest:
    """All networks, in the manifest's order."""

    entries: tuple[ModelEntry, ...]

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """Read the manifest; raises ``WeightsError`` naming what is wrong in it."""
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise WeightsError(
                f"{path} cannot be read ({error}); restore it from the repository."
            ) from None
        rows = tables.get("network")
        if not isinstance(rows, list) or set(tables) != {"network"}:
            raise WeightsError(f"{path} must hold [[network]] tables and nothing else.")
        entries = tuple(entry_of(row, path) for row in rows)
        if len({entry.id for entry in entries}) != len(entries):
            raise WeightsError(f"{path} names a network twice; give each its own id.")
        return cls(entries)

    def entry(self, name: str) -> ModelEntry:
        """The network called ``name``."""
        for entry in self.entries:
            if entry.id == name:
                return entry
        raise WeightsError(
            f"There is no network {name!r} in the manifest; use one of {', '.join(e.id for e in self.entries)}."
        )

    def present(self, kind: str = "embedder") -> list[ModelEntry]:
        """Networks of ``kind`` whose files are here."""
        return [entry for entry in self.entries if entry.kind == kind and entry.path.exists()]

    def choose(self, name: str) -> ModelEntry:
        """The embedder that the setting ``name`` means: ``auto`` is the best measured one that is present."""
        return self.best_embedder() if name == "auto" else self.entry(name)

    def best_embedder(self) -> ModelEntry:
        """The best measured embedder among those present."""
        present = self.present()
        if not present:
            raise WeightsError(
                "No face network is here; run `python run_kiosk.py weights prepare`."
            )
        return max(present, key=lambda entry: entry.measured.get(RANKED_BY, 0.0))


def entry_of(row: object, path: Path) -> ModelEntry:
    """The network that one table of the file ``path`` describes; raises ``WeightsError`` naming what is wrong in it."""
    if not isinstance(row, dict):
        raise WeightsError(f"{path} must hold [[network]] tables and nothing else.")
    name = row.get("id", "?")
    known = {f.name: str(f.type) for f in dataclasses.fields(ModelEntry) if f.name not in _FOLDERS}
    for key, value in row.items():
        if key not in known:
            raise WeightsError(
                f"{path}: the network {name} has the unknown key {key}; use one of {', '.join(known)}."
            )
        if not _fits(value, known[key]):
            raise WeightsError(f"{path}: {name}.{key} must be of type {known[key]}, not {value!r}.")
    missing = [key for key in ("id", "kind", "file") if not row.get(key)]
    if missing:
        raise WeightsError(f"{path}: the network {name} lacks {', '.join(missing)}.")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    entry = ModelEntry(**values, root=path.parent, cache=network_cache(path.parent))
    for good, demand in _demands(entry):
        if not good:
            raise WeightsError(f"{path}: the network {name} needs {demand}.")
    return entry


def _fits(value: object, kind: str) -> bool:
    """Whether a value of the file has the type ``kind`` of its field; every number must be finite."""
    if kind == "tuple[float, ...]":
        return isinstance(value, list) and all(_fits(item, "float") for item in value)
    if kind == "dict[str, float]":
        return isinstance(value, dict) and all(_fits(item, "float") for item in value.values())
    if kind == "float":
        return (
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        )
    return type(value) is {"str": str, "int": int, "bool": bool}[kind]


def _demands(e: ModelEntry) -> Iterator[tuple[bool, str]]:
    """What a network must fulfil beyond types: whether it does, and how to say it."""
    yield e.kind in KINDS, f"a kind out of {', '.join(KINDS)}"
    yield e.alignment in ALIGNMENTS, f"an alignment out of {', '.join(ALIGNMENTS)}"
    yield e.channels in CHANNELS, f"channels out of {', '.join(CHANNELS)}"
    yield len(e.mean) == 3 and e.scale > 0, "a mean of three numbers and a scale above 0"
    yield e.input > 0 and e.dimension > 0, "an input and a dimension above 0"
    yield 0 < e.threshold < e.far, "a threshold above 0 and a far above the threshold"
    yield (
        all(not c or re.fullmatch("[0-9a-f]{64}", c) for c in (e.sha256, e.download_sha256)),
        "checksums of 64 digits 0-9, a-f",
    )
    yield not e.url or e.url.startswith("https://"), "a url that begins with https://"
    yield bool(e.sha256 or e.url), "a sha256, or a url whose first download's checksum then holds"
