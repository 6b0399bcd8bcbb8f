"""``train sweep``: the founders' grid of learning rates, heads and epochs, with several seeds.

Settings that differ in the number of epochs alone are one run: its fifth epoch is the end of a run
of five, since pictures, augmentation and rate of an epoch do not depend on how many follow.
"""

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
from kiosk.learning.training.epoch_validation import EpochFigures
from kiosk.learning.training.run_folder import CONFIG, Row, Run
from kiosk.learning.training.sweep_picture import RunCurve, sweep_picture
from kiosk.learning.training.trainer import Trainer, TrainSettings

RATES = (0.05, 0.01, 0.005, 0.001, 0.0005, 0.00005, 0.000005)
"""The founders' learning rates."""
EPOCHS = (5, 10)
FIGURES = (
    "loss",
    "val_loss",
    "type_1",
    "type_2",
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "f1",
    "accuracy",
    "pos_m",
    "neg_m",
)
NOT_BETTER = "no epoch was better than the start"

Table = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Grid:
    """The combinations of a sweep. Raises ``LearningError`` if one list is empty."""

    rates: Sequence[float] = RATES
    heads: Sequence[str] = HEADS
    epochs: Sequence[int] = EPOCHS
    seeds: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        if not (self.rates and self.heads and self.epochs and self.seeds):
            raise LearningError(
                "A sweep needs at least one learning rate, one head, one number of epochs and one "
                "seed."
            )

    def of(self, common: TrainSettings) -> list[TrainSettings]:
        """Return the settings of every run; no run stops early, so that epochs can be compared.

        Several heads are all new ones: the start's own would be ahead of the others.
        """
        common = dataclasses.replace(
            common, epochs=max(self.epochs), patience=0, new_head=len(self.heads) > 1
        )
        return [
            dataclasses.replace(common, lr=rate, head=head, seed=seed)
            for head, rate, seed in product(self.heads, self.rates, self.seeds)
        ]


def name_of(settings: TrainSettings) -> str:
    """Return the folder name of one run inside the sweep's."""
    return f"head-{settings.head}_lr-{settings.lr:g}_seed-{settings.seed}"


def sweep(
    folder: Path,
    runs: Sequence[TrainSettings],
    epochs: Sequence[int],
    data: Split,
    *,
    shown: bool = True,
    say: Callable[[str], object] = lambda line: None,
) -> Table:
    """Run what is not done yet; after each run write the comparison so far and return it.

    ``epochs``: the numbers of epochs to compare, none above that of the runs. Into comparison.csv a
    row for each run and number of epochs, its **last** epoch; into epochs.csv every epoch of every
    run; into comparison.png all of them by epoch. A failed run (loss is NaN) becomes a row with its
    error, and the next one starts.
    """
    rows: Table = []
    every: Table = []
    curves: list[RunCurve] = []
    for number, settings in enumerate(runs, 1):
        say(f"run {number} of {len(runs)}: {name_of(settings)}")
        head = {"head": settings.head, "lr": settings.lr, "seed": settings.seed}
        try:
            summary = _done(folder / name_of(settings), settings, data, shown, say)
        except LearningError as error:
            if "cannot be written" in str(error):  # a full disk is not this run's own trouble
                raise
            rows += [head | {"epochs": count, "remark": str(error)} for count in sorted(epochs)]
        else:
            history = summary["epochs"]
            rows += [head | _compared(summary, count) for count in sorted(epochs)]
            every += [head | row for row in history]
            curves.append(RunCurve(settings.head, settings.lr, settings.seed, history))
        _write(folder, rows, every, curves)
    return rows


def _write(folder: Path, rows: Table, every: Table, curves: Sequence[RunCurve]) -> None:
    columns = ("head", "lr", "seed", "epochs", *FIGURES, "best_epoch", "remark")
    write(folder / "comparison.csv", _table(rows, columns))
    write(folder / "epochs.csv", _table(every, ("head", "lr", "seed", "epoch", *FIGURES)))
    write(folder / "comparison.png", sweep_picture(curves))


def _done(
    place: Path,
    settings: TrainSettings,
    data: Split,
    shown: bool,
    say: Callable[[str], object],
) -> dict[str, Any]:
    """Return the summary of a finished run, trained first if necessary."""
    run = Run.open(place) if (place / CONFIG).exists() else Run.create(place, "train", settings)
    if run.settings(TrainSettings, "train") != settings:
        raise LearningError(
            f"{place} was made with other settings; name another folder with --out."
        )
    if not run.summary().get("finished"):
        Trainer(run, settings, data, shown=shown, say=say, warn=say).train()
    return run.summary()


def _compared(summary: dict[str, Any], count: int) -> dict[str, Any]:
    """Return the figures of epoch ``count``, and which epoch until then was the best."""
    history: list[Row] = [row for row in summary["epochs"] if row["epoch"] <= count]
    last = history[-1]
    candidates = history if summary["complete_start"] else history[1:]
    best = candidates[0]
    for row in candidates[1:]:
        if EpochFigures.of(row).better_than(EpochFigures.of(best)):
            best = row
    useless = EpochFigures.of(last).useless
    return {
        "epochs": count,
        **{key: last.get(key) for key in FIGURES},
        "best_epoch": int(best["epoch"]),
        "remark": useless or (NOT_BETTER if best["epoch"] == 0 else ""),
    }


def _table(rows: Table, columns: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
