"""``train sweep``: the founders' grid of learning rates, heads and epochs."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_dataset import Split
from kiosk.learning.networks.siamese import HEADS as HEADS
from kiosk.learning.networks.weight_files import write
from kiosk.learning.training.run_folder import CONFIG, Run
from kiosk.learning.training.trainer import Trainer, TrainSettings

RATES = (0.05, 0.01, 0.005, 0.001, 0.0005, 0.00005, 0.000005)
"""The founders' learning rates."""
EPOCHS = (5, 10)
FIGURES = ("type_1", "type_2", "sensitivity", "specificity", "accuracy", "pos_m", "neg_m")


@dataclass(frozen=True, slots=True)
class Grid:
    """The combinations of a sweep. Raises ``LearningError`` if one list is empty."""

    rates: Sequence[float] = RATES
    heads: Sequence[str] = HEADS
    epochs: Sequence[int] = EPOCHS

    def __post_init__(self) -> None:
        if not (self.rates and self.heads and self.epochs):
            raise LearningError(
                "A sweep needs at least one learning rate, one head and one number of epochs."
            )

    def of(self, common: TrainSettings) -> list[TrainSettings]:
        """Yield the settings of every run; no run stops early, so that epochs can be compared."""
        return [
            dataclasses.replace(common, lr=rate, head=head, epochs=epochs, patience=0)
            for head, epochs, rate in product(self.heads, self.epochs, self.rates)
        ]


def name_of(settings: TrainSettings) -> str:
    """Return the folder name of one run inside the sweep's."""
    return f"head-{settings.head}_epochs-{settings.epochs}_lr-{settings.lr:g}"


def sweep(
    folder: Path,
    runs: Sequence[TrainSettings],
    data: Split,
    *,
    shown: bool = True,
    say: Callable[[str], object] = lambda line: None,
) -> list[dict[str, Any]]:
    """Run what is not done yet; write comparison.csv and comparison.png after each run.

    A failed run (loss is NaN) becomes a row with its error, and the next one starts.
    """
    from kiosk.learning.training.learning_curves import comparison

    rows: list[dict[str, Any]] = []
    for number, settings in enumerate(runs, 1):
        say(f"run {number} of {len(runs)}: {name_of(settings)}")
        rows.append(_row(folder / name_of(settings), settings, data, shown))
        write(folder / "comparison.csv", _table(rows).encode())
        comparison(rows, folder / "comparison.png")
    return rows


def _row(place: Path, settings: TrainSettings, data: Split, shown: bool) -> dict[str, Any]:
    head = {"head": settings.head, "epochs": settings.epochs, "lr": settings.lr}
    try:
        return head | _figures(_done(place, settings, data, shown)) | {"remark": ""}
    except LearningError as error:
        if "cannot be written" in str(error):  # a full disk is not this run's own trouble
            raise
        return head | dict.fromkeys(FIGURES, "") | {"best_epoch": "", "remark": str(error)}


def _done(place: Path, settings: TrainSettings, data: Split, shown: bool) -> dict[str, Any]:
    """Return the summary of a finished run, trained first if necessary."""
    run = Run.open(place) if (place / CONFIG).exists() else Run.create(place, "train", settings)
    if run.settings(TrainSettings, "train") != settings:
        raise LearningError(
            f"{place} was made with other settings; name another folder with --out."
        )
    if not run.summary().get("finished"):
        Trainer(run, settings, data, shown=shown).train()
    return run.summary()


def _figures(summary: dict[str, Any]) -> dict[str, Any]:
    best = summary["best"]
    return {key: best[key] for key in FIGURES} | {"best_epoch": int(best["epoch"])}


def _table(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(
        text, ["head", "epochs", "lr", *FIGURES, "best_epoch", "remark"], lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
