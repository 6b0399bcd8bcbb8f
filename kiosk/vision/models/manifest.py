"""The manifest weights/MANIFEST.toml: every network with its origin and checksum."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from kiosk.core.errors import WeightsError
from kiosk.core.files import atomic_file
from kiosk.core.parsed_toml import read_toml
from kiosk.core.paths import MANIFEST, network_cache, own_networks
from kiosk.core.private_files import make_public_folder
from kiosk.core.program_name import program_name
from kiosk.vision.models.checksums import noted_checksum, sha256_of, write_note

RANKED_BY = "rank"
"""The measured figure that chooses the default embedder; larger is better."""

KINDS = ("detector", "embedder", "liveness", "eyes", "start")
ALIGNMENTS = ("arcface_112", "dlib_150", "reid_128", "face_80", "box")
CHANNELS = ("rgb", "bgr")

FREE_LICENCES = ("Apache-2.0", "BSD-3-Clause", "CC0-1.0", "MIT")

_FOLDERS = ("root", "cache")
"""Fields that come from the manifest's own place, not from its text."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One network of the manifest.

    ``file``: relative to the manifest's folder. ``recipe``: how ``prepare`` builds it. ``url``:
    where ``fetch`` gets ``download`` from (with ``download_sha256``; empty where none is
    published; ``download_digits``: its first digits, where the publisher names no more;
    ``download_bytes``: its size, 0 if unknown). An embedder's input is ``input`` pixels
    square, (pixel - mean) / scale in ``channels`` order, cropped by ``alignment``. Its output has
    ``dimension`` numbers, is scaled to length 1 if ``normalise``, and is compared by Euclidean
    distance: ``threshold`` decides, and ``far`` is the largest distance that is shown. A
    liveness network is fed the same way; its one number, 0..1, is the probability of a genuine
    face, and below ``threshold`` it speaks against one. An ``eyes``
    network judges open eyes; its code knows its input. A ``start`` is where a training begins.
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
    download_digits: str = ""
    download_bytes: int = 0
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
        """Path of the ONNX file, which may not exist yet."""
        return self.locate(self.file)

    def locate(self, name: str) -> Path:
        """Return the path of a file that the manifest names relative to its folder."""
        if self.cache is not None and name.startswith("cache/"):
            return self.cache / name.removeprefix("cache/")
        return self.root / name

    @property
    def identity(self) -> str:
        """The id that templates carry: the name and the start of the file's checksum.

        So templates of an older network of the same name are never compared with those of a
        retrained one.
        """
        return f"{self.id}@{(self.sha256 or noted_checksum(self.path) or sha256_of(self.path))[:8]}"

    @property
    def free_to_use(self) -> bool:
        """Whether its licence lets every site use it; research data do not."""
        return self.licence in FREE_LICENCES

    @property
    def needs_export(self) -> bool:
        """Whether the downloaded file has to be converted to ONNX."""
        return bool(self.download) and self.download != self.file

    def verify(self) -> Path:
        """Return the path if the file has the right checksum; raise ``WeightsError`` otherwise."""
        if not self.path.exists():
            raise WeightsError(f"The network {self.id} is not here; {self.remedy}.")
        self._check(sha256_of(self.path), self.sha256 or noted_checksum(self.path))
        return self.path

    def install(self, content: bytes) -> None:
        """Write ``content`` atomically as this network's file.

        Where the manifest has no checksum, that of ``content`` is noted and required from then on.
        Raises ``WeightsError`` for a wrong checksum or a file that cannot be written.
        """
        found = hashlib.sha256(content).hexdigest()
        self._check(found, self.sha256)
        try:
            make_public_folder(self.path.parent)
            with atomic_file(self.path, mode=0o644) as file:
                file.write(content)
                file.flush()
                if not self.sha256:
                    write_note(self.path, found)
        except OSError as error:
            raise WeightsError(
                f"{self.path} cannot be written ({error}); make room or correct its permissions."
            ) from None

    @property
    def remedy(self) -> str:
        """What to do where the file is missing or has the wrong checksum."""
        if self.recipe:
            return f"run `{program_name()} weights prepare`"
        if self.url:
            return f"run `{program_name()} weights fetch {self.id}`"
        return f"put it at {self.path}"

    def _check(self, found: str, expected: str) -> None:
        if expected and found != expected:
            origin = "the manifest says" if self.sha256 else "when it came"
            raise WeightsError(
                f"{self.path.name} has the checksum {found[:12]}…, not {expected[:12]}… as "
                f"{origin}; delete {self.path} and {self.remedy}."
            )


