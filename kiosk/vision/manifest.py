"""weights/MANIFEST.toml: what each network is, where it comes from, and the checksum it must have."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.errors import WeightsError

RANKED_BY = "rank"
"""The measured figure by which the default embedder is chosen; larger is better."""

ALIGNMENTS = ("arcface_112", "dlib_150", "box")


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of the manifest.

    ``file`` is relative to the manifest's folder. ``recipe``: how ``prepare`` makes it; ``url``: where
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

    @property
    def path(self) -> Path:
        """Where the ONNX file is, or will be."""
        return self.root / self.file

    @property
    def needs_export(self) -> bool:
        """Whether what is fetched is not the ONNX file itself."""
        return bool(self.download) and self.download != self.file

    def verify(self) -> Path:
        """The path of a file with the right checksum; raises ``WeightsError`` otherwise."""
        if not self.path.exists():
            raise WeightsError(f"The network {self.id} is not here; {self.remedy}.")
        self._check(sha256_of(self.path))
        return self.path

    def install(self, content: bytes) -> None:
        """Write ``content`` as this network's file, if its checksum is right; never half."""
        self._check(hashlib.sha256(content).hexdigest())
        part = self.path.with_name(self.path.name + ".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            part.replace(self.path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise WeightsError(f"{self.path} cannot be written ({error}); make room or correct its permissions.") from None

    @property
    def remedy(self) -> str:
        """What to do where the file is missing or wrong."""
        if self.recipe:
            return "run `python run_kiosk.py weights prepare`"
        if self.url:
            return f"run `python run_kiosk.py weights fetch {self.id}`"
        return f"put it at {self.path}"

    def _check(self, found: str) -> None:
        if self.sha256 and found != self.sha256:
            raise WeightsError(f"{self.path.name} has the checksum {found[:12]}…, not {self.sha256[:12]}… as the manifest says; "
                               f"delete {self.path} and {self.remedy}.")


@dataclass(frozen=True, slots=True)
class Manifest:
    """All networks, in the manifest's order."""

    entries: tuple[Entry, ...]

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """Read the manifest; raises ``WeightsError`` naming what is wrong in it."""
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise WeightsError(f"{path} cannot be read ({error}); restore it from the repository.") from None
        rows = tables.get("network")
        if not isinstance(rows, list) or set(tables) != {"network"}:
            raise WeightsError(f"{path} must hold [[network]] tables and nothing else.")
        entries = tuple(_entry(row, path) for row in rows)
        if len({entry.id for entry in entries}) != len(entries):
            raise WeightsError(f"{path} names a network twice; give each its own id.")
        return cls(entries)

    def entry(self, name: str) -> Entry:
        """The network called ``name``."""
        for entry in self.entries:
            if entry.id == name:
                return entry
        raise WeightsError(f"There is no network {name!r} in the manifest; use one of {', '.join(e.id for e in self.entries)}.")

    def present(self, kind: str = "embedder") -> list[Entry]:
        """Networks of ``kind`` whose files are here."""
        return [entry for entry in self.entries if entry.kind == kind and entry.path.exists()]

    def best_embedder(self) -> Entry:
        """The best measured embedder among those present."""
        present = self.present()
        if not present:
            raise WeightsError("No face network is here; run `python run_kiosk.py weights prepare`.")
        return max(present, key=lambda entry: entry.measured.get(RANKED_BY, 0.0))


_TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}


def _entry(row: dict[str, Any], path: Path) -> Entry:
    name = row.get("id", "?")
    known = {f.name: f for f in dataclasses.fields(Entry) if f.name != "root"}
    for key, value in row.items():
        if key not in known:
            raise WeightsError(f"{path}: the network {name} has the unknown key {key}; use one of {', '.join(known)}.")
        wanted = _TYPES.get(str(known[key].type))
        if wanted and (not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)):
            raise WeightsError(f"{path}: {name}.{key} must be of type {known[key].type}, not {value!r}.")
    missing = [key for key in ("id", "kind", "file") if key not in row]
    if missing:
        raise WeightsError(f"{path}: the network {name} lacks {', '.join(missing)}.")
    if row.get("alignment", ALIGNMENTS[0]) not in ALIGNMENTS or row.get("channels", "rgb") not in ("rgb", "bgr"):
        raise WeightsError(f"{path}: {name} needs an alignment out of {', '.join(ALIGNMENTS)} and channels rgb or bgr.")
    values = dict(row, mean=tuple(row.get("mean", (127.5, 127.5, 127.5))), root=path.parent)
    return Entry(**values)


def sha256_of(path: Path) -> str:
    """Checksum of a file, read in pieces."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error}); check its permissions.") from None
