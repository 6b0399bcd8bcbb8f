"""The folder of a training run. Every file is replaced atomically, so it opens after any kill.

config.toml           the settings; --resume uses them
checkpoint.pt         everything needed to resume; the truth about the run's progress
metrics.csv, .json    one row per epoch; the summary
weights.safetensors   the best weights so far, with their checksum beside them
siamese.onnx, network.toml    the best network for the kiosk and for `evaluate`
unusable.csv          pictures that could not be used
faces/                found and aligned faces (pictures of people), for a quick resume
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any, TypeVar

import torch

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_folders import Problem
from kiosk.learning.networks.weight_files import DAMAGED, load_torch, write

CONFIG = "config.toml"
CHECKPOINT = "checkpoint.pt"
Row = dict[str, Any]
"""Numbers by name; ``None`` where a figure is undefined."""

S = TypeVar("S")


def demand(what: str, demands: Iterable[tuple[bool, str]]) -> None:
    """Raise ``LearningError`` for the first unmet requirement that ``what`` has."""
    for met, words in demands:
        if not met:
            raise LearningError(f"{what} needs {words}.")


class Run:
    """One run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, folder: Path, command: str, settings: Any) -> Run:
        """Create a run with a dataclass of ``settings``.

        ``LearningError`` if ``folder`` holds one already.
        """
        cls.need_vacant(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LearningError(
                f"The folder {folder} cannot be made ({error.strerror}); name another with --out."
            ) from None
        write(folder / CONFIG, _toml({"command": command, **asdict(settings)}).encode())
        return cls(folder)

    @staticmethod
    def need_vacant(folder: Path) -> None:
        """Raise ``LearningError`` if ``folder`` holds a run."""
        if (folder / CONFIG).exists():
            raise LearningError(
                f"{folder} holds a run already; go on with --resume {folder}, or name another "
                "folder with --out."
            )

    @classmethod
    def open(cls, folder: Path) -> Run:
        """Open an existing run; ``LearningError`` if there is none."""
        if not (folder / CONFIG).is_file():
            raise LearningError(
                f"{folder} is not a training run's folder: {CONFIG} is missing; name the folder "
                "that `train` made."
            )
        return cls(folder)

    def command(self) -> str:
        """The kind of training: train or distil."""
        return str(self._values().get("command", "?"))

    def _values(self) -> dict[str, Any]:
        try:
            return tomllib.loads((self.folder / CONFIG).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise LearningError(
                f"{self.folder / CONFIG} cannot be read ({error}); restore it or start a new run."
            ) from None

    def settings(self, kind: type[S], command: str) -> S:
        """Return the settings as the dataclass ``kind``.

        ``LearningError`` if they are another command's or damaged.
        """
        values = self._values()
        of = values.pop("command", "?")
        if of != command:
            raise LearningError(
                f"{self.folder} is a run of another kind, {of}; go on with it by --resume."
            )
        known: dict[str, Any] = {f.name: f.type for f in fields(kind)}  # type: ignore[arg-type]
        wrong = [key for key, value in values.items() if type(value).__name__ != known.get(key)]
        # an older program's runs lack settings that came later, which have defaults
        needed = {f.name for f in fields(kind) if f.default is MISSING}  # type: ignore[arg-type]
        if wrong or needed - set(values):
            raise LearningError(
                f"{self.folder / CONFIG} lacks or misstates "
                f"{', '.join(wrong or sorted(needed - set(values)))}; restore it or start a "
                "new run."
            )
        return kind(**values)

    def save(self, state: Mapping[str, Any], history: Sequence[Row]) -> None:
        """Write the checkpoint, then what is derived from it.

        ``LearningError`` on a full disk; the previous one stays.
        """
        memory = io.BytesIO()  # written by ourselves: torch reports a full disk as "unexpected pos"
        torch.save({**state, "history": list(history)}, memory)
        write(self.folder / CHECKPOINT, memory.getvalue())
        self.record(history)

    def load(self) -> dict[str, Any] | None:
        """Return the checkpoint, ``None`` if there is none yet.

        Raises ``LearningError`` if it is damaged.
        """
        path = self.folder / CHECKPOINT
        if not path.exists():
            return None
        try:
            state = load_torch(path)
        except DAMAGED:
            state = None
        if not isinstance(state, dict) or not isinstance(state.get("history"), list):
            raise LearningError(f"{path} is damaged; delete it to begin this run again.")
        return state

    def record(self, history: Sequence[Row], summary: Mapping[str, Any] | None = None) -> None:
        """Write metrics.csv and metrics.json."""
        text = io.StringIO()
        columns = list(dict.fromkeys(key for row in history for key in row))
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
        write(self.folder / "metrics.csv", text.getvalue().encode())
        write(
            self.folder / "metrics.json",
            json.dumps({"epochs": list(history), **(summary or {})}, indent=1).encode(),
        )

    def summary(self) -> dict[str, Any]:
        """Read metrics.json; empty if it cannot be read."""
        try:
            found = json.loads((self.folder / "metrics.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def list_unusable(self, problems: Sequence[Problem]) -> None:
        """Write unusable.csv, even if empty, so that no old list remains."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("file", "why", "sentence"))
        writer.writerows((problem.path, problem.kind, problem.sentence) for problem in problems)
        write(self.folder / "unusable.csv", text.getvalue().encode())


def _toml(values: Mapping[str, Any]) -> str:
    """Format flat TOML; a JSON string without DEL is a TOML string."""
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
    )