@dataclass(frozen=True, slots=True)
class Manifest:
    """All networks, in the manifest's order."""

    entries: tuple[ModelEntry, ...]

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """Read the manifest; raises ``WeightsError`` naming the first error in it.

        The program's own manifest is followed by the networks that ``weights add`` added.
        """
        found = cls._read(path, "restore it from the repository")
        own = own_networks() / path.name
        if path != MANIFEST or not own.is_file():
            return found
        added = cls._read(own, "correct it, or delete it and add its networks again")
        known = {entry.id for entry in found.entries}
        if twice := sorted(known & {entry.id for entry in added.entries}):
            raise WeightsError(f"{own} names {twice[0]}, which the program ships; rename it there.")
        return cls((*found.entries, *added.entries))

    @classmethod
    def _read(cls, path: Path, remedy: str) -> Manifest:
        try:
            tables = read_toml(path)
        except (OSError, ValueError) as error:
            raise WeightsError(f"{path} cannot be read ({error}); {remedy}.") from None
        rows = tables.get("network")
        if not isinstance(rows, list) or set(tables) != {"network"}:
            raise WeightsError(f"{path} must hold [[network]] tables and nothing else.")
        entries = tuple(entry_of(row, path) for row in rows)
        if len({entry.id for entry in entries}) != len(entries):
            raise WeightsError(f"{path} names a network twice; give each its own id.")
        return cls(entries)

    def entry(self, name: str) -> ModelEntry:
        """Return the network called ``name``; raises ``WeightsError`` where there is none."""
        for entry in self.entries:
            if entry.id == name:
                return entry
        raise WeightsError(
            f"There is no network {name!r} in the manifest; "
            f"use one of {', '.join(e.id for e in self.entries)}."
        )

    def present(self, kind: str = "embedder") -> list[ModelEntry]:
        """Return the networks of ``kind`` whose files exist."""
        return [entry for entry in self.entries if entry.kind == kind and entry.path.exists()]

    def choose(self, name: str) -> ModelEntry:
        """Return the embedder of the setting ``name``; ``auto``: the best one whose file exists."""
        return self.best_embedder() if name == "auto" else self.entry(name)

    def best_embedder(self) -> ModelEntry:
        """Return the best measured embedder whose file exists; raises ``WeightsError`` for none."""
        present = self.present()
        if not present:
            raise WeightsError(f"No face network is here; run `{program_name()} weights prepare`.")
        return max(present, key=lambda entry: entry.measured.get(RANKED_BY, 0.0))


def entry_of(row: object, path: Path) -> ModelEntry:
    """Return the network that ``row``, one table of the file ``path``, describes.

    Raises ``WeightsError`` naming the first error in it.
    """
    if not isinstance(row, dict):
        raise WeightsError(f"{path} must hold [[network]] tables and nothing else.")
    name = row.get("id", "?")
    known = {f.name: str(f.type) for f in dataclasses.fields(ModelEntry) if f.name not in _FOLDERS}
    for key, value in row.items():
        if key not in known:
            raise WeightsError(
                f"{path}: the network {name} has the unknown key {key}; "
                f"use one of {', '.join(known)}."
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
    for fulfilled, requirement in _requirements(entry):
        if not fulfilled:
            raise WeightsError(f"{path}: the network {name} needs {requirement}.")
    return entry


def _fits(value: object, kind: str) -> bool:
    """Return whether ``value`` has the type ``kind`` of its field; numbers must be finite."""
    if kind == "tuple[float, ...]":
        return isinstance(value, list) and all(_fits(item, "float") for item in value)
    if kind == "dict[str, float]":
        return isinstance(value, dict) and all(_fits(item, "float") for item in value.values())
    if kind == "float":
        return (
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        )
    return type(value) is {"str": str, "int": int, "bool": bool}[kind]


def _stays_inside(name: str) -> bool:
    """Return whether a file named by the manifest is below the manifest's folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _requirements(e: ModelEntry) -> Iterator[tuple[bool, str]]:
    """Yield each requirement beyond types: whether it is fulfilled, and its text."""
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
    yield (
        not e.download_digits or bool(re.fullmatch("[0-9a-f]{8,63}", e.download_digits)),
        "download_digits of at least 8 digits 0-9, a-f",
    )
    yield (
        all(not name or _stays_inside(name) for name in (e.file, e.download)),
        "file and download below its own folder, without .. and not beginning with /",
    )
    yield not e.url or e.url.startswith("https://"), "a url that begins with https://"
    yield e.download_bytes >= 0, "download_bytes of 0 or more"
    yield bool(e.sha256 or e.url), "a sha256, or a url whose first download's checksum then holds"
